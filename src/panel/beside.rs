//! Records that stand beside eradication, as terms: seizures by product, substitution, national prices.

use std::collections::BTreeMap;

use super::sources::{Covariate, NationalCovariate};
use crate::records::{Exact, Prices, Product, Seizures, Substitution};

impl Covariate {
    /// Kilograms seized, a term for each product; what was seized abroad is in none.
    pub fn of_seizures(seizures: &Seizures) -> Vec<Self> {
        let of = |product: Product| {
            let values = seizures.by_municipality(product).map(|(code, year, kg)| ((code.clone(), year), kg.to_f64()));
            let name = format!("seized_{}", product.word());
            Self { name, unit: "kg".to_owned(), values: values.collect(), years: seizures.years(product).clone() }
        };
        seizures.products().map(of).collect()
    }

    /// Hectares substituted.
    pub fn of_substitution(substitution: &Substitution) -> Self {
        let values = substitution.by_municipality().map(|(code, year, ha)| ((code.clone(), year), ha.to_f64()));
        let (name, unit) = ("substitution".to_owned(), "ha".to_owned());
        Self { name, unit, values: values.collect(), years: substitution.years().clone() }
    }
}

impl NationalCovariate {
    /// Prices of the country by year, a covariate for each product; where only places have prices, their plain mean.
    pub fn of_prices(prices: &Prices) -> (Vec<Self>, Vec<String>) {
        let mut notes = Vec::new();
        let mut found = Vec::new();
        for product in prices.products() {
            let mut by_year: BTreeMap<i32, Vec<(bool, Exact)>> = BTreeMap::new();
            for ((_, year, place), price) in prices.figures().filter(|((p, _, _), _)| *p == product) {
                by_year.entry(*year).or_default().push((place.is_empty(), price.price));
            }
            let mut averaged = 0;
            let mut price_of = |given: Vec<(bool, Exact)>| {
                if let Some((_, national)) = given.iter().find(|(national, _)| *national) {
                    return national.to_f64();
                }
                averaged += usize::from(given.len() > 1);
                given.iter().map(|(_, price)| price.to_f64()).sum::<f64>() / given.len() as f64
            };
            let by_year = by_year.into_iter().map(|(year, given)| (year, price_of(given))).collect();
            if averaged > 0 {
                notes.push(format!("{averaged} prices of {} are the plain mean of several places", product.word()));
            }
            found.push(Self { name: product.word().to_owned(), by_year });
        }
        (found, notes)
    }
}
