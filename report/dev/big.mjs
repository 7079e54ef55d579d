// A made-up report at the size of Colombia (1,122 municipalities x 24 years) for measuring speed. No figure in it is real.
// node dev/big.mjs municipalities.geojson report.json
import { readFileSync, writeFileSync } from "node:fs";
import { KEYS, sentences } from "./sentences.mjs";
import { topology } from "./topology.mjs";

const geojson = JSON.parse(readFileSync(process.argv[2], "utf8"));
const features = geojson.features.map((f) => ({ ...f, id: f.properties.MPIO_CCNCT })).sort((a, b) => (a.id < b.id ? -1 : 1));
const years = Array.from({ length: 24 }, (_, i) => 2001 + i);
let state = 7;
/** mulberry32 */
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const round = (v) => Math.round(v * 100) / 100;
const places = features.map((f) => ({ code: f.id, name: f.properties.MPIO_CNMBR, department: f.id.slice(0, 2) }));
const departments = [...new Map(features.map((f) => [f.id.slice(0, 2), f.properties.DPTO_CNMBR]))].sort();
const totals = [{ code: "CO", name: "all", level: "all" }, ...departments.map(([code, name]) => ({ code, name, level: "department" }))];
const T = years.length;
const names = ["mapped_ha", "observed_share", "unobserved_ha", "coverage_ha", "bound_low_ha", "bound_high_ha", "estimate_ha", "estimate_se_ha",
  "estimate_low_ha", "estimate_high_ha", "estimate_change_ha", "estimate_change_low_ha", "estimate_change_high_ha", "census_ha", "difference_ha",
  "previous_census_ha", "null_error_ha", "change_ha", "growth_pct", "gross_gain_ha", "eradicated_manual_ha", "eradicated_spraying_ha",
  "eradicated_ha", "z"];
const blank = (n) => Object.fromEntries(names.map((name) => [name, new Array(n * T).fill(null)]));
const figures = blank(places.length);
const sums = blank(totals.length);
const words = ["", "not_observed", "partly_observed", "spraying_not_recorded"];
const flags = new Array(places.length * T).fill(0);
places.forEach((p, i) => {
  const level = random() < 0.7 ? 0 : Math.exp(random() * 8.5);
  years.forEach((year, y) => {
    const at = i * T + y;
    const put = (name, v) => { figures[name][at] = v === null ? null : round(v); };
    const seen = random() < 0.04 ? 0 : random() < 0.15 ? random() : 0.95 + random() * 0.05;
    const census = level * (0.4 + y / 30 + random() * 0.3);
    const cover = 20000 + random() * 300000;
    put("census_ha", census); put("coverage_ha", cover); put("observed_share", seen); put("unobserved_ha", cover * (1 - seen));
    const before = y > 0 ? figures.census_ha[at - 1] : null;
    put("previous_census_ha", before);
    if (before !== null) {
      put("change_ha", census - before); put("null_error_ha", before - census);
      put("growth_pct", before > 0 ? (100 * (census - before)) / before : null);
    }
    if (seen === 0) flags[at] = 1;
    else {
      const mapped = census * (0.7 + random() * 0.7) + random() * 5;
      put("mapped_ha", mapped); put("difference_ha", mapped - census);
      put("bound_low_ha", mapped); put("bound_high_ha", mapped + cover * (1 - seen));
      const estimate = census * (0.85 + random() * 0.3);
      const se = estimate * 0.12 + 1;
      put("estimate_ha", estimate); put("estimate_se_ha", se);
      put("estimate_low_ha", Math.max(0, estimate - 1.96 * se)); put("estimate_high_ha", estimate + 1.96 * se);
      put("z", (census - estimate) / se);
      if (before !== null && figures.estimate_ha[at - 1] !== null) {
        const change = estimate - figures.estimate_ha[at - 1];
        put("estimate_change_ha", change); put("estimate_change_low_ha", change - 2 * se); put("estimate_change_high_ha", change + 2 * se);
      }
      if (seen < 0.9) flags[at] = 2;
    }
    put("eradicated_manual_ha", census * random() * 0.2); put("eradicated_spraying_ha", year < 2016 ? census * random() * 0.3 : 0);
    put("eradicated_ha", figures.eradicated_manual_ha[at] + figures.eradicated_spraying_ha[at]);
    if (before !== null) put("gross_gain_ha", figures.change_ha[at] + figures.eradicated_ha[at]);
    for (const t of [0, 1 + departments.findIndex(([code]) => code === p.department)]) for (const name of names) {
      if (figures[name][at] === null || /pct|share|z$|low|high|se_/.test(name)) continue;
      sums[name][t * T + y] = round((sums[name][t * T + y] ?? 0) + figures[name][at]);
    }
  });
});
totals.forEach((_, t) => years.forEach((_, y) => {
  const at = t * T + y;
  const estimate = sums.estimate_ha[at];
  sums.observed_share[at] = round(1 - sums.unobserved_ha[at] / sums.coverage_ha[at]);
  if (estimate !== null) { sums.estimate_low_ha[at] = round(estimate * 0.93); sums.estimate_high_ha[at] = round(estimate * 1.07); }
  if (y > 0) sums.growth_pct[at] = round((100 * sums.change_ha[at]) / sums.previous_census_ha[at]);
}));
const at = (all, i) => Object.fromEntries(names.map((name) => [name, all[name][i]]));
const nullModel = { map_error_pct: 22.4, null_error_pct: 18.1, rows_used: 20000, rows: 26928, closer: "null" };
writeFileSync(process.argv[3], JSON.stringify({
  version: 1, language: "es", title: "Colombia (made up)", synthetic: true, publication: { k: 5, cell_m: 1000, min_ha: null, lots_reason: null },
  years, places, totals, figures, total_figures: sums, labels: {}, flags: { words, places: flags },
  sentences: {
    keys: KEYS,
    places: flags.map((word, i) => sentences(at(figures, i), words[word], false, nullModel)),
    totals: sums.census_ha.map((_, i) => sentences(at(sums, i), "", true, nullModel)),
  },
  null_model: nullModel, map: topology(features), pictures: [],
  provenance: { program: "cocal 0.1.0", gdal: "3.6.2", recorded: false, inputs: [], outputs: [], settings: {}, model: null, scenes: [], notes: [], assumptions: ["every figure is made up"] },
}));
