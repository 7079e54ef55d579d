//! Which columns of a table of cells hold the hectares of which year.

use std::collections::BTreeMap;

use crate::records::text_table::normalised;

/// Beginnings of columns that hold hectares of coca, as [`normalised`] has them.
const COCA: [&str; 12] = [
    "areacoca",
    "area_coca",
    "coca",
    "coca_ha",
    "ha_coca",
    "areacoca_ha",
    "hectareas_coca",
    "hectareas",
    "hectares",
    "ha",
    "x",
    "",
];

/// Columns whose years cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// No column of a year.
    #[error("no column of a year (areacoca_2020, coca_2020, ha_2020 or 2020){asked}; the columns are: {found}")]
    None {
        /// What was asked for.
        asked: String,
        /// The columns.
        found: String,
    },
    /// Several families of columns.
    #[error(
        "several families of year columns: {families}; say which one holds the hectares of coca with --year-columns NAME"
    )]
    Several {
        /// Their names without the year.
        families: String,
    },
    /// A year twice.
    #[error("the year {year} has two columns, '{first}' and '{second}'; remove one")]
    Repeated {
        /// The year.
        year: i32,
        /// A column.
        first: String,
        /// The other.
        second: String,
    },
}

/// The name without its year, and the year: `AreaCoca_2019` is `areacoca` of 2019.
fn family(name: &str) -> Option<(String, i32)> {
    let name = normalised(name);
    let at = name.len().checked_sub(4).filter(|at| name.is_char_boundary(*at))?;
    let (stem, digits) = name.split_at(at);
    let year = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i32>().ok()).flatten()?;
    let whole = !stem.ends_with(|c: char| c.is_ascii_digit()) && (1980..=2100).contains(&year);
    whole.then(|| (stem.trim_end_matches('_').to_owned(), year))
}

/// The columns of hectares with their years, ascending by year. `wanted` names a family, without the year.
///
/// # Errors
/// [`ColumnsError`].
pub fn year_columns(names: &[String], wanted: Option<&str>) -> Result<Vec<(usize, i32)>, ColumnsError> {
    let mut families: BTreeMap<String, Vec<(usize, i32)>> = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        if let Some((stem, year)) = family(name) {
            families.entry(stem).or_default().push((i, year));
        }
    }
    let asked = wanted.map_or(String::new(), |w| format!(" of the family '{w}'"));
    let none = || ColumnsError::None { asked, found: names.join(", ") };
    let mut columns = match wanted {
        Some(wanted) => families.remove(normalised(wanted).trim_end_matches('_')).ok_or_else(none)?,
        None => {
            let known: Vec<&String> = families.keys().filter(|stem| COCA.contains(&stem.as_str())).collect();
            let chosen = match (known.as_slice(), families.len()) {
                ([one], _) => (*one).clone(),
                ([], 1) => families.keys().next().cloned().unwrap_or_default(),
                ([], 0) => return Err(none()),
                _ => {
                    let named =
                        |stem: &String| if stem.is_empty() { "(the year alone)".to_owned() } else { stem.clone() };
                    let families = families.keys().map(named).collect::<Vec<_>>().join(", ");
                    return Err(ColumnsError::Several { families });
                }
            };
            families.remove(&chosen).unwrap_or_default()
        }
    };
    columns.sort_by_key(|(i, year)| (*year, *i));
    if let Some(pair) = columns.windows(2).find(|pair| pair[0].1 == pair[1].1) {
        let name = |i: usize| names[pair[i].0].clone();
        return Err(ColumnsError::Repeated { year: pair[0].1, first: name(0), second: name(1) });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str], wanted: Option<&str>) -> Result<Vec<(usize, i32)>, ColumnsError> {
        year_columns(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(), wanted)
    }

    #[test]
    fn years_are_found_at_the_end_of_names() {
        assert_eq!(columns(&["grilla1", "AreaCoca_2002", "areacoca_2001"], None), Ok(vec![(2, 2001), (1, 2002)]));
        assert_eq!(columns(&["id", "2001", "2003"], None), Ok(vec![(1, 2001), (2, 2003)]));
        assert_eq!(columns(&["id", "X2001"], None), Ok(vec![(1, 2001)]));
        assert_eq!(columns(&["id", "coca2019"], None), Ok(vec![(1, 2019)]));
        assert_eq!(columns(&["id", "crop_2019"], None), Ok(vec![(1, 2019)]), "the only family");
        assert_eq!(columns(&["mgn2018", "coca_2019"], None), Ok(vec![(1, 2019)]), "the known family");
        assert_eq!(columns(&["id", "loss_2019", "coca_2019"], Some("Loss_")), Ok(vec![(1, 2019)]));
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let text = |names: &[&str], wanted| columns(names, wanted).unwrap_err().to_string();
        assert!(text(&["id", "coca", "20191", "12020"], None).contains("no column of a year"));
        assert!(text(&["id", "coca_2019"], Some("ha")).contains("of the family 'ha'"));
        assert!(text(&["ha_2019", "coca_2019"], None).contains("coca, ha; say which"));
        assert!(text(&["loss_2019", "gain_2019"], None).contains("gain, loss"));
        assert!(text(&["coca_2019", "Coca 2019"], None).contains("2019 has two columns"));
    }
}
