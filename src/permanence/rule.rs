//! The rule: a cell's history of a window of years becomes one class.
//!
//! The order of the rule, for a history that was observed in every year of the window:
//!
//! | | condition | class |
//! | --- | --- | --- |
//! | 1 | no coca in any year of the window | never |
//! | 2 | no coca in the last `absent` years | abandoned |
//! | 3 | first coca ever in the last `new` years | new |
//! | 4 | coca in at least `permanent` years of the window | permanent |
//! | 5 | everything else | intermittent |
//!
//! The invariant: every history has exactly one class. A year that was not observed is neither presence nor absence: where
//! all ways of filling such years lead to one class, that is the class; where not, it is [`Class::Undetermined`], and
//! [`Decision::possible`] says what it may be.

use serde::Serialize;

/// What is known of a cell in one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Seen {
    /// Coca, more than the threshold.
    Present,
    /// Looked at, and no more coca than the threshold.
    Absent,
    /// Not looked at, or not enough of it.
    Unobserved,
}

impl Seen {
    /// All, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Present, Self::Absent, Self::Unobserved];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Unobserved => "unobserved",
        }
    }
}

/// A class of permanence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Coca in (at least) so many years of the window.
    Permanent,
    /// Coca that comes and goes.
    Intermittent,
    /// First coca ever in the last years: expansion.
    New,
    /// No coca in the last years, and some before them in the window.
    Abandoned,
    /// No coca in the window.
    Never,
    /// It depends on years that were not observed.
    Undetermined,
}

impl Class {
    /// All, in the order of tables.
    pub const ALL: [Self; 6] =
        [Self::Permanent, Self::Intermittent, Self::New, Self::Abandoned, Self::Never, Self::Undetermined];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Intermittent => "intermittent",
            Self::New => "new",
            Self::Abandoned => "abandoned",
            Self::Never => "never",
            Self::Undetermined => "undetermined",
        }
    }

    /// Value in rasters; 0 is never, so that a raster without coca is one of zeros.
    pub const fn code(self) -> u8 {
        match self {
            Self::Never => 0,
            Self::Permanent => 1,
            Self::Intermittent => 2,
            Self::New => 3,
            Self::Abandoned => 4,
            Self::Undetermined => 5,
        }
    }
}

/// Parameters that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A window of no or one year, or too long.
    #[error("--window {0}: a window has 2 to 64 years")]
    Window(usize),
    /// As many years without coca as the window has, or none.
    #[error(
        "--absent {absent} does not fit --window {window}: abandoned is coca in the window and none in its last years, so it needs 1 to {} years",
        window - 1
    )]
    Absent {
        /// Years.
        absent: usize,
        /// Of.
        window: usize,
    },
    /// As many years for new as the window has, or none.
    #[error(
        "--new {new} does not fit --window {window}: with as many years every cell would be new, so it needs 1 to {} years",
        window - 1
    )]
    New {
        /// Years.
        new: usize,
        /// Of.
        window: usize,
    },
    /// More years with coca than there are, or none.
    #[error("--permanent {permanent} does not fit --window {window}: it needs 1 to {window} years with coca")]
    Permanent {
        /// Years.
        permanent: usize,
        /// Of.
        window: usize,
    },
}

/// Parameters of the rule, in years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Years that are looked at, up to the reference year.
    pub window: usize,
    /// So many last years without coca are an abandonment.
    pub absent: usize,
    /// First coca in so many last years is an expansion.
    pub new: usize,
    /// Coca in so many years of the window is permanence.
    pub permanent: usize,
}

/// The class of a history, and what it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The class.
    pub class: Class,
    possible: u8,
}

impl Decision {
    /// Whether some way of filling the unobserved years leads to this class.
    pub fn possible(self, class: Class) -> bool {
        self.possible & (1 << class.code()) != 0
    }
}

/// What a part of the window holds.
#[derive(Clone, Copy)]
struct Part {
    present: usize,
    unobserved: usize,
}

impl Part {
    fn of(history: &[Seen]) -> Self {
        let count = |seen: Seen| history.iter().filter(|s| **s == seen).count();
        Self { present: count(Seen::Present), unobserved: count(Seen::Unobserved) }
    }

    fn may_have(self) -> bool {
        self.present + self.unobserved > 0
    }
}

impl Rule {
    /// A rule whose parameters go together; `permanent` of `None` is every year of the window.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn new(window: usize, absent: usize, new: usize, permanent: Option<usize>) -> Result<Self, RuleError> {
        let permanent = permanent.unwrap_or(window);
        match () {
            () if !(2..=64).contains(&window) => Err(RuleError::Window(window)),
            () if !(1..window).contains(&absent) => Err(RuleError::Absent { absent, window }),
            () if !(1..window).contains(&new) => Err(RuleError::New { new, window }),
            () if !(1..=window).contains(&permanent) => Err(RuleError::Permanent { permanent, window }),
            () => Ok(Self { window, absent, new, permanent }),
        }
    }

    /// The class of a history, oldest year first. `before` says whether coca was seen in any year before the window: a cell
    /// that was is not new when coca comes back.
    ///
    /// # Panics
    /// When the history is not as long as the window.
    pub fn decide(&self, history: &[Seen], before: bool) -> Decision {
        assert_eq!(history.len(), self.window, "a history of the window");
        let mut possible = 0;
        for class in Class::ALL {
            if self.may_be(class, history, before) {
                possible |= 1 << class.code();
            }
        }
        let mut all = Class::ALL.into_iter().filter(|class| possible & (1 << class.code()) != 0);
        let class = match (all.next(), all.next()) {
            (Some(class), None) => class,
            _ => Class::Undetermined,
        };
        Decision { class, possible }
    }

    /// Whether some filling of the unobserved years gives this class.
    ///
    /// Filling them all with coca is the best case of the conditions that ask for coca, filling as few as needed the best case
    /// of those that ask for none.
    fn may_be(&self, class: Class, history: &[Seen], before: bool) -> bool {
        let last = |years: usize| Part::of(&history[self.window - years..]);
        let earlier = |years: usize| Part::of(&history[..self.window - years]);
        let whole = Part::of(history);
        match class {
            Class::Never => whole.present == 0,
            Class::Abandoned => last(self.absent).present == 0 && earlier(self.absent).may_have(),
            Class::New => !before && earlier(self.new).present == 0 && last(self.absent.min(self.new)).may_have(),
            Class::Permanent => {
                whole.present + whole.unobserved >= self.permanent
                    && last(self.absent).may_have()
                    && (before || earlier(self.new).may_have())
            }
            Class::Intermittent => self.fewest_returns(history, before).is_some_and(|years| years < self.permanent),
            Class::Undetermined => false,
        }
    }

    /// The fewest years with coca of a history that is neither never, abandoned nor new; `None` where it must be one of them.
    fn fewest_returns(&self, history: &[Seen], before: bool) -> Option<usize> {
        let window = self.window;
        let (late, early) = (&history[window - self.absent..], &history[..window - self.new]);
        let present = Part::of(history).present;
        let needs_late = !late.contains(&Seen::Present);
        let needs_early = !before && !early.contains(&Seen::Present);
        // With `absent` longer than `new`, one year can be both late enough and early enough.
        let both = history.get(window - self.absent..window - self.new).unwrap_or_default();
        let can = |part: &[Seen]| part.contains(&Seen::Unobserved);
        match (needs_late, needs_early) {
            (false, false) => Some(present),
            (true, false) => can(late).then_some(present + 1),
            (false, true) => can(early).then_some(present + 1),
            (true, true) if can(both) => Some(present + 1),
            (true, true) => (can(late) && can(early)).then_some(present + 2),
        }
    }
}

#[cfg(test)]
mod tests;
