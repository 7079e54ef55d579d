//! The small panel of the literals, fitted by linearmodels 7.1 and statsmodels 0.15.0 (Python, numpy 2.4.6).

use crate::panel::PanelError;
use crate::panel::event::wald;
use crate::panel::fit::{Column, Design, fit};

/// Municipality, year, outcome and two terms: unbalanced, with a municipality (9) and a year (2031) of a single row.
const PANEL: [(u32, i32, f64, f64, f64); 41] = [
    (0, 2010, -4.4, 3.2, -2.3),
    (0, 2011, 1.8, 4.0, -2.4),
    (0, 2012, 27.6, 25.9, -3.6),
    (0, 2015, 19.8, 12.8, -2.6),
    (0, 2016, 27.4, 13.2, 0.8),
    (1, 2012, 8.0, 1.3, 0.1),
    (1, 2013, 1.4, 8.3, 2.5),
    (1, 2015, 24.9, 3.9, 11.5),
    (1, 2016, 19.3, 1.2, 4.4),
    (2, 2010, 13.1, 14.9, -3.9),
    (2, 2011, 33.2, 21.5, 12.7),
    (2, 2012, 17.0, 9.2, 5.7),
    (2, 2013, 15.9, 24.6, -0.7),
    (2, 2014, 8.9, 1.2, 8.5),
    (2, 2016, 16.9, 8.9, 4.1),
    (3, 2011, 43.1, 21.8, 2.9),
    (3, 2013, 12.2, 2.0, 2.8),
    (3, 2014, 37.0, 29.1, 1.0),
    (3, 2016, 21.3, 6.2, 6.2),
    (4, 2010, 18.9, 8.5, 13.3),
    (4, 2012, 28.7, 22.7, 6.4),
    (4, 2014, 45.8, 33.0, 10.1),
    (4, 2015, 39.7, 16.1, 17.4),
    (5, 2010, 29.7, 1.2, 3.9),
    (5, 2011, 26.8, 16.6, 11.3),
    (5, 2012, 40.9, 36.7, 8.5),
    (5, 2014, 34.1, 7.9, 4.7),
    (5, 2015, 29.2, 9.0, 4.9),
    (5, 2016, 27.9, 7.0, 9.9),
    (6, 2011, 24.9, 16.6, 14.2),
    (6, 2012, 57.4, 18.0, 9.3),
    (6, 2013, 43.3, 9.5, 12.3),
    (6, 2014, 21.5, 0.0, 15.6),
    (7, 2010, 44.3, 9.5, 15.5),
    (7, 2012, 45.3, 4.3, 18.3),
    (7, 2013, 37.1, 33.0, 16.3),
    (7, 2014, 34.4, 6.8, 16.4),
    (7, 2015, 35.8, 8.3, 23.1),
    (7, 2016, 46.9, 8.4, 17.1),
    (9, 2012, 52.7, 17.5, 18.6),
    (3, 2031, 32.4, 1.6, 9.5),
];

fn design() -> Design {
    let column = |name: &str, values: Vec<f64>| Column { name: name.to_owned(), values };
    Design {
        model: "small".to_owned(),
        units: PANEL.iter().map(|r| r.0).collect(),
        periods: PANEL.iter().map(|r| r.1).collect(),
        outcome: PANEL.iter().map(|r| r.2).collect(),
        terms: vec![column("x", PANEL.iter().map(|r| r.3).collect()), column("w", PANEL.iter().map(|r| r.4).collect())],
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

/// linearmodels: `PanelOLS(out, [x, w, year dummies], entity_effects=True)` on the rows without singletons, fitted with
/// `cov_type="clustered", cluster_entity=True, debiased=True, group_debias=True`.
#[test]
fn coefficients_errors_and_the_joint_test_equal_those_of_linearmodels() {
    let found = fit(&design()).unwrap();
    let (x, w) = (&found.estimates[0], &found.estimates[1]);
    close(x.coefficient, 0.677_428_297_602_539);
    close(w.coefficient, 0.178_379_497_997_390_72);
    close(x.standard_error, 0.186_179_353_839_900_25);
    close(w.standard_error, 0.489_141_051_494_761_1);
    close(found.covariance[0][1], 0.062_632_721_241_218_99);
    assert_eq!((found.observations, found.municipalities, found.singletons), (39, 8, 2));
    assert_eq!(found.years, (2010..=2016).collect::<Vec<_>>());
    let both = wald(&found, &["x".to_owned(), "w".to_owned()]).unwrap();
    close(both.f, 10.955_692_536_807_561);
    close(both.p_value, 0.006_983_964_071_597_537);
    assert_eq!((both.numerator_df, both.denominator_df), (2, 7));
    // scipy 1.17.1: t.ppf(0.975, 7) and 2 t.sf(0.677.. / 0.186.., 7).
    close(x.high, x.coefficient + 2.364_624_251_592_784_4 * x.standard_error);
    close(x.p_value, 0.008_302_735_066_452_096);
}

/// linearmodels with `time_effects=True` counts either no intercept (`auto_df=False, count_effects=False`) or all of them;
/// statsmodels `OLS` with dummies counts all. Only the count `k` differs, so the errors do by its ratio.
#[test]
fn other_counts_of_the_intercepts_differ_by_their_ratio() {
    let found = fit(&design()).unwrap();
    let (n, own) = (39.0, 2.0 + 6.0);
    let with = |k: f64| found.estimates[0].standard_error * ((n - own) / (n - k)).sqrt();
    // entity_effects=True, time_effects=True, singletons=False, auto_df=False, count_effects=False.
    close(with(2.0), 0.170_416_445_856_829_55);
    // smf.ols("out ~ x + w + C(m) + C(y)").fit(cov_type="cluster", cov_kwds={"groups": m}): 16 columns.
    close(with(16.0), 0.216_146_619_489_354_85);
}

#[test]
fn terms_that_depend_on_others_are_named_and_change_nothing() {
    let plain = fit(&design()).unwrap();
    let mut more = design();
    let of = |f: fn(&(u32, i32, f64, f64, f64)) -> f64| PANEL.iter().map(f).collect::<Vec<_>>();
    for (name, values) in [
        ("sum", of(|r| r.3 + 2.0 * r.4 + f64::from(r.0))),
        ("year", of(|r| f64::from(r.1))),
        ("place", of(|r| f64::from(r.0))),
        ("zero", of(|_| 0.0)),
    ] {
        more.terms.push(Column { name: name.to_owned(), values });
    }
    let found = fit(&more).unwrap();
    let left: Vec<(&str, bool)> =
        found.left_out.iter().map(|l| (l.term.as_str(), l.why.contains("combination"))).collect();
    assert_eq!(left, [("sum", true), ("year", false), ("place", false), ("zero", false)]);
    assert_eq!(found.estimates, plain.estimates);
}

#[test]
fn too_little_is_an_error_that_says_what_is_missing() {
    let mut few = design();
    few.units.iter_mut().for_each(|unit| *unit %= 4);
    // Rows of one municipality and year now repeat, which is no matter: four municipalities are too few.
    let error = fit(&few).unwrap_err();
    assert_eq!(error, PanelError::TooFew { model: "small".to_owned(), found: 4, least: 5 });
    let mut flat = design();
    flat.outcome = PANEL.iter().map(|r| f64::from(r.0) * 3.0 + f64::from(r.1)).collect();
    assert!(fit(&flat).unwrap_err().to_string().contains("the outcome does not vary"));
    let mut constant = design();
    constant.terms.iter_mut().for_each(|t| t.values.fill(1.0));
    assert!(fit(&constant).unwrap_err().to_string().contains("x, w does not vary"));
}
