//! The figures that agree with a written one: its rounding, and what its words allow.

use super::gather::{Multiple, Told};
use super::scan::Unit;
use super::types::{Direction, Target};
use super::words::Word;

/// Half the width of what a fraction or multiple in words stands for, as a share of it: `by half` is 45 to 55 %, `doubled`
/// is 1.8 to 2.2 times. Twice as much with `about`.
const IN_WORDS: f64 = 0.1;

/// `about`: this share of the figure on either side, if its rounding is narrower.
const ABOUT: f64 = 0.05;

/// The figures that agree with one, of its size only.
pub(super) fn band(told: &Told) -> Target {
    let value = told.figure.number.value;
    let in_words = told.figure.unit == Unit::Part;
    let half = if in_words { IN_WORDS * value } else { told.figure.number.half };
    let about = if in_words { 2.0 * half } else { half.max(ABOUT * value) };
    let (low, high, open) = match told.bound {
        Some(Word::MoreThan) => (value, f64::INFINITY, true),
        Some(Word::LessThan) => (f64::NEG_INFINITY, value, true),
        Some(Word::AtLeast) => (value - half, f64::INFINITY, false),
        Some(Word::AtMost) => (f64::NEG_INFINITY, value + half, false),
        Some(Word::About) => (value - about, value + about, false),
        Some(Word::Nearly) => (value - about, value + half, false),
        Some(Word::Between) => {
            let upper = told.upper.map_or(told.figure.number, |f| f.number);
            (value - half, upper.value + upper.half, false)
        }
        _ => (value - half, value + half, false),
    };
    Target { low, high, open, written: Some(value) }
}

/// The figures that agree with a rise or a fall by so much. Less than so much is still a rise or a fall.
pub(super) fn signed(told: &Told, direction: Direction) -> Target {
    let mut target = band(told);
    if target.low == f64::NEG_INFINITY {
        target.low = 0.0;
    }
    let turned = told.figure.sign < 0;
    if (direction == Direction::Down) != turned {
        (target.low, target.high) = (-target.high, -target.low);
    }
    target
}

/// The figures that agree with a change by so much, whose sign is written.
pub(super) fn signed_as_written(told: &Told) -> Target {
    let mut target = band(told);
    if told.figure.sign < 0 {
        (target.low, target.high) = (-target.high, -target.low);
    }
    target
}

/// The growth, per cent, that agrees with a multiple.
pub(super) fn of_multiple(multiple: &Multiple) -> Target {
    let growth = |factor: f64| 100.0 * (factor - 1.0);
    let factor = multiple.factor;
    let fell = factor < 1.0;
    let half = |times: f64| times * 100.0 * IN_WORDS * factor;
    let (low, high, open) = match multiple.bound {
        Some(Word::MoreThan | Word::AtLeast) if fell => (f64::NEG_INFINITY, growth(factor), true),
        Some(Word::LessThan | Word::AtMost) if fell => (growth(factor), 0.0, true),
        Some(Word::MoreThan | Word::AtLeast) => (growth(factor), f64::INFINITY, true),
        Some(Word::LessThan | Word::AtMost) => (0.0, growth(factor), true),
        Some(Word::Nearly) if fell => (growth(factor), growth(factor) + half(2.0), false),
        Some(Word::Nearly) => (growth(factor) - half(2.0), growth(factor), false),
        Some(Word::About) => (growth(factor) - half(2.0), growth(factor) + half(2.0), false),
        _ => (growth(factor) - half(1.0), growth(factor) + half(1.0), false),
    };
    Target { low, high, open, written: None }
}
