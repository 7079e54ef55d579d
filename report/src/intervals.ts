// Which figures carry an interval, and how it is said.
import type { Report, Selection, Value } from "./data";
import type { Text } from "./text";

const INTERVALS: Record<string, [string, string]> = {
  estimate_ha: ["estimate_low_ha", "estimate_high_ha"],
  census_ha: ["census_low_ha", "census_high_ha"],
  estimate_change_ha: ["estimate_change_low_ha", "estimate_change_high_ha"],
  change_ha: ["change_low_ha", "change_high_ha"],
  growth_pct: ["growth_low_pct", "growth_high_pct"],
};
const SIGNED = new Set(["change_ha", "estimate_change_ha", "growth_pct", "difference_ha", "census_minus_estimate_ha", "gross_gain_ha", "z"]);

export const isSigned = (name: string): boolean => SIGNED.has(name) || /(change|growth)(_low|_high)?_(ha|pct)$/.test(name);

/** The interval of a figure, `null` where it has none or it is unknown. */
export function intervalOf(report: Report, selection: Selection, name: string, year: number): [number, number] | null {
  const names = INTERVALS[name];
  if (!names) return null;
  const low = report.of(selection, names[0], year);
  const high = report.of(selection, names[1], year);
  return low === null || high === null ? null : [low, high];
}

export function intervalText(text: Text, name: string, interval: [number, number]): string {
  const [low, high] = interval.map((v) => text.figure(name, v, isSigned(name)));
  return `${low} ${text.ui("to")} ${high}`;
}

/** `10.2 (95 %: 1.83 to 18.6)`; the unit stands in the figure's name. */
export function figureWithInterval(report: Report, text: Text, selection: Selection, name: string, year: number): string {
  const value: Value = report.of(selection, name, year);
  if (value === null) return text.noData;
  const shown = text.figure(name, value, isSigned(name));
  const interval = intervalOf(report, selection, name, year);
  return interval ? `${shown} (95\u00a0%: ${intervalText(text, name, interval)})` : shown;
}
