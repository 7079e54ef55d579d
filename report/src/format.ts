// Numbers as text. The same rules as the program's own head of the page.
import type { Language, Value } from "./data";

export const MINUS = "\u2212";

/** Digits after the separator, by the figure's name: hectares by size, per cent one, `z` two, counts none. */
function decimals(name: string, value: number): number {
  if (name === "z") return 2;
  if (name.endsWith("_count")) return 0;
  if (isPercent(name) || isShare(name)) return 1;
  const size = Math.abs(value);
  return size >= 1000 ? 0 : size >= 10 ? 1 : 2;
}

export const isPercent = (name: string): boolean => name.endsWith("_pct");
export const isShare = (name: string): boolean => name.endsWith("share");

/** A number with so many decimals: `8.832,9` in Spanish, `8,832.9` in English; grouped from four digits on. */
export function fixed(value: number, digits: number, language: Language): string {
  const [group, point] = language === "es" ? [".", ","] : [",", "."];
  const [whole = "0", part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const text = part === undefined ? grouped : grouped + point + part;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** How a figure is shown; `signed` puts a plus before what is above zero. `null` where it is unknown. */
export function figureText(name: string, value: Value, language: Language, signed = false): string | null {
  if (value === null) return null;
  if (name.endsWith("_year")) return value.toFixed(0);
  const shown = isShare(name) ? value * 100 : value;
  const text = fixed(shown, decimals(name, shown), language);
  return signed && value > 0 && /[1-9]/.test(text) ? "+" + text : text;
}

/** A number as short as its value allows, for axes and classes. */
export function short(value: number, language: Language): string {
  const size = Math.abs(value);
  let digits = 0;
  while (digits < 6 && Math.abs(size * 10 ** digits - Math.round(size * 10 ** digits)) > 1e-6) digits++;
  return fixed(value, digits, language);
}

/** A cell's side in words: `1 km`, `500 m`. */
export function metres(value: number, language: Language): string {
  return value >= 1000 ? `${short(value / 1000, language)} km` : `${short(value, language)} m`;
}
