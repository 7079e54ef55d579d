//! `cocal associate`: eradication against the later change of the census.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::compare::beside_output;
use super::given::RecordFiles;
use super::table::table;
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::municipality_area::municipality_areas;
use crate::io::read_given::{GivenRecords, read_given};
use crate::io::read_municipalities::read_municipalities;
use crate::io::read_neighbours::{NeighboursError, neighbours_as_asked};
use crate::io::write_association::{association_csv, events_csv};
use crate::panel::associate::{Association, EventResults, Fitted, Options};
use crate::panel::event::{EventStudy, Point};
use crate::panel::words::{digits, p_words};
use crate::panel::{Covariate, Form, NationalCovariate, Sources};
use crate::records::Method;
use crate::run::associate::associate_and_draw;
use crate::run::threads::Threads;
use crate::territory::MunicipalityCode;
use crate::territory::neighbours::Neighbours;

/// Hold eradication against the later change of the census, over municipalities and years.
///
/// Every figure is an association. What could not be observed is listed with it: a regression on records cannot tell what
/// would have grown without the operation.
///
/// An intercept for each municipality and each year, errors clustered by municipality, the neighbours' eradication as
/// displacement, placebo years, random assignment, and the years around large operations (in `NAME_events.csv`, beside the
/// output).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal associate --census census.csv --eradication manual.csv --spraying spraying.csv --municipalities municipios.geojson --code-field MPIO_CCNCT --boundaries-neighbours auto -o association.csv"
)]
pub(super) struct Associate {
    #[command(flatten)]
    records: RecordFiles,
    /// Municipality polygons: areas, and neighbours with --boundaries-neighbours auto.
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// Neighbours: auto (municipalities that share 10 m of border or more), or a table of pairs municipality_code,
    /// neighbour_code.
    #[arg(long, value_name = "auto|PAIRS.csv")]
    boundaries_neighbours: Option<PathBuf>,
    /// Only eradication of these years [default: every year that the tables share].
    #[arg(long, value_name = "N", num_args = 1..)]
    year: Vec<i32>,
    /// Form of the main regression, for the outcome and the terms alike; the others are fitted beside it.
    #[arg(long, value_name = "FORM", default_value = "log", value_parser = ["log", "hectares", "asinh", "per-km2"])]
    outcome: String,
    /// Hectares in a municipality and year that make a large operation.
    #[arg(long, value_name = "HA", default_value_t = 500.0, value_parser = super::sample::positive)]
    event_ha: f64,
    /// Method of the large operations [default: the first that has records].
    #[arg(long, value_name = "METHOD", value_parser = Method::ALL.map(Method::word))]
    event_method: Option<String>,
    /// Years before and after a large operation.
    #[arg(long, value_name = "K", default_value_t = 4, value_parser = clap::value_parser!(i32).range(2..=15))]
    window: i32,
    /// Random assignments drawn for each term of eradication; 0 draws none.
    #[arg(long, value_name = "N", default_value_t = 999, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    permutations: u32,
    /// Seed of the random assignments.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Table to write; the events go to NAME_events.csv beside it.
    #[arg(short, long, value_name = "FILE.csv")]
    output: PathBuf,
}

/// Who borders on whom and how large they are, where it was asked for.
#[derive(Default)]
struct Ground {
    neighbours: Option<Neighbours>,
    area_km2: Option<BTreeMap<MunicipalityCode, f64>>,
    notes: Vec<String>,
}

impl Associate {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        if self.output.extension().is_none_or(|e| !e.eq_ignore_ascii_case("csv")) {
            return Err(Failure::Usage(format!("{}: the output must end in .csv", self.output.display())));
        }
        let options = self.options()?;
        make_folder(parent(&self.output))?;
        let events_path = beside_output(&self.output, "events");
        let given = self.records.given();
        let inputs = given.paths().chain(&self.municipalities).chain(&self.boundaries_neighbours);
        keep_inputs([self.output.as_path(), &events_path], inputs.map(PathBuf::as_path))?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let (ground, records) = threads.both(|| self.ground(), || read_given(&given));
        let (ground, mut records) = (ground?, records?);
        let (covariates, national) = terms_beside(&mut records);
        let sources = Sources {
            census: &records.census,
            eradication: &records.eradication,
            covariates: &covariates,
            national: &national,
            neighbours: ground.neighbours.as_ref(),
            area_km2: ground.area_km2.as_ref(),
        };
        let mut association = associate_and_draw(&threads, &sources, &options)?;
        association.notes.splice(0..0, std::mem::take(&mut records.notes).into_iter().chain(ground.notes));

        let staged = [
            Staged::bytes(&self.output, &association_csv(&association)?)?,
            Staged::bytes(&events_path, &events_csv(&association)?)?,
        ];
        staged.into_iter().try_for_each(Staged::put)?;
        if output.json {
            print_json(&association)?;
        } else if !output.quiet {
            print_line(&association_text(&association));
        }
        print_notes(&association.notes, output);
        Ok(())
    }

    fn options(&self) -> Result<Options, Failure> {
        let form = Form::ALL.into_iter().find(|f| f.word() == self.outcome).unwrap_or(Form::Log);
        if form == Form::PerKm2 && self.municipalities.is_none() {
            return Err(Failure::Usage("--outcome per-km2 needs --municipalities and --code-field".to_owned()));
        }
        if self.boundaries_neighbours.as_deref() == Some(Path::new("auto")) && self.municipalities.is_none() {
            return Err(Failure::Usage(NeighboursError::NoLayer.to_string()));
        }
        let event_method = Method::ALL.into_iter().find(|m| Some(m.word()) == self.event_method.as_deref());
        Ok(Options {
            form,
            years: self.year.iter().copied().collect(),
            event_ha: self.event_ha,
            event_method,
            window: self.window,
            permutations: self.permutations as usize,
            seed: self.seed,
        })
    }

    fn ground(&self) -> Result<Ground, NeighboursError> {
        let mut ground = Ground::default();
        let layer = match (&self.municipalities, &self.code_field) {
            (Some(path), Some(field)) => Some(read_municipalities(path, field, None)?),
            _ => None,
        };
        if let Some(layer) = &layer {
            let hectares = municipality_areas(layer)?;
            ground.area_km2 = Some(hectares.into_iter().map(|(code, ha)| (code, ha / 100.0)).collect());
            ground.notes.extend(layer.notes.iter().cloned());
        }
        if let Some(asked) = &self.boundaries_neighbours {
            ground.neighbours = Some(neighbours_as_asked(asked, layer.as_ref(), &mut ground.notes)?);
        }
        Ok(ground)
    }
}

/// Seizures, substitution and prices as terms.
pub(super) fn terms_beside(records: &mut GivenRecords) -> (Vec<Covariate>, Vec<NationalCovariate>) {
    let beside = &records.beside;
    let mut covariates: Vec<Covariate> = beside.seizures.iter().flat_map(Covariate::of_seizures).collect();
    covariates.extend(beside.substitution.iter().map(Covariate::of_substitution));
    let (national, notes) = beside.prices.as_ref().map(NationalCovariate::of_prices).unwrap_or_default();
    records.notes.extend(notes);
    (covariates, national)
}

/// The regressions, the years around large operations, the readings, and what no figure here can tell.
fn association_text(association: &Association) -> String {
    let mut text = String::from("Associations between eradication and the change of the census.\n");
    for fitted in &association.fitted {
        text.push_str(&fitted_text(fitted, association.main_form));
    }
    if let Some(events) = &association.events {
        text.push_str(&events_text(events));
    }
    text.push_str(&format!("\nErrors: {}.\n\n", association.errors));
    association.sentences.iter().for_each(|sentence| text.push_str(&format!("{sentence}\n")));
    text.push_str("\nNot observed, or not apart:\n");
    association.not_observed.iter().for_each(|what| text.push_str(&format!("  - {what}\n")));
    text.trim_end().to_owned()
}

fn fitted_text(fitted: &Fitted, main: Form) -> String {
    let rows = fitted.rows.iter().map(|row| {
        let e = &row.estimate;
        let mut cells = vec![e.term.clone()];
        cells.extend([e.coefficient, e.standard_error, e.low, e.high].map(digits));
        cells.push(p_words(e.p_value));
        cells.push(row.permutation_p.map(p_words).unwrap_or_default());
        cells.push(row.reading.to_owned());
        cells
    });
    let header = ["term", "coefficient", "error", "low", "high", "p", "p random", "reading"];
    let years = match (fitted.years.first(), fitted.years.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    };
    let form = if fitted.form == main { "" } else { ", another form" };
    format!(
        "\n{} ({}{form}): {}.\n{} rows, {} municipalities, {} years of eradication ({years}).\n\n{}\n",
        fitted.model.name,
        fitted.unit,
        fitted.model.title,
        fitted.observations,
        fitted.municipalities,
        fitted.years.len(),
        table(&header, &rows.collect::<Vec<_>>(), &[0, 7])
    )
}

fn events_text(events: &EventResults) -> String {
    let mut text = format!(
        "\nThe census ({}) around the first year with {} ha or more of {} eradication, against the December before it: {} municipalities with such a year, {} without.\n",
        events.unit,
        events.rule.hectares,
        events.rule.method.word(),
        events.with_event,
        events.without_event
    );
    let cells = |study: &EventStudy, point: &Point| {
        let figures = point.estimate.as_ref().map(|e| [e.coefficient, e.standard_error, e.low, e.high]);
        let mut cells = vec![study.estimator.to_owned(), format!("{:+} {}", point.event_time, point.bin)];
        cells.extend(figures.map_or(Default::default(), |f| f.map(digits)));
        cells.push(point.municipalities.to_string());
        cells
    };
    let header = ["estimator", "years since", "difference", "error", "low", "high", "municipalities"];
    let rows: Vec<Vec<String>> =
        events.studies.iter().flat_map(|s| s.points.iter().map(move |p| cells(s, p))).collect();
    text.push_str(&format!("\n{}\n", table(&header, &rows, &[0, 1])));
    text
}
