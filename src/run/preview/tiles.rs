//! Tiles: the places that scenes of a run share.

use std::collections::BTreeMap;

use crate::io::read_recorded_run::{RecordedRun, RecordedScene};
use crate::scene::Scene;
use crate::scene::sensor::stack::date_in_name;

/// Longest name of a tile.
const LONGEST_NAME: usize = 24;

/// A place and its scenes.
#[derive(Clone, Debug)]
pub struct Tile<'a> {
    /// MGRS square, Landsat path and row, or what the file names have in common.
    pub name: String,
    /// Its scenes, in the order of the record.
    pub scenes: Vec<&'a RecordedScene>,
}

impl<'a> Tile<'a> {
    /// The scenes that a year used, the clearest first, of two the later.
    pub fn clearest(&self, year: i32) -> Vec<&'a RecordedScene> {
        let mut of_year: Vec<(f64, &RecordedScene)> =
            self.scenes.iter().filter_map(|scene| Some((scene.clear_share(year)?, *scene))).collect();
        of_year.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(y.scene.date.cmp(&x.scene.date)));
        of_year.into_iter().map(|(_, scene)| scene).collect()
    }
}

/// The tiles of a run, by name. Scenes of one MGRS square or of one Landsat path and row are one tile, and so are others of
/// exactly one grid.
pub fn tiles_of(run: &RecordedRun) -> Vec<Tile<'_>> {
    let mut groups: Vec<(Option<String>, Vec<&RecordedScene>)> = Vec::new();
    for scene in &run.scenes {
        let key = place_in_name(&scene.scene);
        let fits = |(own, members): &(Option<String>, Vec<&RecordedScene>)| match (own, &key) {
            (Some(own), Some(key)) => own == key,
            (None, None) => members.first().is_some_and(|first| first.scene.grid == scene.scene.grid),
            _ => false,
        };
        match groups.iter_mut().find(|group| fits(group)) {
            Some((_, members)) => members.push(scene),
            None => groups.push((key, vec![scene])),
        }
    }
    let mut tiles: Vec<Tile<'_>> = groups
        .into_iter()
        .enumerate()
        .map(|(at, (key, scenes))| {
            let common = || common_name(&scenes.iter().map(|s| s.scene.id.as_str()).collect::<Vec<_>>());
            Tile { name: key.or_else(common).unwrap_or_else(|| format!("tile {}", at + 1)), scenes }
        })
        .collect();
    tell_apart(&mut tiles);
    tiles.sort_by(|a, b| a.name.cmp(&b.name));
    tiles
}

/// Names that two tiles would share get a number.
fn tell_apart(tiles: &mut [Tile<'_>]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    tiles.iter().for_each(|tile| *counts.entry(tile.name.clone()).or_default() += 1);
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for tile in tiles.iter_mut().filter(|tile| counts[&tile.name] > 1) {
        let number = next.entry(tile.name.clone()).or_default();
        *number += 1;
        tile.name = format!("{} {number}", tile.name);
    }
}

/// The MGRS square or Landsat path and row in a product's name.
fn place_in_name(scene: &Scene) -> Option<String> {
    let mut tokens = scene.id.split('_');
    if scene.sensor.starts_with("landsat") {
        let six = |t: &&str| t.len() == 6 && t.bytes().all(|b| b.is_ascii_digit());
        return tokens.find(six).map(str::to_owned);
    }
    let square = |t: &str| -> Option<String> {
        let rest = t.strip_prefix('T')?;
        let bytes = rest.as_bytes();
        let fits = bytes.len() == 5
            && bytes[..2].iter().all(u8::is_ascii_digit)
            && bytes[2..].iter().all(u8::is_ascii_uppercase);
        fits.then(|| rest.to_owned())
    };
    tokens.find_map(square)
}

/// What all names have in common, part by part and without dates: `T1` of `T1_2024-01-30` and `T1_2024-04-09`.
fn common_name(names: &[&str]) -> Option<String> {
    let parts = |name: &str| -> Vec<String> { name.split(['_', ' ', '.']).map(str::to_owned).collect() };
    let all: Vec<Vec<String>> = names.iter().map(|name| parts(name)).collect();
    let (first, others) = all.split_first()?;
    let is_date = |part: &str| date_in_name(&part.replace('T', "_")).is_some();
    let same = |(at, part): &(usize, &String)| others.iter().all(|other| other.get(*at) == Some(part));
    let common: Vec<&str> = first
        .iter()
        .enumerate()
        .filter(same)
        .map(|(_, part)| part.as_str())
        .filter(|part| !part.is_empty() && !is_date(part))
        .collect();
    let name: String = common.join("_").chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_files_share_without_dates() {
        let name = |names: &[&str]| common_name(names);
        assert_eq!(name(&["T1_2024-01-30", "T1_2024-04-09"]), Some("T1".to_owned()));
        assert_eq!(name(&["T1_2024-01-30"]), Some("T1".to_owned()));
        assert_eq!(name(&["20240130T150000_north_a", "20240409T150000_north_b"]), Some("north".to_owned()));
        assert_eq!(name(&["2024-01-30", "2024-04-09"]), None);
        assert_eq!(name(&["a", "b"]), None);
        assert_eq!(name(&[]), None);
    }
}
