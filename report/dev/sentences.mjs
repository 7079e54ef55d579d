// Which sentences hold, for fixtures only: the real ones are decided by the program.
export const KEYS = [
  "level_interval", "level_mapped_only", "level_census_only", "level_unknown", "not_observed", "partly_observed", "outside_raster",
  "partly_covered", "estimate_change_up", "estimate_change_down", "estimate_change_none", "census_change_up", "census_change_down",
  "census_change_none", "census_change_no_error", "census_no_previous", "census_agrees", "census_above", "census_below", "census_no_test",
  "census_unknown", "null_map_better", "null_map_worse", "null_equal", "null_unknown", "eradication_gross_gain", "eradication_unknown",
  "spraying_not_recorded", "census_incomplete", "association_only",
];

export function sentences(v, flag, isTotal, nullModel) {
  const known = (x) => x !== null && x !== undefined;
  const out = [];
  if (known(v.estimate_ha)) out.push("level_interval");
  else if (known(v.mapped_ha)) out.push("level_mapped_only");
  else if (known(v.census_ha)) out.push("level_census_only");
  else out.push("level_unknown");
  if (flag.includes("not_observed")) out.push("not_observed");
  else if (known(v.observed_share) && v.observed_share < 0.9995) out.push("partly_observed");
  if (flag.includes("partly_covered")) out.push("partly_covered");
  if (known(v.estimate_change_ha)) {
    if (v.estimate_change_low_ha > 0) out.push("estimate_change_up");
    else if (v.estimate_change_high_ha < 0) out.push("estimate_change_down");
    else out.push("estimate_change_none");
  }
  if (!known(v.previous_census_ha)) out.push("census_no_previous");
  else if (known(v.change_low_ha)) {
    if (v.change_low_ha > 0) out.push("census_change_up");
    else if (v.change_high_ha < 0) out.push("census_change_down");
    else out.push("census_change_none");
  } else if (known(v.change_ha)) out.push("census_change_no_error");
  if (!known(v.census_ha)) out.push("census_unknown");
  else if (!known(v.z)) out.push("census_no_test");
  else out.push(Math.abs(v.z) < 1.96 ? "census_agrees" : v.z > 0 ? "census_above" : "census_below");
  if (isTotal && nullModel) out.push(nullModel.closer === "null" ? "null_map_worse" : "null_map_better");
  if (known(v.gross_gain_ha)) out.push("eradication_gross_gain", "association_only");
  else out.push("eradication_unknown");
  if (flag.includes("spraying_not_recorded")) out.push("spraying_not_recorded");
  return out.map((key) => KEYS.indexOf(key));
}
