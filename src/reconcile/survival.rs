//! How long eradicated ground stayed without coca: the Kaplan-Meier estimate of the time to re-detection.
//!
//! Kaplan and Meier 1958 (J. Am. Stat. Assoc. 53:457): S(t) = product over detection times t_i <= t of 1 - d_i / n_i, where
//! n_i records are followed at least as long as t_i (those whose following ends on t_i among them). Its variance is
//! Greenwood's (1926); the 95 % interval is that of log(-log S), exp(-exp(log(-log S) -+ z s)) with s^2 = sum d_i / (n_i (n_i -
//! d_i)) / log(S)^2 (Kalbfleisch and Prentice 2002, eq. 1.16), which stays within 0 and 1; lifelines does the same.
//!
//! A record is followed until coca is seen again, or until the last mask that observed it (censored: it may be seen later).

use serde::Serialize;

use crate::accuracy::normal::Z95;

/// One record's following.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Days from the event to re-detection, or to the last look.
    pub days: i32,
    /// Whether coca was seen again on that day.
    pub redetected: bool,
}

/// The curve from one day on until the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Days after the event.
    pub days: i32,
    /// Records followed for at least so long.
    pub at_risk: usize,
    /// Of these, seen again on this day.
    pub redetected: usize,
    /// Of these, last looked at on this day, without coca.
    pub censored: usize,
    /// Share without coca seen again, after this day.
    pub survival: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// By days; empty without records.
    pub steps: Vec<Step>,
    /// The first day on which half or less is without coca; `None` where that is not reached.
    pub median_days: Option<i32>,
}

/// The Kaplan-Meier curve of some records, in any order.
pub fn kaplan_meier(followed: &[Followed]) -> Curve {
    let mut sorted = followed.to_vec();
    sorted.sort_unstable_by_key(|f| f.days);
    let (mut at_risk, mut survival, mut greenwood) = (sorted.len(), 1.0, 0.0);
    let mut steps = Vec::new();
    for same_day in sorted.chunk_by(|a, b| a.days == b.days) {
        let redetected = same_day.iter().filter(|f| f.redetected).count();
        let (d, n) = (redetected as f64, at_risk as f64);
        survival *= 1.0 - d / n;
        greenwood += d / (n * (n - d));
        let (low, high) = interval(survival, greenwood);
        let censored = same_day.len() - redetected;
        steps.push(Step { days: same_day[0].days, at_risk, redetected, censored, survival, low, high });
        at_risk -= same_day.len();
    }
    // Products such as 3/4 x 2/3 end a rounding above 1/2.
    let median_days = steps.iter().find(|s| s.survival <= 0.5 + 1e-12).map(|s| s.days);
    Curve { steps, median_days }
}

fn interval(survival: f64, greenwood: f64) -> (f64, f64) {
    // Where nothing, or everything, was seen again there is no variance; both are the limits of the formula's own ends.
    if survival >= 1.0 || survival <= 0.0 {
        return (survival, survival);
    }
    let log = survival.ln();
    let (middle, reach) = ((-log).ln(), Z95 * greenwood.sqrt() / -log);
    ((-(middle + reach).exp()).exp(), (-(middle - reach).exp()).exp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn followed(days: &[i32], seen: &[u8]) -> Vec<Followed> {
        days.iter().zip(seen).map(|(days, seen)| Followed { days: *days, redetected: *seen == 1 }).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// lifelines 0.30.3 (PyPI): KaplanMeierFitter().fit(T, E) on these durations, survival_function_ and
    /// confidence_interval_, with ties between records and between detection and censoring.
    #[test]
    fn the_curve_is_that_of_lifelines() {
        let days = [366, 366, 366, 214, 214, 579, 579, 579, 732, 732, 945, 1096, 1096, 31, 180, 366];
        let seen = [1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0];
        let curve = kaplan_meier(&followed(&days, &seen));
        let expected = [
            (31, 16, 0, 1, 1.0, 1.0, 1.0),
            (180, 15, 1, 0, 0.9333333333333331, 0.6126412437748727, 0.9903322366500168),
            (214, 14, 1, 1, 0.8666666666666667, 0.5639120057089515, 0.9648844959164715),
            (366, 12, 2, 2, 0.7222222222222223, 0.4171751699280567, 0.8859168082418181),
            (579, 8, 2, 1, 0.5416666666666669, 0.24262404247884312, 0.7668848231142732),
            (732, 5, 1, 1, 0.4333333333333335, 0.15344744843805747, 0.688606218915678),
            (945, 3, 0, 1, 0.4333333333333335, 0.15344744843805747, 0.688606218915678),
            (1096, 2, 1, 1, 0.21666666666666673, 0.015139931354493652, 0.5722439710606814),
        ];
        assert_eq!(curve.steps.len(), expected.len());
        for (s, e) in curve.steps.iter().zip(expected) {
            assert_eq!((s.days, s.at_risk, s.redetected, s.censored), (e.0, e.1, e.2, e.3));
            assert!(close(s.survival, e.4) && close(s.low, e.5) && close(s.high, e.6), "{s:?}");
        }
        assert_eq!(curve.median_days, Some(732));
    }

    /// lifelines 0.30.3 on T = [100, 200, 200, 300], E = [1, 1, 0, 1]: the curve ends at 0, its median is 200.
    #[test]
    fn a_curve_may_reach_zero_or_have_no_median() {
        let curve = kaplan_meier(&followed(&[100, 200, 200, 300], &[1, 1, 0, 1]));
        let second = curve.steps[1];
        assert!(close(second.low, 0.05784708299514455) && close(second.high, 0.844861281190374), "{second:?}");
        let last = curve.steps[2];
        assert_eq!((last.survival, last.low, last.high, curve.median_days), (0.0, 0.0, 0.0, Some(200)));
        assert_eq!(kaplan_meier(&followed(&[5, 9], &[0, 0])).median_days, None);
        assert_eq!(kaplan_meier(&[]), Curve { steps: vec![], median_days: None });
    }

    proptest! {
        #[test]
        fn without_censoring_it_is_the_share_still_free(days in proptest::collection::vec(1..40_i32, 1..60)) {
            let all: Vec<Followed> = days.iter().map(|d| Followed { days: *d, redetected: true }).collect();
            let curve = kaplan_meier(&all);
            for step in &curve.steps {
                let free = days.iter().filter(|d| **d > step.days).count() as f64 / days.len() as f64;
                prop_assert!(close(step.survival, free));
                prop_assert!(step.low <= step.survival + 1e-12 && step.survival <= step.high + 1e-12);
            }
        }
    }
}
