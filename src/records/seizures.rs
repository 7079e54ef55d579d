//! Seizures: kilograms by product, municipality and year; what was seized abroad stands apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::RecordError;
use super::kind::Kind;
use super::odd::equal_tail;
use super::parse::RecordFile;
use super::quantity::Exact;
use super::text_table::normalised;
use crate::territory::MunicipalityCode;

/// What was seized or priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// Coca leaf.
    Leaf,
    /// Coca paste or cocaine base.
    Base,
    /// Cocaine hydrochloride.
    Cocaine,
}

impl Product {
    /// All products, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Leaf, Self::Base, Self::Cocaine];

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Base => "base",
            Self::Cocaine => "cocaine",
        }
    }

    /// The product that words name in either language; a file's name too (`inc_hc.csv`: hoja de coca).
    pub fn from_words(text: &str) -> Option<Self> {
        let name = normalised(text);
        let words: Vec<&str> = name.split('_').collect();
        let word = |known: &[&str]| words.iter().any(|w| known.contains(w));
        if word(&["hoja", "hojas", "leaf", "leaves", "hc"]) {
            Some(Self::Leaf)
        } else if word(&["base", "pasta", "paste", "pbc"]) {
            Some(Self::Base)
        } else if word(&["cocaina", "cocaine", "clorhidrato", "hydrochloride", "hcl", "cc"]) {
            Some(Self::Cocaine)
        } else {
            None
        }
    }
}

/// Kilograms seized. A municipality absent from a table that covers the year had none; a year that no table covers is
/// unknown.
#[derive(Debug, Clone, Default)]
pub struct Seizures {
    home: BTreeMap<(Product, i32, MunicipalityCode), Exact>,
    abroad: BTreeMap<(Product, i32), Exact>,
    years: BTreeMap<Product, BTreeSet<i32>>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

/// Of a product without a table.
static NO_YEARS: BTreeSet<i32> = BTreeSet::new();

impl Seizures {
    /// Seizures of several files.
    ///
    /// A series of base that equals the leaf series from some year on is a copy of it (known of the open data from 2005),
    /// and is left out from that year.
    ///
    /// # Errors
    /// [`RecordError::WrongKind`] for another kind, [`RecordError::UnknownProduct`] where nothing tells what was seized.
    pub fn from_files(files: &[RecordFile]) -> Result<Self, RecordError> {
        let mut all = Self::default();
        let mut given_by = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            all.notes.extend(file.notes.iter().map(|n| format!("{}: {n}", file.path)));
            let copied = copied_from(file, files)?;
            if let Some(first) = copied {
                let path = &file.path;
                all.notes.push(format!("{path}: from {first} on it equals the leaf series: a copy, and left out"));
            }
            all.add(file, copied.unwrap_or(i32::MAX), |key| {
                let first = *given_by.entry(key).or_insert(number);
                (first != number).then(|| files[first].path.clone())
            })?;
        }
        Ok(all)
    }

    /// Adds a file; `earlier` tells the file that gave a figure before.
    fn add(
        &mut self,
        file: &RecordFile,
        before: i32,
        mut earlier: impl FnMut((Product, i32, MunicipalityCode)) -> Option<String>,
    ) -> Result<(), RecordError> {
        let by_name = product_of(file)?;
        let product_at = |own: Option<Product>, line| {
            own.or(by_name).ok_or_else(|| RecordError::UnknownProduct { file: file.path.clone(), line })
        };
        for entry in file.entries.iter().filter(|e| e.year < before) {
            let product = product_at(entry.product, entry.line)?;
            if let Some(first) = earlier((product, entry.year, entry.code.clone())) {
                let (second, line, code) = (file.path.clone(), entry.line, entry.code.to_string());
                return Err(RecordError::GivenTwice {
                    first,
                    second,
                    line,
                    method: product.word(),
                    code,
                    year: entry.year,
                });
            }
            self.years.entry(product).or_default().insert(entry.year);
            *self.home.entry((product, entry.year, entry.code.clone())).or_default() += entry.value;
        }
        for entry in file.elsewhere.iter().filter(|e| e.year < before && e.is_abroad()) {
            let product = product_at(entry.product, entry.line)?;
            *self.abroad.entry((product, entry.year)).or_default() += entry.value;
        }
        Ok(())
    }

    /// Kilograms seized in a municipality; zero where a table covers the year, `None` where none does.
    pub fn at_home(&self, product: Product, code: &MunicipalityCode, year: i32) -> Option<Exact> {
        let listed = self.home.get(&(product, year, code.clone())).copied();
        listed.or_else(|| self.covers(product, year).then_some(Exact::ZERO))
    }

    /// Kilograms seized in the country: the sum over its municipalities.
    pub fn total_at_home(&self, product: Product, year: i32) -> Option<Exact> {
        let of_year = self.home.iter().filter(|((p, y, _), _)| (*p, *y) == (product, year));
        self.covers(product, year).then(|| of_year.map(|(_, kg)| *kg).sum())
    }

    /// Kilograms seized abroad, where the tables say so.
    pub fn abroad(&self, product: Product, year: i32) -> Option<Exact> {
        self.abroad.get(&(product, year)).copied()
    }

    /// Every figure of a product at home.
    pub fn by_municipality(&self, product: Product) -> impl Iterator<Item = (&MunicipalityCode, i32, Exact)> {
        self.home.iter().filter(move |((p, _, _), _)| *p == product).map(|((_, year, code), kg)| (code, *year, *kg))
    }

    /// The years that tables of a product cover.
    pub fn years(&self, product: Product) -> &BTreeSet<i32> {
        self.years.get(&product).unwrap_or(&NO_YEARS)
    }

    /// Whether a table of the product covers the year.
    pub fn covers(&self, product: Product, year: i32) -> bool {
        self.years.get(&product).is_some_and(|years| years.contains(&year))
    }

    /// The products that are there.
    pub fn products(&self) -> impl Iterator<Item = Product> {
        self.years.keys().copied()
    }
}

/// The product that a file's name tells.
fn product_of(file: &RecordFile) -> Result<Option<Product>, RecordError> {
    if file.kind != Kind::Seizures {
        return Err(RecordError::WrongKind {
            file: file.path.clone(),
            found: file.kind,
            wanted: "a table of seizures",
            why: file.why.clone(),
        });
    }
    let bare = file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path);
    Ok(Product::from_words(bare))
}

/// The year from which a file of base repeats a file of leaf.
fn copied_from(file: &RecordFile, files: &[RecordFile]) -> Result<Option<i32>, RecordError> {
    if product_of(file)? != Some(Product::Base) {
        return Ok(None);
    }
    for other in files {
        if product_of(other)? == Some(Product::Leaf)
            && let Some((first, _)) = equal_tail(file, other)
        {
            return Ok(Some(first));
        }
    }
    Ok(None)
}
