//! `cocal validate`: is the census compatible with the estimates, and do they beat no map at all?

use std::path::{Path, PathBuf};

use super::compare::grounds_by_code;
use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::compare::skill::Skill;
use crate::compare::validate::{ValidateOptions, Validation, ValidationRow, Verdict, YearSkill, validate};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::read_estimates::{Chosen, read_estimates};
use crate::io::read_municipalities::read_municipalities;
use crate::io::read_records::read_census;
use crate::io::write_validation::{nulls_csv, validation_csv, validation_geojson};

/// Rows of the printed table.
const ROWS_SHOWN: usize = 20;

/// Test for each municipality whether the census is compatible with the estimate, and hold the estimates beside the nulls:
/// last year's census, the historical mean, the department's mean.
///
/// Beside the output, `NAME_nulls.csv` holds the nulls' errors.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal validate --estimates municipal.csv --census census.csv --fdr 0.05 -o validation.csv"
)]
pub(super) struct Validate {
    /// Estimates per municipality: municipality_code, year, adjusted_area_ha and standard_error_ha, as `cocal assess --by
    /// municipality` writes them.
    #[arg(long, value_name = "FILE.csv")]
    estimates: PathBuf,
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Census of earlier years, for the nulls [default: the census].
    #[arg(long, value_name = "FILE.csv")]
    history: Option<PathBuf>,
    /// Rate of false discoveries among the municipalities called different.
    #[arg(long, value_name = "RATE", default_value_t = 0.05, value_parser = rate)]
    fdr: f64,
    /// Margin of the equivalence test, as a share of the census.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = rate)]
    margin: f64,
    /// Year of estimates that do not say.
    #[arg(long, value_name = "N")]
    year: Option<i32>,
    /// Only the estimates of this class [default: names that begin with coca, or the only one].
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Only the estimates of this estimator.
    #[arg(long, value_name = "NAME")]
    estimator: Option<String>,
    /// Year of the census or labels that the model was calibrated on: estimates of that year are flagged as circular.
    #[arg(long, value_name = "N")]
    calibrated_on: Option<i32>,
    /// Municipality polygons: the geometry of a .geojson output.
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

fn rate(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v > 0.0 && *v < 1.0);
    value.ok_or_else(|| "a share between 0 and 1 is needed, such as 0.05".to_owned())
}

impl Validate {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let extension = self.output.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let as_csv = match extension.as_str() {
            "csv" => true,
            "geojson" | "json" => false,
            _ => {
                let path = self.output.display();
                return Err(Failure::Usage(format!("-o {path}: the name must end in .csv or .geojson")));
            }
        };
        make_folder(parent(&self.output))?;
        let nulls = nulls_path(&self.output);
        let inputs = [Some(&self.estimates), Some(&self.census), self.history.as_ref(), self.municipalities.as_ref()];
        keep_inputs([self.output.as_path(), &nulls], inputs.into_iter().flatten().map(PathBuf::as_path))?;
        let chosen = Chosen {
            class: self.class.clone(),
            estimator: self.estimator.clone(),
            year: self.year,
            calibrated_on: self.calibrated_on,
        };
        let (estimates, mut notes) = read_estimates(&self.estimates, &chosen)?;
        let census = read_census(&self.census)?;
        notes.extend(census.notes.iter().map(|n| format!("{}: {n}", self.census.display())));
        let history = self.history.as_deref().map(read_census).transpose()?;
        let options = ValidateOptions { fdr: self.fdr, margin: self.margin };
        let mut found = validate(&estimates, &census, history.as_ref().unwrap_or(&census), options);
        found.notes.splice(0..0, notes);
        let bytes = if as_csv { validation_csv(&found)? } else { self.geojson(&mut found)? };
        let staged = [Staged::bytes(&nulls, &nulls_csv(&found)?)?, Staged::bytes(&self.output, &bytes)?];
        staged.into_iter().try_for_each(Staged::put)?;
        print_notes(&found.notes, output);
        if output.json {
            print_json(&found)?;
        } else if !output.quiet {
            print_line(&validation_text(&found));
        }
        Ok(())
    }

    fn geojson(&self, found: &mut Validation) -> Result<Vec<u8>, Failure> {
        let grounds = match (&self.municipalities, &self.code_field) {
            (Some(path), Some(field)) => grounds_by_code(&read_municipalities(path, field, None)?)?,
            _ => {
                let note = "the features have no geometry: give --municipalities and --code-field for it";
                found.notes.push(note.to_owned());
                Default::default()
            }
        };
        Ok(validation_geojson(found, &grounds)?)
    }
}

/// `validation_nulls.csv` beside `validation.csv`.
fn nulls_path(output: &Path) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}_nulls.csv"))
}

/// The municipalities that differ most, then each year's nulls and the verdict.
fn validation_text(found: &Validation) -> String {
    let mut rows: Vec<&ValidationRow> = found.rows.iter().filter(|r| r.p_value.is_some()).collect();
    rows.sort_by(|a, b| a.p_value.unwrap_or(1.0).total_cmp(&b.p_value.unwrap_or(1.0)));
    let cells = |r: &&ValidationRow| {
        vec![
            r.municipality_code.to_string(),
            r.municipality_name.clone(),
            r.year.to_string(),
            figure(r.census_ha, 1),
            figure(r.adjusted_area_ha, 1),
            figure(r.standard_error_ha, 1),
            figure(r.z, 2),
            figure(r.q_value, 4),
            r.equivalent.map_or("", |e| if e { "yes" } else { "no" }).to_owned(),
            r.verdict.words().to_owned(),
        ]
    };
    let header = [
        "code",
        "municipality",
        "year",
        "census",
        "estimate",
        "standard error",
        "z",
        "q value",
        "equivalent",
        "verdict",
    ];
    let shown: Vec<Vec<String>> = rows.iter().take(ROWS_SHOWN).map(cells).collect();
    let mut text = if shown.is_empty() { String::new() } else { table(&header, &shown, &[0, 1, 2, 8, 9]) + "\n" };
    let different = |r: &&&ValidationRow| matches!(r.verdict, Verdict::Higher | Verdict::Lower);
    if rows.len() > ROWS_SHOWN {
        text.push_str(&format!(
            "{} more rows are in the file; {} of all {} differ.\n",
            rows.len() - ROWS_SHOWN,
            rows.iter().filter(different).count(),
            rows.len()
        ));
    }
    found.skill.iter().for_each(|skill| text.push_str(&skill_text(skill)));
    text.trim_end().to_owned()
}

fn skill_text(year: &YearSkill) -> String {
    let cells = |skill: &Skill| {
        vec![
            skill.name.to_owned(),
            skill.municipalities.to_string(),
            figure(skill.weighted_mape_pct, 1),
            figure(skill.national_error_pct, 1),
            figure(skill.pearson, 3),
            figure(skill.spearman, 3),
            figure(skill.presence_iou, 3),
        ]
    };
    let header =
        ["figures", "municipalities", "weighted MAPE %", "national error %", "Pearson", "Spearman", "presence IoU"];
    let of = |skills: &[Skill]| table(&header, &skills.iter().map(cells).collect::<Vec<_>>(), &[0]);
    let mut text =
        format!("\nAgainst the census of {}, where there is an estimate\n\n{}\n", year.year, of(&year.compared));
    if !year.whole_census.is_empty() {
        text.push_str(&format!("\nThe nulls over all of the census\n\n{}\n", of(&year.whole_census)));
    }
    format!("{text}\n{}\n", year.sentence)
}
