//! Figures laid out for the page: one flat list for each name, place by place and year by year.

use std::collections::{BTreeMap, HashMap};

/// Figures of some places over some years.
#[derive(Debug)]
pub struct Figures {
    places: HashMap<String, usize>,
    years: Vec<i32>,
    lists: BTreeMap<String, Vec<Option<f64>>>,
}

impl Figures {
    /// No figure yet. Places by their codes, years ascending.
    pub fn new<'a>(codes: impl Iterator<Item = &'a str>, years: &[i32]) -> Self {
        let places = codes.enumerate().map(|(at, code)| (code.to_owned(), at)).collect();
        Self { places, years: years.to_vec(), lists: BTreeMap::new() }
    }

    /// Number of places times number of years.
    pub fn len(&self) -> usize {
        self.places.len() * self.years.len()
    }

    /// Whether there is no place or no year.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a place and year stand.
    pub fn at(&self, code: &str, year: i32) -> Option<usize> {
        Some(self.places.get(code)? * self.years.len() + self.years.binary_search(&year).ok()?)
    }

    /// Puts a figure; a value that is no finite number is unknown.
    pub fn put(&mut self, name: &str, at: usize, value: Option<f64>) {
        let Some(value) = value.filter(|v| v.is_finite()) else { return };
        let length = self.len();
        match self.lists.get_mut(name) {
            Some(list) => list[at] = Some(value),
            None => {
                let mut list = vec![None; length];
                list[at] = Some(value);
                self.lists.insert(name.to_owned(), list);
            }
        }
    }

    /// A figure.
    pub fn get(&self, name: &str, at: usize) -> Option<f64> {
        self.lists.get(name)?[at]
    }

    /// Names of the figures that some place has.
    pub fn names(&self) -> Vec<String> {
        self.lists.keys().cloned().collect()
    }

    /// The lists, rounded to what the page needs: hectares and per cent to 4 decimals, the rest to 6.
    pub fn into_lists(mut self) -> BTreeMap<String, Vec<Option<f64>>> {
        for (name, list) in &mut self.lists {
            let scale = if name.ends_with("_share") { 1e6 } else { 1e4 };
            list.iter_mut().flatten().for_each(|value| *value = (*value * scale).round() / scale + 0.0);
        }
        self.lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_by_place_then_year_and_the_unknown_is_null() {
        let mut figures = Figures::new(["05001", "98001"].into_iter(), &[2022, 2024]);
        assert_eq!((figures.len(), figures.at("98001", 2022), figures.at("98001", 2023)), (4, Some(2), None));
        figures.put("census_ha", 2, Some(1.234_56));
        figures.put("census_ha", 3, Some(f64::NAN));
        figures.put("mapped_ha", 0, None);
        let lists = figures.into_lists();
        assert_eq!(lists.keys().collect::<Vec<_>>(), ["census_ha"]);
        assert_eq!(lists["census_ha"], [None, None, Some(1.2346), None]);
    }
}
