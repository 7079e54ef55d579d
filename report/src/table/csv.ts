// The table as CSV: full numbers with a point, blank where unknown; a text cell cannot become a formula.
import type { Report } from "../data";
import type { Row } from "./rows";

const FORMULA = /^[=+\-@\t\r]/;

/** A text cell: one that a spreadsheet would take as a formula gets an apostrophe; quotes, commas and line ends are quoted. */
export function textCell(text: string): string {
  const safe = FORMULA.test(text) ? "'" + text : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const numberCell = (value: number | null): string => (value === null ? "" : String(value));

/** Rows with every figure of the report, with a byte order mark so that spreadsheets read UTF-8. */
export function csv(report: Report, rows: Row[]): string {
  const years = report.years.length;
  const head = ["municipality_code", "municipality_name", "year", ...report.figures, "flag"].map(textCell).join(",");
  const columns = report.figures.map((name) => report.data.figures[name] ?? []);
  const { words, places } = report.data.flags;
  const lines = rows.map((row) => {
    const place = report.data.places[Math.floor(row / years)]!;
    const cells = columns.map((values) => numberCell(values[row] ?? null));
    return [textCell(place.code), textCell(place.name), String(report.years[row % years]), ...cells, textCell(words[places[row] ?? 0] ?? "")].join(",");
  });
  return "\uFEFF" + [head, ...lines].join("\n") + "\n";
}

/** Hands the text to the reader as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
