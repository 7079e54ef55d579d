//! Rows of tables and fields of features: what their words and figures give away.

use std::collections::BTreeMap;

use super::document::{Raster, Table};
use super::facts::{CellFact, Facts, Of};
use super::names::{column_rule, is_cell_figure, is_change_figure, is_map_figure, is_working, with_year};
use super::text::Names;
use super::{Finding, Rule, Settings};
use crate::territory::{CellIndex, CellLattice};

/// Findings of one kind in one file that are told one by one; a table of lots has thousands.
const MOST_TOLD: usize = 20;

/// Hectares are published with four decimals.
const ROUNDED_HA: f64 = 1e-4;

/// A file that is being looked at.
pub struct Seen<'a> {
    pub(super) settings: &'a Settings,
    pub(super) people: &'a Names,
    pub(super) facts: &'a mut Facts,
    pub(super) file: &'a str,
    pub(super) findings: Vec<Finding>,
}

impl Seen<'_> {
    /// Keeps a finding, unless there are many of its kind.
    pub(super) fn find(&mut self, rule: Rule, place: &str, what: &str) {
        if self.findings.iter().filter(|f| f.rule == rule).count() < MOST_TOLD {
            let (file, place, what) = (self.file.to_owned(), place.to_owned(), shortened(what));
            self.findings.push(Finding { file, place, rule, what });
        }
    }

    /// What the words of a text give away.
    pub(super) fn text(&mut self, place: &str, text: &str) {
        for (rule, words) in self.people.find(text) {
            self.find(rule, place, &words);
        }
    }

    pub(super) fn raster(&mut self, raster: &Raster) {
        let side = self.settings.lattice.side_m();
        match raster.pixel_m {
            // A cell of the plane is up to a thousandth off on the ellipsoid.
            Some(pixel) if pixel[0].min(pixel[1]) < 0.99 * side => {
                let what = format!("pixels of {:.1} x {:.1} m, cells of {side} m", pixel[0], pixel[1]);
                self.find(Rule::FineRaster, &raster.place, &what);
            }
            Some(_) => {}
            None => self.find(Rule::UnplacedPicture, &raster.place, "no place and size on the ground"),
        }
        if is_working(&raster.words) {
            self.find(Rule::MaskRaster, &raster.place, &raster.words);
        }
    }

    pub(super) fn table(&mut self, table: &Table) {
        for name in &table.header {
            self.column("header", name);
        }
        for (line, fields) in &table.rows {
            self.facts.examined.rows += 1;
            let place = format!("line {line}");
            for field in fields.iter().filter(|field| is_formula(field)) {
                self.find(Rule::Formula, &place, field);
            }
            let named: Vec<(&str, &str)> =
                table.header.iter().map(String::as_str).zip(fields.iter().map(String::as_str)).collect();
            self.record(&place, &named);
        }
    }

    /// The name of a column or key.
    pub(super) fn column(&mut self, place: &str, name: &str) {
        self.text(place, name);
        if let Some(rule) = column_rule(name) {
            self.find(rule, place, &format!("column '{name}'"));
        }
    }

    /// A row or the fields of a feature. The cell that it is of, where it is of one.
    pub(super) fn record(&mut self, place: &str, fields: &[(&str, &str)]) -> Option<CellIndex> {
        fields.iter().for_each(|(_, text)| self.text(place, text));
        let get = |name: &str| fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, text)| *text);
        let years = by_year(fields, get("year").and_then(|y| y.parse().ok()));
        let cell = get("cell").filter(|name| !name.is_empty()).and_then(|name| self.cell(place, name));
        if let Some(cell) = cell {
            for (year, figures) in &years {
                self.cell_figures(place, (cell, *year), figures);
            }
        }
        let coca = get("class").is_none_or(crate::publish::columns::is_coca);
        if let Some(code) = get("municipality_code").filter(|code| !code.is_empty()) {
            years.iter().for_each(|(year, figures)| self.municipality(place, (code, *year), figures, coca));
        }
        self.withheld_row(place, fields, &years);
        if let (Some(level), Some(code)) = (get("level"), get("place_code")) {
            let totals = years.iter().filter_map(|(year, figures)| Some((*year, number(figures, "mapped_area_ha")?)));
            self.facts.totals.extend(totals.map(|(year, ha)| ((level.to_owned(), code.to_owned(), year), ha)));
        }
        cell
    }

    /// Figures of a place whose map is withheld; a row without a year counts for all years.
    fn withheld_row(&mut self, place: &str, fields: &[(&str, &str)], years: &BTreeMap<i32, Vec<(&str, &str)>>) {
        let get = |name: &str| fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, text)| *text);
        let of = match (get("level"), get("place_code"), get("municipality_code")) {
            (Some("department"), Some(code), _) => Of::Department(code),
            (Some(_), Some(code), _) => Of::code(code),
            (_, _, Some(code)) => Of::code(code),
            _ => return,
        };
        if years.is_empty() {
            return self.revealing(place, (of, None), fields);
        }
        years.iter().for_each(|(year, figures)| self.revealing(place, (of, Some(*year)), figures));
    }

    fn revealing(&mut self, place: &str, (of, year): (Of<'_>, Option<i32>), figures: &[(&str, &str)]) {
        let when = year.map_or("no year".to_owned(), |year| year.to_string());
        if self.facts.withholds(of, year) {
            let known = |name: &str| is_map_figure(name) || (year.is_none() && is_change_figure(name));
            for (name, _) in figures.iter().filter(|(name, text)| known(name) && !text.is_empty()) {
                let what = format!("{}, {when}: {name}, and its map is withheld", of.name());
                self.find(Rule::RevealingFigure, place, &what);
            }
        } else if number(figures, "difference_ha").is_some() && self.facts.withholds_inside(of, year) {
            let what = format!("{}, {when}: difference_ha, a sum over a withheld municipality", of.name());
            self.find(Rule::RevealingFigure, place, &what);
        }
    }

    /// A cell by its name; one that is not of the lattice is found.
    fn cell(&mut self, place: &str, name: &str) -> Option<CellIndex> {
        let known = CellLattice::parse_name(name);
        if let Some((lattice, cell)) = known
            && lattice == self.settings.lattice
        {
            return Some(cell);
        }
        let side = self.settings.lattice.side_m();
        self.find(Rule::OffLattice, place, &format!("cell '{name}', cells of {side} m are published"));
        None
    }

    fn cell_figures(&mut self, place: &str, (cell, year): (CellIndex, i32), figures: &[(&str, &str)]) {
        self.facts.examined.cells += 1;
        let lots = number(figures, "lots");
        let hectares =
            figures.iter().filter(|(name, text)| is_cell_figure(name) && *name != "lots" && !text.is_empty());
        let mapped_ha = hectares.clone().find_map(|(_, text)| text.parse().ok());
        let (k, name) = (self.settings.k, self.settings.lattice.name(cell));
        match lots {
            Some(lots) if lots < f64::from(k) => {
                self.find(Rule::FewLots, place, &format!("{name}, {year}: {lots} lots, k is {k}"));
            }
            None if hectares.clone().next().is_some() => {
                self.find(Rule::FewLots, place, &format!("{name}, {year}: hectares without a number of lots"));
            }
            _ => {}
        }
        if let (Some(least), Some(mapped)) = (self.settings.min_ha, mapped_ha)
            && mapped < least - ROUNDED_HA
        {
            self.find(Rule::FewHectares, place, &format!("{name}, {year}: {mapped} ha, the least is {least}"));
        }
        let observed_share = number(figures, "observed_share");
        self.facts.add_cell(cell, year, CellFact { lots, mapped_ha, observed_share });
    }

    fn municipality(&mut self, place: &str, (code, year): (&str, i32), figures: &[(&str, &str)], coca: bool) {
        let key = (code.to_owned(), year);
        if self.facts.withheld.contains(&key) {
            return;
        }
        match number(figures, "mapped_area_ha") {
            Some(mapped) if coca => {
                // A class of several is less than their sum.
                let known = self.facts.municipalities.entry(key).or_insert(mapped);
                *known = known.max(mapped);
            }
            None if number(figures, "difference_ha").is_some() && number(figures, "census_ha").is_some() => {
                let has_column = figures.iter().any(|(name, _)| *name == "mapped_area_ha");
                if has_column {
                    let what = format!("{code}, {year}: difference_ha and census_ha give the mapped hectares");
                    self.find(Rule::RevealingFigure, place, &what);
                }
            }
            _ => {}
        }
    }
}

/// Fields by year: those of a column that ends in one, or all of the row's own year.
fn by_year<'a>(fields: &[(&'a str, &'a str)], own: Option<i32>) -> BTreeMap<i32, Vec<(&'a str, &'a str)>> {
    let mut years: BTreeMap<i32, Vec<(&str, &str)>> = BTreeMap::new();
    for (name, text) in fields {
        let (base, year) = with_year(name);
        if let Some(year) = year.or(own) {
            years.entry(year).or_default().push((if year == own.unwrap_or(i32::MIN) { name } else { base }, text));
        }
    }
    years
}

fn number(figures: &[(&str, &str)], name: &str) -> Option<f64> {
    figures.iter().find(|(n, _)| *n == name).and_then(|(_, text)| text.parse().ok())
}

/// Whether a spreadsheet would take a text for a formula (OWASP, CSV injection); numbers are none.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.len() > 1 && text.parse::<f64>().is_err()
}

fn shortened(text: &str) -> String {
    let plain: String = text.chars().take(160).collect();
    if plain.len() < text.len() { plain + "..." } else { plain }
}
