//! Is the map better than no map? The null carries last year's census forward.

use serde::Serialize;

use super::rows::ComparisonRow;
use crate::records::{Exact, FlowHa, StockHa};

/// Which errs less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Closer {
    /// The map.
    Map,
    /// Last year's census.
    Null,
    /// Neither.
    Equal,
}

/// The weighted absolute error of the map and of the null, over the same rows: sum of |error| over sum of census, in
/// per cent (also known as WAPE; Kolassa and Schuetz 2007, *Advantages of the MAD/MEAN ratio over the MAPE*, Foresight 6).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NullComparison {
    /// Rows that have mapped hectares, census and last year's census for the same ground.
    pub rows_used: usize,
    /// All rows.
    pub rows: usize,
    /// Census of the rows used.
    pub census_ha: StockHa,
    /// Sum of |mapped - census|.
    pub map_absolute_error_ha: FlowHa,
    /// Sum of |last year's census - census|.
    pub null_absolute_error_ha: FlowHa,
    /// Error of the map, per cent of the census.
    pub map_error_pct: Option<f64>,
    /// Error of the null, per cent of the census.
    pub null_error_pct: Option<f64>,
    /// Which errs less; `None` where it cannot be told.
    pub closer: Option<Closer>,
    /// The same in words.
    pub sentence: Option<String>,
}

/// Holds the map against last year's census. Rows whose mapped hectares stand for other ground than the census (not
/// observed, or reaching beyond the raster) are left out for both.
pub(super) fn against_null(rows: &[ComparisonRow]) -> NullComparison {
    let used: Vec<(StockHa, FlowHa, FlowHa)> = rows
        .iter()
        .filter(|r| !r.flag.other_ground())
        .filter_map(|r| Some((r.census_ha?, r.difference_ha?, r.null_error_ha?)))
        .collect();
    let census: StockHa = used.iter().map(|u| u.0).sum();
    let map: Exact = used.iter().map(|u| u.1.exact().abs()).sum();
    let null: Exact = used.iter().map(|u| u.2.exact().abs()).sum();
    let mut found = NullComparison {
        rows_used: used.len(),
        rows: rows.len(),
        census_ha: census,
        map_absolute_error_ha: FlowHa::new(map),
        null_absolute_error_ha: FlowHa::new(null),
        ..NullComparison::default()
    };
    if census.exact().is_zero() {
        return found;
    }
    let percent = |error: Exact| (1e4 * error.to_f64() / census.to_f64()).round() / 1e2;
    let (map_pct, null_pct) = (percent(map), percent(null));
    let closer = match map.cmp(&null) {
        std::cmp::Ordering::Less => Closer::Map,
        std::cmp::Ordering::Equal => Closer::Equal,
        std::cmp::Ordering::Greater => Closer::Null,
    };
    let verdict = match closer {
        Closer::Map => "the map is closer to the census",
        Closer::Null => "last year's census is closer: here the map is worse than no map",
        Closer::Equal => "neither is closer",
    };
    found.sentence = Some(format!(
        "carrying last year's census forward errs by {null_pct:.1} %, the map by {map_pct:.1} % (of {} ha in {} of {} rows): {verdict}",
        census.exact().grouped(),
        used.len(),
        rows.len()
    ));
    (found.map_error_pct, found.null_error_pct, found.closer) = (Some(map_pct), Some(null_pct), Some(closer));
    found
}
