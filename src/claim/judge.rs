//! From a claim and the records to a verdict.
//!
//! The rule, for each statement, with the record's figure `r`, its 95 % interval, and the figures that agree with the
//! claim (its rounding, or what its words allow):
//!
//! 1. `r` agrees: *supported*, unless the claim is of a change, growth, direction or order and the interval of the change
//!    or difference holds zero: *not distinguishable*. A claim of no change needs the whole interval to agree.
//! 2. `r` does not agree, but a part of its interval does: *not distinguishable*.
//! 3. Otherwise *contradicted*.
//!
//! Of several statements in a sentence the worst verdict counts. A negation turns supported and contradicted about.

use super::editions;
use super::facts::{Counted, Facts};
use super::number::Language;
use super::outcome::{Figures, Outcome, Value, Verdict};
use super::parse::parse;
use super::place::Gazetteer;
use super::refuse::clipped;
use super::types::{Claim, Methods, NotUnderstood, Subject};
use super::weigh::{Weighed, weigh};
use crate::records::Method;

/// A written figure so many times the record's (or the other way) may be read in the other language's manner ...
const FAR: f64 = 30.0;

/// ... if that brings it within so many times.
const NEAR: f64 = 3.0;

/// What claims are judged by.
#[derive(Debug)]
pub struct Judge<'a> {
    facts: &'a Facts,
    names: Gazetteer,
    as_of: Option<i32>,
}

impl<'a> Judge<'a> {
    /// A judge with records; `as_of` is the year that *last year* is told from.
    pub fn new(facts: &'a Facts, as_of: Option<i32>) -> Self {
        Self { facts, names: Gazetteer::new(facts.names()), as_of }
    }

    /// Judges a sentence.
    pub fn judge(&self, sentence: &str) -> Outcome {
        match self.read(sentence, None) {
            Err(not) => self.not_checkable(sentence, &not),
            Ok((claim, language)) => {
                let first = self.weigh_claim(&claim);
                let first = self.other_negation(&claim, first);
                let outcome = self.other_reading(sentence, &claim, language, first);
                self.outcome(sentence, &claim, outcome)
            }
        }
    }

    /// The claim as it was understood, for tests of the grammar.
    ///
    /// # Errors
    /// [`NotUnderstood`].
    pub fn read(&self, sentence: &str, figures: Option<Language>) -> Result<(Claim, Language), NotUnderstood> {
        parse(sentence, &self.names, self.as_of, figures)
    }

    fn not_checkable(&self, sentence: &str, not: &NotUnderstood) -> Outcome {
        let mut why = not.why.clone();
        let mut outcome = Outcome {
            claim: sentence.to_owned(),
            verdict: Verdict::NotCheckable,
            figures: Figures::default(),
            sources: Vec::new(),
            why: String::new(),
        };
        if let Some(rest) = &not.rest {
            let alone = self.judge(rest);
            if alone.verdict != Verdict::NotCheckable {
                let quoted = clipped(rest);
                why.push_str(&format!("; without it, '{quoted}' is {}: {}", alone.verdict.words(), alone.why));
                (outcome.figures, outcome.sources) = (alone.figures, alone.sources);
            }
        }
        outcome.why = why;
        outcome
    }

    /// A figure that is far from the record in the language's own manner and near it in the other's is read in that.
    fn other_reading(&self, sentence: &str, claim: &Claim, language: Language, first: Weighed) -> Weighed {
        if !claim.ambiguous || first.times_off < FAR {
            return first;
        }
        let Ok((other, _)) = self.read(sentence, Some(language.other())) else { return first };
        let mut second = self.weigh_claim(&other);
        if second.times_off > NEAR {
            return first;
        }
        let manner = if language == Language::English { "Spanish" } else { "English" };
        let said =
            format!("the figure is read in the {manner} manner: in that of the sentence it is far from the record");
        second.remarks.insert(0, said);
        second
    }

    /// `did not grow 20 %` may mean another figure, or less than that: where the two differ nothing is decided.
    fn other_negation(&self, claim: &Claim, first: Weighed) -> Weighed {
        let Some(less) = claim.as_not_so_much() else { return first };
        let second = self.weigh_claim(&less);
        if [first.verdict, second.verdict].contains(&Verdict::NotCheckable) || second.verdict == first.verdict {
            return first;
        }
        let why = format!(
            "not just so much, or less than so much? by the one it is {}, by the other {}; say 'less than' or 'more than' ({})",
            first.verdict.words(),
            second.verdict.words(),
            first.said
        );
        Weighed { verdict: Verdict::NotCheckable, said: why, ..first }
    }

    fn weigh_claim(&self, claim: &Claim) -> Weighed {
        let of = |counted| weigh(self.facts, &self.names, claim, counted);
        match claim.subject {
            Subject::Coca => editions::of_census(self.facts, &self.names, claim, Counted::Coca),
            Subject::GrossGain => editions::of_census(self.facts, &self.names, claim, Counted::GrossGain),
            Subject::UnitedStates => of(Counted::UnitedStates),
            Subject::Seizures => editions::home_and_abroad(self.facts, &self.names, claim),
            Subject::Eradication(Methods::One(method)) => of(Counted::Method(method)),
            Subject::Eradication(Methods::All) => of(Counted::AllMethods),
            Subject::Eradication(Methods::Unnamed) => self.unnamed_method(claim),
        }
    }

    /// Eradication without a method: each method that had hectares is asked, and no two are added.
    fn unnamed_method(&self, claim: &Claim) -> Weighed {
        let all = [Method::Manual, Method::Spraying, Method::DroneSpraying, Method::Voluntary];
        let asked = all.map(|m| (m, weigh(self.facts, &self.names, claim, Counted::Method(m))));
        let had = |w: &Weighed| w.verdict != Verdict::NotCheckable && w.values.iter().any(|v| *v > 0.0);
        let (mut with, without): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(_, w)| had(w));
        if with.len() > 1 && with.iter().any(|(_, w)| w.verdict != with[0].1.verdict) {
            let said: Vec<String> =
                with.iter().map(|(m, w)| format!("by {} it is {} ({})", m.word(), w.verdict.words(), w.said)).collect();
            return Weighed::not_checkable(format!(
                "no method of eradication is named, methods are not added, and they differ: {}; name one, or say that they are taken together",
                said.join("; ")
            ));
        }
        let same = with.len() > 1;
        if with.is_empty() {
            return without
                .into_iter()
                .next()
                .map_or_else(|| Weighed::not_checkable("no record of eradication"), |(_, w)| w);
        }
        let (method, mut first) = with.remove(0);
        first.remarks.push(if same {
            let others: Vec<String> = with.iter().map(|(m, w)| format!("{} ({})", m.word(), w.said)).collect();
            format!("no method is named: by {}, and the same by {}", method.word(), others.join(", "))
        } else {
            format!("no method is named: {} is the only one with hectares in these years", method.word())
        });
        first
    }

    fn outcome(&self, sentence: &str, claim: &Claim, weighed: Weighed) -> Outcome {
        let mut why = weighed.said;
        for remark in claim.remarks.iter().chain(&weighed.remarks) {
            why.push_str(&format!("; {remark}"));
        }
        let mut figures = weighed.figures;
        if weighed.assumed && weighed.verdict != Verdict::NotCheckable {
            let share = self.facts.relative_error();
            figures.put("relative_se_assumed", Value::Number(Some(share)));
            why.push_str(&format!(
                "; assumed: a standard error of {}% of each figure of coca, independent between years and places",
                (1e4 * share).round() / 100.0
            ));
        }
        Outcome { claim: sentence.to_owned(), verdict: weighed.verdict, figures, sources: weighed.sources, why }
    }
}
