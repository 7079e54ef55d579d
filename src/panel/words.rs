//! What is said of a result, and what no result here can tell.

use super::associate::{Association, Fitted, Row};
use super::event::EventStudy;
use super::fit::Estimate;

/// What could not be observed, or not apart. It goes with every result.
pub const NOT_OBSERVED: [&str; 10] = [
    "what would have grown without the operation: municipalities with and without eradication differ in more than that",
    "where operations go and why: they follow coca that has just grown, roads, security and politics; the placebo years show a part of this",
    "replanting within the year: what is pulled up in March and planted again in May is coca in December",
    "error of the census: the same December figure ends one change and begins the next, so a figure too high in one year makes a fall in the next, with or without eradication",
    "error and incentives of the reports: hectares reported are not hectares cleared; forced and voluntary eradication are often one column",
    "prices that the grower is paid, which differ from place to place; a national price is the same for all municipalities",
    "armed groups, their rules and wars, and the presence of the state",
    "substitution agreements (PNIS) where no table is given, and the expectation of them",
    "weather, pests, new varieties and yields: hectares are not harvests",
    "moves of coca to where no neighbour is: over rivers and borders of the country, or to municipalities without census",
];

/// A figure with four digits that count.
pub fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let decimals = (3 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.decimals$}")
}

/// A p-value; what is below one in ten thousand has no digits that count.
pub fn p_words(p: f64) -> String {
    if p < 1e-4 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}

/// The verdict on one coefficient.
pub fn reading(estimate: &Estimate) -> &'static str {
    match (estimate.low > 0.0, estimate.high < 0.0) {
        (true, _) => "positive association, distinguishable from zero",
        (_, true) => "negative association, distinguishable from zero",
        _ => "not distinguishable from zero",
    }
}

fn figure(estimate: &Estimate) -> String {
    format!("{}, 95 % from {} to {}", digits(estimate.coefficient), digits(estimate.low), digits(estimate.high))
}

/// The sentences under the tables: each method of eradication, the placebos, the other forms, the events.
pub fn sentences(association: &Association) -> Vec<String> {
    let mut said = Vec::new();
    let main: Vec<(&Fitted, &Row)> = association.rows_of("later", association.main_form).collect();
    for (fitted, row) in main.iter().filter(|(_, row)| row.is_eradication) {
        let estimate = &row.estimate;
        said.push(format!(
            "Association of eradication ({}) in a year with the change of the census in the year after ({} per {}): {}; {}{}{}.",
            estimate.term,
            fitted.unit,
            row.unit,
            figure(estimate),
            reading(estimate),
            row.permutation_p.map_or(String::new(), |p| format!(
                "; dealt out at random it is as far from zero with p = {}",
                digits(p)
            )),
            other_forms(association, &estimate.term),
        ));
    }
    for model in ["placebo_1_year_ahead", "placebo_2_years_ahead"] {
        let tripped: Vec<&str> = association
            .rows_of(model, association.main_form)
            .filter(|(_, row)| row.is_eradication && row.estimate.distinguishable())
            .map(|(_, row)| row.estimate.term.as_str())
            .collect();
        if !tripped.is_empty() {
            said.push(format!(
                "{model}: {} of a year still to come is related to the change, which it cannot have altered: operations are not assigned as by lot, and the figures above carry that selection.",
                tripped.join(", ")
            ));
        } else if association.rows_of(model, association.main_form).any(|(_, row)| row.is_eradication) {
            said.push(format!("{model}: eradication still to come is not distinguishably related to the change."));
        }
    }
    said.extend(association.events.iter().flat_map(|e| e.studies.iter()).filter_map(pre_trend));
    said
}

fn equals(p: f64) -> String {
    let text = p_words(p);
    if text.starts_with('<') { text } else { format!("= {text}") }
}

/// In how many other forms the verdict is the same.
fn other_forms(association: &Association, term: &str) -> String {
    let verdicts: Vec<(bool, &str)> = association
        .fitted
        .iter()
        .filter(|f| f.model.name == "later")
        .flat_map(|f| f.rows.iter().map(move |row| (f.form == association.main_form, row)))
        .filter(|(_, row)| row.estimate.term == term)
        .map(|(is_main, row)| (is_main, reading(&row.estimate)))
        .collect();
    let Some((_, main)) = verdicts.iter().find(|(is_main, _)| *is_main) else { return String::new() };
    let others = verdicts.iter().filter(|(is_main, _)| !is_main);
    let same = others.clone().filter(|(_, verdict)| verdict == main).count();
    format!("; the same verdict in {same} of {} other forms", others.count())
}

fn pre_trend(study: &EventStudy) -> Option<String> {
    let test = study.pre_trend.as_ref()?;
    let verdict = if test.p_value < 0.05 {
        "the census moved differently already before the operations, so what follows them cannot be read as their mark"
    } else {
        "no difference before the operations can be told"
    };
    Some(format!(
        "Event study ({}): years before the operation together, F({}, {}) = {}, p {}: {verdict}.",
        study.estimator,
        test.numerator_df,
        test.denominator_df,
        digits(test.f),
        equals(test.p_value)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_that_count() {
        assert_eq!(digits(-0.012_345_6), "-0.01235");
        assert_eq!(digits(123.456), "123.5");
        assert_eq!(digits(98_765.4), "98765");
        assert_eq!((p_words(0.01234).as_str(), p_words(3e-9).as_str()), ("0.0123", "< 0.0001"));
        assert_eq!((digits(0.0).as_str(), digits(f64::NAN).as_str()), ("0", "NaN"));
    }

    #[test]
    fn an_interval_that_ends_at_zero_does_not_leave_it_out() {
        let estimate = |low, high| Estimate {
            term: String::new(),
            coefficient: 0.0,
            standard_error: 1.0,
            low,
            high,
            p_value: 0.5,
        };
        assert_eq!(reading(&estimate(0.0, 1.0)), "not distinguishable from zero");
        assert_eq!(reading(&estimate(0.1, 1.0)), "positive association, distinguishable from zero");
        assert_eq!(reading(&estimate(-1.0, -0.1)), "negative association, distinguishable from zero");
    }
}
