//! Bands to colours.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis};

use super::stretch::Stretch;
use super::{NOTHING, Picture, Rgba, Sight, VEIL, palette};

/// Values of bands and what could be seen, on the grid of a picture. Where nothing was seen the values are NaN.
#[derive(Clone, Debug)]
pub struct View {
    /// `[band, row, col]`.
    pub values: Array3<f32>,
    /// `[row, col]`.
    pub sight: Array2<Sight>,
}

impl View {
    /// Nothing, with so many bands, rows and columns.
    pub fn blank(bands: usize, rows: usize, cols: usize) -> Self {
        Self {
            values: Array3::from_elem((bands, rows, cols), f32::NAN),
            sight: Array2::from_elem((rows, cols), Sight::Nothing),
        }
    }

    /// Lays another view of the same pixels under this one: what is clear stays, then what is clear in the other.
    pub fn lay_under(&mut self, other: &Self) {
        for ((row, col), new) in other.sight.indexed_iter() {
            let own = &mut self.sight[[row, col]];
            let better = match (*own, new) {
                (Sight::Clear, _) | (_, Sight::Nothing) => false,
                (Sight::Hidden, new) => *new == Sight::Clear,
                (Sight::Nothing, _) => true,
            };
            if better {
                *own = *new;
                for band in 0..self.values.dim().0 {
                    self.values[[band, row, col]] = other.values[[band, row, col]];
                }
            }
        }
    }

    /// The stretch of each band over all clear pixels; `None` where none is clear.
    pub fn stretches(&self, percentiles: (f64, f64)) -> Option<Vec<Stretch>> {
        let of = |band: ArrayView2<'_, f32>| {
            let clear = band.iter().zip(&self.sight).filter(|(_, sight)| **sight == Sight::Clear);
            Stretch::of(&mut clear.map(|(value, _)| *value).collect(), percentiles)
        };
        self.values.outer_iter().map(of).collect()
    }
}

/// Three bands as red, green and blue, or one as grey.
pub fn compose(view: &View, stretches: &[Stretch]) -> Picture {
    let channels: Vec<usize> = match view.values.dim().0 {
        1 | 2 => vec![0; 3],
        _ => vec![0, 1, 2],
    };
    let colour = |row: usize, col: usize| -> Rgba {
        let channel = |at: usize| {
            let band = channels[at];
            stretches.get(band).map_or(128, |s| s.byte(view.values[[band, row, col]]))
        };
        [channel(0), channel(1), channel(2), 255]
    };
    draw(view.sight.view(), colour)
}

/// One band by a ramp that colour-blind people can read, from dark (the stretch's low end) to light.
pub fn ramp(view: &View, stretch: Stretch) -> Picture {
    let band: ArrayView3<'_, f32> = view.values.view();
    let values = band.index_axis(Axis(0), 0);
    draw(view.sight.view(), |row, col| {
        let [r, g, b] = palette::cividis(stretch.part(values[[row, col]]));
        [r, g, b, 255]
    })
}

fn draw(sight: ArrayView2<'_, Sight>, clear: impl Fn(usize, usize) -> Rgba) -> Picture {
    Array2::from_shape_fn(sight.dim(), |(row, col)| match sight[[row, col]] {
        Sight::Clear => clear(row, col),
        Sight::Hidden => VEIL,
        Sight::Nothing => NOTHING,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sight::{Clear as C, Hidden as H, Nothing as N};
    use ndarray::array;

    #[test]
    fn bands_become_red_green_and_blue_where_clear() {
        let values = array![[[0.0, 1.0, 9.0]], [[2.0, 0.0, 9.0]], [[0.0, 3.0, 9.0]]];
        let view = View { values, sight: array![[C, C, H]] };
        let stretches = view.stretches((0.0, 100.0)).unwrap();
        assert_eq!(compose(&view, &stretches), array![[[0, 255, 0, 255], [255, 0, 255, 255], VEIL]]);
        let grey = View { values: array![[[0.0, 1.0, 4.0]]], sight: array![[C, N, C]] };
        let stretches = grey.stretches((0.0, 100.0)).unwrap();
        assert_eq!(compose(&grey, &stretches), array![[[0, 0, 0, 255], NOTHING, [255, 255, 255, 255]]]);
    }

    #[test]
    fn the_first_clear_view_is_on_top() {
        let view = |value: f32, sight| View { values: Array3::from_elem((1, 1, 4), value), sight };
        let mut top = view(1.0, array![[C, H, H, N]]);
        top.lay_under(&view(2.0, array![[C, C, N, H]]));
        assert_eq!(top.sight, array![[C, C, H, H]]);
        assert_eq!(top.values, array![[[1.0, 2.0, 1.0, 2.0]]]);
    }
}
