import assert from "node:assert/strict";
import { test } from "node:test";
import { figureText, fixed, metres, short } from "../../src/format";

test("hectares by size: none, one or two decimals", () => {
  assert.equal(figureText("census_ha", 8832.92, "es"), "8.833");
  assert.equal(figureText("census_ha", 832.92, "es"), "832,9");
  assert.equal(figureText("census_ha", 10, "en"), "10.0");
  assert.equal(figureText("census_ha", 9.994, "en"), "9.99");
  assert.equal(figureText("census_ha", 1234567.4, "en"), "1,234,567");
  assert.equal(figureText("census_ha", 0, "es"), "0,00");
});

test("per cent, shares and z", () => {
  assert.equal(figureText("growth_pct", -16.368, "es"), "\u221216,4");
  assert.equal(figureText("growth_pct", 1234.56, "en"), "1,234.6");
  assert.equal(figureText("observed_share", 0.99981, "es"), "100,0");
  assert.equal(figureText("observed_share", 0.5, "en"), "50.0");
  assert.equal(figureText("z", -1.2345, "en"), "\u22121.23");
});

test("signs: a real minus, a plus where asked, none before zero", () => {
  assert.equal(figureText("change_ha", 2, "en", true), "+2.00");
  assert.equal(figureText("change_ha", -2, "en", true), "\u22122.00");
  assert.equal(figureText("change_ha", 0, "en", true), "0.00");
  assert.equal(figureText("change_ha", -0.001, "en", true), "0.00");
  assert.equal(figureText("change_ha", 0.001, "en", true), "0.00");
});

test("years and counts stand as they are", () => {
  assert.equal(figureText("estimate_change_from_year", 2024, "es"), "2024");
  assert.equal(figureText("tested_count", 1122, "es"), "1.122");
});

test("unknown is not zero", () => {
  assert.equal(figureText("census_ha", null, "es"), null);
});

test("short numbers and cells", () => {
  assert.equal(short(0.5, "es"), "0,5");
  assert.equal(short(-2000, "es"), "\u22122.000");
  assert.equal(fixed(1000, 1, "es"), "1.000,0");
  assert.equal(metres(1000, "es"), "1 km");
  assert.equal(metres(2500, "es"), "2,5 km");
});
