// Words of the page, from messages/{es,en}.json, with their placeholders filled.
import en from "../messages/en.json";
import es from "../messages/es.json";
import type { Language, Report, Selection, Value } from "./data";
import { figureText, fixed } from "./format";

const MESSAGES: Record<Language, Record<string, string>> = { es, en };

export type Words = Record<string, string | number>;

/** `{name}` as it stands, `{+name}` with its sign, `{|name|}` without. */
const PLACEHOLDER = /\{(\+?)(\|?)([a-z0-9_]+)\|?\}/g;

export class Text {
  constructor(readonly language: Language) {}

  has(key: string): boolean {
    return key in MESSAGES[this.language];
  }

  /** A message with words put in. */
  of(key: string, words: Words = {}): string {
    const message = MESSAGES[this.language][key] ?? key;
    return message.replace(PLACEHOLDER, (whole, _plus, _bar, name: string) => {
      const word = words[name];
      return word === undefined ? whole : String(word);
    });
  }

  ui(key: string, words: Words = {}): string {
    return this.of("ui." + key, words);
  }

  get noData(): string {
    return this.ui("no_data");
  }

  /** A figure as text, `sin dato` where it is unknown. */
  figure(name: string, value: Value, signed = false): string {
    return figureText(name, value, this.language, signed) ?? this.noData;
  }

  /** A count, grouped. */
  count(value: number): string {
    return fixed(value, 0, this.language);
  }

  /** The name of a figure: ours, or the report's own label for a further column. */
  figureName(name: string, labels: Record<string, string> = {}): string {
    return this.has("figure." + name) ? this.of("figure." + name) : (labels[name] ?? name);
  }

  flag(word: string): string {
    return this.has("flag." + word) ? this.of("flag." + word) : word;
  }

  place(report: Report, selection: Selection): string {
    const { places, totals } = report.data;
    if (selection.kind === "place") return places[selection.index]?.name ?? "";
    const total = totals[selection.index];
    if (!total) return "";
    if (total.level === "all") return this.ui("all");
    return total.name === "" || total.name === total.code ? this.ui("department", { code: total.code }) : total.name;
  }

  /** A sentence about the selection in a year, filled with its figures. */
  sentence(key: string, report: Report, selection: Selection, year: number): string {
    const message = MESSAGES[this.language]["sentence." + key] ?? key;
    const isAll = selection.kind === "total" && report.data.totals[selection.index]?.level === "all";
    const filled = message.replace(PLACEHOLDER, (_whole, plus: string, bar: string, name: string) => {
      if (name === "place") return isAll ? this.of("place.all") : this.place(report, selection);
      if (name === "year") return String(report.years[year] ?? "");
      if (name === "previous_year") return String((report.years[year] ?? 1) - 1);
      const value = report.of(selection, name, year);
      return this.figure(name, value !== null && bar !== "" ? Math.abs(value) : value, plus !== "");
    });
    return filled.replace(/(\d) (ha|%)/g, "$1\u00a0$2");
  }
}
