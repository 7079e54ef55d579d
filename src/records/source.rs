//! Where a figure stands: file, edition and line. A sum has as many sources as it has figures.

use serde::Serialize;

use super::eradication::Method;
use super::kind::Kind;
use super::national_table::NationalTable;
use super::parse::RecordFile;
use super::prices::Prices;
use super::quantity::Exact;
use super::seizures::Product;

/// A figure of a record file and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// DIVIPOLA code of the place; blank for the country; what stands in the file for places that have none.
    pub place: String,
    /// Year.
    pub year: i32,
    /// What it is, as the columns of outputs are named.
    pub figure: String,
    /// The figure, in hectares, kilograms or money per kilogram.
    pub value: Exact,
    /// The file.
    pub file: String,
    /// Which edition.
    pub vintage: String,
    /// Line of the file.
    pub line: u64,
}

impl RecordFile {
    /// The sources of the figures that are wanted by place and year.
    pub fn sources(&self, wanted: impl Fn(&str, i32) -> bool) -> Vec<Source> {
        let bare = self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path);
        let source = |place: &str, year, figure, value, line| Source {
            place: place.to_owned(),
            year,
            figure,
            value,
            file: self.path.clone(),
            vintage: self.vintage.clone(),
            line,
        };
        let name = |method: Option<Method>, product: Option<Product>| match self.kind {
            Kind::Census => "census_ha".to_owned(),
            Kind::Substitution => "substituted_ha".to_owned(),
            Kind::Spraying => format!("eradicated_ha_{}", method.unwrap_or(Method::Spraying).word()),
            Kind::Eradication | Kind::Events => format!("eradicated_ha_{}", method.unwrap_or(Method::Manual).word()),
            Kind::Seizures => {
                let product = product.or_else(|| Product::from_words(bare));
                format!("seized_{}_kg", product.map_or("unknown", Product::word))
            }
        };
        let entries = self.entries.iter().filter(|e| wanted(e.code.as_str(), e.year));
        let entries = entries.map(|e| source(e.code.as_str(), e.year, name(e.method, e.product), e.value, e.line));
        let elsewhere = self.elsewhere.iter().filter(|e| e.is_abroad() && wanted("", e.year));
        let abroad = elsewhere.map(|e| source(&e.label, e.year, name(None, e.product), e.value, e.line));
        entries.chain(abroad).collect()
    }
}

impl NationalTable {
    /// The sources of its figures, of both editions.
    pub fn sources(&self) -> Vec<Source> {
        let columns = [
            ("census_ha", "published", &self.published),
            ("census_ha", "summed", &self.summed),
            ("eradicated_ha_manual", "", &self.manual),
            ("eradicated_ha_spraying", "", &self.spraying),
        ];
        let source = |figure: &str, vintage: &str, year: i32, (value, line): &(Exact, u64)| Source {
            place: String::new(),
            year,
            figure: figure.to_owned(),
            value: *value,
            file: self.path.clone(),
            vintage: vintage.to_owned(),
            line: *line,
        };
        let of = |(figure, vintage, by_year): (&'static str, &'static str, &'_ _)| -> Vec<Source> {
            let by_year: &std::collections::BTreeMap<i32, (Exact, u64)> = by_year;
            by_year.iter().map(|(year, value)| source(figure, vintage, *year, value)).collect()
        };
        columns.into_iter().flat_map(of).collect()
    }
}

impl Prices {
    /// The sources of the prices of some years.
    pub fn sources(&self, wanted: impl Fn(i32) -> bool) -> Vec<Source> {
        let source = |((product, year, place), price): (&(Product, i32, String), &super::prices::Price)| Source {
            place: place.clone(),
            year: *year,
            figure: format!("{}_price", product.word()),
            value: price.price,
            file: self.path.clone(),
            vintage: String::new(),
            line: price.line,
        };
        self.figures().filter(|((_, year, _), _)| wanted(*year)).map(source).collect()
    }
}
