//! Municipalities that were founded, renamed or given another code since the records begin, and of which one they were part.
//!
//! Nothing is moved from one code to another: hectares are not divided by guess. What a file holds under such a code is told.
//! Source: DANE, DIVIPOLA and its history of municipalities; the ordinances and decrees named.

/// A municipality whose ground belonged to another before a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The younger municipality.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The municipality that its ground was part of.
    pub parent: &'static str,
    /// The parent's name.
    pub parent_name: &'static str,
    /// The first year with figures of its own; hectares of earlier years are its parent's.
    pub since: i32,
}

/// Municipalities founded within the time of the records.
pub const SPLITS: [Split; 6] = [
    split("19300", "Guachene", ("19142", "Caloto"), 2007),
    split("13490", "Norosi", ("13600", "Rio Viejo"), 2008),
    split("23682", "San Jose de Ure", ("23466", "Montelibano"), 2008),
    split("23815", "Tuchin", ("23670", "San Andres de Sotavento"), 2008),
    split("94343", "Barrancominas", ("94663", "Mapiripana"), 2020),
    split("27493", "Nuevo Belen de Bajira", ("27615", "Riosucio"), 2022),
];

const fn split(
    code: &'static str,
    name: &'static str,
    (parent, parent_name): (&'static str, &'static str),
    since: i32,
) -> Split {
    Split { code, name, parent, parent_name, since }
}

/// The split that founded a municipality.
pub fn founded(code: &str) -> Option<Split> {
    SPLITS.into_iter().find(|s| s.code == code)
}

/// The municipalities that were founded on ground of this one.
pub fn children(code: &str) -> impl Iterator<Item = Split> {
    SPLITS.into_iter().filter(move |s| s.parent == code)
}
