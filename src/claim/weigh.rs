//! Holds the statements of a claim against one series of figures.

use std::collections::BTreeSet;

use super::cited::Source;
use super::facts::{Counted, Datum, Facts};
use super::interval::{Measured, Uncertain, change, growth, growth_change, level, share};
use super::outcome::{Figures, Value, Verdict};
use super::place::{Gazetteer, Place};
use super::rule::{Rule, decide};
use super::say::sentence;
use super::types::{Claim, Direction, Statement, Target};

/// `stable`: a growth of less than this, per cent, on either side.
const STABLE: f64 = 5.0;

/// A claim held against a series.
#[derive(Debug, Clone)]
pub(super) struct Weighed {
    pub verdict: Verdict,
    pub said: String,
    pub remarks: Vec<String>,
    pub figures: Figures,
    pub sources: Vec<Source>,
    /// Years whose figures were used.
    pub years: BTreeSet<i32>,
    /// Figures of the years, of the place itself.
    pub values: Vec<f64>,
    /// A figure of the whole country was used.
    pub national: bool,
    /// An error was the assumed one.
    pub assumed: bool,
    /// How many times the written figure is the record's, or the record's the written, at most.
    pub times_off: f64,
}

impl Weighed {
    pub fn not_checkable(why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::NotCheckable,
            said: why.into(),
            remarks: Vec::new(),
            figures: Figures::default(),
            sources: Vec::new(),
            years: BTreeSet::new(),
            values: Vec::new(),
            national: false,
            assumed: false,
            times_off: 1.0,
        }
    }

    pub fn add_sources(&mut self, more: Vec<Source>) {
        for source in more {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
    }
}

/// Holds a claim against a series.
pub(super) fn weigh(facts: &Facts, names: &Gazetteer, claim: &Claim, counted: Counted) -> Weighed {
    let mut scales = Scales { facts, names, claim, counted, year: 0, since: 0, out: Weighed::not_checkable("") };
    let found = scales.settle_years().and_then(|()| scales.all_statements());
    let Scales { mut out, .. } = scales;
    match found {
        Ok((verdict, said)) => {
            out.verdict = if claim.negated { verdict.opposite() } else { verdict };
            out.said = said;
            if claim.negated {
                out.remarks.push("the claim is a negation: the verdict is turned about".to_owned());
            }
            out
        }
        Err(why) => Weighed { said: why, verdict: Verdict::NotCheckable, ..out },
    }
}

/// The claim on one side, the series on the other.
pub(super) struct Scales<'a> {
    pub facts: &'a Facts,
    pub names: &'a Gazetteer,
    pub claim: &'a Claim,
    pub counted: Counted,
    pub year: i32,
    since: i32,
    pub out: Weighed,
}

impl Scales<'_> {
    pub(super) fn unit(&self) -> &'static str {
        self.claim.subject.unit()
    }

    /// The name of a level in the figures.
    pub(super) fn level_name(&self) -> &'static str {
        match self.counted {
            Counted::Coca(_) | Counted::UnitedStates => "hectares",
            Counted::Method(_) | Counted::AllMethods => "eradicated_ha",
            Counted::GrossGain(_) => "gross_gain_ha",
            Counted::Seizures(_) => "seized_kg",
        }
    }

    fn settle_years(&mut self) -> Result<(), String> {
        let claim = self.claim;
        self.year = match claim.year {
            Some(year) => year,
            None => {
                let latest = self.facts.latest(self.counted, &claim.place)?;
                self.out.remarks.push(format!("no year is named: the latest with a figure, {latest}"));
                latest
            }
        };
        self.since = claim.since.unwrap_or(self.year - claim.span.unwrap_or(1));
        if self.since == self.year {
            return Err(format!("{} is compared with itself", self.year));
        }
        self.out.figures.put("place", Value::Text(self.names.label(&claim.place)));
        if claim.place != Place::Country {
            self.out.figures.put("place_code", Value::Text(claim.place.prefix().to_owned()));
        }
        self.out.figures.put("year", Value::Whole(i64::from(self.year)));
        Ok(())
    }

    /// A level and its interval; a gross gain may be below zero.
    fn level(&self, x: Uncertain) -> Measured {
        if matches!(self.counted, Counted::GrossGain(_)) { Measured::normal(x.value, x.error) } else { level(x) }
    }

    /// A figure, with its source and remarks taken down.
    pub(super) fn figure(&mut self, place: &Place, year: i32) -> Result<Uncertain, String> {
        let found = self.facts.figure(self.counted, place, year)?;
        self.out.years.insert(year);
        if matches!(self.counted, Counted::GrossGain(_)) {
            self.out.years.insert(year - 1);
        }
        self.out.national |= *place == Place::Country;
        if *place == self.claim.place && (year == self.year || year == self.since) {
            self.out.values.push(found.figure.value);
        }
        let Datum { figure, assumed, sources, remarks } = found;
        self.out.assumed |= assumed && self.facts.relative_error() > 0.0;
        self.out.add_sources(sources);
        for remark in remarks {
            if !self.out.remarks.contains(&remark) {
                self.out.remarks.push(remark);
            }
        }
        Ok(figure)
    }

    pub(super) fn here(&mut self, year: i32) -> Result<Uncertain, String> {
        let place = self.claim.place.clone();
        self.figure(&place, year)
    }

    fn all_statements(&mut self) -> Result<(Verdict, String), String> {
        let mut worst = Verdict::Supported;
        let mut said = Vec::new();
        for statement in &self.claim.statements {
            let found = self.statement(statement)?;
            let (verdict, words) = self.without_interval(statement, found);
            worst = worst.max(verdict);
            said.push(words);
        }
        Ok((worst, said.join("; ")))
    }

    fn statement(&mut self, statement: &Statement) -> Result<(Verdict, String), String> {
        let (year, since) = (self.year, self.since);
        match statement {
            Statement::Level(target) => {
                let x = self.here(year)?;
                let m = self.level(x);
                Ok(self.test(self.level_name(), m, *target, Rule::Level))
            }
            Statement::LevelBefore(target) => {
                self.out.figures.put("since_year", Value::Whole(i64::from(since)));
                let x = self.here(since)?;
                let m = self.level(x);
                let name = before(self.level_name());
                Ok(self.test(&name, m, *target, Rule::Level))
            }
            Statement::Change(target) => {
                let (_, earlier, later) = self.two_years()?;
                let name = if self.unit() == "kg" { "change_kg" } else { "change_ha" };
                Ok(self.test(name, change(later, earlier), *target, Rule::Change))
            }
            Statement::Growth(target) => {
                let m = self.growth()?;
                Ok(self.test("growth_pct", m, *target, Rule::Change))
            }
            Statement::Moved(direction) => {
                let (name, earlier, later) = self.two_years()?;
                let target = Target::beyond_zero(*direction);
                if let Some(m) = growth(later, earlier) {
                    return Ok(self.test("growth_pct", m, target, Rule::Change));
                }
                Ok(self.test(name, change(later, earlier), target, Rule::Change))
            }
            Statement::Flat => {
                let m = self.growth()?;
                let target = Target { low: -STABLE, high: STABLE, open: false, written: None };
                Ok(self.test("growth_pct", m, target, Rule::Whole))
            }
            Statement::GrowthBefore(target) => {
                let (later, earlier) = (self.here(year - 1)?, self.here(year - 2)?);
                let m = growth(later, earlier).ok_or_else(|| no_rate(year - 2))?;
                Ok(self.test("growth_before_pct", m, *target, Rule::Change))
            }
            Statement::Rate(direction) => {
                let m = self.growth_change()?;
                Ok(self.test("growth_change_pp", m, Target::beyond_zero(*direction), Rule::Change))
            }
            Statement::RateChange(target) => {
                let m = self.growth_change()?;
                Ok(self.test("growth_change_pp", m, *target, Rule::Change))
            }
            Statement::Share(target) => self.share(*target),
            Statement::Rank(place) => self.rank(*place),
            Statement::Extreme { direction, since, later_too } => self.extreme(*direction, *since, *later_too),
            Statement::Against { other, direction } => self.against(other, *direction),
        }
    }

    /// A change from or to a census figure of 0 has no interval where errors are assumed as a share: it cannot be told.
    fn without_interval(&mut self, statement: &Statement, (verdict, words): (Verdict, String)) -> (Verdict, String) {
        let year = self.year;
        let years = match statement {
            Statement::Change(_) | Statement::Growth(_) | Statement::Moved(_) | Statement::Flat => {
                vec![self.since, year]
            }
            Statement::Rate(_) | Statement::RateChange(_) => vec![year - 2, year - 1, year],
            Statement::GrowthBefore(_) => vec![year - 2, year - 1],
            _ => return (verdict, words),
        };
        let is_zero = |d: Datum| d.assumed && d.figure.value == 0.0;
        let figure = |year: &i32| self.facts.figure(self.counted, &self.claim.place, *year);
        if self.facts.relative_error() > 0.0 && years.iter().any(|y| figure(y).is_ok_and(is_zero)) {
            let is_limit = |n: &str| {
                (n.starts_with("change_") || n.starts_with("growth_")) && (n.ends_with("_low") || n.ends_with("_high"))
            };
            self.out.figures.0.retain(|(name, _)| !is_limit(name));
            let value = words.split(" (95 %").next().unwrap_or(&words);
            let value = value.split(" agrees with").next().and_then(|v| v.split(" is outside").next()).unwrap_or(value);
            return (Verdict::NotDistinguishable, format!("{value}, {ZERO}"));
        }
        (verdict, words)
    }

    fn two_years(&mut self) -> Result<(&'static str, Uncertain, Uncertain), String> {
        let (year, since) = (self.year, self.since);
        if matches!(self.counted, Counted::GrossGain(_)) {
            return Err(
                "gross gains of two years rest on one census between them: their difference is not held".to_owned()
            );
        }
        self.out.figures.put("since_year", Value::Whole(i64::from(since)));
        let later = self.here(year)?;
        let earlier = self.here(since)?;
        let name = self.level_name();
        self.out.figures.measured(name, level(later));
        self.out.figures.measured(&before(name), level(earlier));
        let change_name = if self.unit() == "kg" { "change_kg" } else { "change_ha" };
        self.out.figures.measured(change_name, change(later, earlier));
        Ok((change_name, earlier, later))
    }

    fn growth(&mut self) -> Result<Measured, String> {
        let (_, earlier, later) = self.two_years()?;
        growth(later, earlier).ok_or_else(|| no_rate(self.since))
    }

    fn growth_change(&mut self) -> Result<Measured, String> {
        if self.since != self.year - 1 {
            return Err("growth is compared with the growth of the year before only".to_owned());
        }
        let year = self.year;
        let (last, middle, first) = (self.here(year)?, self.here(year - 1)?, self.here(year - 2)?);
        let rates = growth(last, middle).zip(growth(middle, first));
        let (now, before) = rates.ok_or_else(|| no_rate(year - 2))?;
        self.out.figures.measured("growth_pct", now);
        self.out.figures.measured("growth_before_pct", before);
        growth_change(last, middle, first).ok_or_else(|| no_rate(year - 2))
    }

    fn share(&mut self, target: Target) -> Result<(Verdict, String), String> {
        let year = self.year;
        let part = self.here(year)?;
        let of = self.claim.within.as_ref().map_or(Place::Country, |code| Place::Department(code.clone()));
        let whole = self.figure(&of, year)?;
        if part.value > whole.value {
            return Err(format!("the place has more than the whole in {year}: the records are not of one edition"));
        }
        let value = whole.value - part.value;
        let error = if part.error == 0.0 && whole.error == 0.0 {
            0.0
        } else if self.out.assumed {
            self.facts.relative_error() * value
        } else {
            (whole.error.powi(2) - part.error.powi(2)).max(0.0).sqrt()
        };
        self.out.figures.put("share_of", Value::Text(self.names.label(&of)));
        self.out.figures.measured("whole", level(whole));
        let m = share(part, Uncertain { value, error }).ok_or("the whole has none: no share")?;
        self.out.figures.measured(self.level_name(), level(part));
        Ok(self.test("share_pct", m, target, Rule::Level))
    }

    /// Takes down a figure, decides, and says it.
    fn test(&mut self, name: &str, m: Measured, target: Target, rule: Rule) -> (Verdict, String) {
        self.out.figures.measured(name, m);
        self.out.figures.number("claimed_low", target.low);
        self.out.figures.number("claimed_high", target.high);
        if let Some(written) = target.written.filter(|w| *w > 0.0 && !is_rate(name)) {
            let ratio = (m.value.abs() / written).max(written / m.value.abs());
            self.out.times_off = self.out.times_off.max(ratio);
        }
        let verdict = decide(m, target, rule);
        (verdict, sentence(name, m, target, verdict, rule))
    }

    fn against(&mut self, other: &Place, direction: Direction) -> Result<(Verdict, String), String> {
        let year = self.year;
        let (mine, theirs) = (self.here(year)?, self.figure(other, year)?);
        self.out.figures.measured(self.level_name(), level(mine));
        self.out.figures.put("other_place", Value::Text(self.names.label(other)));
        let name = format!("other_{}", self.level_name());
        self.out.figures.measured(&name, level(theirs));
        Ok(self.test("difference", change(mine, theirs), Target::beyond_zero(direction), Rule::Change))
    }
}

/// Why the interval of a change says nothing: an error that is a share of the figure is none for a figure of 0.
const ZERO: &str = "but a census figure of 0 has no known error (one assumed as a share says nothing of it), so the change has no interval";

/// The name of the earlier year's figure: the unit stays last.
fn before(name: &str) -> String {
    match name.rsplit_once('_') {
        Some((stem, unit)) => format!("{stem}_before_{unit}"),
        None => format!("{name}_before"),
    }
}

/// Per cents and points are not read in the other language's manner: what is far from the record may be meant.
fn is_rate(name: &str) -> bool {
    name.ends_with("_pct") || name.ends_with("_pp")
}

fn no_rate(year: i32) -> String {
    format!("{year} has no coca: from zero there is no rate")
}
