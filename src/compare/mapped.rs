//! Mapped hectares as they come in, and the choice of the class that is coca.

use std::collections::{BTreeMap, BTreeSet};

use crate::territory::MunicipalityCode;

/// One row of hectares: municipality, year and class. Areas in hectares on the ellipsoid.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedHectares {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name, a label.
    pub municipality_name: String,
    /// Census year (31 December).
    pub year: i32,
    /// Class, by name or by its value in the raster; empty where the file has none.
    pub class: String,
    /// Pixels of the class, counted by the fraction inside.
    pub mapped_area_ha: f64,
    /// Share of the covered ground that was observed, 0 to 1.
    pub observed_share: Option<f64>,
    /// Ground that was not observed.
    pub unobserved_ha: Option<f64>,
    /// The municipality's ground inside the raster.
    pub coverage_area_ha: Option<f64>,
    /// If none of the unobserved ground were of the class.
    pub bound_low_ha: Option<f64>,
    /// If all of it were.
    pub bound_high_ha: Option<f64>,
}

/// Hectares that cannot be compared.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum CompareError {
    /// No class is coca.
    #[error(
        "hectares: none of the classes {classes} is coca: name it coca (or a name that begins with coca), make it value 1 of a mask of 0 and 1, or leave only its rows"
    )]
    NoCoca {
        /// The classes.
        classes: String,
    },
    /// A key twice.
    #[error("hectares: municipality {code} in {year}, class '{class}', is there twice; keep one of the rows")]
    Duplicate {
        /// Municipality.
        code: MunicipalityCode,
        /// Year.
        year: i32,
        /// Class.
        class: String,
    },
    /// No row for the years asked for.
    #[error("hectares: no row in the years asked for ({asked}); the hectares hold {held}")]
    NoRows {
        /// Years asked for.
        asked: String,
        /// Years held.
        held: String,
    },
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|i| i.to_string()).collect::<Vec<_>>().join(", ")
}

/// Whether a class is coca by its name: it begins with the word.
pub fn is_coca_name(class: &str) -> bool {
    class.trim().to_lowercase().starts_with("coca")
}

/// One row per municipality and year, of coca alone; sorted by code and year. `years` empty: all.
///
/// Classes that begin with `coca` are added up. A municipality whose ground is there under other classes only has
/// no coca mapped: zero, which its observed share qualifies.
pub(super) fn coca_only(
    mapped: &[MappedHectares],
    years: &BTreeSet<i32>,
    notes: &mut Vec<String>,
) -> Result<Vec<MappedHectares>, CompareError> {
    let held: BTreeSet<i32> = mapped.iter().map(|m| m.year).collect();
    let wanted: Vec<&MappedHectares> = mapped.iter().filter(|m| years.is_empty() || years.contains(&m.year)).collect();
    if wanted.is_empty() {
        return Err(CompareError::NoRows { asked: list(years), held: list(held) });
    }
    for year in years.difference(&held) {
        notes.push(format!("{year} was asked for, but the hectares do not hold it"));
    }
    let taken = coca_classes(&wanted, notes)?;
    let mut seen = BTreeSet::new();
    let mut by_place: BTreeMap<(&MunicipalityCode, i32), MappedHectares> = BTreeMap::new();
    for row in wanted {
        if !seen.insert((&row.municipality_code, row.year, &row.class)) {
            let (code, year, class) = (row.municipality_code.clone(), row.year, row.class.clone());
            return Err(CompareError::Duplicate { code, year, class });
        }
        let is_coca = taken.contains(row.class.as_str());
        match by_place.get_mut(&(&row.municipality_code, row.year)) {
            Some(sum) if is_coca => add(sum, row),
            Some(_) => (),
            None => {
                let first = if is_coca { row.clone() } else { without_coca(row) };
                by_place.insert((&row.municipality_code, row.year), first);
            }
        }
    }
    let class = list(&taken);
    Ok(by_place.into_values().map(|m| MappedHectares { class: class.clone(), ..m }).collect())
}

fn coca_classes<'a>(rows: &[&'a MappedHectares], notes: &mut Vec<String>) -> Result<BTreeSet<&'a str>, CompareError> {
    let classes: BTreeSet<&str> = rows.iter().map(|m| m.class.as_str()).collect();
    let named: BTreeSet<&str> = classes.iter().copied().filter(|c| is_coca_name(c)).collect();
    let (taken, why) = if !named.is_empty() {
        (named, "by name")
    } else if classes.contains("1") && classes.iter().all(|c| matches!(*c, "0" | "1" | "255")) {
        (BTreeSet::from(["1"]), "value 1 of a mask")
    } else if classes.len() == 1 {
        (classes, "the only class there")
    } else {
        return Err(CompareError::NoCoca { classes: list(&classes) });
    };
    notes.push(format!("class compared: '{}' ({why})", list(&taken)));
    Ok(taken)
}

/// The same ground with no coca on it.
fn without_coca(row: &MappedHectares) -> MappedHectares {
    MappedHectares {
        mapped_area_ha: 0.0,
        bound_low_ha: row.bound_low_ha.map(|_| 0.0),
        bound_high_ha: row.unobserved_ha,
        ..row.clone()
    }
}

/// Adds a second class of coca on the same ground: the unobserved hectares are the same for both, and count once.
fn add(sum: &mut MappedHectares, row: &MappedHectares) {
    sum.mapped_area_ha += row.mapped_area_ha;
    sum.bound_low_ha = sum.bound_low_ha.zip(row.bound_low_ha).map(|(a, b)| a + b);
    sum.bound_high_ha = sum.bound_high_ha.map(|high| high + row.mapped_area_ha);
}

#[cfg(test)]
pub(super) fn example(code: &str, year: i32, class: &str, mapped_area_ha: f64) -> MappedHectares {
    MappedHectares {
        municipality_code: MunicipalityCode::parse(code).unwrap(),
        municipality_name: String::new(),
        year,
        class: class.to_owned(),
        mapped_area_ha,
        observed_share: Some(0.95),
        unobserved_ha: Some(5.0),
        coverage_area_ha: Some(100.0),
        bound_low_ha: Some(mapped_area_ha),
        bound_high_ha: Some(mapped_area_ha + 5.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rows: &[MappedHectares]) -> Result<Vec<(f64, Option<f64>)>, CompareError> {
        let rows = coca_only(rows, &BTreeSet::new(), &mut Vec::new())?;
        Ok(rows.into_iter().map(|r| (r.mapped_area_ha, r.bound_high_ha)).collect())
    }

    #[test]
    fn classes_of_coca_add_up_and_their_unobserved_ground_counts_once() {
        let rows = [
            example("52835", 2020, "coca_growth", 10.0),
            example("52835", 2020, "coca_harvest", 2.0),
            example("52835", 2020, "pasture", 50.0),
        ];
        assert_eq!(taken(&rows).unwrap(), [(12.0, Some(17.0))]);
    }

    #[test]
    fn ground_under_other_classes_only_has_no_coca() {
        let rows = [example("52835", 2020, "coca", 10.0), example("05001", 2020, "pasture", 50.0)];
        assert_eq!(taken(&rows).unwrap(), [(0.0, Some(5.0)), (10.0, Some(15.0))]);
    }

    #[test]
    fn a_class_raster_without_a_coca_class_is_refused() {
        let classes = |names: &[&str]| names.iter().map(|n| example("52835", 2020, n, 1.0)).collect::<Vec<_>>();
        assert!(matches!(taken(&classes(&["1", "2", "3"])), Err(CompareError::NoCoca { .. })));
        assert_eq!(taken(&classes(&["0", "1"])).unwrap().len(), 1);
        assert_eq!(taken(&classes(&["3"])).unwrap().len(), 1);
        assert!(matches!(taken(&classes(&["coca", "coca"])), Err(CompareError::Duplicate { .. })));
    }
}
