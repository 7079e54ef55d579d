//! What a record file is: its columns tell first, then its sums, then what its cells say; its name is the last hint.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::{self, Published};
use super::quantity::Exact;
use super::text_table::normalised;

/// What a record file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Hectares of coca at 31 December.
    Census,
    /// Hectares eradicated in a year, by hand unless a column of methods says otherwise.
    Eradication,
    /// Hectares sprayed from the air in a year.
    Spraying,
    /// Eradication event by event.
    Events,
    /// Kilograms seized in a year.
    Seizures,
    /// Hectares given up for other crops in a year, under a programme of substitution (PNIS).
    Substitution,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Census => "census",
            Self::Eradication => "eradication",
            Self::Spraying => "spraying",
            Self::Events => "events",
            Self::Seizures => "seizures",
            Self::Substitution => "substitution",
        })
    }
}

/// What is known of a file before its kind is.
#[derive(Debug)]
pub struct Clues<'a> {
    /// The kind that columns tell.
    pub by_column: Option<Kind>,
    /// The file's bare name.
    pub file_name: &'a str,
    /// Sum of the municipal rows by year.
    pub sums: &'a BTreeMap<i32, Exact>,
    /// Whether a row INTERNACIONAL is there.
    pub international: bool,
    /// Whether a text column speaks of eradication (the column Categoria of the manual table does).
    pub cells_speak_of_eradication: bool,
}

/// A kind and how it was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The kind.
    pub kind: Kind,
    /// How it was told, for the notes.
    pub why: String,
    /// What told it.
    pub by: Clue,
}

/// What tells a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// The names of its columns.
    Columns,
    /// Its figures: sums, sizes, rows that only one kind has.
    Figures,
    /// The file's name alone.
    Name,
    /// The one who gave it.
    Asked,
}

/// Tells the kind; `None` where nothing does.
pub fn tell(clues: &Clues) -> Option<Told> {
    let named = by_name(clues.file_name);
    if let Some(kind) = clues.by_column {
        return Some(Told { kind, why: "recognised by its columns".to_owned(), by: Clue::Columns });
    }
    if let Some((kind, why)) = by_sums(clues.sums) {
        let against = match named {
            Some(other) if other != kind => format!(", although its name suggests {other}"),
            _ => String::new(),
        };
        return Some(Told { kind, why: format!("{why}{against}"), by: Clue::Figures });
    }
    if clues.international {
        let why = "recognised by its row INTERNACIONAL, which only seizures have".to_owned();
        return Some(Told { kind: Kind::Seizures, why, by: Clue::Figures });
    }
    if clues.cells_speak_of_eradication {
        let why = "recognised by a column that speaks of eradication".to_owned();
        return Some(Told { kind: Kind::Eradication, why, by: Clue::Figures });
    }
    if let Some(kind) = named {
        let why = "a guess from the file's name: neither columns nor sums tell".to_owned();
        return Some(Told { kind, why, by: Clue::Name });
    }
    let (year, greatest) = clues.sums.iter().max_by_key(|(_, sum)| **sum)?;
    (*greatest > figures::MORE_THAN_ANY_HECTARES).then(|| Told {
        kind: Kind::Seizures,
        why: format!(
            "a guess from its size: {greatest} in {year} is more than any year's hectares, so these are kilograms"
        ),
        by: Clue::Figures,
    })
}

fn by_sums(sums: &BTreeMap<i32, Exact>) -> Option<(Kind, String)> {
    let tables: [(Kind, &[Published]); 3] =
        [(Kind::Census, &figures::CENSUS), (Kind::Eradication, &figures::MANUAL), (Kind::Spraying, &figures::SPRAYING)];
    tables.into_iter().find_map(|(kind, table)| {
        let known: Vec<bool> = sums
            .iter()
            .filter_map(|(year, sum)| Some(figures::agrees(*sum, figures::published(table, *year)?)))
            .collect();
        let agreeing = known.iter().filter(|a| **a).count();
        let enough = agreeing > 0 && 2 * agreeing >= known.len();
        enough.then(|| {
            let why = format!("recognised by its sums: {agreeing} of {} published totals of the {kind}", known.len());
            (kind, why)
        })
    })
}

fn by_name(file_name: &str) -> Option<Kind> {
    let name = normalised(file_name);
    let any = |parts: &[&str]| parts.iter().any(|p| name.contains(p));
    if name.starts_with("inc_") || any(&["_inc_", "incaut", "seiz"]) {
        Some(Kind::Seizures)
    } else if any(&["pnis", "sustituc", "substit"]) {
        Some(Kind::Substitution)
    } else if any(&["aerea", "aspers", "spray"]) {
        Some(Kind::Spraying)
    } else if any(&["err_manual", "erradic", "eradic"]) {
        Some(Kind::Eradication)
    } else if any(&["cultivos", "census", "censo", "coca_ha"]) {
        Some(Kind::Census)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clues<'a>(file_name: &'a str, sums: &'a BTreeMap<i32, Exact>) -> Clues<'a> {
        Clues { by_column: None, file_name, sums, international: false, cells_speak_of_eradication: false }
    }

    #[test]
    fn sums_tell_more_than_a_name() {
        let sums = BTreeMap::from([(2006, Exact::from_whole(172_025)), (2007, Exact::from_whole(1))]);
        let told = tell(&clues("censo.csv", &sums)).unwrap();
        assert_eq!(told.kind, Kind::Spraying);
        assert!(told.why.contains("although its name suggests census"), "{}", told.why);
    }

    #[test]
    fn a_name_is_a_guess_and_says_so() {
        let sums = BTreeMap::from([(2020, Exact::from_whole(7))]);
        let told = tell(&clues("Erradicación Manual.csv", &sums)).unwrap();
        assert_eq!(told.kind, Kind::Eradication);
        assert!(told.why.contains("guess"));
        assert!(tell(&clues("table.csv", &sums)).is_none());
    }
}
