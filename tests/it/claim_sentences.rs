//! Sentences in both languages on the real census: how each is read, and its verdict.
//!
//! `claims.tsv` holds a row a sentence: the verdict (S supported, C contradicted, D not distinguishable, N not checkable), how
//! it is read (blank where it is not), the sentence. The verdicts follow by hand from the published tables and the rule with
//! 3 %; the national eradication is the published series, for no file of it is given.

use cocal::claim::types::{Claim, Direction, Methods, Statement, Subject, Target};
use cocal::claim::{Facts, Inputs, Judge, Verdict};
use cocal::io::read_records::read_record_file;
use proptest::prelude::*;

use super::data::real_data;

const TABLE: &str = "census/simci_coca_ha_municipio_2001_2024_wide.csv";
const CLAIMS: &str = include_str!("claims.tsv");

fn facts(relative_error: f64) -> Option<Facts> {
    let census = read_record_file(&real_data(TABLE)?).unwrap();
    Some(Facts::new(Inputs { census: Some(census), relative_error, ..Inputs::default() }).unwrap())
}

fn band(t: &Target) -> String {
    let limit = |v: f64| if v.is_finite() { format!("{}", (v * 1000.0).round() / 1000.0) } else { String::new() };
    let [open, close] = if t.open { ["(", ")"] } else { ["[", "]"] };
    format!("{open}{}..{}{close}", limit(t.low), limit(t.high))
}

fn sign(direction: &Direction) -> &'static str {
    if *direction == Direction::Up { "+" } else { "-" }
}

fn statement(said: &Statement) -> String {
    match said {
        Statement::Level(t) => format!("level{}", band(t)),
        Statement::LevelBefore(t) => format!("before{}", band(t)),
        Statement::Change(t) => format!("change{}", band(t)),
        Statement::Growth(t) => format!("growth{}", band(t)),
        Statement::GrowthBefore(t) => format!("growth-before{}", band(t)),
        Statement::Moved(d) => format!("moved{}", sign(d)),
        Statement::Flat => "flat".to_owned(),
        Statement::Rate(d) => format!("rate{}", sign(d)),
        Statement::RateChange(t) => format!("rate{}", band(t)),
        Statement::Share(t) => format!("share{}", band(t)),
        Statement::Rank(n) => format!("rank{n}"),
        Statement::Extreme { direction, since, later_too } => {
            let since = since.map_or(String::new(), |s| format!(">{s}"));
            format!("extreme{}{since}{}", sign(direction), if *later_too { " of all" } else { "" })
        }
        Statement::Against { other, direction } => format!("against{} {}", sign(direction), other.prefix()),
    }
}

/// How a sentence is read, in short.
fn reading(claim: &Claim) -> String {
    let subject = match claim.subject {
        Subject::Coca => "coca".to_owned(),
        Subject::UnitedStates => "us".to_owned(),
        Subject::Eradication(Methods::Unnamed) => "eradication".to_owned(),
        Subject::Eradication(Methods::All) => "all methods".to_owned(),
        Subject::Eradication(Methods::One(method)) => method.word().to_owned(),
        Subject::GrossGain => "gross gain".to_owned(),
        Subject::Seizures => "seizures".to_owned(),
    };
    let place = if claim.place.prefix().is_empty() { "CO" } else { claim.place.prefix() };
    let within = claim.within.as_ref().map_or(String::new(), |w| format!(" in {w}"));
    let year = claim.year.map_or("latest".to_owned(), |y| y.to_string());
    let since = claim.since.map(|s| format!(" from {s}")).or(claim.span.map(|s| format!(" from -{s}")));
    let not = if claim.negated { " not" } else { "" };
    let said: Vec<String> = claim.statements.iter().map(statement).collect();
    format!("{subject} {place}{within} {year}{}{not}: {}", since.unwrap_or_default(), said.join(" "))
}

fn letter(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "S",
        Verdict::Contradicted => "C",
        Verdict::NotDistinguishable => "D",
        Verdict::NotCheckable => "N",
    }
}

#[test]
fn every_sentence_is_read_and_judged_as_the_table_says() {
    let Some(facts) = facts(0.03) else { return };
    let judge = Judge::new(&facts, None);
    let mut wrong = Vec::new();
    let mut examined = 0;
    for line in CLAIMS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [verdict, read, sentence] = fields[..] else { panic!("{line}") };
        let outcome = judge.judge(sentence);
        let found = judge.read(sentence, None).map(|(claim, _)| reading(&claim)).unwrap_or_default();
        if letter(outcome.verdict) != verdict || found != read {
            wrong.push(format!("{}\t{found}\t{sentence}\n    {}", letter(outcome.verdict), outcome.why));
        }
        assert!(!outcome.why.is_empty(), "{sentence}");
        examined += 1;
    }
    assert!(examined >= 900, "only {examined}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Without an assumed error the published figures decide alone.
#[test]
fn without_error_the_figures_decide() {
    let Some(facts) = facts(0.0) else { return };
    let judge = Judge::new(&facts, Some(2025));
    for (sentence, verdict) in [
        ("coca grew 3 % in 2024", Verdict::Supported),
        ("coca fell in 2024", Verdict::Contradicted),
        ("the area did not fall in 2024", Verdict::Supported),
        ("growth slowed in 2024", Verdict::Supported),
        ("récord histórico en 2024", Verdict::Supported),
        ("coca grew 3 % last year", Verdict::Supported),
        ("coca remained stable in 2024", Verdict::Supported),
        ("Colombia had 255,000 ha of coca in 2024", Verdict::Contradicted),
    ] {
        let outcome = judge.judge(sentence);
        assert_eq!(outcome.verdict, verdict, "{sentence}: {}", outcome.why);
        assert!(!outcome.why.contains("assumed: a standard error"), "{}", outcome.why);
    }
}

/// The figures of the dispute of 2024, to the digits of the published tables.
#[test]
fn the_figures_behind_a_verdict_are_those_of_the_tables() {
    let Some(facts) = facts(0.03) else { return };
    let judge = Judge::new(&facts, None);
    let near = |sentence: &str, figures: &[(&str, f64)]| {
        let outcome = judge.judge(sentence);
        for (name, value) in figures {
            let found = outcome.figures.get(name).unwrap_or(f64::NAN);
            assert!((found - value).abs() < 6e-3 * value.abs().min(1.0), "{sentence}: {name} {found}, not {value}");
        }
        outcome
    };
    let grew = near(
        "coca grew 3 % in 2024",
        &[("hectares", 261_386.17), ("hectares_before", 252_571.74), ("change_ha", 8814.43), ("growth_pct", 3.4899)],
    );
    assert_eq!(grew.sources.len(), 2);
    assert_eq!(grew.sources[0].rows, "2-320");
    near("Tumaco tuvo 31.300 hectáreas en 2024", &[("hectares", 31_300.41), ("hectares_low", 29_459.98)]);
    near(
        "growth slowed in 2024",
        &[("growth_pct", 3.4899), ("growth_before_pct", 9.8005), ("growth_change_pp", -6.3106)],
    );
    near("the gross gain was 18,217 ha in 2024", &[("gross_gain_ha", 18_217.43)]);
    near("eradication fell by half in 2024", &[("eradicated_before_ha", 20_324.6), ("growth_pct", -53.7359)]);
    let two = near("Colombia had 144,807 ha of coca in 2001", &[("published_hectares_2001", 144_807.0)]);
    assert!(two.why.contains("by the published figure, by the other it is not distinguishable"), "{}", two.why);
    assert_eq!(two.sources.len(), 2, "{:?}", two.sources);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any text gets a verdict, words of the lexicon in any order too.
    #[test]
    fn no_text_stops_the_judge(
        text in "\\PC{0,60}",
        words in proptest::collection::vec(0_usize..24, 0..14),
    ) {
        const WORDS: [&str; 24] = [
            "coca", "2024", "3 %", "from", "to", "de", "a", "31.300 ha", "more than", "between", "y", "la mitad", "no",
            "grew", "fell", "Tumaco", "Nariño", "than", "2013", "growth", "slowed", "record", "points", "eradication",
        ];
        let facts = Facts::new(Inputs::default()).unwrap();
        let judge = Judge::new(&facts, None);
        let _ = judge.judge(&text);
        let sentence: Vec<&str> = words.iter().map(|w| WORDS[*w]).collect();
        let outcome = judge.judge(&sentence.join(" "));
        prop_assert!(!outcome.why.is_empty());
    }

    /// A level in either manner of writing is read back, whatever the figure.
    #[test]
    fn a_figure_in_either_language_is_read_back(hectares in 1_u32..999_999) {
        let facts = Facts::new(Inputs::default()).unwrap();
        let judge = Judge::new(&facts, None);
        let mut digits = hectares.to_string();
        if digits.len() > 3 {
            digits.insert(digits.len() - 3, '.');
        }
        for sentence in [
            format!("Colombia tuvo {digits} hectáreas de coca en 2020"),
            format!("Colombia had {} hectares of coca in 2020", digits.replace('.', ",")),
        ] {
            let (claim, _) = judge.read(&sentence, None).unwrap();
            let Statement::Level(target) = &claim.statements[0] else { panic!("{claim:?}") };
            prop_assert_eq!((target.low, target.high), (f64::from(hectares) - 0.5, f64::from(hectares) + 0.5));
        }
    }
}
