//! The columns of a run's tables that leave, by what they come from. What is not listed stays.

use serde_json::Value;

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It names the row.
    Key,
    /// From records, or of the ground that was seen: it stays where the map is withheld.
    Apart,
    /// From the map.
    Map,
}
use Origin::{Apart, Key, Map};

/// A table of a run. In the name `YEAR` stands for a year.
#[derive(Debug, Clone, Copy)]
pub struct TableKind {
    /// Name of the file.
    pub name: &'static str,
    /// Its columns, or how they begin where a `*` ends them.
    pub columns: &'static [(&'static str, Origin)],
}

/// The tables that leave, in order.
pub const TABLES: [TableKind; 7] = [
    TableKind {
        name: "hectares.csv",
        columns: &[
            ("municipality_code", Key),
            ("municipality_name", Key),
            ("year", Key),
            ("class", Key),
            ("mapped_area_ha", Map),
            ("observed_share", Apart),
            ("unobserved_ha", Apart),
            ("coverage_area_ha", Apart),
            ("bound_low_ha", Map),
            ("bound_high_ha", Map),
            ("zero_observations_share", Apart),
        ],
    },
    TableKind {
        name: "comparison.csv",
        columns: &[
            ("municipality_code", Key),
            ("municipality_name", Key),
            ("year", Key),
            ("class", Key),
            ("mapped_area_ha", Map),
            ("observed_share", Apart),
            ("unobserved_ha", Apart),
            ("coverage_area_ha", Apart),
            ("census_ha", Apart),
            ("difference_ha", Map),
            ("previous_census_ha", Apart),
            ("eradicated_*", Apart),
            ("change_ha", Apart),
            ("growth_pct", Apart),
            ("gross_gain_ha", Apart),
            ("flag", Apart),
            ("null_error_ha", Apart),
            ("bound_low_ha", Map),
            ("bound_high_ha", Map),
        ],
    },
    TableKind {
        name: "comparison_totals.csv",
        columns: &[
            ("level", Key),
            ("place_code", Key),
            ("place_name", Key),
            ("year", Key),
            ("municipalities", Apart),
            ("mapped_area_ha", Map),
            ("observed_share", Apart),
            ("census_ha", Apart),
            ("difference_ha", Map),
            ("previous_census_ha", Apart),
            ("eradicated_*", Apart),
            ("change_ha", Apart),
            ("growth_pct", Apart),
            ("gross_gain_ha", Apart),
            ("flag", Apart),
            ("census_total_ha", Apart),
        ],
    },
    TableKind { name: "municipal_YEAR.csv", columns: ESTIMATES },
    TableKind {
        name: "change.csv",
        columns: &[
            ("municipality_code", Key),
            ("class", Key),
            ("before_ha", Map),
            ("after_ha", Map),
            ("change_ha", Map),
            ("standard_error_ha", Map),
            ("ci95_*", Map),
            ("growth_*", Map),
            ("probability_of_decrease", Map),
            ("minimum_detectable_change_ha", Map),
            ("distinguishable", Map),
            ("sentence", Map),
        ],
    },
    TableKind {
        name: "validation.csv",
        columns: &[
            ("municipality_code", Key),
            ("municipality_name", Key),
            ("year", Key),
            ("census_ha", Apart),
            ("adjusted_area_ha", Map),
            ("standard_error_ha", Map),
            ("ci95_*", Map),
            ("difference_ha", Map),
            ("z", Map),
            ("p_value", Map),
            ("q_value", Map),
            ("margin_ha", Map),
            ("equivalence_p", Map),
            ("equivalent", Map),
            ("previous_census_ha", Apart),
            ("verdict", Map),
            ("circular", Apart),
            ("significant", Map),
        ],
    },
    TableKind {
        name: "validation_nulls.csv",
        columns: &[
            ("year", Key),
            ("scope", Key),
            ("figures", Key),
            ("municipalities", Apart),
            ("weighted_mape_pct", Map),
            ("national_error_pct", Map),
            ("pearson", Map),
            ("spearman", Map),
            ("presence_iou", Map),
        ],
    },
];

const ESTIMATES: &[(&str, Origin)] = &[
    ("estimator", Key),
    ("municipality_code", Key),
    ("year", Key),
    ("class", Key),
    ("mapped_area_ha", Map),
    ("adjusted_area_ha", Map),
    ("standard_error_ha", Map),
    ("ci95_*", Map),
    ("adjusted_share", Map),
    ("standard_error_share", Map),
    ("users_accuracy*", Map),
    ("producers_accuracy*", Map),
    ("overall_accuracy*", Map),
    ("n", Apart),
    ("bias_ha", Map),
    ("shrinkage_weight", Map),
    ("status", Apart),
];

impl TableKind {
    /// What a column comes from; `None` where it does not leave.
    pub fn origin(&self, column: &str) -> Option<Origin> {
        let fits = |(name, _): &&(&str, Origin)| match name.strip_suffix('*') {
            Some(start) => column.starts_with(start),
            None => column == *name,
        };
        self.columns.iter().find(fits).map(|(_, origin)| *origin)
    }

    /// Whether a file has this table's name, and its year where the name holds one.
    pub fn named(&self, file: &str) -> Option<Option<i32>> {
        let Some((before, after)) = self.name.split_once("YEAR") else { return (file == self.name).then_some(None) };
        let year = file.strip_prefix(before)?.strip_suffix(after)?;
        (year.len() == 4).then(|| year.parse().ok()).flatten().map(Some)
    }
}

/// What a property of the map layer comes from, by its name without the year: a figure of the comparison or an estimate.
pub fn property_origin(base: &str) -> Option<Origin> {
    TABLES[1].origin(base).or_else(|| TABLES[3].origin(base).filter(|origin| *origin == Map))
}

/// Whether a class is coca by its name.
pub fn is_coca(class: &str) -> bool {
    class.trim().to_lowercase().starts_with("coca")
}

/// Fields of an assessment that tell of the map.
pub const OF_THE_MAP: [&str; 3] = ["classes", "overall_accuracy", "overall_accuracy_se"];

/// An assessment without its sample: figures of all the ground alone. `mapped`: whether figures of the map may stay; estimates
/// and accuracies of the map give mapped hectares back.
pub fn assessment_for_all(assessment: &Value, mapped: bool) -> Value {
    let apart = ["year", "estimator", "n", "notes"];
    let keep = |name: &str| apart.contains(&name) || (mapped && OF_THE_MAP.contains(&name));
    let fields = assessment.as_object().into_iter().flatten().filter(|(name, _)| keep(name));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_known_by_name_or_beginning() {
        assert_eq!(TABLES[1].origin("eradicated_ha_drones"), Some(Apart));
        assert_eq!(TABLES[1].origin("difference_ha"), Some(Map));
        assert_eq!(TABLES[1].origin("pixel_row"), None);
        assert_eq!(TABLES[3].origin("ci95_low_ha"), Some(Map));
        assert_eq!(property_origin("adjusted_area_ha"), Some(Map));
        assert_eq!(property_origin("status"), None);
    }

    #[test]
    fn tables_are_known_by_the_name_of_the_file() {
        assert_eq!(TABLES[3].named("municipal_2024.csv"), Some(Some(2024)));
        assert_eq!(TABLES[3].named("municipal_x.csv"), None);
        assert_eq!(TABLES[0].named("hectares.csv"), Some(None));
    }

    #[test]
    fn an_assessment_leaves_without_its_units() {
        let given = json!({"year": 2024, "units": [{"id": "a"}], "survey": {}, "classes": [{"name": "coca", "mapped_area_ha": 3.0}]});
        assert_eq!(
            assessment_for_all(&given, true),
            json!({"year": 2024, "classes": [{"name": "coca", "mapped_area_ha": 3.0}]})
        );
        assert_eq!(assessment_for_all(&given, false), json!({"year": 2024}));
    }
}
