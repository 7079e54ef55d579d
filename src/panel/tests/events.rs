//! Event studies on panels that are known to the last digit.

use crate::panel::event::{EventRule, EventStudy, Events, two_way};
use crate::panel::grid::{Form, Grid, Series};
use crate::panel::staggered::staggered;
use crate::records::Method;
use crate::territory::MunicipalityCode;

const FIRST: i32 = 2001;
const YEARS: usize = 14;

/// Twelve municipalities with an event in 2005, twelve in 2009, twelve without; a wobble per municipality and year where
/// `noise` is not zero, and after the event the drop `0.1 x (years since + 1) x (3 early, 1 late)`.
fn panel(noise: f64) -> (Grid, Series, Events) {
    let code = |m: usize| MunicipalityCode::parse(&format!("{:05}", 10_001 + m)).unwrap();
    let grid = Grid { municipalities: (0..36).map(code).collect(), first: FIRST, years: YEARS };
    let event = |m: usize| [Some(2005), Some(2009), None][m % 3];
    let number = |c: &MunicipalityCode| c.as_str().parse::<usize>().unwrap() - 10_001;
    let mix = |m: usize, y: usize| (m * m * 7919 + m * y * 104_729 + y * y * 31) % 1009;
    let wobble = |m: usize, year: i32| noise * (mix(m, year as usize) as f64 / 504.0 - 1.0);
    let stock = grid.series(|c, year| {
        let m = number(c);
        let drop = event(m).filter(|e| year >= *e).map_or(0.0, |e| truth(e, year - e));
        Some(m as f64 / 3.0 + 0.2 * f64::from(year - FIRST).sin() + wobble(m, year) + drop)
    });
    let rule = EventRule { method: Method::Manual, hectares: 500.0, window: 3 };
    let events = Events { rule, year: (0..36).map(event).collect(), too_early: 0, is_in: vec![true; 36] };
    (grid, stock, events)
}

fn truth(event: i32, since: i32) -> f64 {
    -0.1 * f64::from(since + 1) * if event == 2005 { 3.0 } else { 1.0 }
}

fn at(study: &EventStudy, time: i32) -> f64 {
    study.points.iter().find(|p| p.event_time == time).unwrap().estimate.as_ref().unwrap().coefficient
}

#[test]
fn cohort_by_cohort_the_mean_of_what_was_put_in_comes_out() {
    let (grid, stock, events) = panel(0.0);
    let study = staggered(&grid, &stock, &events);
    for time in [-3, -2] {
        assert!(at(&study, time).abs() < 1e-12);
    }
    for time in 0..=3 {
        let mean = 0.5 * (truth(2005, time) + truth(2009, time));
        assert!((at(&study, time) - mean).abs() < 1e-12, "{time}: {}", at(&study, time));
    }
    // Early and late events differ, so two-way fixed effects mix them: what the staggered study is there for.
    let mixed = two_way(&grid, &stock, &events, Form::Log).unwrap();
    assert!((at(&mixed, 0) - 0.5 * (truth(2005, 0) + truth(2009, 0))).abs() > 0.02, "{}", at(&mixed, 0));
}

/// statsmodels 0.15.0: `OLS` of the same panel on an indicator of every cohort and year around its event but -1, and of
/// every municipality and year; coefficients averaged over the two cohorts (Sun and Abraham's estimator).
#[test]
fn in_a_panel_without_gaps_it_is_the_interaction_weighted_estimator() {
    let (grid, stock, events) = panel(0.3);
    let study = staggered(&grid, &stock, &events);
    let expected = [
        (-3, -0.06934523809523155),
        (-2, -0.059697420634915066),
        (0, -0.2654265873015921),
        (1, -0.5058283730158712),
        (2, -0.6461309523809544),
        (3, -0.7363839285714403),
    ];
    for (time, value) in expected {
        assert!((at(&study, time) - value).abs() < 1e-11, "{time}: {} is not {value}", at(&study, time));
    }
}

/// With one cohort the point is a difference of two means, and its error that of two independent means.
#[test]
fn the_error_of_one_cohort_is_that_of_two_means() {
    let (grid, stock, mut events) = panel(0.3);
    for (m, is_in) in events.is_in.iter_mut().enumerate() {
        *is_in = m % 3 != 1;
    }
    let study = staggered(&grid, &stock, &events);
    let point = study.points.iter().find(|p| p.event_time == 2).unwrap();
    let change = |m: usize| grid.at(&stock, m, 2007).unwrap() - grid.at(&stock, m, 2004).unwrap();
    let moments = |rest: usize| {
        let all: Vec<f64> = (0..36).filter(|m| m % 3 == rest).map(change).collect();
        let mean = all.iter().sum::<f64>() / 12.0;
        (mean, all.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 144.0)
    };
    let (with, without) = (moments(0), moments(2));
    let estimate = point.estimate.as_ref().unwrap();
    assert!((estimate.coefficient - (with.0 - without.0)).abs() < 1e-12);
    let error = (24.0 / 23.0 * (with.1 + without.1)).sqrt();
    assert!((estimate.standard_error - error).abs() < 1e-12, "{} {error}", estimate.standard_error);
    assert_eq!((study.municipalities, point.municipalities), (24, 12));
}

#[test]
fn differences_before_the_operation_are_found_together() {
    let (grid, mut stock, events) = panel(0.05);
    let quiet = staggered(&grid, &stock, &events).pre_trend.unwrap();
    assert!(quiet.p_value > 0.05, "{quiet:?}");
    for (m, event) in events.year.iter().enumerate() {
        for (place, year) in grid.all_years().enumerate().filter(|(_, year)| event.is_some_and(|e| *year < e)) {
            let before = f64::from(event.unwrap() - 1 - year);
            *stock[m * YEARS + place].as_mut().unwrap() -= 0.1 * before;
        }
    }
    for study in [staggered(&grid, &stock, &events), two_way(&grid, &stock, &events, Form::Log).unwrap()] {
        let test = study.pre_trend.unwrap();
        assert!(test.p_value < 1e-4, "{test:?}");
        assert_eq!((test.numerator_df, test.denominator_df), (2, 35));
    }
}

/// Points before the reference, the reference and the ends have their words.
#[test]
fn the_ends_of_the_window_hold_what_lies_beyond() {
    let (grid, stock, events) = panel(0.05);
    let study = two_way(&grid, &stock, &events, Form::Log).unwrap();
    let words: Vec<&str> = study.points.iter().map(|p| p.bin).collect();
    assert_eq!(words, ["or earlier", "", "reference", "", "", "", "or later"]);
    assert!(study.points[2].estimate.is_none());
    assert_eq!((study.observations, study.municipalities), (36 * YEARS, 36));
    assert!(study.points.iter().all(|p| p.municipalities == 24));
    // One cohort, no wobble: the last indicator is the mean of 2008 to 2014.
    let (grid, stock, mut events) = panel(0.0);
    events.is_in.iter_mut().enumerate().for_each(|(m, is_in)| *is_in = m % 3 != 1);
    let study = two_way(&grid, &stock, &events, Form::Log).unwrap();
    let mean = (3..=9).map(|since| truth(2005, since)).sum::<f64>() / 7.0;
    assert!((at(&study, 3) - mean).abs() < 1e-10, "{} is not {mean}", at(&study, 3));
}
