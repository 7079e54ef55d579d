// Rows of the table: filtering, searching and sorting, on indices so that 26,928 rows stay quick.
import type { Report } from "../data";

/** A row is a municipality and a year: `place * years + year`, the layout of the figures. */
export type Row = number;

export interface Filter {
  search: string;
  /** "" any row, "none" rows without flags, "any" rows with one, else that flag. */
  flag: string;
  figure: string; low: number | null; high: number | null;
}
export interface Sort { column: string; descending: boolean }

export const NO_FILTER: Filter = { search: "", flag: "", figure: "", low: null, high: null };

/** Lower case without accents: `Nariño` is found by `narino`. */
export const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Rows of one year, or of all years. */
export function rowsOf(report: Report, year: number | null): Row[] {
  const years = report.years.length;
  if (year !== null) return report.data.places.map((_, place) => place * years + year);
  return Array.from({ length: report.data.places.length * years }, (_, i) => i);
}

export function filterRows(report: Report, rows: Row[], filter: Filter): Row[] {
  const years = report.years.length;
  const wanted = plain(filter.search.trim());
  const found = report.data.places.map((p) => wanted === "" || p.code.startsWith(wanted) || plain(p.name).includes(wanted));
  const { words, places } = report.data.flags;
  const flagged = words.map((word) => filter.flag === "" || (filter.flag === "none" ? word === "" : filter.flag === "any" ? word !== "" : word.split(";").includes(filter.flag)));
  const figure = filter.figure === "" ? undefined : report.data.figures[filter.figure];
  const scale = filter.figure.endsWith("share") ? 100 : 1;
  return rows.filter((row) => {
    if (!found[Math.floor(row / years)] || !flagged[places[row] ?? 0]) return false;
    if (!figure || (filter.low === null && filter.high === null)) return true;
    const value = figure[row] ?? null;
    return value !== null && (filter.low === null || value * scale >= filter.low) && (filter.high === null || value * scale <= filter.high);
  });
}

/** Sorted rows; what is unknown comes last in either direction, equals in order of code and year. */
export function sortRows(report: Report, rows: Row[], { column, descending }: Sort): Row[] {
  const years = report.years.length;
  const { places, flags, figures } = report.data;
  const turn = descending ? -1 : 1;
  const place = (row: Row) => places[Math.floor(row / years)]!;
  if (column === "name") {
    const collator = new Intl.Collator("es", { sensitivity: "base" });
    const order = places.map((_, i) => i).sort((a, b) => collator.compare(places[a]!.name, places[b]!.name));
    const rank = new Array<number>(places.length);
    order.forEach((index, at) => { rank[index] = at; });
    return [...rows].sort((a, b) => turn * (rank[Math.floor(a / years)]! - rank[Math.floor(b / years)]!) || a - b);
  }
  if (column === "code") return [...rows].sort((a, b) => turn * (place(a).code < place(b).code ? -1 : place(a).code > place(b).code ? 1 : 0) || a - b);
  if (column === "year") return [...rows].sort((a, b) => turn * ((a % years) - (b % years)) || a - b);
  if (column === "flags") {
    const word = (row: Row) => flags.words[flags.places[row] ?? 0] ?? "";
    return [...rows].sort((a, b) => turn * (word(a) < word(b) ? -1 : word(a) > word(b) ? 1 : 0) || a - b);
  }
  const values = figures[column] ?? [];
  return [...rows].sort((a, b) => {
    const [x, y] = [values[a] ?? null, values[b] ?? null];
    if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
    return turn * (x - y) || a - b;
  });
}

/** The column that is sorted by first: the largest level. */
export function firstSort(report: Report): Sort {
  const column = ["estimate_ha", "mapped_ha", "census_ha"].find((name) => report.figures.includes(name));
  return column ? { column, descending: true } : { column: "code", descending: false };
}
