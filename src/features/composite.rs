//! Composites: one value per pixel and band from the clear observations of a year.

use ndarray::{Array2, Array3};

use super::temporal;
use crate::scene::Tile;

/// How the clear observations of a pixel become one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The middle value, or the mean of the two in the middle.
    Median,
    /// Arithmetic mean.
    Mean,
    /// Smallest.
    Minimum,
    /// Largest.
    Maximum,
    /// Percentile, 0 to 100, type 7 of Hyndman and Fan 1996.
    Percentile(f32),
}

impl Statistic {
    fn of(self, sorted: &[f32]) -> f32 {
        match self {
            Self::Median => temporal::median(sorted),
            Self::Mean => sorted.iter().map(|v| f64::from(*v)).sum::<f64>() as f32 / sorted.len() as f32,
            Self::Minimum => sorted[0],
            Self::Maximum => sorted[sorted.len() - 1],
            Self::Percentile(p) => temporal::percentile(sorted, p),
        }
    }
}

/// A composite, and how many clear observations stand behind each pixel.
#[derive(Clone, Debug)]
pub struct Composite {
    /// `[band, row, col]`; NaN where `observations` is 0.
    pub values: Array3<f32>,
    /// Number of clear observations, `[row, col]`.
    pub observations: Array2<u16>,
}

/// The composite of tiles of one window, all with the same bands. `None` when there is no tile.
pub fn composite(tiles: &[Tile], statistic: Statistic) -> Option<Composite> {
    let first = tiles.first()?;
    let (bands, rows, cols) = first.values.dim();
    let observations = observations(tiles, rows, cols);
    let mut values = Array3::from_elem((bands, rows, cols), f32::NAN);
    let mut clear = Vec::with_capacity(tiles.len());
    for ((band, row, col), out) in values.indexed_iter_mut() {
        clear.clear();
        let observed = tiles.iter().filter(|t| t.validity[[row, col]].is_observed());
        clear.extend(observed.map(|t| t.values[[band, row, col]]));
        if !clear.is_empty() {
            temporal::sort(&mut clear);
            *out = statistic.of(&clear);
        }
    }
    Some(Composite { values, observations })
}

/// Number of clear observations of each pixel, `[row, col]`.
pub fn observations(tiles: &[Tile], rows: usize, cols: usize) -> Array2<u16> {
    let mut out = Array2::zeros((rows, cols));
    for tile in tiles {
        out.zip_mut_with(&tile.validity, |n: &mut u16, v| *n += u16::from(v.is_observed()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Band, Validity, Window};
    use ndarray::{arr2, arr3};

    fn tile(values: [[f32; 2]; 2], validity: [[Validity; 2]; 2]) -> Tile {
        Tile {
            window: Window { row0: 0, col0: 0, rows: 2, cols: 2 },
            bands: vec![Band::new("red")],
            values: arr3(&[values]),
            validity: arr2(&validity),
        }
    }

    #[test]
    fn only_clear_observations_count() {
        use Validity::{Clear as C, Cloud as K};
        let tiles =
            [tile([[1.0, 2.0], [3.0, 4.0]], [[C, C], [K, K]]), tile([[3.0, 9.0], [5.0, 6.0]], [[C, K], [C, K]])];
        let median = composite(&tiles, Statistic::Median).unwrap();
        assert_eq!(median.observations, arr2(&[[2, 1], [1, 0]]));
        assert_eq!(median.values[[0, 0, 0]], 2.0);
        assert_eq!(median.values[[0, 0, 1]], 2.0);
        assert_eq!(median.values[[0, 1, 0]], 5.0);
        assert!(median.values[[0, 1, 1]].is_nan());
    }
}
