// Report data from a folder of outputs, for development of the page until `cocal report` makes them.
// node dev/fixture.mjs OUTDIR report.json
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { deflateSync, crc32 } from "node:zlib";
import { parseCsv } from "../test/csv.mjs";
import { KEYS, sentences } from "./sentences.mjs";
import { topology } from "./topology.mjs";

const NAMES = {
  mapped_ha: "mapped_area_ha", observed_share: "observed_share", unobserved_ha: "unobserved_ha", coverage_ha: "coverage_area_ha",
  bound_low_ha: "bound_low_ha", bound_high_ha: "bound_high_ha", census_ha: "census_ha", difference_ha: "difference_ha",
  previous_census_ha: "previous_census_ha", null_error_ha: "null_error_ha", change_ha: "change_ha", growth_pct: "growth_pct",
  gross_gain_ha: "gross_gain_ha", eradicated_manual_ha: "eradicated_ha_manual", eradicated_spraying_ha: "eradicated_ha_spraying",
};
const number = (text) => (text === undefined || text === "" ? null : Number(text));

const folder = process.argv[2];
const read = (name) => (existsSync(join(folder, name)) ? parseCsv(readFileSync(join(folder, name), "utf8")) : []);
const rows = read("comparison.csv");
const years = [...new Set(rows.map((r) => Number(r.year)))].sort((a, b) => a - b);
const places = [...new Map(rows.map((r) => [r.municipality_code, {
  code: r.municipality_code, name: r.municipality_name, department: r.municipality_code.slice(0, 2),
}])).values()];
const totalRows = read("comparison_totals.csv");
const totals = [...new Map(totalRows.map((r) => [r.place_code, {
  code: r.place_code, name: r.level === "country" ? "all" : r.place_name || r.place_code, level: r.level === "country" ? "all" : r.level,
}])).values()];

function table(codes, source, codeField) {
  const size = codes.length * years.length;
  const figures = {};
  const words = [""];
  const flags = new Array(size).fill(0);
  const put = (name, at, value) => {
    if (value === null) return;
    (figures[name] ??= new Array(size).fill(null))[at] = value;
  };
  for (const r of source) {
    const at = codes.indexOf(r[codeField]) * years.length + years.indexOf(Number(r.year));
    for (const [name, column] of Object.entries(NAMES)) put(name, at, number(r[column]));
    const sum = [r.eradicated_ha_manual, r.eradicated_ha_spraying].map(number).filter((v) => v !== null);
    if (sum.length > 0) put("eradicated_ha", at, Number(sum.reduce((a, b) => a + b).toFixed(4)));
    if (!words.includes(r.flag)) words.push(r.flag);
    flags[at] = words.indexOf(r.flag);
  }
  return { figures, words, flags, put };
}

const codes = places.map((p) => p.code);
const own = table(codes, rows, "municipality_code");
const sums = table(totals.map((t) => t.code), totalRows, "place_code");
for (const r of read("validation.csv")) {
  const at = codes.indexOf(r.municipality_code) * years.length + years.indexOf(Number(r.year));
  own.put("estimate_ha", at, number(r.adjusted_area_ha));
  own.put("estimate_se_ha", at, number(r.standard_error_ha));
  own.put("estimate_low_ha", at, number(r.ci95_low_ha));
  own.put("estimate_high_ha", at, number(r.ci95_high_ha));
  own.put("z", at, number(r.z));
}
for (const r of read("change.csv").filter((r) => r.class === "coca" && years.length === 2)) {
  const of = r.municipality_code === "" ? sums : own;
  const at = (r.municipality_code === "" ? 0 : codes.indexOf(r.municipality_code)) * 2 + 1;
  of.put("estimate_change_ha", at, number(r.change_ha));
  of.put("estimate_change_low_ha", at, number(r.ci95_low_ha));
  of.put("estimate_change_high_ha", at, number(r.ci95_high_ha));
  if (of === sums) { of.put("estimate_ha", 0, number(r.before_ha)); of.put("estimate_ha", 1, number(r.after_ha)); }
}
const run = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
const said = run.notes.map((n) => /errs by ([\d.]+) %, the map by ([\d.]+) % \(of [\d.]+ ha in (\d+) of (\d+) rows\)/.exec(n)).find(Boolean);
const nullModel = said && {
  null_error_pct: Number(said[1]), map_error_pct: Number(said[2]), rows_used: Number(said[3]), rows: Number(said[4]),
  closer: Number(said[1]) < Number(said[2]) ? "null" : "map",
};
const at = (figures, i) => Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, values[i]]));
const list = (t, isTotal) => t.flags.map((word, i) => sentences(at(t.figures, i), t.words[word], isTotal, nullModel));

/** A small made-up picture: a PNG of noise in greens. */
function picture(width, height, seed) {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  let state = seed;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const v = 60 + 40 * Math.sin(x / 17 + seed) * Math.cos(y / 13) + (state % 25);
    raw.set([v * 0.7, v + 50, v * 0.6], y * (width * 3 + 1) + 1 + x * 3);
  }
  const chunk = (type, body) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length); head.write(type, 4);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
    return Buffer.concat([head, body, tail]);
  };
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(width, 0); ihdr.writeUInt32BE(height, 4); ihdr.set([8, 2, 0, 0, 0], 8);
  const png = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", ihdr), chunk("IDAT", deflateSync(raw)), chunk("IEND", Buffer.alloc(0))]);
  return "data:image/png;base64," + png.toString("base64");
}

const geojson = JSON.parse(readFileSync(join(folder, "municipalities.geojson"), "utf8"));
const features = geojson.features.map((f) => ({ ...f, id: f.properties.municipality_code }));
const report = {
  version: 1, language: "es", title: run.settings.project.name ?? "", synthetic: true, publication: null, years, places, totals,
  figures: own.figures, total_figures: sums.figures, labels: {}, flags: { words: own.words, places: own.flags },
  sentences: { keys: KEYS, places: list(own, false), totals: list(sums, true) },
  null_model: nullModel ?? null, map: topology(features),
  pictures: ["T1", "T2"].flatMap((tile, t) => years.map((year, y) => ({
    tile, year, date: `${year}-0${7 + t}-0${3 + y}`, width: 160, height: 128, bounds: [-71 + t * 0.03, 1.98, -70.97 + t * 0.03, 2.01],
    image: picture(160, 128, 7 * t + y + 1), cell_m: 1000,
  }))),
  provenance: {
    program: run.program, gdal: run.gdal, recorded: true,
    inputs: run.inputs.map((i) => ({ role: i.role, name: basename(i.path), sha256: i.sha256 })),
    outputs: run.outputs.map((name) => ({ name, sha256: "0".repeat(64) })),
    settings: run.settings, model: run.model,
    scenes: run.scenes.map((s) => ({ name: s.scene.name ?? "", sensor: s.scene.sensor ?? "", date: s.scene.date ?? "" })),
    notes: run.notes, assumptions: [],
  },
};
// HOSTILE=1: names that would be a script or a formula, for the browser tests.
if (process.env.HOSTILE) {
  report.title = `<img src=x onerror="document.title='owned'">`;
  report.places[0].name = "<script>alert(1)</script>";
  report.places[1].name = `=cmd|' /C calc'!A0`;
  report.places[2].name = `@SUM(1+1)*"x", y`;
  report.publication = { k: 5, cell_m: 1000, min_ha: null, lots_reason: "<b>court order 12/2025</b>" };
  report.provenance.notes.unshift("</script><script>alert(2)</script>");
}
writeFileSync(process.argv[3], JSON.stringify(report));
