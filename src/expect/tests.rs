//! The forecast as a whole: figures by hand, nothing from later years, and intervals that hold what they say.

use proptest::prelude::*;

use super::features::features;
use super::forecast::{all_features, forecast, has_lesson};
use super::growth::growth;
use super::panel::{Panel, Role, Series};
use super::record::{RecordYear, roll};
use super::rows::summary;
use crate::territory::MunicipalityCode;

/// A panel of years and municipalities, two departments in turn.
fn panel(stocks: Vec<Vec<f64>>) -> Panel {
    let municipalities = stocks[0].len();
    let code = |m: usize| MunicipalityCode::parse(&format!("{:02}{m:03}", 5 + m % 2 * 3)).unwrap();
    Panel {
        codes: (0..municipalities).map(code).collect(),
        departments: (0..municipalities).map(|m| m % 2).collect(),
        first_year: 2011,
        stocks: stocks.into_iter().map(|year| year.into_iter().map(Some).collect()).collect(),
        gaps: Default::default(),
        series: Vec::new(),
    }
}

#[test]
fn growth_is_drawn_towards_the_nation() {
    // 400 to 600 ha in all; the first department from 300 to 400, the municipality 1 from 100 to 200.
    let found = growth(&panel(vec![vec![300.0, 100.0], vec![400.0, 200.0]]), 2).unwrap();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(found.nation, 1.5_f64.ln()));
    assert!(close(found.department[0], (3400.0_f64 / 2300.0 / 1.5).ln()));
    assert!(close(found.own[1], (500.0_f64 / 300.0 / 1.5).ln()));
    assert_eq!(growth(&panel(vec![vec![0.0], vec![1.0]]), 2), None, "no growth from nothing");
}

#[test]
fn a_year_that_does_not_add_up_grows_by_its_published_total_and_says_nothing_of_municipalities() {
    let mut gap = panel(vec![vec![300.0, 100.0], vec![400.0, 200.0]]);
    gap.gaps.insert(1, 700.0);
    let found = growth(&gap, 2).unwrap();
    assert!((found.nation - (700.0_f64 / 400.0).ln()).abs() < 1e-12);
    assert_eq!((found.department, found.own), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn no_change_from_or_to_a_year_that_does_not_add_up_is_learned_from() {
    let mut gap = panel((0..6).map(|t| vec![100.0 + f64::from(t); 2]).collect());
    // Years 3, 4 and 5 have the three years before them.
    assert!([4, 5, 6].into_iter().all(|t| has_lesson(&gap, &all_features(&gap), t)));
    gap.gaps.insert(3, 1.0);
    let sound: Vec<bool> = (0..6).map(|t| gap.sound_change(t)).collect();
    assert_eq!(sound, [false, true, true, false, false, true], "the first year has no change");
    let all = all_features(&gap);
    assert_eq!([4, 5, 6].map(|t| has_lesson(&gap, &all, t)), [false, false, true]);
}

#[test]
fn features_are_the_documented_ratios() {
    let mut panel = panel(vec![vec![30.0, 60.0], vec![60.0, 60.0], vec![90.0, 60.0]]);
    let per_year = |of: [[Option<f64>; 2]; 3]| of.map(|year| year.to_vec()).to_vec();
    let some = |a, b| [Some(a), Some(b)];
    let taken = per_year([some(0.0, 0.0), some(0.0, 0.0), some(10.0, 0.0)]);
    let loss = per_year([some(2.0, 4.0), some(4.0, 4.0), [Some(9.0), None]]);
    let ended = per_year([some(1.0, 1.0), some(1.0, 1.0), [None, None]]);
    panel.series = vec![
        Series { name: "eradication".to_owned(), role: Role::Share, values: taken },
        Series { name: "loss".to_owned(), role: Role::Change, values: loss },
        Series { name: "ended".to_owned(), role: Role::Change, values: ended },
    ];
    let found = features(&panel, 3).unwrap().columns;
    let column = |c: usize| found[c].clone().unwrap();
    assert!((column(3)[0] - (80.0_f64 / 110.0).ln()).abs() < 1e-12, "mean 60, last 90");
    assert!((column(4)[0] - 10.0 / 120.0).abs() < 1e-12, "10 of 90 + 10 + 20 ha");
    // The median positive figure is 4: 0.4 on both sides; the mean before is 3.
    assert!((column(5)[0] - (9.4_f64 / 3.4).ln()).abs() < 1e-12);
    assert_eq!((column(5)[1], found[6].clone()), (0.0, None), "unknown here, and unknown everywhere");
    assert!(features(&panel, 2).is_none(), "three years are needed");
}

#[test]
fn where_nothing_changed_nothing_is_expected_to() {
    let panel = panel(vec![vec![10.0, 200.0, 0.0, 3000.0]; 6]);
    let found = forecast(&panel, &all_features(&panel), 6).unwrap();
    let expected: Vec<f64> = found.expected.iter().flatten().map(|e| e.hectares).collect();
    assert_eq!(expected, [10.0, 200.0, 0.0, 3000.0]);
    assert!(found.coefficients.iter().all(|c| c.all_years == 0.0 && c.recent_years == 0.0));
}

/// All grow by half each year. The trends carry half of it on (sqrt 1.5 - 1 = 22.5 %); the regression has seen nothing
/// else and repeats it (its feature of the mean has 20 ha added, so to 1 % only).
#[test]
fn steady_growth_is_carried_on_in_part() {
    let panel = panel((0..8).map(|t| vec![100.0 * 1.5_f64.powi(t); 2]).collect());
    let found = forecast(&panel, &all_features(&panel), 8).unwrap();
    let one = found.expected[0].unwrap();
    assert!((one.trend / one.last - 1.5_f64.sqrt()).abs() < 1e-12);
    assert!((one.regression / (1.5 * one.last) - 1.0).abs() < 0.01, "{one:?}");
    assert!((one.hectares - (0.5 * one.last + 0.25 * (one.trend + one.regression))).abs() < 1e-9);
    assert!((one.carried_on / one.last - (2.0 - 1.0 / 1.5)).abs() < 1e-12);
}

/// A generator of numbers between 0 and 1 (Knuth's MMIX constants): the same panel on every machine.
fn numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn simulated(seed: u64, years: usize, municipalities: usize) -> Panel {
    let mut next = numbers(seed);
    let mut now: Vec<f64> = (0..municipalities).map(|_| (10.0 * next() - 1.0).exp()).collect();
    let mut stocks = Vec::new();
    for _ in 0..years {
        stocks.push(now.clone());
        for hectares in &mut now {
            let noise: f64 = (0..12).map(|_| next()).sum::<f64>() - 6.0;
            *hectares *= (0.3 * noise).exp();
        }
    }
    panel(stocks)
}

/// Where municipalities err independently and alike, intervals of 90 % hold 90 %. The standard error of the share over
/// 3,000 municipality-years is 0.55 points.
#[test]
fn intervals_hold_nine_of_ten_where_errors_are_alike() {
    let panel = simulated(1, 26, 150);
    let (record, _) = roll(&panel, &all_features(&panel)).unwrap();
    let judged: Vec<&RecordYear> = record.iter().filter(|r| r.with_interval == 150).collect();
    assert!(judged.len() >= 20, "{}", judged.len());
    let held = judged.iter().map(|r| r.held).sum::<usize>() as f64 / (150 * judged.len()) as f64;
    assert!((held - 0.9).abs() < 0.0165, "{held}");
}

#[test]
fn the_record_of_a_year_is_what_was_said_in_that_year() {
    let whole = simulated(2, 14, 30);
    let (record, _) = roll(&whole, &all_features(&whole)).unwrap();
    for year in &record {
        let t = usize::try_from(year.year - 2011).unwrap();
        let mut then = whole.clone();
        then.stocks.truncate(t);
        if let Some((earlier, bounded)) = roll(&then, &all_features(&then)) {
            assert_eq!(earlier, record[..earlier.len()]);
            assert_eq!((bounded.total, bounded.nation), (year.nation_expected_ha, year.nation_interval_ha));
            assert_eq!(super::record::record_year(&then, &bounded, &whole.stocks[t]), *year);
        }
    }
    assert_eq!(record.len(), 10);
}

#[test]
fn a_record_that_is_worse_says_so() {
    let (record, _) = {
        let panel = simulated(3, 14, 30);
        roll(&panel, &all_features(&panel)).unwrap()
    };
    let mut worse = record.clone();
    worse.iter_mut().for_each(|r| r.error_pct = r.last_year_error_pct.map(|e| e + 1.0));
    let found = summary(&worse, 2025);
    assert_eq!((found.better_than_last_year, found.closer_years), (Some(false), 0));
    assert!(found.sentence.contains("NOT better than last year's value"), "{}", found.sentence);
    let mut better = record;
    better.iter_mut().for_each(|r| r.error_pct = r.last_year_error_pct.map(|e| e - 1.0));
    assert_eq!(summary(&better, 2025).better_than_last_year, Some(true));
    assert_eq!(summary(&[], 2025).better_than_last_year, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever comes in year `t` and later, the forecast of `t` is the same to the last bit.
    #[test]
    fn what_comes_later_changes_no_forecast(seed in 0_u64..1000, t in 4_usize..9, year in 0_usize..6, m in 0_usize..12, ha in 0.0..1e5_f64) {
        let before = simulated(seed, 10, 12);
        let mut after = before.clone();
        let changed = (t + year).min(9);
        after.stocks[changed][m] = Some(ha);
        let said = |panel: &Panel| forecast(panel, &all_features(panel), t).unwrap();
        let (a, b) = (said(&before), said(&after));
        prop_assert_eq!(a.expected, b.expected);
        prop_assert_eq!(a.coefficients, b.coefficients);
        // And an earlier figure does reach it.
        after.stocks[t - 1][m] = Some(ha + 1e5);
        prop_assert_ne!(said(&after).expected, said(&before).expected);
    }

    /// Expectations and bounds are hectares: none below zero, none without its order.
    #[test]
    fn bounds_stand_in_order(seed in 0_u64..1000) {
        let panel = simulated(seed, 16, 40);
        let (_, bounded) = roll(&panel, &all_features(&panel)).unwrap();
        for (expected, interval) in bounded.forecast.expected.iter().zip(&bounded.intervals) {
            let (expected, Some([low, high])) = (expected.unwrap(), interval) else { continue };
            prop_assert!(0.0 <= *low && *low <= expected.hectares + 0.005 && expected.hectares - 0.005 <= *high);
        }
    }
}
