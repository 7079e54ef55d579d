//! Prices of leaf and base per year, for the country or a place: what a kilogram brought. They stand beside, in no sum.

use std::collections::BTreeMap;

use super::error::RecordError;
use super::formats::Formats;
use super::number_format;
use super::quantity::Exact;
use super::seizures::Product;
use super::text_table::{TextTable, normalised};

const YEAR: [&str; 5] = ["year", "ano", "anio", "vigencia", "periodo"];
const PRODUCT: [&str; 3] = ["product", "producto", "sustancia"];
const PRICE: [&str; 5] = ["price", "precio", "valor", "value", "price_per_kg"];
const UNIT: [&str; 4] = ["unit", "unidad", "moneda", "currency"];
const PLACE: [&str; 7] =
    ["place_code", "coddepto", "department_code", "codmpio", "municipality_code", "region_code", "place"];

/// A price and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Price of a kilogram, in the unit of the file; the mean where several rows of the year give one.
    pub price: Exact,
    /// Line of the file, the first of them.
    pub line: u64,
}

/// Prices by product, year and place (`""` the country, two digits a department, five a municipality).
#[derive(Debug, Clone, Default)]
pub struct Prices {
    figures: BTreeMap<(Product, i32, String), Price>,
    /// The file.
    pub path: String,
    /// The units that the file names by product, such as `COP/kg`.
    pub units: BTreeMap<Product, String>,
    /// What is odd in the file.
    pub notes: Vec<String>,
}

/// A column of prices, and the product where the column's name tells it.
struct PriceColumn {
    column: usize,
    product: Option<Product>,
}

impl Prices {
    /// Prices of a table: long (`year, product, price`) or with a column per product (`year, leaf_price, base_price`); a
    /// place's code and a unit may stand beside.
    ///
    /// # Errors
    /// [`RecordError`] naming the column, or line and column, that cannot be read.
    pub fn from_table(table: &TextTable) -> Result<Self, RecordError> {
        let missing = |missing| {
            let (file, found) = (table.file.clone(), table.header.join(", "));
            RecordError::MissingColumn { file, missing, found }
        };
        let year = table.column(&YEAR).ok_or_else(|| missing("years (year, ano)"))?;
        let columns = price_columns(table);
        if columns.is_empty() {
            return Err(missing("prices (product and price, or leaf_price and base_price)"));
        }
        let mut notes = table.notes.clone();
        let numbers: Vec<usize> = columns.iter().map(|c| c.column).collect();
        let formats = Formats::decide(table, &numbers, &mut notes)?;
        let mut prices = Self { path: table.file.clone(), notes, ..Self::default() };
        for PriceColumn { column, product } in &columns {
            prices.add(table, year, (*column, *product), &formats)?;
        }
        if prices.units.is_empty() {
            prices.notes.push("no unit is named: add a column 'unit', such as COP/kg".to_owned());
        }
        Ok(prices)
    }

    fn add(
        &mut self,
        table: &TextTable,
        year: usize,
        (column, of_column): (usize, Option<Product>),
        formats: &Formats,
    ) -> Result<(), RecordError> {
        let place = table.column(&PLACE);
        let product = table.column(&PRODUCT);
        let unit_at = table.column(&UNIT);
        let mut rows: BTreeMap<(Product, i32, String), Vec<(Exact, u64)>> = BTreeMap::new();
        for row in &table.rows {
            let at = |column: usize| {
                let text = row.fields[column].clone();
                (table.file.clone(), row.line, table.header[column].clone(), text)
            };
            let of_year = row.fields[year].parse::<i32>().ok().filter(|y| (1980..=2100).contains(y));
            let Some(of_year) = of_year else {
                let (file, line, column, text) = at(year);
                return Err(RecordError::BadYear { file, line, column, text });
            };
            let text = &row.fields[column];
            if text.is_empty() {
                continue;
            }
            let price = number_format::parse(text, formats.of(column)).filter(|p| *p >= Exact::ZERO);
            let Some(price) = price else {
                let (file, line, column, text) = at(column);
                return Err(RecordError::BadPrice { file, line, column, text });
            };
            let named = of_column.or_else(|| product.and_then(|p| Product::from_words(&row.fields[p])));
            let Some(product) = named else {
                self.notes.push(format!("line {}: neither leaf nor base nor cocaine; left out", row.line));
                continue;
            };
            let unit = unit_at.map(|u| row.fields[u].clone()).or_else(|| unit_of_name(&table.header[column]));
            self.note_unit(&table.file, row.line, product, unit.unwrap_or_default())?;
            let place = place.map(|p| place_code(&row.fields[p])).unwrap_or_default();
            let is_code = place.bytes().all(|b| b.is_ascii_digit()) && [0, 2, 5].contains(&place.len());
            if !is_code && place != "CO" {
                self.notes.push(format!("line {}: '{place}' is no code of a place; left out", row.line));
                continue;
            }
            let key = (product, of_year, if place == "CO" { String::new() } else { place });
            rows.entry(key).or_default().push((price, row.line));
        }
        let several = rows.values().filter(|given| given.len() > 1).count();
        if several > 0 {
            self.notes.push(format!("{several} prices are the plain mean of several rows of a year, such as months"));
        }
        let mean = |given: Vec<(Exact, u64)>| {
            let sum: Exact = given.iter().map(|(price, _)| *price).sum();
            Price { price: sum.times_ratio(1, given.len() as i64), line: given.first().map_or(0, |(_, line)| *line) }
        };
        self.figures.extend(rows.into_iter().map(|(key, given)| (key, mean(given))));
        Ok(())
    }

    /// The unit of a row must be that of the product's rows before it.
    fn note_unit(&mut self, file: &str, line: u64, product: Product, unit: String) -> Result<(), RecordError> {
        if unit.is_empty() {
            return Ok(());
        }
        let first = self.units.entry(product).or_insert_with(|| unit.clone()).clone();
        if normalised(&first) == normalised(&unit) {
            return Ok(());
        }
        Err(RecordError::MixedUnits { file: file.to_owned(), line, product: product.word(), unit, first })
    }

    /// The price for a municipality's code: its own, else its department's, else the country's.
    pub fn at(&self, product: Product, code: &str, year: i32) -> Option<&Price> {
        let department = code.get(..2).unwrap_or_default();
        [code, department, ""].iter().find_map(|place| self.figures.get(&(product, year, (*place).to_owned())))
    }

    /// Every price, by product, year and place.
    pub fn figures(&self) -> impl Iterator<Item = (&(Product, i32, String), &Price)> {
        self.figures.iter()
    }

    /// The products that have prices.
    pub fn products(&self) -> impl Iterator<Item = Product> {
        Product::ALL.into_iter().filter(|p| self.figures.keys().any(|(product, _, _)| product == p))
    }
}

fn price_columns(table: &TextTable) -> Vec<PriceColumn> {
    let by_product = table.header.iter().enumerate().filter_map(|(column, name)| {
        let words = normalised(name);
        let is_price = words.split('_').any(|w| ["price", "precio", "cop", "usd"].contains(&w));
        let product = Product::from_words(name).filter(|_| is_price)?;
        Some(PriceColumn { column, product: Some(product) })
    });
    let by_product: Vec<PriceColumn> = by_product.collect();
    if !by_product.is_empty() {
        return by_product;
    }
    let long = table.column(&PRICE).filter(|_| table.column(&PRODUCT).is_some());
    long.map(|column| PriceColumn { column, product: None }).into_iter().collect()
}

/// A code with the leading zero that a spreadsheet took: two digits of a department, five of a municipality.
fn place_code(text: &str) -> String {
    match text.len() {
        1 => format!("{text:0>2}"),
        4 => format!("{text:0>5}"),
        _ => text.to_owned(),
    }
}

/// The unit that a column's name tells: `leaf_price_cop`.
fn unit_of_name(column: &str) -> Option<String> {
    let name = normalised(column);
    let told = ["cop", "usd"].into_iter().find(|unit| name.split('_').any(|word| word == *unit));
    told.map(|unit| format!("{}/kg", unit.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::super::text_table::TextRow;
    use super::*;

    fn table(header: &[&str], rows: &[&[&str]]) -> TextTable {
        let text = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        let rows = rows.iter().zip(2..).map(|(cells, line)| TextRow { line, fields: text(cells) }).collect();
        TextTable { file: "prices.csv".to_owned(), header: text(header), rows, notes: Vec::new() }
    }

    #[test]
    fn a_municipality_has_its_own_price_then_its_departments_then_the_countrys() {
        let long = table(
            &["year", "product", "price", "place_code", "unit"],
            &[
                &["2021", "hoja de coca", "3.2", "", "USD/kg"],
                &["2021", "leaf", "2.5", "52", "USD/kg"],
                &["2021", "leaf", "1.5", "52835", "USD/kg"],
                &["2021", "leaf", "0.5", "5001", "USD/kg"],
                &["2021", "alcohol", "9.5", "", "USD/kg"],
            ],
        );
        let prices = Prices::from_table(&long).unwrap();
        let at = |code| prices.at(Product::Leaf, code, 2021).map(|p| p.price.to_string());
        assert_eq!([at("52835"), at("52001"), at("05002")].map(Option::unwrap), ["1.5", "2.5", "3.2"]);
        assert_eq!(at("05001").as_deref(), Some("0.5"), "the leading zero comes back");
        assert_eq!(prices.units[&Product::Leaf], "USD/kg");
        assert_eq!(prices.at(Product::Leaf, "05001", 2020), None);
        assert!(prices.notes.iter().any(|n| n.starts_with("line 6: neither")), "{:?}", prices.notes);
    }

    #[test]
    fn a_column_per_product_is_read_and_bad_prices_name_their_place() {
        let header = ["year", "leaf_price_cop", "base_price_cop"];
        let prices = Prices::from_table(&table(&header, &[&["2022", "4500.5", ""]])).unwrap();
        assert_eq!(prices.products().collect::<Vec<_>>(), [Product::Leaf]);
        assert_eq!(prices.units[&Product::Leaf], "COP/kg");
        let mixed = [
            &["2021", "leaf", "3", "USD/kg"][..],
            &["2021", "base", "9", "USD/g"],
            &["2022", "leaf", "37500", "COP/arroba"],
        ];
        let mixed = Prices::from_table(&table(&["year", "product", "price", "unit"], &mixed)).unwrap_err().to_string();
        assert!(mixed.contains("line 4: a price of leaf in 'COP/arroba' after prices in 'USD/kg'"), "{mixed}");
        for (row, says) in [
            (["2022", "-1", ""], "line 2, column leaf_price_cop: '-1' is no price"),
            (["22x", "1", ""], "line 2, column year: '22x'"),
            (["22", "1", ""], "line 2, column year: '22'"),
        ] {
            let error = Prices::from_table(&table(&header, &[&row])).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let months = Prices::from_table(&table(&header, &[&["2022", "1", ""], &["2022", "2", ""]])).unwrap();
        assert_eq!(months.at(Product::Leaf, "05001", 2022).unwrap().price.to_string(), "1.5");
        assert!(months.notes.iter().any(|n| n.starts_with("1 prices are the plain mean")), "{:?}", months.notes);
        assert!(Prices::from_table(&table(&["year", "maize"], &[])).is_err());
    }
}
