//! The project file: what was typed ([`parse`]) becomes what was checked ([`Project`]), which cannot be wrong.
//!
//! Paths stay as they were typed; `io::read_project` resolves them against the project file's folder.

mod check;
pub mod output;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use output::{Format, OutputChoice};

use crate::scene::source::ValidityOption;

/// A project file that breaks a rule.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Not TOML, an unknown key, or a value of another type; the text names line and column.
    #[error("{0}")]
    Toml(Box<toml::de::Error>),
    /// A value that cannot be used.
    #[error("[{table}] {key} = {value}: {rule}")]
    Value {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// What was typed.
        value: String,
        /// What is allowed.
        rule: &'static str,
    },
}

/// A checked project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its name and where outputs go.
    #[serde(default)]
    pub project: Name,
    /// Which municipalities.
    pub territory: Territory,
    /// Which census years, and which scenes belong to each.
    #[serde(default)]
    pub years: Years,
    /// The scenes.
    pub scenes: Vec<SceneEntry>,
    /// The grid to map on; absent: the scenes' own.
    pub grid: Option<GridChoice>,
    /// What counts as observed.
    #[serde(default)]
    pub validity: ValidityChoice,
    /// How pixels get their class.
    pub classifier: ClassifierChoice,
    /// From classes to the coca mask.
    #[serde(default)]
    pub mask: MaskChoice,
    /// What others say.
    #[serde(default)]
    pub records: RecordFiles,
    /// Labelled samples of the maps: without one, no error of an area is known.
    #[serde(default)]
    pub assessment: Vec<AssessmentEntry>,
    /// Known truth: only a simulation has it.
    pub truth: Option<Truth>,
    /// Formats of the map layer.
    #[serde(default)]
    pub output: OutputChoice,
    /// Servers that inputs may lie on.
    #[serde(default)]
    pub network: Network,
    /// What inputs may reach.
    #[serde(default)]
    pub inputs: InputChoice,
}

/// `[network]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Servers that GDAL may speak to, with their port where it is not the usual one; without any, none.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// `[inputs]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputChoice {
    /// Whether virtual rasters may reach outside their own folder and those of the inputs.
    #[serde(default)]
    pub vrt_outside: bool,
}

/// `[project]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// A label for outputs.
    #[serde(default)]
    pub name: String,
    /// Output folder; `--out` goes before it.
    pub out: Option<String>,
}

/// `[territory]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Territory {
    /// Polygons, in any vector format and CRS.
    pub municipalities: String,
    /// Field with the DIVIPOLA code.
    pub code_field: String,
    /// Field with the name; absent: guessed.
    pub name_field: Option<String>,
}

/// `[years]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    /// Census years to map; empty: every calendar year that a scene is of.
    #[serde(default)]
    pub census: Vec<i16>,
    /// Month and day on which a census year ends, `MM-DD`.
    #[serde(default = "Years::default_cutoff")]
    pub cutoff: String,
    /// Scenes of so many days up to the cut-off belong to the year.
    #[serde(default = "Years::default_window")]
    pub window_days: i32,
}

impl Years {
    fn default_cutoff() -> String {
        "12-31".to_owned()
    }

    fn default_window() -> i32 {
        365
    }

    /// The last day of a census year.
    ///
    /// # Errors
    /// A cut-off that is not `MM-DD` or a day that the year does not have.
    pub fn cutoff_date(&self, year: i16) -> Result<Date, ProjectError> {
        let wrong = || ProjectError::Value {
            table: "years",
            key: "cutoff",
            value: format!("{:?}", self.cutoff),
            rule: "month and day, such as 12-31, that every mapped year has",
        };
        let (month, day) = self.cutoff.split_once('-').ok_or_else(wrong)?;
        let (month, day) = (month.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?);
        Date::new(year, month, day).map_err(|_| wrong())
    }

    /// Whether a scene of this date belongs to the census year: at most `window_days` before the cut-off, the cut-off included.
    ///
    /// # Errors
    /// See [`Years::cutoff_date`].
    pub fn holds(&self, year: i16, date: Date) -> Result<bool, ProjectError> {
        let days_before = (self.cutoff_date(year)? - date).get_days();
        Ok((0..self.window_days).contains(&days_before))
    }
}

impl Default for Years {
    fn default() -> Self {
        Self { census: Vec::new(), cutoff: Self::default_cutoff(), window_days: Self::default_window() }
    }
}

/// `[[scenes]]`: one scene or, by a pattern, many.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneEntry {
    /// Path or pattern (`tiles/*.tif`) of rasters or product folders; `/vsi...` names are taken as they are.
    pub path: String,
    /// Sensor table; absent: read from the product.
    pub sensor: Option<String>,
    /// Date of acquisition, as a TOML date or as text; absent: read from the product.
    #[serde(default, deserialize_with = "typed_date")]
    pub date: Option<Date>,
    /// Band names with their 1-based numbers; absent: read from the product.
    #[serde(default)]
    pub bands: BTreeMap<String, usize>,
    /// Reflectance = value * scale + offset; absent: read from the product.
    pub scale: Option<f64>,
    /// See `scale`.
    pub offset: Option<f64>,
    /// A layer of codes that says what was observed; absent: read from the product.
    pub validity_band: Option<ValidityOption>,
}

/// A date written `2024-05-01`, with or without quotes.
fn typed_date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Typed {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Typed::deserialize(deserializer)? {
        Typed::Toml(date) => date.to_string(),
        Typed::Text(text) => text,
    };
    text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("'{text}' is not a date such as 2024-05-01")))
}

/// `[grid]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridChoice {
    /// Reference system, such as `EPSG:32618`.
    pub crs: String,
    /// Pixel size in its unit.
    pub resolution: f64,
}

/// `[validity]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityChoice {
    /// Clouds and shadows grow by this many metres.
    #[serde(default)]
    pub dilation_m: f64,
}

/// `[classifier]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierChoice {
    /// A model file made by `cocal train`; it goes before `samples`.
    pub model: Option<String>,
    /// Labelled polygons or points.
    pub samples: Option<String>,
    /// Field with the class.
    #[serde(default = "ClassifierChoice::default_class_field")]
    pub class_field: String,
    /// Field with the census year that a label is of; absent: a label is true of every mapped year.
    pub year_field: Option<String>,
    /// Bands to use; empty: all that every scene has.
    #[serde(default)]
    pub bands: Vec<String>,
    /// The kind of classifier to train.
    #[serde(default)]
    pub kind: ClassifierKind,
    /// Number of trees: of a forest (100 without it), or the most of boosted trees (200).
    pub trees: Option<usize>,
    /// Stop boosting when a fifth of the groups, held out for it, has not gained for so many trees; without it all trees are
    /// made. It asks for many groups: of a few, the held-out ones say little.
    pub early_stopping: Option<usize>,
    /// Seed of the classifier and of the split.
    #[serde(default = "ClassifierChoice::default_seed")]
    pub seed: u64,
    /// Number of folds of the held-out assessment.
    #[serde(default = "ClassifierChoice::default_folds")]
    pub folds: usize,
    /// Side of the spatial blocks, in metres, that a fold never cuts; 0: polygons alone are kept whole.
    #[serde(default)]
    pub block_m: f64,
}

impl ClassifierChoice {
    fn default_class_field() -> String {
        "class".to_owned()
    }
    fn default_seed() -> u64 {
        1
    }
    fn default_folds() -> usize {
        5
    }
}

/// The kinds of classifier that can be trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassifierKind {
    /// Gradient-boosted symmetric trees.
    #[default]
    Boosted,
    /// A random forest.
    Forest,
}

/// `[mask]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskChoice {
    /// Classes that are coca; empty: those whose name begins with `coca`.
    #[serde(default)]
    pub coca_classes: Vec<String>,
    /// Patches of coca smaller than this many hectares are taken off the mask.
    #[serde(default)]
    pub minimum_mapping_unit_ha: f64,
}

/// `[records]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordFiles {
    /// Census table.
    pub census: Option<String>,
    /// Eradication tables: manual, spraying, events.
    #[serde(default)]
    pub eradication: Vec<String>,
}

/// `[[assessment]]`: a sample of a year's map that interpreters have labelled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessmentEntry {
    /// The mapped year that the labels are of.
    pub year: i16,
    /// The labelled sample: `id`, `reference` and a place, and what the key has not.
    pub sample: String,
    /// The key that `cocal sample` wrote; absent: the sample has `stratum` itself.
    pub key: Option<String>,
    /// The ground of the strata that it was drawn from.
    pub strata_area: String,
}

/// `[truth]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Table `municipality_code,municipality_name,year,class,truth_ha`.
    pub hectares: String,
}

/// Reads and checks the text of a project file.
///
/// # Errors
/// [`ProjectError`] naming the place and the rule.
pub fn parse(text: &str) -> Result<Project, ProjectError> {
    let project: Project = toml::from_str(text).map_err(|e| ProjectError::Toml(Box::new(e)))?;
    check::check(&project)?;
    Ok(project)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        [territory]
        municipalities = "m.geojson"
        code_field = "MPIO_CCNCT"
        [[scenes]]
        path = "tiles/*.tif"
        date = 2024-05-01
        [classifier]
        samples = "training.geojson"
    "#;

    #[test]
    fn defaults_fill_a_small_file() {
        let p = parse(SMALL).unwrap();
        assert_eq!((p.classifier.trees, p.classifier.kind, p.years.window_days), (None, ClassifierKind::Boosted, 365));
        assert_eq!(p.scenes[0].date, Some(jiff::civil::date(2024, 5, 1)));
    }

    #[test]
    fn a_census_year_ends_on_its_cutoff() {
        let years = Years::default();
        let date = jiff::civil::date;
        assert!(years.holds(2024, date(2024, 12, 31)).unwrap());
        assert!(!years.holds(2024, date(2025, 1, 1)).unwrap());
        assert!(years.holds(2024, date(2024, 1, 2)).unwrap());
        assert!(!years.holds(2024, date(2023, 12, 31)).unwrap());
        // 365 days: all of a common year, and all but the first day of a leap year.
        assert!(years.holds(2023, date(2023, 1, 1)).unwrap() && !years.holds(2023, date(2022, 12, 31)).unwrap());
        assert!(!years.holds(2024, date(2024, 1, 1)).unwrap());
    }

    #[test]
    fn wrong_values_are_named() {
        let message = |extra: &str| parse(&format!("{SMALL}\n{extra}")).unwrap_err().to_string();
        assert!(
            message("[mask]\nminimum_mapping_unit_ha = -1")
                .contains("minimum_mapping_unit_ha = -1: 0 or more hectares")
        );
        assert!(message("[years]\ncutoff = \"31 December\"").contains("month and day"));
        let typo = message("[maks]\nx = 1");
        assert!(typo.contains("maks") && typo.contains("line"), "{typo}");
        let unknown = message("[output]\nformats = [\"gpkg\", \"shp\"]");
        assert!(unknown.contains("`shp`") && unknown.contains("`flatgeobuf`") && unknown.contains("line"), "{unknown}");
        assert!(message("[output]\nformats = [\"gpkg\", \"gpkg\"]").contains("each once"));
        assert!(message("[output]\nformats = []").contains("one or more"));
    }
}
