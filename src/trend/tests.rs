//! The last three censuses of Colombia, and what an outside program says of their errors.

use std::collections::BTreeMap;

use super::*;

/// UNODC/SIMCI, sums of the municipal table; manual eradication of 2024: Ministerio de Defensa.
const CENSUS: [(i32, i64); 3] = [(2022, 230_027_620), (2023, 252_571_740), (2024, 261_386_170)];

fn colombia() -> PlaceSeries {
    let standing = |thousandths: i64| Standing {
        hectares: StockHa::new(Exact::from_millionths(i128::from(thousandths) * 1_000)),
        standard_error: None,
    };
    let eradicated = EradicatedInYear {
        hectares: FlowHa::new(Exact::from_whole(9_403)),
        methods: "manual".to_owned(),
        source: "records".to_owned(),
    };
    PlaceSeries {
        place: "CO".to_owned(),
        name: "Colombia".to_owned(),
        stocks: CENSUS.map(|(year, ha)| (year, standing(ha))).into(),
        eradicated: BTreeMap::from([(2024, eradicated)]),
        ..PlaceSeries::default()
    }
}

fn of_2024(relative_se: f64, correlation: f64) -> TrendRow {
    trend(&colombia(), Assumptions { relative_se, correlation }).remove(2)
}

/// Bounds from the Python package uncertainties 3.2 (linear propagation), standard errors of 3 % of each year, times the
/// normal quantile at 97.5 %; of the growth those of Fieller, the roots of `(a - t b)^2 = z^2 var(a - t b)` found by scipy 1.17's
/// brentq. Rounded to four decimals there as here.
#[test]
fn intervals_equal_those_of_linear_propagation() {
    let bounds = |row: &TrendRow| {
        [row.hectares_ci, row.change_ci, row.growth_ci, row.growth_change_ci, row.gross_gain_ci]
            .map(|ci| ci.map(|c| [c.low, c.high]).unwrap())
    };
    assert_eq!(
        bounds(&of_2024(0.03, 0.0)),
        [
            [246016.9456, 276755.3944],
            [-12557.5993, 30186.4593],
            [-4.7791, 12.4769],
            [-21.6728, 9.0513],
            [-3154.5993, 39589.4593],
        ]
    );
    assert_eq!(
        bounds(&of_2024(0.03, 0.5))[1..],
        [[-6302.3198, 23931.1798], [-2.4289, 9.7677], [-17.1734, 4.5519], [3100.6802, 33334.1798]]
    );
}

#[test]
fn both_readings_are_said_with_their_noise() {
    let row = of_2024(0.03, 0.0);
    assert_eq!((row.growth_pct, row.growth_change_pp), (Some(3.4899), Some(-6.3107)));
    assert_eq!(row.gross_gain_ha.unwrap().to_string(), "18217.43");
    assert_eq!(
        row.reading_level,
        "261,386 ha, the most of the series so far; +8,814 ha in the year (95 % from -12,558 to +30,186: not distinguishable from no change, unless the standard error is below 1.24 %)"
    );
    assert_eq!(
        row.reading_rate,
        "+3.49 % (95 % from -4.78 % to +12.48 %: not distinguishable from zero); growth slowed: -6.31 points from +9.80 % (95 % from -21.67 to +9.05: not distinguishable from noise)"
    );
    // Where that share, which has six decimals, is assumed, the interval ends at zero.
    let edge = of_2024(row.break_even_relative_se.unwrap(), 0.0).change_ci.unwrap();
    assert!(edge.low.abs() < 0.4, "{edge:?}");
    let certain = of_2024(0.001, 0.0);
    assert!(certain.reading_level.contains("more than noise, an increase"), "{}", certain.reading_level);
    assert!(certain.reading_rate.contains("distinguishable from zero); growth slowed"), "{}", certain.reading_rate);
    assert!(certain.reading_rate.ends_with("more than noise)"), "{}", certain.reading_rate);
}

#[test]
fn without_an_error_there_is_no_interval_and_the_words_say_so() {
    let row = of_2024(0.0, 0.0);
    assert_eq!((row.hectares_ci, row.change_ci, row.growth_ci, row.gross_gain_ci), (None, None, None, None));
    assert!(row.reading_level.contains("no error is known") && row.reading_rate.contains("no error is known"));
    assert_eq!((row.error, row.standard_error_ha), ("", None));
}

#[test]
fn an_estimates_own_error_comes_before_the_assumed_one() {
    let mut series = colombia();
    for standing in series.stocks.values_mut() {
        standing.standard_error = Some(1_000.0);
    }
    let row = trend(&series, Assumptions { relative_se: 0.03, correlation: 0.0 }).remove(2);
    assert_eq!((row.error, row.standard_error_ha), ("known", Some(1_000.0)));
    // 1.96 sqrt(2) x 1,000 on either side.
    let half = Z95_SQRT_2 * 1_000.0;
    assert!((row.change_ci.unwrap().low - (8_814.43 - half)).abs() < 1e-4);
}

const Z95_SQRT_2: f64 = crate::accuracy::normal::Z95 * std::f64::consts::SQRT_2;

#[test]
fn a_gap_in_the_years_or_nothing_before_gives_no_figure() {
    let mut series = colombia();
    series.stocks.remove(&2023);
    let row = trend(&series, Assumptions { relative_se: 0.03, correlation: 0.0 }).remove(1);
    assert_eq!((row.change_ha, row.growth_pct, row.gross_gain_ha), (None, None, None));
    assert!(row.reading_level.ends_with("no figure of the year before"));
    assert_eq!(row.reading_rate, "no growth rate: there is no figure of the year before");
    let mut from_nothing = colombia();
    let nothing = Standing { hectares: StockHa::new(Exact::ZERO), standard_error: None };
    from_nothing.stocks.insert(2023, nothing);
    let row = trend(&from_nothing, Assumptions { relative_se: 0.03, correlation: 0.0 }).remove(2);
    assert_eq!((row.growth_pct, row.growth_ci, row.growth_change_pp), (None, None, None));
    assert_eq!(row.change_ha.unwrap().to_string(), "261386.17");
    assert_eq!(row.reading_rate, "no growth rate: nothing stood the year before");
    // 3 % of nothing is no error of it.
    assert_eq!((row.change_ci, row.gross_gain_ci), (None, None));
    assert!(row.hectares_ci.is_some());
    from_nothing.stocks.insert(2024, nothing);
    let row = trend(&from_nothing, Assumptions { relative_se: 0.03, correlation: 0.0 }).remove(2);
    assert_eq!(row.reading_level, "0 ha, as the year before");
}

#[test]
fn every_turn_of_the_rate_has_its_words() {
    let words = |hectares: [i64; 3]| {
        let standing = |ha: i64| Standing { hectares: StockHa::new(Exact::from_whole(ha)), standard_error: None };
        let stocks = (2022..).zip(hectares.map(standing)).collect();
        let series = PlaceSeries { stocks, ..PlaceSeries::default() };
        trend(&series, Assumptions { relative_se: 0.0, correlation: 0.0 }).remove(2).reading_rate
    };
    for (hectares, says) in [
        ([100, 120, 130], "growth slowed"),
        ([100, 110, 130], "growth quickened"),
        ([100, 120, 110], "growth turned into a fall"),
        ([100, 90, 70], "the fall quickened"),
        ([100, 70, 60], "the fall slowed"),
        ([100, 80, 90], "the fall turned into growth"),
        ([100, 120, 144], "growth stayed as it was"),
    ] {
        assert!(words(hectares).contains(says), "{hectares:?}: {}", words(hectares));
    }
}

/// Fieller's interval and that of the change agree on zero, and a bound near zero keeps its sign in words.
#[test]
fn level_and_rate_never_contradict_each_other() {
    for thousandths in (0..400).map(|i| 100_000 + 500 * i) {
        let mut series = colombia();
        let standing = |thousandths: i64| Standing {
            hectares: StockHa::new(Exact::from_millionths(i128::from(thousandths) * 1_000)),
            standard_error: None,
        };
        series.stocks = [(2023, standing(100_000)), (2024, standing(thousandths))].into();
        let row = trend(&series, Assumptions { relative_se: 0.1, correlation: 0.2 }).remove(1);
        let (change, growth) = (row.change_ci.unwrap(), row.growth_ci.unwrap());
        assert_eq!(change.side(), growth.side(), "{thousandths}: {change:?} {growth:?}");
    }
}
