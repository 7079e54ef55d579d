// Small pictures of the tiles; the coca on them is added up in cells, so that no lot can be located.
import type { Report } from "./data";
import { metres, short } from "./format";
import { Swatch } from "./map/Legend";
import { noDataTile } from "./map/hatch";
import { CELLS } from "./palette";
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
          <CellLegend text={text} />
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

function CellLegend({ text }: { text: Text }) {
  const say = (value: number) => short(value, text.language);
  return (
    <div class="legend wide">
      <h3>{text.ui("picture_classes")}</h3>
      <ul>
        {CELLS.map(({ low, colour }, i) => {
          const next = CELLS[i + 1];
          return <li key={low}><Swatch colour={colour} />{next ? text.ui("legend_between", { a: say(low), b: say(next.low) }) : text.ui("legend_more", { a: say(low) })}</li>;
        })}
        <li><Swatch tile={noDataTile} />{text.ui("picture_unseen")}</li>
        <li>{text.ui("picture_bare", { a: say(CELLS[0]!.low) })}</li>
      </ul>
    </div>
  );
}

/** Only pictures that the report itself holds. */
const isPicture = (url: string): boolean => /^data:image\/(png|jpeg|webp);base64,/.test(url);
