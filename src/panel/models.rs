//! Which change is held against which year's eradication.

use std::collections::BTreeSet;

use serde::Serialize;

use super::PanelError;
use super::fit::{Column, Design};
use super::grid::{Form, Series};
use super::sources::{Flows, Kind, Sources, Term};

/// A regression: years are counted from the year `t` of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Name in tables.
    pub name: &'static str,
    /// What it holds against what, for people.
    pub title: &'static str,
    /// The change of the census runs from 31 December of `t + from` ...
    pub from: i32,
    /// ... to 31 December of `t + to`.
    pub to: i32,
    /// Eradication is that of `t + eradication`.
    pub eradication: i32,
    /// Whether the census at `t - 1` is a term.
    pub previous: bool,
}

/// The main regression: eradication during a year against the change in the year after it.
pub const LATER: Model = Model {
    name: "later",
    title: "eradication in a year, and the change of the census in the year after",
    from: 0,
    to: 1,
    eradication: 0,
    previous: true,
};

/// The regressions beside it.
pub const BESIDE: [Model; 4] = [
    Model {
        name: "later_without_previous",
        title: "as later, without the coca of the year before",
        previous: false,
        ..LATER
    },
    Model {
        name: "same_year",
        title: "eradication in a year, and the change of the census in that same year: partly arithmetic, for what is pulled up before December is not counted in December, and operations go where coca has just grown",
        from: -1,
        to: 0,
        ..LATER
    },
    Model {
        name: "placebo_1_year_ahead",
        title: "placebo: eradication in the year after the change, which cannot have altered it",
        eradication: 2,
        ..LATER
    },
    Model {
        name: "placebo_2_years_ahead",
        title: "placebo: eradication in the second year after the change, which cannot have altered it",
        eradication: 3,
        ..LATER
    },
];

impl Model {
    /// Years from the row's year to the year of a term.
    fn shift(&self, term: &Term) -> i32 {
        match term.kind {
            Kind::Own(_) | Kind::Neighbours(_) => self.eradication,
            Kind::Previous => -1,
            Kind::Beside => 0,
        }
    }
}

/// The census and the terms in one form.
pub(super) struct Formed {
    pub form: Form,
    pub stock: Series,
    pub terms: Vec<Term>,
}

impl Formed {
    pub fn new(flows: &Flows, sources: &Sources, form: Form) -> Self {
        Self { form, stock: flows.stock_in(sources, form), terms: flows.terms(sources, form) }
    }

    /// The rows of a model; only those years, where some are given.
    ///
    /// # Errors
    /// [`PanelError::NoRows`] telling which term is known when.
    pub fn design(&self, flows: &Flows, model: &Model, years: &BTreeSet<i32>) -> Result<Design, PanelError> {
        let grid = &flows.grid;
        let terms: Vec<&Term> = self.terms.iter().filter(|t| model.previous || t.kind != Kind::Previous).collect();
        let named = |t: &&Term| Column { name: t.name.clone(), values: Vec::new() };
        let mut design =
            Design { model: model.name.to_owned(), terms: terms.iter().map(named).collect(), ..Design::default() };
        let mut row = Vec::with_capacity(terms.len());
        for municipality in 0..grid.municipalities.len() {
            for year in grid.all_years().filter(|year| years.is_empty() || years.contains(year)) {
                let stock = |shift| grid.at(&self.stock, municipality, year + shift);
                let (Some(before), Some(after)) = (stock(model.from), stock(model.to)) else { continue };
                row.clear();
                row.extend(terms.iter().map_while(|t| grid.at(&t.series, municipality, year + model.shift(t))));
                if row.len() < terms.len() {
                    continue;
                }
                design.units.push(municipality as u32);
                design.periods.push(year);
                design.outcome.push(after - before);
                design.terms.iter_mut().zip(&row).for_each(|(column, value)| column.values.push(*value));
            }
        }
        if design.units.is_empty() {
            let coverage = self.coverage(flows, &terms);
            return Err(PanelError::NoRows { model: model.name.to_owned(), coverage });
        }
        Ok(design)
    }

    fn coverage(&self, flows: &Flows, terms: &[&Term]) -> String {
        let known = |name: &str, series| match flows.grid.known(series) {
            Some((first, last)) => format!("{name} {first} to {last}"),
            None => format!("{name} in no year"),
        };
        let census = std::iter::once(known("the census", &self.stock));
        let parts: Vec<String> = census.chain(terms.iter().map(|t| known(&t.name, &t.series))).collect();
        format!("known are: {}", parts.join(", "))
    }
}
