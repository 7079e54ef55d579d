import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, textCell } from "../../src/table/csv";
import { typed } from "../../src/table/Filters";
import { filterRows, firstSort, NO_FILTER, plain, rowsOf, sortRows } from "../../src/table/rows";
import { report } from "./sample";

const all = rowsOf(report, null);

test("rows are municipality by year, in the layout of the figures", () => {
  assert.deepEqual(all, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(rowsOf(report, 1), [1, 3, 5]);
});

test("search knows no accents, and codes from their start", () => {
  assert.equal(plain("NARIÑO Chocó"), "narino choco");
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, search: " narino " }), [0, 1]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, search: "98" }), [4, 5]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, search: "<script" }), [4, 5]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, search: "nobody" }), []);
});

test("flags and ranges; what is unknown is in no range", () => {
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, flag: "spraying_not_recorded" }), [1]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, flag: "any" }), [1, 2]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, flag: "none" }), [0, 3, 4, 5]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, figure: "mapped_ha", low: 0, high: 2 }), [0, 1, 4]);
  assert.deepEqual(filterRows(report, all, { ...NO_FILTER, figure: "observed_share", high: 50 }), [1, 2]);
});

test("sorted by a figure, unknown last both ways", () => {
  assert.deepEqual(sortRows(report, all, { column: "mapped_ha", descending: true }), [3, 5, 1, 0, 4, 2]);
  assert.deepEqual(sortRows(report, all, { column: "mapped_ha", descending: false }), [4, 0, 1, 5, 3, 2]);
  assert.deepEqual(sortRows(report, [1, 3, 5], { column: "code", descending: true }), [5, 3, 1]);
  assert.deepEqual(sortRows(report, all, { column: "year", descending: false }), [0, 2, 4, 1, 3, 5]);
  assert.equal(sortRows(report, [1, 3, 5], { column: "name", descending: true })[0], 1);
  assert.deepEqual(firstSort(report), { column: "estimate_ha", descending: true });
});

test("a text cell is no formula, and is quoted where it must be", () => {
  for (const bad of ["=cmd()", "+1", "-1", "@SUM(1)", "\tx", "\rx"]) assert.match(textCell(bad), /^"?'/);
  assert.equal(textCell('@a "b", c'), `"'@a ""b"", c"`);
  assert.equal(textCell("Nariño"), "Nariño");
});

test("csv: a byte order mark, blanks where unknown, numbers with their sign and all digits", () => {
  const lines = csv(report, [1, 2]).split("\n");
  assert.equal(lines[0], "\uFEFFmunicipality_code,municipality_name,year,estimate_ha,estimate_low_ha,estimate_high_ha,mapped_ha,census_ha,z,estimate_change_from_year,observed_share,other_ha,flag");
  assert.equal(lines[1], "05001,Nariño,2024,2,1,3,2,,-1.2345,2022,0.5,-3,partly_observed;spraying_not_recorded");
  assert.equal(lines[2], "05002,'=cmd(),2023,,,,,0,,,0,,not_observed");
  assert.equal(lines.length, 4);
});

test("numbers as typed", () => {
  assert.equal(typed("1,5"), 1.5);
  assert.equal(typed("-2.5"), -2.5);
  assert.equal(typed(" "), null);
  assert.equal(typed("x"), null);
});
