//! What a sentence says, once it is understood.

use super::place::Place;
use crate::records::Method;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Coca at 31 December in the census, hectares.
    Coca,
    /// Coca in the estimate of the United States, hectares.
    UnitedStates,
    /// Eradicated in a year, hectares.
    Eradication(Methods),
    /// Change of the census plus eradication, hectares in a year.
    GrossGain,
    /// Seized in a year, kilograms.
    Seizures,
}

impl Subject {
    /// The unit of its figures.
    pub fn unit(self) -> &'static str {
        if self == Self::Seizures { "kg" } else { "ha" }
    }
}

/// Which methods of eradication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// The sentence names none.
    Unnamed,
    /// This one.
    One(Method),
    /// All of them together, because the sentence says so.
    All,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More.
    Up,
    /// Less.
    Down,
}

/// The figures that agree with a claim: from `low` to `high`, both included unless open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Least.
    pub low: f64,
    /// Greatest.
    pub high: f64,
    /// The limits themselves do not agree (`more than`).
    pub open: bool,
    /// The size of the figure as it is written, where one is.
    pub written: Option<f64>,
}

impl Target {
    /// Whether a figure agrees.
    pub fn holds(&self, value: f64) -> bool {
        // A written half may lose its last binary digit.
        let slack = 1e-9 * value.abs().max(1.0);
        if self.open {
            (self.low == f64::NEG_INFINITY || value > self.low + slack)
                && (self.high == f64::INFINITY || value < self.high - slack)
        } else {
            value >= self.low - slack && value <= self.high + slack
        }
    }

    /// So much or more, away from zero; `None` where no figure is written or its words are a bound.
    fn or_more(&self) -> Option<Self> {
        let closed = !self.open && self.low.is_finite() && self.high.is_finite() && self.written.is_some();
        let falls = self.high <= 0.0;
        closed.then_some(if falls {
            Self { low: f64::NEG_INFINITY, ..*self }
        } else {
            Self { high: f64::INFINITY, ..*self }
        })
    }

    /// All figures of a sign.
    pub fn beyond_zero(direction: Direction) -> Self {
        match direction {
            Direction::Up => Self { low: 0.0, high: f64::INFINITY, open: true, written: None },
            Direction::Down => Self { low: f64::NEG_INFINITY, high: 0.0, open: true, written: None },
        }
    }
}

/// One thing that a sentence says of a place and a year.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// The figure of the year, in the subject's unit.
    Level(Target),
    /// The figure of the earlier year.
    LevelBefore(Target),
    /// Change since the earlier year, in the subject's unit.
    Change(Target),
    /// Growth since the earlier year, per cent.
    Growth(Target),
    /// Growth in the year before, per cent.
    GrowthBefore(Target),
    /// More or less than in the earlier year.
    Moved(Direction),
    /// About as much as in the earlier year.
    Flat,
    /// Growth itself went up or down: against the growth of the year before.
    Rate(Direction),
    /// Growth itself changed by so many percentage points.
    RateChange(Target),
    /// Share of the country, per cent.
    Share(Target),
    /// Place in the order of municipalities or departments, the most first.
    Rank(usize),
    /// Higher (or lower) than every other year.
    Extreme {
        /// Highest or lowest.
        direction: Direction,
        /// Only years after this one.
        since: Option<i32>,
        /// Later years too.
        later_too: bool,
    },
    /// More or less than another place.
    Against {
        /// The other place.
        other: Place,
        /// More or less.
        direction: Direction,
    },
}

/// A sentence that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// What is counted.
    pub subject: Subject,
    /// Where.
    pub place: Place,
    /// For an order of municipalities: only those of this department.
    pub within: Option<String>,
    /// The year that is spoken of; `None` where the sentence names none: the latest.
    pub year: Option<i32>,
    /// The earlier year, where one is named.
    pub since: Option<i32>,
    /// Years back to the earlier one, where only their number is named.
    pub span: Option<i32>,
    /// What is said; all of it must hold.
    pub statements: Vec<Statement>,
    /// The sentence says that it is not so.
    pub negated: bool,
    /// What had to be assumed to read it.
    pub remarks: Vec<String>,
    /// A figure could be another one in the other language.
    pub ambiguous: bool,
}

impl Claim {
    /// The negation of a figure as that of a bound: not `20 %` as not `20 % or more`. `None` where nothing of the kind is said.
    pub(super) fn as_not_so_much(&self) -> Option<Self> {
        let statement = match self.statements.as_slice() {
            [Statement::Level(t)] => Statement::Level(t.or_more()?),
            [Statement::Change(t)] => Statement::Change(t.or_more()?),
            [Statement::Growth(t)] => Statement::Growth(t.or_more()?),
            [Statement::Share(t)] => Statement::Share(t.or_more()?),
            _ => return None,
        };
        self.negated.then(|| Self { statements: vec![statement], ..self.clone() })
    }
}

/// Why a sentence cannot be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What was not understood, and why.
    pub why: String,
    /// What stands before a causal part and can be checked without it.
    pub rest: Option<String>,
}

impl NotUnderstood {
    /// With a reason.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), rest: None }
    }
}
