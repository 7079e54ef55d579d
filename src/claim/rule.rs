//! The verdict rule of one statement.

use super::interval::Measured;
use super::outcome::Verdict;
use super::types::Target;

/// What zero means for a statement whose figure agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A level: agreeing is enough.
    Level,
    /// A change: the interval must not hold zero.
    Change,
    /// No change: the whole interval must agree.
    Whole,
}

/// The verdict on a figure with its interval.
pub(super) fn decide(m: Measured, target: Target, rule: Rule) -> Verdict {
    let agrees = target.holds(m.value);
    let holds_zero = m.is_uncertain() && m.low <= 0.0 && m.high >= 0.0;
    let meets = m.high >= target.low && m.low <= target.high;
    match (agrees, rule) {
        (true, Rule::Change) if holds_zero => Verdict::NotDistinguishable,
        (true, Rule::Whole) if !(target.holds(m.low) && target.holds(m.high)) => Verdict::NotDistinguishable,
        (true, _) => Verdict::Supported,
        (false, _) if m.is_uncertain() && meets => Verdict::NotDistinguishable,
        (false, _) => Verdict::Contradicted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(low: f64, value: f64, high: f64) -> Measured {
        Measured { value, low, high }
    }

    fn target(low: f64, high: f64, open: bool) -> Target {
        Target { low, high, open, written: None }
    }

    #[test]
    fn a_level_that_agrees_is_supported_and_one_within_the_interval_cannot_be_told() {
        let r = m(94.0, 100.0, 106.0);
        assert_eq!(decide(r, target(99.5, 100.5, false), Rule::Level), Verdict::Supported);
        assert_eq!(decide(r, target(104.5, 105.5, false), Rule::Level), Verdict::NotDistinguishable);
        assert_eq!(decide(r, target(105.9, 107.0, false), Rule::Level), Verdict::NotDistinguishable);
        assert_eq!(decide(r, target(106.1, 107.0, false), Rule::Level), Verdict::Contradicted);
        assert_eq!(decide(m(100.0, 100.0, 100.0), target(100.6, 101.0, false), Rule::Level), Verdict::Contradicted);
    }

    #[test]
    fn a_change_that_agrees_needs_an_interval_without_zero() {
        let three = target(2.5, 3.5, false);
        assert_eq!(decide(m(-4.9, 3.49, 11.9), three, Rule::Change), Verdict::NotDistinguishable);
        assert_eq!(decide(m(3.49, 3.49, 3.49), three, Rule::Change), Verdict::Supported);
        assert_eq!(decide(m(0.1, 3.0, 5.9), three, Rule::Change), Verdict::Supported);
        assert_eq!(decide(m(0.0, 0.0, 0.0), target(-0.5, 0.5, false), Rule::Change), Verdict::Supported);
        let fell = Target::beyond_zero(super::super::types::Direction::Down);
        assert_eq!(decide(m(-4.9, 3.49, 11.9), fell, Rule::Change), Verdict::NotDistinguishable);
        assert_eq!(decide(m(1.0, 3.49, 6.0), fell, Rule::Change), Verdict::Contradicted);
    }

    #[test]
    fn no_change_needs_the_whole_interval() {
        let stable = target(-5.0, 5.0, false);
        assert_eq!(decide(m(-4.0, 1.0, 4.9), stable, Rule::Whole), Verdict::Supported);
        assert_eq!(decide(m(-4.0, 1.0, 5.1), stable, Rule::Whole), Verdict::NotDistinguishable);
        assert_eq!(decide(m(6.0, 9.0, 12.0), stable, Rule::Whole), Verdict::Contradicted);
    }

    #[test]
    fn more_than_a_figure_is_not_that_figure() {
        let more = target(250.0, f64::INFINITY, true);
        assert_eq!(decide(m(250.0, 250.0, 250.0), more, Rule::Level), Verdict::Contradicted);
        assert_eq!(decide(m(251.0, 251.0, 251.0), more, Rule::Level), Verdict::Supported);
    }
}
