//! Seizures of one product: at home, and what the file lists as seized abroad.

use std::collections::{BTreeMap, BTreeSet};

use super::cited::{Source, Table};
use super::place::Place;
use crate::records::{Exact, Product, RecordFile};

/// Where it was seized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In Colombia: the rows of municipalities.
    Home,
    /// The row of the rest of the world too.
    HomeAndAbroad,
}

/// A table of seizures, kilograms.
#[derive(Debug, Clone)]
pub(super) struct Seized {
    table: Table,
    /// Kilograms and lines by year.
    abroad: BTreeMap<i32, (Exact, Vec<u64>)>,
    /// What the rows are of; `None` where neither a column nor the name of the file tells it.
    products: BTreeSet<Option<Product>>,
}

/// Kilograms, what they are of, and where from.
pub(super) struct Sum {
    pub value: Exact,
    pub sources: Vec<Source>,
    pub remark: String,
}

impl Seized {
    pub fn of_file(file: &RecordFile) -> Self {
        let bare = file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path);
        let by_name = Product::from_words(bare);
        let mut abroad: BTreeMap<i32, (Exact, Vec<u64>)> = BTreeMap::new();
        for row in file.elsewhere.iter().filter(|e| e.is_abroad()) {
            let cell = abroad.entry(row.year).or_default();
            cell.0 += row.value;
            cell.1.push(row.line);
        }
        let own = file.entries.iter().map(|e| e.product);
        let products = own.chain(file.elsewhere.iter().map(|e| e.product)).map(|p| p.or(by_name)).collect();
        Self { table: Table::of_file(file, None), abroad, products }
    }

    /// What was seized abroad in a year, kilograms.
    pub fn abroad(&self, year: i32) -> Option<Exact> {
        self.abroad.get(&year).map(|(value, _)| *value)
    }

    /// Kilograms of a place and year.
    ///
    /// # Errors
    /// Why there are none: the year is not covered, or products would be added.
    pub fn sum(&self, scope: Scope, place: &Place, year: i32) -> Result<Sum, String> {
        let file = &self.table.file;
        let words: Vec<&str> = self.products.iter().map(|p| p.map_or("product not told", Product::word)).collect();
        let [product] = words[..] else {
            return Err(format!("{file} has seizures of several products ({}): give a file of one", words.join(", ")));
        };
        let what = format!("seized at home ({product}), kg");
        let (mut value, source) = self.table.sum(place, year, &what).ok_or_else(|| format!("{file} has no {year}"))?;
        let mut sources = vec![source];
        let mut remark = format!("seized: {product}, in Colombia only");
        if let (Place::Country, Some((kilograms, lines))) = (place, self.abroad.get(&year)) {
            if scope == Scope::HomeAndAbroad {
                value += *kilograms;
                sources.push(self.table.source_of(&format!("seized abroad ({product}), kg"), year, *kilograms, lines));
                remark = format!("seized: {product}, in Colombia and abroad");
            } else {
                remark.push_str(&format!(
                    "; {} kg of {year} that the file lists as abroad are outside",
                    kilograms.grouped()
                ));
            }
        }
        Ok(Sum { value, sources, remark })
    }
}
