//! All regressions of one panel, gathered.

use std::collections::BTreeSet;

use serde::Serialize;

use super::PanelError;
use super::event::{EventRule, EventStudy, Events, two_way};
use super::fit::{Design, Estimate, LeftOut, fit};
use super::grid::Form;
use super::models::{BESIDE, Formed, LATER, Model};
use super::permute::Assignment;
use super::sources::{Flows, Sources, notes};
use super::staggered::staggered;
use super::words::NOT_OBSERVED;
use crate::records::Method;

/// Municipalities below which errors clustered by them are doubtful (Cameron and Miller 2015, section VI).
const FEW_CLUSTERS: usize = 50;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The main form.
    pub form: Form,
    /// Only these years of eradication; all where empty.
    pub years: BTreeSet<i32>,
    /// Hectares that make a large operation.
    pub event_ha: f64,
    /// Its method; the first that has records where `None`.
    pub event_method: Option<Method>,
    /// Years before and after it.
    pub window: i32,
    /// Random assignments to draw.
    pub permutations: usize,
    /// Their seed.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: Form::Log,
            years: BTreeSet::new(),
            event_ha: 500.0,
            event_method: None,
            window: 4,
            permutations: 999,
            seed: 1,
        }
    }
}

/// A coefficient with what is said of it.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The estimate.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Unit of the term.
    pub unit: String,
    /// Whether the term is eradication, here or at the neighbours.
    pub is_eradication: bool,
    /// p-value among random assignments, where drawn.
    pub permutation_p: Option<f64>,
    /// The verdict in words.
    pub reading: &'static str,
}

/// A regression in a form.
#[derive(Debug, Clone, Serialize)]
pub struct Fitted {
    /// The regression.
    #[serde(flatten)]
    pub model: Model,
    /// The form.
    pub form: Form,
    /// Unit of the outcome.
    pub unit: String,
    /// Its coefficients.
    pub rows: Vec<Row>,
    /// Terms left out.
    pub left_out: Vec<LeftOut>,
    /// Municipality-years used.
    pub observations: usize,
    /// Municipalities, which are the clusters.
    pub municipalities: usize,
    /// Years of eradication.
    pub years: Vec<i32>,
    /// Rows left out because their municipality or year has no other.
    pub singletons: usize,
}

/// A regression that could not be fitted.
#[derive(Debug, Clone, Serialize)]
pub struct NotFitted {
    /// Name of the regression.
    pub model: String,
    /// The form.
    pub form: Form,
    /// Why.
    pub why: String,
}

/// The studies around large operations.
#[derive(Debug, Clone, Serialize)]
pub struct EventResults {
    /// What an event is.
    #[serde(flatten)]
    pub rule: EventRule,
    /// Unit of the figures.
    pub unit: String,
    /// Municipalities with an event.
    pub with_event: usize,
    /// Municipalities without.
    pub without_event: usize,
    /// Municipalities left out because their first large operation was before the first whole census.
    pub too_early: usize,
    /// By two-way fixed effects, and cohort by cohort.
    pub studies: Vec<EventStudy>,
}

/// Everything that was found. Never more than an association.
#[derive(Debug, Clone, Serialize)]
pub struct Association {
    /// The form of the main regression.
    pub main_form: Form,
    /// Regressions.
    pub fitted: Vec<Fitted>,
    /// Those that could not be fitted.
    pub not_fitted: Vec<NotFitted>,
    /// Event studies, where there were events.
    pub events: Option<EventResults>,
    /// Random assignments drawn for each term of eradication.
    pub permutations: usize,
    /// Their seed.
    pub seed: u64,
    /// How errors were computed.
    pub errors: &'static str,
    /// What no figure here can tell.
    pub not_observed: [&'static str; NOT_OBSERVED.len()],
    /// Readings in words.
    pub sentences: Vec<String>,
    /// What is to be known of the data.
    pub notes: Vec<String>,
}

/// The words of the covariance.
const ERRORS: &str = "an intercept for each municipality and year; errors clustered by municipality, G/(G-1) (n-1)/(n-k), k with the years' intercepts; Student's t with G-1 degrees of freedom";

/// An association, and the assignments that are still to be drawn for it.
#[derive(Debug)]
pub struct Prepared {
    /// All but the p-values of random assignment and the sentences.
    pub association: Association,
    /// One for each term of eradication of the main regression.
    pub assignments: Vec<Assignment>,
}

/// Fits everything.
///
/// # Errors
/// [`PanelError`] where the main regression cannot be fitted; of the others it is told in the result.
pub fn associate(sources: &Sources, options: &Options) -> Result<Prepared, PanelError> {
    let flows = Flows::new(sources);
    let main = Formed::new(&flows, sources, options.form);
    let (first, design) = fit_model(&flows, &main, &LATER, options)?;
    let mut association = Association {
        main_form: options.form,
        fitted: vec![first],
        not_fitted: Vec::new(),
        events: None,
        permutations: options.permutations,
        seed: options.seed,
        errors: ERRORS,
        not_observed: NOT_OBSERVED,
        sentences: Vec::new(),
        notes: notes(sources, &flows),
    };
    for model in &BESIDE {
        association.take(model, options.form, fit_model(&flows, &main, model, options).map(|(fitted, _)| fitted));
    }
    let has_area = sources.area_km2.is_some();
    for form in Form::ALL.into_iter().filter(|f| *f != options.form && (has_area || *f != Form::PerKm2)) {
        let formed = Formed::new(&flows, sources, form);
        association.take(&LATER, form, fit_model(&flows, &formed, &LATER, options).map(|(fitted, _)| fitted));
    }
    match events(&flows, &main, options) {
        Ok(found) => association.events = Some(found),
        Err(error) => association.not_fitted.push(NotFitted {
            model: "event study".to_owned(),
            form: options.form,
            why: error.to_string(),
        }),
    }
    association.note_panel(sources);
    let assignments = assignments(&association, &design, options)?;
    Ok(Prepared { association, assignments })
}

fn fit_model(flows: &Flows, formed: &Formed, model: &Model, options: &Options) -> Result<(Fitted, Design), PanelError> {
    let design = formed.design(flows, model, &options.years)?;
    let fit = fit(&design)?;
    let row = |estimate: Estimate| {
        let term = formed.terms.iter().find(|t| t.name == estimate.term);
        Row {
            unit: term.map(|t| t.unit.clone()).unwrap_or_default(),
            is_eradication: term.is_some_and(|t| t.is_eradication()),
            permutation_p: None,
            reading: super::words::reading(&estimate),
            estimate,
        }
    };
    let fitted = Fitted {
        model: *model,
        form: formed.form,
        unit: formed.form.of_unit("ha"),
        rows: fit.estimates.into_iter().map(row).collect(),
        left_out: fit.left_out,
        observations: fit.observations,
        municipalities: fit.municipalities,
        years: fit.years,
        singletons: fit.singletons,
    };
    Ok((fitted, design))
}

fn events(flows: &Flows, main: &Formed, options: &Options) -> Result<EventResults, PanelError> {
    let with_records = |m: &Method| flows.methods().any(|has| has == *m);
    let method = options.event_method.or(Method::ALL.into_iter().find(with_records)).unwrap_or(Method::Manual);
    let rule = EventRule { method, hectares: options.event_ha, window: options.window };
    let found = Events::find(flows, rule)?;
    let studies =
        vec![two_way(&flows.grid, &main.stock, &found, main.form)?, staggered(&flows.grid, &main.stock, &found)];
    Ok(EventResults {
        rule,
        unit: main.form.of_unit("ha"),
        with_event: found.with_event(),
        without_event: found.without_event(),
        too_early: found.too_early,
        studies,
    })
}

fn assignments(association: &Association, design: &Design, options: &Options) -> Result<Vec<Assignment>, PanelError> {
    if options.permutations == 0 {
        return Ok(Vec::new());
    }
    let of_main = association.rows_of(LATER.name, options.form);
    let terms = of_main.filter(|(_, row)| row.is_eradication).map(|(_, row)| row.estimate.term.as_str());
    let each = terms.map(|term| Assignment::new(design, term, options.seed));
    Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

impl Association {
    /// The rows of a regression in a form.
    pub fn rows_of(&self, model: &str, form: Form) -> impl Iterator<Item = (&Fitted, &Row)> {
        let fitted = self.fitted.iter().filter(move |f| f.model.name == model && f.form == form);
        fitted.flat_map(|f| f.rows.iter().map(move |row| (f, row)))
    }

    fn take(&mut self, model: &Model, form: Form, fitted: Result<Fitted, PanelError>) {
        match fitted {
            Ok(fitted) => self.fitted.push(fitted),
            Err(error) => {
                let why = error.to_string();
                self.not_fitted.push(NotFitted { model: model.name.to_owned(), form, why });
            }
        }
    }

    fn note_panel(&mut self, sources: &Sources) {
        let main = &self.fitted[0];
        let mut notes = Vec::new();
        if main.municipalities < FEW_CLUSTERS {
            notes.push(format!(
                "{} municipalities are few for errors clustered by municipality: intervals may be too narrow",
                main.municipalities
            ));
        }
        if main.singletons > 0 {
            notes.push(format!("{} rows are left out: their municipality or year has no other row", main.singletons));
        }
        for left in &main.left_out {
            notes.push(format!("{} is left out of {}: {}", left.term, main.model.name, left.why));
        }
        if sources.neighbours.is_none() {
            notes.push(
                "no neighbours: give --municipalities, --code-field and --boundaries-neighbours auto for displacement"
                    .to_owned(),
            );
        }
        if sources.area_km2.is_none() {
            notes.push("no areas: the form per-km2 needs --municipalities and --code-field".to_owned());
        }
        for gone in &self.not_fitted {
            notes.push(format!("not fitted: {} ({}): {}", gone.model, gone.form.word(), gone.why));
        }
        if let Some(events) = self.events.as_ref().filter(|e| e.too_early > 0) {
            notes.push(format!(
                "{} municipalities are not in the event study: their first large operation was before the first whole census",
                events.too_early
            ));
        }
        self.notes.extend(notes);
    }

    /// Sets the p-value of random assignment of a term of the main regression.
    pub fn set_permutation_p(&mut self, term: &str, p_value: f64) {
        if let Some(row) = self.fitted[0].rows.iter_mut().find(|row| row.estimate.term == term) {
            row.permutation_p = Some(p_value);
        }
    }

    /// Writes the sentences, once all figures are there.
    pub fn put_in_words(&mut self) {
        self.sentences = super::words::sentences(self);
    }
}
