use proptest::prelude::*;

use super::*;

fn history(text: &str) -> Vec<Seen> {
    let seen = |c| match c {
        'C' => Seen::Present,
        '.' => Seen::Absent,
        '?' => Seen::Unobserved,
        other => panic!("{other}"),
    };
    text.chars().map(seen).collect()
}

fn published() -> Rule {
    Rule::new(10, 3, 3, None).unwrap()
}

/// Oldest year left, reference year right: `C` coca, `.` none, `?` not observed.
#[test]
fn the_decision_table() {
    use Class::*;
    for (text, before, class) in [
        ("CCCCCCCCCC", false, Permanent),
        ("CCCCCCCCCC", true, Permanent),
        ("CCCCC.CCCC", false, Intermittent),
        (".........C", false, New),
        (".......CCC", false, New),
        (".......C..", false, New),
        ("......CCCC", false, Intermittent),
        ("......C..C", false, Intermittent),
        (".........C", true, Intermittent),
        ("CCCCCCC...", false, Abandoned),
        ("C.........", false, Abandoned),
        ("CCCCCCCC..", false, Intermittent),
        ("..........", false, Never),
        ("..........", true, Never),
        // An unobserved year that cannot change the class, and one that can.
        ("?CC.C.CC.C", false, Intermittent),
        ("CCCC?CCCCC", false, Undetermined),
        (".....?...C", false, Undetermined),
        (".....?...C", true, Intermittent),
        ("CC.?CC....", false, Abandoned),
        ("CC..CC..?.", false, Undetermined),
        ("?.........", false, Undetermined),
        ("??????????", false, Undetermined),
        (".......C.?", false, New),
    ] {
        assert_eq!(published().decide(&history(text), before).class, class, "{text} {before}");
    }
}

#[test]
fn permanence_of_most_years_is_a_parameter() {
    let most = Rule::new(10, 3, 3, Some(8)).unwrap();
    assert_eq!(most.decide(&history("CCCCC.CC.C"), false).class, Class::Permanent);
    assert_eq!(most.decide(&history("CCCCC.C..C"), false).class, Class::Intermittent);
    assert_eq!(most.decide(&history("CCCC?CCCCC"), false).class, Class::Permanent);
}

#[test]
fn what_a_history_may_be_is_told() {
    let decision = published().decide(&history("CCCC?CCCCC"), false);
    let may: Vec<&str> = Class::ALL.into_iter().filter(|c| decision.possible(*c)).map(Class::name).collect();
    assert_eq!(may, ["permanent", "intermittent"]);
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    assert_eq!(Rule::new(1, 1, 1, None), Err(RuleError::Window(1)));
    assert_eq!(Rule::new(65, 3, 3, None), Err(RuleError::Window(65)));
    assert_eq!(Rule::new(3, 3, 1, None), Err(RuleError::Absent { absent: 3, window: 3 }));
    assert_eq!(Rule::new(3, 0, 1, None), Err(RuleError::Absent { absent: 0, window: 3 }));
    assert_eq!(Rule::new(3, 1, 3, None), Err(RuleError::New { new: 3, window: 3 }));
    assert_eq!(Rule::new(10, 3, 3, Some(11)), Err(RuleError::Permanent { permanent: 11, window: 10 }));
    assert!(Rule::new(4, 3, 3, None).is_ok());
}

/// The rule as it is written down, for a history without gaps.
fn plainly(rule: &Rule, coca: &[bool], before: bool) -> Class {
    let Some(first) = coca.iter().position(|c| *c) else { return Class::Never };
    let years = coca.iter().filter(|c| **c).count();
    if coca.iter().rev().take(rule.absent).all(|c| !*c) {
        Class::Abandoned
    } else if !before && first >= rule.window - rule.new {
        Class::New
    } else if years >= rule.permanent {
        Class::Permanent
    } else {
        Class::Intermittent
    }
}

/// Every way of filling the unobserved years.
fn fillings(history: &[Seen]) -> Vec<Vec<bool>> {
    let mut all = vec![Vec::new()];
    for seen in history {
        let ways: &[bool] = match seen {
            Seen::Present => &[true],
            Seen::Absent => &[false],
            Seen::Unobserved => &[true, false],
        };
        all = all.iter().flat_map(|h| ways.iter().map(move |w| [h.as_slice(), &[*w]].concat())).collect();
    }
    all
}

/// A rule of up to seven years and a history of its window.
fn rules() -> impl Strategy<Value = (Rule, Vec<Seen>, bool)> {
    let seen = prop_oneof![2 => Just(Seen::Present), 2 => Just(Seen::Absent), 1 => Just(Seen::Unobserved)];
    (2..=7_usize).prop_flat_map(move |window| {
        (1..window, 1..window, 1..=window, proptest::collection::vec(seen.clone(), window), any::<bool>())
            .prop_map(move |(a, n, p, h, before)| (Rule::new(window, a, n, Some(p)).unwrap(), h, before))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Total: every history has a class, and it is what all fillings of its gaps agree on.
    #[test]
    fn a_class_is_what_every_filling_gives((rule, history, before) in rules()) {
        let decision = rule.decide(&history, before);
        let classes: Vec<Class> = fillings(&history).iter().map(|coca| plainly(&rule, coca, before)).collect();
        for class in Class::ALL {
            prop_assert_eq!(decision.possible(class), classes.contains(&class), "{:?} of {:?}", class, history);
        }
        let agreed = classes.iter().all(|c| *c == classes[0]);
        prop_assert_eq!(decision.class, if agreed { classes[0] } else { Class::Undetermined });
    }

    /// Seeing more never makes a class that was known another one.
    #[test]
    fn an_observation_never_changes_a_class_that_was_known((rule, history, before) in rules(), coca in any::<bool>()) {
        let known = rule.decide(&history, before).class;
        if let Some(gap) = history.iter().position(|s| *s == Seen::Unobserved) {
            let mut seen = history.clone();
            seen[gap] = if coca { Seen::Present } else { Seen::Absent };
            let after = rule.decide(&seen, before).class;
            prop_assert!(known == Class::Undetermined || after == known, "{history:?}: {known:?}, then {after:?}");
        }
    }
}
