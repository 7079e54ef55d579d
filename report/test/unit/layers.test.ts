import assert from "node:assert/strict";
import { test } from "node:test";
import { Report } from "../../src/data";
import { breaks, classOf, classText, divergingClasses, hatched, layersOf, sequentialClasses, type Layer } from "../../src/layers";
import { Text } from "../../src/text";
import { data, report } from "./sample";

test("breaks rise, read well, and leave none out of nothing", () => {
  assert.deepEqual(breaks([], 5), []);
  assert.deepEqual(breaks([0, 0], 5), []);
  const cuts = breaks(Array.from({ length: 1000 }, (_, i) => Math.exp(i / 110)), 5);
  assert.equal(cuts.length, 5);
  cuts.slice(1).forEach((cut, i) => assert.ok(cut > cuts[i]!));
});

test("each value has one class; unknown has none; zero its own", () => {
  const sequential: Layer = { name: "census_ha", scale: "sequential", classes: sequentialClasses([1, 10]) };
  assert.deepEqual([0, 0.5, 1, 9.9, 10, 1e6].map((v) => classOf(sequential, v)), [0, 1, 2, 2, 3, 3]);
  assert.equal(classOf(sequential, null), -1);
  assert.equal(classOf(sequential, -0.01), 0);
  const diverging: Layer = { name: "change_ha", scale: "diverging", classes: divergingClasses([1, 10]) };
  assert.deepEqual([-99, -10, -9, -1, -0.5, 0, 0.5, 1, 9, 10, 99].map((v) => classOf(diverging, v)), [0, 0, 1, 1, 2, 3, 4, 5, 5, 6, 6]);
  assert.equal(new Set(diverging.classes.map((c) => c.colour.join())).size, 7);
});

test("few breaks still give distinct colours", () => {
  for (const cuts of [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
    assert.equal(new Set(sequentialClasses(cuts).map((c) => c.colour.join())).size, cuts.length + 2);
  }
  for (const cuts of [[], [1]]) assert.equal(new Set(divergingClasses(cuts).map((c) => c.colour.join())).size, 2 * cuts.length + 3);
});

test("layers are those with data, the level's with the same breaks for all figures", () => {
  const layers = layersOf(report);
  assert.deepEqual(layers.map((l) => l.name), ["estimate_ha", "mapped_ha", "census_ha", "observed_share", "z"]);
  assert.deepEqual(layers[0]!.classes, layers[2]!.classes);
  const observed = layers[3]!;
  assert.deepEqual([0, 0.2, 0.6, 0.8, 0.9, 0.99, 1].map((v) => classOf(observed, v)), [0, 1, 2, 3, 4, 5, 5]);
});

test("a place that was not seen is hatched on every layer; so is one of which nobody knows", () => {
  assert.ok(hatched(report, 0, 1));
  assert.ok(hatched(report, 1, 0));
  assert.ok(!hatched(report, 0, 0));
  const without = new Report({ ...data, figures: { mapped_ha: [1, 1, 1, 1, 1, null], census_ha: [1, 1, 1, 1, 1, 1] } });
  assert.ok(hatched(without, 0, 0));
  assert.ok(!hatched(without, 2, 1));
});

test("words of classes", () => {
  const es = new Text("es");
  const diverging: Layer = { name: "growth_pct", scale: "diverging", classes: divergingClasses([10, 1000]) };
  assert.deepEqual(diverging.classes.map((_, i) => classText(diverging, i, es)), [
    "menos de −1.000\u00a0%", "−1.000 a −10\u00a0%", "−10 a menos de 0\u00a0%", "0\u00a0%", "más de 0, hasta 10\u00a0%", "10 a 1.000\u00a0%", "más de 1.000\u00a0%",
  ]);
});
