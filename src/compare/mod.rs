//! One row per municipality and year: mapped, census, eradication, null.
//!
//! | figure | formula |
//! | --- | --- |
//! | `difference_ha` | mapped minus census |
//! | `null_error_ha` | last year's census minus census: the error of having no map and carrying the census forward |
//! | `change_ha` | census minus last year's census: a flow, net of what was eradicated |
//! | `growth_pct` | 100 x change / last year's census; blank where that is zero |
//! | `gross_gain_ha` | change + eradicated (manual + spraying). An accounting identity: what would have been gained had every eradicated hectare stayed, if no hectare was eradicated twice in the year. It says nothing of causes |
//!
//! What is not known is blank, never zero: a municipality that the census does not list, a year that no eradication
//! table covers, ground that was not observed. A municipality that an eradication table of the year does not list had
//! none, and is zero: those tables list actions. Where no table of spraying covers the year (none does after 2015, when
//! spraying from the air was suspended), the gross gain is that of manual eradication alone and the flag says so. Forced and
//! voluntary eradication and spraying from drones are part of it where they are recorded apart, each in a column of its own;
//! where a table of manual eradication does not tell how it was done, those of forced and voluntary work are not added to it.
//!
//! [`flag`] holds the words that say why a row cannot be compared as it stands.

pub mod beside;
pub mod flag;
pub mod mapped;
pub mod null;
pub mod rows;
pub mod skill;
pub mod totals;
pub mod validate;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use beside::{Beside, BesideRecords};
pub use flag::{Flag, Flags};
pub use mapped::{CompareError, MappedHectares};
pub use null::NullComparison;
pub use rows::ComparisonRow;
pub use totals::TotalRow;

use crate::records::{Census, Eradication, Exact, Method};
use crate::territory::MunicipalityCode;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct CompareOptions {
    /// Only these years; empty: every year of the hectares.
    pub years: BTreeSet<i32>,
    /// Whole area of each municipality, hectares on the ellipsoid. With it, municipalities that reach beyond the raster
    /// are flagged; without it that cannot be known, and a note says so.
    pub municipality_area_ha: Option<BTreeMap<MunicipalityCode, f64>>,
    /// Records that stand beside.
    pub beside: BesideRecords,
}

/// Rows, totals and what is to be said about them.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// One per municipality and year, by code, then year.
    pub rows: Vec<ComparisonRow>,
    /// The country first, then departments, by year.
    pub totals: Vec<TotalRow>,
    /// Map against last year's census.
    pub null: NullComparison,
    /// What is odd.
    pub notes: Vec<String>,
}

/// Holds mapped hectares against the census and the eradication records.
///
/// # Errors
/// [`CompareError`] when no class is coca, a key is there twice, or no row is left.
pub fn compare(
    mapped: &[MappedHectares],
    census: &Census,
    eradication: &Eradication,
    options: &CompareOptions,
) -> Result<Comparison, CompareError> {
    let mut notes = Vec::new();
    let mapped = mapped::coca_only(mapped, &options.years, &mut notes)?;
    let sources = beside::Sources { census, eradication, beside: &options.beside };
    let rows: Vec<ComparisonRow> = mapped.iter().map(|m| rows::row(m, sources, options)).collect();
    note_uncompared(&rows, sources, &mut notes);
    if options.municipality_area_ha.is_none() {
        notes.push(
            "whether the raster holds the whole of each municipality was not checked: that needs the municipalities' areas"
                .to_owned(),
        );
    }
    let totals = totals::totals(&rows, sources);
    let null = null::against_null(&rows);
    notes.extend(beside::notes(&options.beside));
    notes.extend(null.sentence.clone());
    Ok(Comparison { rows, totals, null, notes })
}

/// Says what the records hold for places that the hectares do not.
fn note_uncompared(rows: &[ComparisonRow], records: beside::Sources, notes: &mut Vec<String>) {
    let years: BTreeSet<i32> = rows.iter().map(|r| r.year).collect();
    for year in years {
        let here: BTreeSet<&MunicipalityCode> =
            rows.iter().filter(|r| r.year == year).map(|r| &r.municipality_code).collect();
        let absent: Vec<_> =
            records.census.of_year(year).filter(|(c, s)| !here.contains(c) && !s.exact().is_zero()).collect();
        if !absent.is_empty() {
            let sum: Exact = absent.iter().map(|(_, s)| s.exact()).sum();
            let first: Vec<&str> = absent.iter().take(5).map(|(c, _)| c.as_str()).collect();
            let more = if absent.len() > 5 { " ..." } else { "" };
            notes.push(format!(
                "{year}: the census has {} ha in {} municipalities that the hectares do not hold: {}{more}",
                sum.grouped(),
                absent.len(),
                first.join(", ")
            ));
        }
        for method in Method::ALL {
            let compared: Exact =
                here.iter().filter_map(|c| records.eradication.flow(method, c, year)).map(|f| f.exact()).sum();
            let rest = records.eradication.total(method, year).map_or(Exact::ZERO, |t| t.exact() - compared);
            if !rest.is_zero() {
                let word = method.word();
                notes.push(format!(
                    "{year}: {} ha eradicated ({word}) in municipalities that the hectares do not hold",
                    rest.grouped()
                ));
            }
        }
    }
}
