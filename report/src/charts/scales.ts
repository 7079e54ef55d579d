// Scales of the charts. Domains hold every drawn value and its interval.
import { scaleLinear, scalePoint, scaleSymlog } from "d3-scale";
import { max, min } from "d3-array";
import type { Value } from "../data";
import type { Box } from "./parts";

/** Hectares or per cent, always with zero in sight. */
export function valueScale(values: Value[], b: Box, count = 6) {
  const known = values.filter((v): v is number => v !== null && Number.isFinite(v));
  const low = Math.min(0, min(known) ?? 0);
  const high = Math.max(0, max(known) ?? 0);
  const scale = scaleLinear().domain(low === high ? [0, 1] : [low, high]).nice(count).range([b.bottom, b.top]);
  return { scale: (v: number) => scale(v), ticks: scale.ticks(count) };
}

/** Where each year stands, by its index. */
export function yearScale(years: number[], b: Box) {
  const scale = scalePoint<number>().domain(years.map((_, i) => i)).range([b.left, b.right]).padding(0.6);
  return { at: (index: number) => scale(index) ?? b.left, step: years.length > 1 ? scale.step() : (b.right - b.left) / 2 };
}

/** From zero on, linear near it and logarithmic further out, for hectares that differ by powers of ten. */
export function logScale(highest: number, range: [number, number]) {
  const top = Math.max(highest, 1);
  const scale = scaleSymlog().constant(1).domain([0, top * 1.05]).range(range);
  const steps = top > 100 ? [0, 1, 10, 100, 1000, 10000, 100000, 1000000] : [0, 1, 2, 5, 10, 20, 50, 100];
  return { scale: (v: number) => scale(Math.max(0, v)), ticks: steps.filter((t) => t <= top * 1.05) };
}
