//! What stands beside a row without being part of it: further methods of eradication, substitution, seizures, prices, and
//! what happened in the neighbouring municipalities.
//!
//! A column is there when its records were given. None of these figures enters another one but the methods of eradication,
//! which are part of the gross gain: substitution may count hectares of voluntary eradication once more, kilograms and
//! prices are no hectares, and neighbours are other ground.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::records::{Census, Eradication, Exact, Method, Prices, Product, Seizures, Substitution};
use crate::territory::{MunicipalityCode, Neighbours};

/// The records that may stand beside; what was not given has no column.
#[derive(Debug, Clone, Default)]
pub struct BesideRecords {
    /// Hectares substituted.
    pub substitution: Option<Substitution>,
    /// Kilograms seized.
    pub seizures: Option<Seizures>,
    /// Prices per kilogram.
    pub prices: Option<Prices>,
    /// Municipalities that share a border.
    pub neighbours: Option<Neighbours>,
}

/// Figures by column name, in the order of columns; `None` is unknown, written as a blank.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside(pub Vec<(String, Option<Exact>)>);

impl Serialize for Beside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Beside {
    /// Column names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    fn add(&mut self, name: impl Into<String>, value: Option<Exact>) {
        self.0.push((name.into(), value));
    }
}

/// Methods that have a column of their own beside manual eradication and spraying from the air.
const OTHER_METHODS: [Method; 3] = [Method::ForcedManual, Method::Voluntary, Method::DroneSpraying];

/// All that rows are held against.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub census: &'a Census,
    pub eradication: &'a Eradication,
    pub beside: &'a BesideRecords,
}

/// What stands beside a municipality and year.
pub(super) fn of_municipality(sources: Sources, code: &MunicipalityCode, year: i32) -> Beside {
    let Sources { census, eradication, beside } = sources;
    let mut columns = Beside::default();
    for method in OTHER_METHODS.into_iter().filter(|m| eradication.has(*m)) {
        let flow = eradication.flow(method, code, year);
        columns.add(format!("eradicated_ha_{}", method.word()), flow.map(|f| f.exact()));
    }
    if let Some(substitution) = &beside.substitution {
        columns.add("substituted_ha", substitution.flow(code, year).map(|f| f.exact()));
    }
    if let Some(seizures) = &beside.seizures {
        for product in seizures.products() {
            columns.add(format!("seized_{}_kg", product.word()), seizures.at_home(product, code, year));
        }
    }
    add_prices(beside, code.as_str(), year, &mut columns);
    if let Some(neighbours) = &beside.neighbours {
        let around: Option<Vec<&MunicipalityCode>> = neighbours.of(code).map(Iterator::collect);
        let sum = |figure: &dyn Fn(&MunicipalityCode) -> Option<Exact>| {
            let known: Vec<Exact> = around.iter().flatten().filter_map(|n| figure(n)).collect();
            (!known.is_empty()).then(|| known.into_iter().sum())
        };
        let eradicated = sum(&|n| eradication.sum(n, year).map(|e| e.hectares.exact()));
        let change = sum(&|n| Some((census.stock(n, year)? - census.stock(n, year - 1)?).exact()));
        columns.add("neighbours_eradicated_ha", eradicated);
        columns.add("neighbours_change_ha", change);
    }
    columns
}

fn add_prices(beside: &BesideRecords, code: &str, year: i32, columns: &mut Beside) {
    let Some(prices) = &beside.prices else { return };
    for product in prices.products() {
        columns.add(format!("{}_price", product.word()), prices.at(product, code, year).map(|p| p.price));
    }
}

/// What stands beside a total: the sums of its rows, its own price, and for the country what was seized in all of it and
/// abroad.
pub(super) fn of_total(sources: Sources, place: &str, year: i32, rows: &[&Beside]) -> Beside {
    let country = place == "CO";
    let mut columns = Beside::default();
    let summed = rows.first().map(|row| row.names().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
    for (column, name) in summed.into_iter().enumerate() {
        if name.ends_with("_price") || name.starts_with("neighbours_") {
            continue;
        }
        let known: Vec<Exact> = rows.iter().filter_map(|row| row.0[column].1).collect();
        columns.add(name, (!known.is_empty()).then(|| known.into_iter().sum()));
    }
    if let Some(seizures) = &sources.beside.seizures {
        for product in seizures.products() {
            let of_country = |kg: Option<Exact>| kg.filter(|_| country);
            let word = product.word();
            columns.add(format!("seized_{word}_kg_whole_country"), of_country(seizures.total_at_home(product, year)));
            columns.add(format!("seized_{word}_kg_abroad"), of_country(seizures.abroad(product, year)));
        }
    }
    add_prices(sources.beside, if country { "" } else { place }, year, &mut columns);
    columns
}

/// What is to be known of the columns, for the notes.
pub(super) fn notes(beside: &BesideRecords) -> Vec<String> {
    let mut notes = Vec::new();
    if beside.substitution.is_some() {
        notes.push(
            "substituted_ha is in no sum: the same hectares may be in the records of voluntary eradication".to_owned(),
        );
    }
    if let Some(prices) = &beside.prices {
        let unit = |product: Product| {
            let unit = prices.units.get(&product).map_or("a unit that the file does not name", String::as_str);
            format!("{} in {unit}", product.word())
        };
        let units: Vec<String> = prices.products().map(unit).collect();
        notes.push(format!("prices are of {}, not corrected for inflation", units.join(", ")));
    }
    if let Some(seizures) = &beside.seizures
        && seizures.products().any(|p: Product| p == Product::Base)
    {
        notes.push("seized base is paste and base together, as the table has it".to_owned());
    }
    notes
}
