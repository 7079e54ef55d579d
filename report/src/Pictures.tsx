// Small pictures of the tiles; the coca on them is added up in cells, so that no lot can be located.
import type { Report } from "./data";
import { metres } from "./format";
import type { Text } from "./text";

export function Pictures({ report, text }: { report: Report; text: Text }) {
  const pictures = report.data.pictures;
  const cell = metres(pictures[0]?.cell_m ?? 1000, text.language);
  return (
    <section id="pictures" class="section" aria-labelledby="pictures-heading">
      <h2 id="pictures-heading">{text.ui("pictures")}</h2>
      {pictures.length === 0 ? <p class="note">{text.ui("pictures_none")}</p> : (
        <>
          <p class="hint">{text.ui("pictures_intro", { cell })}</p>
          <div class="gallery">
            {pictures.map((p) => {
              const words = { tile: p.tile, year: p.year, date: p.date ?? "", cell };
              return (
                <figure key={`${p.tile}-${p.year}`}>
                  {isPicture(p.image) && <img src={p.image} width={p.width} height={p.height} alt={text.ui("picture_alt", words)} decoding="async" />}
                  <figcaption>{text.ui(p.date ? "picture_caption" : "picture_caption_undated", words)}</figcaption>
                </figure>
              );
            })}
          </div>
        </>
      )}
    </section>
  );
}

/** Only pictures that the report itself holds. */
const isPicture = (url: string): boolean => /^data:image\/(png|jpeg|webp);base64,/.test(url);
