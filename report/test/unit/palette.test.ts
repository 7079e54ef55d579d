// Neighbouring classes must be told apart by colour-blind people: CIE 1976 distances under full protanopia, deuteranopia, tritanopia.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CELLS, DIVERGING, INK, NO_DATA, OBSERVED, SEQUENTIAL, VISION, type Rgb } from "../../src/palette";

function lab(colour: Rgb, vision: number[][]): number[] {
  const times = (m: number[][], v: number[]) => m.map((row) => row.reduce((sum, a, i) => sum + a * v[i]!, 0));
  const linear = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  const seen = times(vision, linear).map((c) => Math.min(1, Math.max(0, c)));
  const [x = 0, y = 0, z = 0] = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], seen);
  const root = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [a, b, c] = [root(x / 0.9505), root(y), root(z / 1.089)];
  return [116 * b - 16, 500 * (a - b), 200 * (b - c)];
}

const distance = (a: Rgb, b: Rgb, vision: number[][]) => Math.hypot(...lab(a, vision).map((v, i) => v - lab(b, vision)[i]!));

/** Just noticeable is 2.3; the classes of a legend must be many times that apart. */
const LEAST = 18;

for (const [name, colours] of Object.entries({ SEQUENTIAL, DIVERGING, OBSERVED })) {
  test(`${name}: any two classes are at least ${LEAST} apart for everybody`, () => {
    let least = Infinity;
    for (const [who, vision] of Object.entries(VISION)) colours.forEach((a, i) => colours.slice(0, i).forEach((b, j) => {
      const apart = distance(a, b, vision);
      least = Math.min(least, apart);
      assert.ok(apart >= LEAST, `${who}: classes ${j} and ${i} are ${apart.toFixed(1)} apart`);
    }));
    assert.ok(Number.isFinite(least), "nothing was compared");
  });
}

test("lightness falls from little to much", () => {
  for (const colours of [SEQUENTIAL, [...OBSERVED].reverse()]) {
    const light = colours.map((c) => lab(c, VISION["typical"]!)[0]!);
    light.slice(1).forEach((l, i) => assert.ok(l < light[i]! - 5, `class ${i + 1}`));
  }
});

test("the hatch is seen on every class, dark or in its white", () => {
  for (const colour of [...SEQUENTIAL, ...DIVERGING, ...OBSERVED]) for (const vision of Object.values(VISION)) {
    assert.ok(Math.max(distance(colour, INK, vision), distance(colour, [255, 255, 255], vision)) > 40);
  }
});

test("the class of zero is not the ground of no data", () => {
  for (const vision of Object.values(VISION)) for (const zero of [SEQUENTIAL[0]!, DIVERGING[3]!]) assert.ok(distance(zero, NO_DATA, vision) > 10);
});

test("the legend of the pictures is what the program draws", () => {
  const source = readFileSync("../src/report/picture/cells.rs", "utf8");
  const classes = /CLASSES: \[f64; \d\] = (\[[^;]*\]);/.exec(source)?.[1];
  const colours = /COLOURS: \[\[u8; 3\]; \d\] = (\[[^;]*\]);/.exec(source)?.[1];
  assert.ok(classes && colours, "cells.rs says its classes otherwise");
  assert.deepEqual(CELLS.map((c) => c.low), JSON.parse(classes));
  assert.deepEqual(CELLS.map((c) => c.colour), JSON.parse(colours));
});
