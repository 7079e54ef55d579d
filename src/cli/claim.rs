//! `cocal claim`: a sentence held against the records.

use std::path::PathBuf;

use serde::Serialize;

use super::table::table;
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::claim::grammar::grammar;
use crate::claim::outcome::Value;
use crate::claim::{Facts, Inputs, Judge, Outcome, Verdict};
use crate::io::read_claims::{ClaimLine, read_claims};
use crate::io::read_estimates::{Chosen, read_estimates};
use crate::io::read_records::{read_record_file, read_record_file_as};
use crate::records::Kind;

/// Hold a sentence with a place, a year and a figure, in English or Spanish, against the records.
///
/// The verdict is supported, contradicted, not distinguishable (the records cannot tell) or not checkable (not understood, or
/// not in the records), with the figures and sources behind it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cocal claim \"coca grew 3 % in 2024\" --census census.csv
  cocal claim \"Tumaco tuvo 31.300 hectáreas en 2024\" --census census.csv --relative-se 0.05 --json
  cocal claim --file claims.txt --census census.csv --eradication manual.csv spraying.csv
  cocal claim --grammar")]
pub(super) struct ClaimCommand {
    /// The sentence.
    #[arg(value_name = "CLAIM", required_unless_present_any = ["file", "grammar"], conflicts_with_all = ["file", "grammar"])]
    claim: Option<String>,
    /// Sentences, one a line; blank lines and lines that begin with # are skipped.
    #[arg(long, value_name = "CLAIMS.txt", conflicts_with = "grammar")]
    file: Option<PathBuf>,
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv", required_unless_present = "grammar")]
    census: Option<PathBuf>,
    /// Estimates per municipality: their standard errors are those of the census figures of the same municipality and year.
    #[arg(long, value_name = "FILE.csv")]
    estimates: Option<PathBuf>,
    /// Eradication (manual, spraying or events); may be given more than once [default: the published national series].
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Seizures, kilograms.
    #[arg(long, value_name = "FILE.csv")]
    seizures: Option<PathBuf>,
    /// Standard error that is assumed of a census figure without an estimate, as a share of it.
    #[arg(long, value_name = "SHARE", default_value_t = 0.03, value_parser = share)]
    relative_se: f64,
    /// The year that 'last year' and 'this year' are told from.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1980..=2100))]
    as_of: Option<i32>,
    /// Print the grammar: forms and words that are understood.
    #[arg(long)]
    grammar: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| (0.0..1.0).contains(v));
    value.ok_or_else(|| "a share from 0 to below 1 is needed, such as 0.03".to_owned())
}

/// The claims of a file.
#[derive(Serialize)]
struct Claims<'a> {
    claims: Vec<OfLine<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct OfLine<'a> {
    line: u64,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

impl ClaimCommand {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        if self.grammar {
            return self.print_grammar(output);
        }
        let (lines, mut notes) = match (&self.file, &self.claim) {
            (Some(path), _) => read_claims(path)?,
            (None, claim) => {
                let claim = claim.clone().unwrap_or_default();
                (vec![ClaimLine { line: 1, claim }], Vec::new())
            }
        };
        let facts = Facts::new(self.inputs(&mut notes)?)?;
        notes.extend(facts.notes.iter().cloned());
        let judge = Judge::new(&facts, self.as_of);
        let outcomes: Vec<Outcome> = lines.iter().map(|l| judge.judge(&l.claim)).collect();
        print_notes(&notes, output);
        match (output.json, self.file.is_some(), outcomes.as_slice()) {
            (true, false, [outcome]) => print_json(outcome)?,
            (true, ..) => {
                let claims = lines.iter().zip(&outcomes).map(|(l, outcome)| OfLine { line: l.line, outcome }).collect();
                print_json(&Claims { claims, notes: &notes })?;
            }
            (false, ..) if !output.quiet => print_line(&printable(&report(&outcomes))),
            (false, ..) => {}
        }
        Ok(())
    }

    fn print_grammar(&self, output: Output) -> Result<(), Failure> {
        if output.json {
            return print_json(&serde_json::json!({ "grammar": grammar() }));
        }
        print_line(grammar().trim_end());
        Ok(())
    }

    fn inputs(&self, notes: &mut Vec<String>) -> Result<Inputs, Failure> {
        let mut inputs = Inputs { relative_error: self.relative_se, ..Inputs::default() };
        if let Some(path) = &self.census {
            inputs.census = Some(read_record_file_as(path, Kind::Census)?);
        }
        for path in &self.eradication {
            inputs.eradication.push(read_record_file(path)?);
        }
        if let Some(path) = &self.seizures {
            inputs.seizures = Some(read_record_file_as(path, Kind::Seizures)?);
        }
        if let Some(path) = &self.estimates {
            let (rows, of_file) = read_estimates(path, &Chosen::default())?;
            notes.extend(of_file);
            let known = rows.into_iter().filter_map(|r| Some(((r.municipality_code, r.year), r.standard_error_ha?)));
            inputs.errors = known.collect();
        }
        Ok(inputs)
    }
}

/// The claims one after another, then how many there are of each verdict.
fn report(outcomes: &[Outcome]) -> String {
    let mut parts: Vec<String> = outcomes.iter().map(one).collect();
    if outcomes.len() > 1 {
        let all = [Verdict::Supported, Verdict::Contradicted, Verdict::NotDistinguishable, Verdict::NotCheckable];
        let count = |v: Verdict| outcomes.iter().filter(|o| o.verdict == v).count();
        let counts = all.map(|v| format!("{} {}", count(v), v.words()));
        parts.push(format!("{} claims: {}", outcomes.len(), counts.join(", ")));
    }
    parts.join("\n\n")
}

/// Text of claims and files without what a terminal would obey: control characters, and those that turn text about.
fn printable(text: &str) -> String {
    let obeyed = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c != '\n' && obeyed(c) { '\u{fffd}' } else { c }).collect()
}

fn one(outcome: &Outcome) -> String {
    // A line break in a claim would look like a line of the report.
    let claim = outcome.claim.replace('\n', "\u{fffd}");
    let mut out = format!("{claim}\n{}: {}", outcome.verdict.words(), outcome.why);
    let rows: Vec<Vec<String>> = outcome.figures.0.iter().map(|(name, v)| vec![name.clone(), shown(v)]).collect();
    if !rows.is_empty() {
        out.push_str(&format!("\n\n{}", table(&["figure", "value"], &rows, &[0])));
    }
    let sources: Vec<Vec<String>> = outcome
        .sources
        .iter()
        .map(|s| {
            let value = super::table::figure(Some(s.value), 2);
            vec![s.figure.clone(), s.year.to_string(), value, s.source.clone(), s.vintage.clone(), short(&s.rows)]
        })
        .collect();
    if !sources.is_empty() {
        let header = ["source of", "year", "figure", "file or publisher", "vintage", "lines"];
        out.push_str(&format!("\n\n{}", table(&header, &sources, &[0, 1, 3, 4, 5])));
    }
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Whole(whole) => whole.to_string(),
        Value::Number(None) => "no limit".to_owned(),
        Value::Number(Some(number)) => {
            let text = super::table::figure(Some(*number), 2);
            text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
        }
    }
}

/// Many lines are in the JSON; a table shows the first of them.
fn short(rows: &str) -> String {
    const SHOWN: usize = 30;
    if rows.chars().count() <= SHOWN {
        return rows.to_owned();
    }
    let cut: String = rows.chars().take(SHOWN).collect();
    let whole = cut.rfind(',').map_or(cut.as_str(), |at| &cut[..at]);
    format!("{whole}, ...")
}
