// A small made-up report for tests.
import { Report, type ReportData } from "../../src/data";

export const data: ReportData = {
  version: 1, language: "es", title: "t", synthetic: true, publication: null, years: [2023, 2024],
  places: [{ code: "05001", name: "Nariño", department: "05" }, { code: "05002", name: "=cmd()", department: "05" }, { code: "98003", name: "<script>alert(1)</script>", department: "98" }],
  totals: [{ code: "CO", name: "all", level: "all" }, { code: "05", name: "Antioquia", level: "department" }],
  figures: {
    mapped_ha: [1, 2, null, 8832.92, 0, 5], observed_share: [1, 0.5, 0, 1, 0.95, 0.99997], census_ha: [10, null, 0, 9000, 4, 4],
    z: [null, -1.2345, null, 2.5, null, null], other_ha: [null, -3, null, null, null, null], estimate_change_from_year: [null, 2022, null, null, null, null],
    estimate_ha: [1, 2, null, 8000, null, 5.5], estimate_low_ha: [0.5, 1, null, 7000, null, 4], estimate_high_ha: [1.5, 3, null, 9000, null, 7],
  },
  total_figures: { mapped_ha: [1, 8839.92, 1, 8834.92] }, labels: { other_ha: "Other" },
  flags: { words: ["", "not_observed", "partly_observed;spraying_not_recorded"], places: [0, 2, 1, 0, 0, 0] },
  sentences: { keys: ["level_interval", "null_map_worse", "census_above"], places: [[0], [0, 2], [], [2], [], []], totals: [[], [1], [], []] },
  null_model: { map_error_pct: 39.94, null_error_pct: 14.5, rows_used: 10, rows: 12, closer: "null" },
  map: null, pictures: [],
  provenance: { program: "cocal", gdal: null, recorded: true, inputs: [], outputs: [], settings: {}, model: null, scenes: [], notes: [], assumptions: [] },
};

export const report = new Report(data);
