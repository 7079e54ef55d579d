// Layers of the map and their classes: the same breaks for all years, so that years can be compared.
import type { Language, Report, Value } from "./data";
import { OBSERVED_ENOUGH } from "./data";
import { short } from "./format";
import { DIVERGING, OBSERVED, SEQUENTIAL, type Rgb } from "./palette";
import type { Text } from "./text";

export type Scale = "sequential" | "diverging" | "observed";

const LAYERS: { name: string; scale: Scale; group: string[] }[] = [
  { name: "estimate_ha", scale: "sequential", group: ["estimate_ha", "mapped_ha", "census_ha"] },
  { name: "mapped_ha", scale: "sequential", group: ["estimate_ha", "mapped_ha", "census_ha"] },
  { name: "census_ha", scale: "sequential", group: ["estimate_ha", "mapped_ha", "census_ha"] },
  { name: "observed_share", scale: "observed", group: [] },
  { name: "difference_ha", scale: "diverging", group: ["difference_ha"] },
  { name: "census_minus_estimate_ha", scale: "diverging", group: ["census_minus_estimate_ha"] },
  { name: "z", scale: "diverging", group: [] },
  { name: "estimate_change_ha", scale: "diverging", group: ["estimate_change_ha", "change_ha"] },
  { name: "change_ha", scale: "diverging", group: ["estimate_change_ha", "change_ha"] },
  { name: "growth_pct", scale: "diverging", group: ["growth_pct"] },
  { name: "eradicated_ha", scale: "sequential", group: ["eradicated_ha"] },
];

/** One class of a legend: values from `low` to under `high` (a class of zero holds zero alone). */
export interface Class { low: number; high: number; colour: Rgb; kind: "zero" | "range" }
export interface Layer { name: string; scale: Scale; classes: Class[] }

/** The nearest number that reads well: 1, 1.5, 2, 3, 5, 7 times a power of ten. */
export function roundNice(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.5, 2, 3, 5, 7, 10].map((step) => Number((step * power).toPrecision(2)));
  return steps.reduce((best, step) => (Math.abs(Math.log(step / value)) < Math.abs(Math.log(best / value)) ? step : best));
}

/** At most `count` rising breaks, by equal factors between the sizes that leave out the outermost: hectares differ by powers of ten. */
export function breaks(sizes: number[], count: number): number[] {
  const sorted = sizes.filter((v) => v > 0 && Number.isFinite(v)).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 1;
  const [low, high] = [at(0.1), at(0.97)];
  const rounded = Array.from({ length: count }, (_, i) => roundNice(low * (high / low) ** ((i + 0.75) / (count + 0.5))));
  return [...new Set(rounded)].sort((a, b) => a - b);
}

const pick = (colours: Rgb[], count: number): Rgb[] =>
  Array.from({ length: count }, (_, i) => colours[count === 1 ? colours.length - 1 : Math.round((i * (colours.length - 1)) / (count - 1))]!);

export function sequentialClasses(cuts: number[]): Class[] {
  const colours = pick(SEQUENTIAL.slice(1), cuts.length + 1);
  const zero: Class = { low: 0, high: 0, colour: SEQUENTIAL[0]!, kind: "zero" };
  return [zero, ...colours.map((colour, i): Class => ({ low: cuts[i - 1] ?? 0, high: cuts[i] ?? Infinity, colour, kind: "range" }))];
}

export function divergingClasses(cuts: number[]): Class[] {
  const below = pick(DIVERGING.slice(0, 3), cuts.length + 1);
  const above = pick(DIVERGING.slice(4).reverse(), cuts.length + 1).reverse();
  const edges = [0, ...cuts, Infinity];
  const range = (low: number, high: number, colour: Rgb): Class => ({ low, high, colour, kind: "range" });
  return [
    ...below.map((colour, i) => range(-edges[cuts.length + 1 - i]!, -edges[cuts.length - i]!, colour)),
    { low: 0, high: 0, colour: DIVERGING[3]!, kind: "zero" },
    ...above.map((colour, i) => range(edges[i]!, edges[i + 1]!, colour)),
  ];
}

function observedClasses(): Class[] {
  const edges = [0, 0.5, 0.75, OBSERVED_ENOUGH, 0.99, Infinity];
  const zero: Class = { low: 0, high: 0, colour: OBSERVED[0]!, kind: "zero" };
  return [zero, ...edges.slice(0, -1).map((low, i): Class => ({ low, high: edges[i + 1]!, colour: OBSERVED[i + 1]!, kind: "range" }))];
}

/** The layers for which some municipality has a figure. */
export function layersOf(report: Report): Layer[] {
  const values = (name: string): number[] => (report.data.figures[name] ?? []).filter((v): v is number => v !== null);
  return LAYERS.filter(({ name }) => values(name).length > 0).map(({ name, scale, group }) => {
    if (scale === "observed") return { name, scale, classes: observedClasses() };
    if (name === "growth_pct") return { name, scale, classes: divergingClasses([10, 50]) };
    if (name === "z") return { name, scale, classes: divergingClasses([2, 4]) };
    const sizes = group.flatMap(values).map(Math.abs);
    return { name, scale, classes: scale === "diverging" ? divergingClasses(breaks(sizes, 2)) : sequentialClasses(breaks(sizes, 5)) };
  });
}

/** Which class a value belongs to; -1 where it is unknown. A break belongs to the class further from zero. */
export function classOf(layer: Layer, value: Value): number {
  if (value === null) return -1;
  if (layer.scale !== "diverging" && value < 0) return 0;
  return layer.classes.findIndex(({ low, high, kind }) => {
    if (kind === "zero") return value === 0;
    return value > 0 ? value >= low && value < high && high > 0 : value < 0 && value <= high && value > low;
  });
}

/** What is said of a place's ground: seen well enough, seen in part, or not known at all. */
export function hatched(report: Report, place: number, year: number): boolean {
  const share = report.figure("observed_share", place, year);
  if (share !== null) return share < OBSERVED_ENOUGH;
  return report.figure("mapped_ha", place, year) !== null;
}

/** The words of a class in a legend. */
export function classText(layer: Layer, index: number, text: Text): string {
  const { low, high, kind } = layer.classes[index]!;
  const share = layer.scale === "observed";
  const say = (value: number) => number(share ? value * 100 : value, text.language);
  if (kind === "zero") return say(0) + unit(layer.name);
  const words = { a: say(low), b: say(high) };
  const key = high === Infinity ? "more" : low === -Infinity ? "less" : low === 0 ? "from_zero" : high === 0 ? "to_zero" : "between";
  return text.ui("legend_" + key, key === "less" ? { a: say(high) } : words) + unit(layer.name);
}

const number = (value: number, language: Language): string => short(value, language);

/** The unit of a layer, with its blank. */
export function unit(name: string): string {
  if (name.endsWith("_ha")) return " ha";
  return name.endsWith("_pct") || name.endsWith("share") ? "\u00a0%" : "";
}
