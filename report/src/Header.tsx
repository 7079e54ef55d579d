// The head of the page: what this is, what it is not, and what is looked at.
import type { Language, Report, Selection } from "./data";
import { metres, short } from "./format";
import type { Text } from "./text";

interface Props { report: Report; text: Text; onLanguage(language: Language): void }

export function Header({ report, text, onLanguage }: Props) {
  const { title, synthetic, publication, years } = report.data;
  const span = years.length > 1 ? `${years[0]}–${years[years.length - 1]}` : String(years[0] ?? "");
  return (
    <header class="top">
      <a class="skip" href="#answers">{text.ui("skip")}</a>
      {synthetic && <p class="banner synthetic" role="note">{text.ui("synthetic")}</p>}
      {publication?.lots_reason && (
        <div class="banner lots" role="note">
          <strong>{text.ui("lots_heading")}</strong>
          <p>{text.ui("lots_reason")} {publication.lots_reason}</p>
        </div>
      )}
      <div class="title-row">
        <div>
          <h1>{title === "" ? text.ui("title") : `${text.ui("title")}: ${title}`}</h1>
          <p class="subtitle">{text.ui("subtitle", { years: span })}</p>
        </div>
        <div class="languages" role="group" aria-label={text.ui("language")}>
          {(["es", "en"] as const).map((language) => (
            <button key={language} type="button" lang={language} id={"language-" + language} aria-pressed={text.language === language} onClick={() => onLanguage(language)}>
              {language === "es" ? "Español" : "English"}
            </button>
          ))}
        </div>
      </div>
      <p class="small">
        {text.ui("cover")}{" "}
        {publication && text.ui("published", { cell: metres(publication.cell_m, text.language), k: publication.k })}
        {publication?.min_ha != null && text.ui("published_min", { min: short(publication.min_ha, text.language) })}
      </p>
    </header>
  );
}

interface ChooserProps { report: Report; text: Text; selection: Selection; year: number; onSelect(selection: Selection): void; onYear(year: number): void }

/** Place and year, in sight on the whole page. */
export function Chooser({ report, text, selection, year, onSelect, onYear }: ChooserProps) {
  const { places, totals } = report.data;
  const departments = [...new Set(places.map((p) => p.department))];
  const name = (code: string) => {
    const index = totals.findIndex((t) => t.code === code);
    return index < 0 ? text.ui("department", { code }) : text.place(report, { kind: "total", index });
  };
  const choose = (value: string) => {
    const [kind, index] = value.split(":");
    onSelect({ kind: kind === "total" ? "total" : "place", index: Number(index) });
  };
  return (
    <nav class="chooser" aria-label={`${text.ui("place")}, ${text.ui("year")}`}>
      <label class="field">{text.ui("place")}
        <select id="place" value={`${selection.kind}:${selection.index}`} onChange={(e) => choose(e.currentTarget.value)}>
          {totals.length > 0 && (
            <optgroup label={text.ui("totals")}>
              {totals.map((t, i) => <option key={t.code} value={`total:${i}`}>{text.place(report, { kind: "total", index: i })}</option>)}
            </optgroup>
          )}
          {departments.map((code) => (
            <optgroup key={code} label={name(code)}>
              {places.map((p, i) => p.department === code && <option key={p.code} value={`place:${i}`}>{`${p.name} (${p.code})`}</option>)}
            </optgroup>
          ))}
        </select>
      </label>
      <div class="years">
        <button type="button" aria-label={text.ui("year_before")} disabled={year === 0} onClick={() => onYear(year - 1)}>‹</button>
        <label class="field">{text.ui("year")}
          <select id="year" value={year} onChange={(e) => onYear(Number(e.currentTarget.value))}>
            {report.years.map((y, i) => <option key={y} value={i}>{y}</option>)}
          </select>
        </label>
        <button type="button" aria-label={text.ui("year_after")} disabled={year === report.years.length - 1} onClick={() => onYear(year + 1)}>›</button>
      </div>
      {selection.kind === "place" && totals.length > 0 && <button type="button" class="quiet" onClick={() => onSelect({ kind: "total", index: 0 })}>{text.ui("back_to_all")}</button>}
    </nav>
  );
}
