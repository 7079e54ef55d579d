//! What the masks show of one record: before and after, and when coca was seen again.
//!
//! *Before* is the last mask dated before the event, *after* the first one on it or later, of those that observed enough of the
//! footprint and are near enough in time. Nothing is said of ground that was not seen.

use jiff::civil::Date;
use serde::Serialize;

use super::settings::Settings;

/// A share of observed ground this much below a limit still reaches it: areas are sums of rounded pixels.
const ROUNDING: f64 = 1e-6;

/// What one mask shows of a footprint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Day of the mask.
    pub date: Date,
    /// Coca, hectares.
    pub coca_ha: f64,
    /// Observed ground, hectares.
    pub observed_ha: f64,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Coca before, none after.
    Confirmed,
    /// Coca before and after.
    NotConfirmed,
    /// No coca before.
    NothingSeen,
    /// Not enough was observed before or after.
    Unobserved,
    /// The row itself cannot be used.
    Unusable,
}

impl Outcome {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 5] =
        [Self::Confirmed, Self::NotConfirmed, Self::NothingSeen, Self::Unobserved, Self::Unusable];

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NotConfirmed => "not_confirmed",
            Self::NothingSeen => "nothing_seen",
            Self::Unobserved => "unobserved",
            Self::Unusable => "unusable",
        }
    }
}

/// Coca on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Day of the mask.
    pub date: Date,
    /// Hectares.
    pub coca_ha: f64,
}

/// How long a confirmed record was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// The last mask that observed the ground and saw no coca, before it was seen again.
    pub last_free: Date,
    /// The first later mask in which coca is present again.
    pub redetected: Option<Date>,
}

/// What the masks show of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// In a word.
    pub outcome: Outcome,
    /// Observed part of the footprint, 0 to 1: the smaller of before and after; where a side has none that suffices, the best
    /// of that side. `None` where a side has no mask at all.
    pub observed_share: Option<f64>,
    /// The mask before.
    pub before: Option<Seen>,
    /// The mask after.
    pub after: Option<Seen>,
    /// Of a confirmed record.
    pub following: Option<Following>,
    /// Why it is unobserved.
    pub why: Option<&'static str>,
}

/// One side of an event.
struct Side {
    /// The mask that counts.
    chosen: Option<Seen>,
    /// Its observed share, or the best of those that do not suffice; `None` without a mask.
    share: Option<f64>,
}

/// Judges a record by what the masks show of its footprint, in the order of their days.
pub fn judge(event: Date, footprint_ha: f64, looks: &[Look], settings: &Settings) -> Judgement {
    let share = |look: &Look| (look.observed_ha / footprint_ha).min(1.0);
    let enough = |look: &Look| share(look) >= settings.min_observed - ROUNDING;
    let days = |look: &Look| days_between(event, look.date);
    let side = |looks: &mut dyn Iterator<Item = &Look>| {
        let mut found = Side { chosen: None, share: None };
        for look in looks {
            if enough(look) {
                let chosen = Some(Seen { date: look.date, coca_ha: look.coca_ha });
                return Side { chosen, share: Some(share(look)) };
            }
            found.share = Some(found.share.unwrap_or(0.0).max(share(look)));
        }
        found
    };
    let (gap, settle) = (settings.max_gap_days, settings.settle_days);
    let before = side(&mut looks.iter().rev().filter(|l| (-gap..0).contains(&days(l))));
    let after = side(&mut looks.iter().filter(|l| (settle..=settle + gap).contains(&days(l))));
    let presence = settings.presence_ha(footprint_ha);
    let (outcome, why) = match (&before.chosen, &after.chosen) {
        // Whatever came after: there was nothing to eradicate.
        (Some(b), _) if b.coca_ha < presence => (Outcome::NothingSeen, None),
        (Some(b), Some(a)) if a.coca_ha <= settings.absent_share * b.coca_ha => (Outcome::Confirmed, None),
        (Some(_), Some(_)) => (Outcome::NotConfirmed, None),
        (None, _) => {
            (Outcome::Unobserved, Some(reason(&before, ["no mask before it", "too little observed before it"])))
        }
        (_, None) => (Outcome::Unobserved, Some(reason(&after, ["no mask after it", "too little observed after it"]))),
    };
    let following = match (&before.chosen, &after.chosen) {
        (Some(before), Some(after)) if outcome == Outcome::Confirmed => {
            let left_over = settings.absent_share * before.coca_ha;
            let later = looks.iter().filter(|l| l.date > after.date && enough(l));
            Some(follow(after.date, later, |coca| coca >= presence && coca > left_over))
        }
        _ => None,
    };
    let observed_share = match outcome {
        Outcome::NothingSeen => before.share,
        _ => before.share.zip(after.share).map(|(b, a)| b.min(a)),
    };
    Judgement { outcome, observed_share, before: before.chosen, after: after.chosen, following, why }
}

fn reason(side: &Side, [none, little]: [&'static str; 2]) -> &'static str {
    if side.share.is_none() { none } else { little }
}

fn follow<'a>(after: Date, later: impl Iterator<Item = &'a Look>, present: impl Fn(f64) -> bool) -> Following {
    let mut last_free = after;
    for look in later {
        if present(look.coca_ha) {
            return Following { last_free, redetected: Some(look.date) };
        }
        last_free = look.date;
    }
    Following { last_free, redetected: None }
}

/// Days from one day to a later one; negative to an earlier one.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(coca_observed: &[(i16, f64, f64)]) -> Vec<Look> {
        let look = |(year, coca_ha, observed_ha): &(i16, f64, f64)| Look {
            date: Date::constant(*year, 12, 31),
            coca_ha: *coca_ha,
            observed_ha: *observed_ha,
        };
        coca_observed.iter().map(look).collect()
    }

    fn of(masks: &[(i16, f64, f64)]) -> Judgement {
        judge(Date::constant(2020, 6, 15), 2.0, &looks(masks), &Settings::default())
    }

    #[test]
    fn before_and_after_decide() {
        assert_eq!(of(&[(2019, 1.8, 2.0), (2020, 0.1, 2.0)]).outcome, Outcome::Confirmed);
        assert_eq!(of(&[(2019, 1.8, 2.0), (2020, 0.36, 2.0)]).outcome, Outcome::Confirmed, "a fifth is left");
        assert_eq!(of(&[(2019, 1.8, 2.0), (2020, 0.37, 2.0)]).outcome, Outcome::NotConfirmed);
        assert_eq!(of(&[(2019, 0.099, 2.0), (2020, 1.0, 2.0)]).outcome, Outcome::NothingSeen, "below 5 % of 2 ha");
        let nothing_after = of(&[(2019, 0.0, 2.0)]);
        assert_eq!((nothing_after.outcome, nothing_after.observed_share), (Outcome::NothingSeen, Some(1.0)));
        let confirmed = of(&[(2019, 1.8, 1.9), (2020, 0.0, 1.6)]);
        assert_eq!((confirmed.outcome, confirmed.observed_share), (Outcome::Confirmed, Some(0.8)));
        assert_eq!(confirmed.before.unwrap().date.to_string(), "2019-12-31");
    }

    #[test]
    fn what_was_not_observed_is_not_judged() {
        for (masks, why, share) in [
            (vec![(2020, 0.0, 2.0)], "no mask before it", None),
            (vec![(2019, 1.0, 2.0)], "no mask after it", None),
            (vec![(2019, 1.0, 1.5), (2020, 0.0, 2.0)], "too little observed before it", Some(0.75)),
            (vec![(2019, 1.0, 2.0), (2020, 0.0, 0.5), (2021, 0.0, 1.0)], "too little observed after it", Some(0.5)),
            (vec![(2017, 1.0, 2.0), (2020, 0.0, 2.0)], "no mask before it", None),
        ] {
            let found = of(&masks);
            assert_eq!((found.outcome, found.why, found.observed_share), (Outcome::Unobserved, Some(why), share));
        }
        // A year behind clouds is passed over.
        let found = of(&[(2018, 1.0, 2.0), (2019, 0.0, 0.1), (2020, 0.0, 0.2), (2021, 0.0, 2.0)]);
        assert_eq!(found.outcome, Outcome::Confirmed);
        assert_eq!(found.after.unwrap().date.year(), 2021);
    }

    #[test]
    fn a_mask_of_the_day_itself_is_after_and_one_too_soon_is_not() {
        let event = Date::constant(2020, 12, 31);
        let masks = looks(&[(2019, 1.0, 2.0), (2020, 1.0, 2.0), (2021, 0.0, 2.0)]);
        assert_eq!(judge(event, 2.0, &masks, &Settings::default()).outcome, Outcome::NotConfirmed);
        let before = judge(event, 2.0, &masks, &Settings::default()).before;
        assert_eq!(before.map(|seen| seen.date.year()), Some(2019), "it is not before itself");
        let settings = Settings { settle_days: 90, ..Settings::default() };
        assert_eq!(judge(event, 2.0, &masks, &settings).outcome, Outcome::Confirmed);
    }

    #[test]
    fn coca_seen_again_ends_the_following() {
        let following = |masks: &[(i16, f64, f64)]| of(masks).following.map(|f| (f.last_free.year(), f.redetected));
        let start = [(2019, 1.8, 2.0), (2020, 0.0, 2.0)];
        let with = |more: &[(i16, f64, f64)]| following(&[&start[..], more].concat());
        assert_eq!(with(&[]), Some((2020, None)));
        assert_eq!(with(&[(2021, 0.0, 2.0), (2022, 0.9, 2.0)]), Some((2021, Some(Date::constant(2022, 12, 31)))));
        assert_eq!(with(&[(2021, 0.9, 1.0), (2022, 0.0, 2.0)]), Some((2022, None)), "2021 was not observed enough");
        // What was left over after the eradication is not seen "again".
        let left = [(2019, 1.8, 2.0), (2020, 0.3, 2.0), (2021, 0.3, 2.0), (2022, 0.5, 2.0)];
        assert_eq!(following(&left), Some((2021, Some(Date::constant(2022, 12, 31)))));
        assert_eq!(following(&[(2019, 1.8, 2.0), (2020, 1.8, 2.0)]), None, "not confirmed: not followed");
    }
}
