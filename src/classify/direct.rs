//! Bins straight from digital numbers, where a window is seen at one date: a threshold on a band's reflectance is a threshold
//! on its number, so it is the threshold that is moved, once, and not every pixel.

use super::forest::Table;
use super::symmetric::SymmetricTrees;
use crate::features::MISSING;
use crate::features::planar::Pixels;
use crate::features::recipe::Recipe;
use crate::scene::raw::{Decoding, Plane};
use crate::scene::{RawTile, Validity};

/// Most kinds of scenes that are held: beyond it, features are computed.
const MOST: usize = 4;

/// The tables of the kinds of scenes that were met.
#[derive(Debug, Default)]
pub(super) struct Direct {
    known: Vec<Tables>,
}

/// What is known of scenes with the same decoding.
#[derive(Debug)]
pub(super) struct Tables {
    decodings: Vec<Option<Decoding>>,
    /// Features that are one band's reflectance: number, band, and the bin of every digital number.
    bands: Vec<(usize, usize, Box<Table>)>,
    /// The other features: how they are made, and their numbers.
    pub(super) rest: (Recipe, Vec<usize>),
}

impl Direct {
    /// The only tile with pixels and its tables; `None` where several dates are seen, or the bands hold no whole numbers.
    pub(super) fn of<'a>(
        &mut self,
        (trees, recipe): (&SymmetricTrees, &Recipe),
        tiles: &'a [RawTile],
    ) -> Option<(&Tables, &'a RawTile)> {
        let mut live = tiles.iter().filter(|tile| !tile.planes.is_empty());
        let tile = live.next().filter(|_| live.next().is_none())?;
        let decoding = |plane: &Plane| match plane {
            Plane::Numbers(_, decoding) => Some(*decoding),
            Plane::Reflectance(_) => None,
        };
        let same = |known: &Tables| known.decodings.iter().copied().eq(tile.planes.iter().map(decoding));
        let at = match self.known.iter().position(same) {
            Some(at) => at,
            None if self.known.len() == MOST => return None,
            None => {
                self.known.push(Tables::new(trees, recipe, tile.planes.iter().map(decoding).collect()));
                self.known.len() - 1
            }
        };
        Some((&self.known[at], tile))
    }
}

impl Tables {
    fn new(trees: &SymmetricTrees, recipe: &Recipe, decodings: Vec<Option<Decoding>>) -> Self {
        let (mut bands, mut rest) = (Vec::new(), Vec::new());
        for (feature, kind) in recipe.kinds().enumerate() {
            let band = recipe.band_at_one_date(feature);
            let Some((band, decoding)) = band.and_then(|band| Some((band, decodings[band]?))) else {
                rest.push(feature);
                continue;
            };
            let bin = |number| trees.bin(feature, kind.encode(decoding.reflectance(number)));
            let mut table = Box::new([0; 1 << 16]);
            table.iter_mut().zip(0..=u16::MAX).for_each(|(own, number)| *own = bin(number));
            bands.push((feature, band, table));
        }
        Self { decodings, bands, rest: (recipe.select(&rest), rest) }
    }

    /// Fills in the bins of the features that are one band's reflectance, `[feature][pixel]` with `stride` bytes a feature.
    pub(super) fn fill(
        &self,
        trees: &SymmetricTrees,
        tile: &RawTile,
        pixels: Pixels<'_>,
        (bins, stride): (&mut [u8], usize),
    ) {
        let states = tile.states();
        let clear = match pixels {
            // Without an early end, this is vector code.
            Pixels::Run { first, count } => {
                states[first..first + count].iter().fold(true, |all, s| all & (*s == Validity::Clear))
            }
            Pixels::List(_) => false,
        };
        for (feature, band, table) in &self.bands {
            let Plane::Numbers(numbers, _) = &tile.planes[*band] else { continue };
            let missing = trees.bin(*feature, MISSING);
            let bin = |number: u16, state: Validity| {
                let found = table[usize::from(number)];
                if state == Validity::Clear { found } else { missing }
            };
            let out = &mut bins[feature * stride..][..pixels.count()];
            match pixels {
                Pixels::Run { first, count } => {
                    let (numbers, states) = (&numbers[first..first + count], &states[first..first + count]);
                    if clear {
                        out.iter_mut().zip(numbers).for_each(|(out, number)| *out = table[usize::from(*number)]);
                    } else {
                        let lanes = numbers.iter().zip(states);
                        out.iter_mut().zip(lanes).for_each(|(out, (number, state))| *out = bin(*number, *state));
                    }
                }
                Pixels::List(list) => {
                    let lanes = list.iter().map(|pixel| *pixel as usize);
                    out.iter_mut().zip(lanes).for_each(|(out, pixel)| *out = bin(numbers[pixel], states[pixel]));
                }
            }
        }
    }
}
