//! What is said of a claim.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::cited::Source;
use super::interval::Measured;

/// What the records say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The records agree, and the opposite is outside the interval.
    Supported,
    /// The records cannot tell.
    NotDistinguishable,
    /// The claim is outside what the records allow.
    Contradicted,
    /// It was not understood, or no record holds it.
    NotCheckable,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::NotDistinguishable => "not distinguishable",
            Self::Contradicted => "contradicted",
            Self::NotCheckable => "not checkable",
        }
    }

    /// Of the opposite claim.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Supported => Self::Contradicted,
            Self::Contradicted => Self::Supported,
            other => other,
        }
    }
}

/// A value among the figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Text.
    Text(String),
    /// A year or a place in an order.
    Whole(i64),
    /// A figure; `None` where a limit is infinite.
    Number(Option<f64>),
}

/// Figures in the order in which they were used, each name once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures(pub Vec<(String, Value)>);

impl Figures {
    pub(super) fn put(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        if !self.0.iter().any(|(n, _)| *n == name) {
            self.0.push((name, value));
        }
    }

    pub(super) fn number(&mut self, name: &str, value: f64) {
        self.put(name, Value::Number(rounded(value)));
    }

    /// A figure with its limits, where it has any.
    pub(super) fn measured(&mut self, name: &str, m: Measured) {
        self.number(name, m.value);
        if m.is_uncertain() {
            self.number(&format!("{name}_low"), m.low);
            self.number(&format!("{name}_high"), m.high);
        }
    }

    /// A number by its name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).and_then(|(_, v)| match v {
            Value::Number(number) => *number,
            Value::Whole(whole) => Some(*whole as f64),
            Value::Text(_) => None,
        })
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Six decimals hold every figure here; infinity is no figure.
fn rounded(value: f64) -> Option<f64> {
    value.is_finite().then(|| (value * 1e6).round() / 1e6)
}

/// A claim, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The sentence as it was given.
    pub claim: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The numbers it rests on.
    pub figures: Figures,
    /// Where they are from.
    pub sources: Vec<Source>,
    /// The reason in words, with every assumption.
    pub why: String,
}

/// With commas between thousands and so many decimals.
pub(super) fn shown(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return if value > 0.0 { "no limit".to_owned() } else { "no lower limit".to_owned() };
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    format!("{}{out}{rest}", if value < 0.0 && !zero { "-" } else { "" })
}
