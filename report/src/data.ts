// What the program hands to the page (version 1 of the report data), and the one door to its figures.

export type Language = "es" | "en";
export type Value = number | null;

export interface Place { code: string; name: string; department: string }
export interface Total { code: string; name: string; level: string }
export interface Picture {
  tile: string; year: number; date: string | null; width: number; height: number;
  bounds: number[]; image: string; cell_m: number;
}
export interface NullModel {
  map_error_pct: Value; null_error_pct: Value; rows_used: number; rows: number; closer: string | null;
}
export interface Provenance {
  program: string; gdal: string | null; recorded: boolean;
  inputs: { role?: string; name: string; sha256: string | null }[];
  outputs: { name: string; sha256: string | null }[];
  settings: unknown; model: unknown;
  scenes: { name: string; sensor: string | null; date: string | null }[];
  notes: string[]; assumptions: { key: string; value_pct: number }[];
}
export interface ReportData {
  version: number; language: Language; title: string; synthetic: boolean;
  publication: { k: number; cell_m: number; min_ha: number | null; lots_reason: string | null } | null;
  years: number[]; places: Place[]; totals: Total[];
  figures: Record<string, Value[]>;
  total_figures: Record<string, Value[]>;
  labels?: Record<string, string>;
  flags: { words: string[]; places: number[] };
  sentences: { keys: string[]; places: number[][]; totals: number[][] };
  null_model: NullModel | null;
  map: object | null;
  pictures: Picture[];
  provenance: Provenance;
}

/** A municipality or a total, by its index in `places` or `totals`. */
export interface Selection { kind: "place" | "total"; index: number }

/** Order in which figures are shown; what a report has beyond these comes after them. */
export const FIGURES = [
  "estimate_ha", "estimate_low_ha", "estimate_high_ha", "estimate_se_ha", "mapped_ha", "census_ha", "census_low_ha", "census_high_ha",
  "difference_ha", "census_minus_estimate_ha", "z", "estimate_change_ha", "estimate_change_low_ha", "estimate_change_high_ha",
  "estimate_change_from_year", "change_ha", "change_low_ha", "change_high_ha", "break_even_pct", "growth_pct", "growth_low_pct", "growth_high_pct", "eradicated_ha", "eradicated_manual_ha", "eradicated_spraying_ha",
  "gross_gain_ha", "observed_share", "unobserved_ha", "coverage_ha", "bound_low_ha", "bound_high_ha", "previous_census_ha",
  "null_error_ha",
];

export class Report {
  /** Names of the figures that some municipality has, in the order to show. */
  readonly figures: string[];
  readonly hasMap: boolean;
  private readonly byCode: Map<string, number>;

  constructor(readonly data: ReportData) {
    const present = new Set(Object.keys(data.figures));
    const known = FIGURES.filter((name) => present.has(name));
    const known_set = new Set(known);
    this.figures = [...known, ...[...present].filter((name) => !known_set.has(name))];
    this.hasMap = data.map !== null;
    this.byCode = new Map(data.places.map((place, index) => [place.code, index]));
  }

  /** The geometry, once: it is let go, since the map keeps its own form of it. */
  takeMap(): object | null {
    const map = this.data.map;
    this.data.map = null;
    return map;
  }

  get years(): number[] {
    return this.data.years;
  }

  /** A municipality's figure; `null` is unknown, never zero. */
  figure(name: string, place: number, year: number): Value {
    return this.data.figures[name]?.[place * this.years.length + year] ?? null;
  }

  of(selection: Selection, name: string, year: number): Value {
    if (selection.kind === "place") return this.figure(name, selection.index, year);
    return this.data.total_figures[name]?.[selection.index * this.years.length + year] ?? null;
  }

  /** A figure of the selection over all years. */
  series(selection: Selection, name: string): Value[] {
    return this.years.map((_, year) => this.of(selection, name, year));
  }

  /** The flags of a municipality in a year. */
  flags(place: number, year: number): string[] {
    const { words, places } = this.data.flags;
    const text = words[places[place * this.years.length + year] ?? 0] ?? "";
    return text === "" ? [] : text.split(";");
  }

  /** Keys of the sentences that hold, in order. */
  sentences(selection: Selection, year: number): string[] {
    const { keys, places, totals } = this.data.sentences;
    const of = selection.kind === "place" ? places : totals;
    return (of[selection.index * this.years.length + year] ?? []).flatMap((i) => keys[i] ?? []);
  }

  placeOf(code: string): number | undefined {
    return this.byCode.get(code);
  }

  /** What stands first: the sum of all, or the first municipality where there are no sums. */
  first(): Selection {
    return this.data.totals.length > 0 ? { kind: "total", index: 0 } : { kind: "place", index: 0 };
  }
}

/** Figures that only totals have. */
export const TOTAL_FIGURES = [
  "municipality_count", "poorly_seen_count", "withheld_count", "tested_count", "compatible_count", "higher_count", "lower_count", "map_error_pct",
  "null_error_pct", "estimate_error_pct", "estimate_null_error_pct",
];

/** Under this share of observed ground a place is hatched and its mapped hectares are a lower count. */
export const OBSERVED_ENOUGH = 0.9;
