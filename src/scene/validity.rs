//! Whether a pixel was observed, and if not, why. Unobserved never becomes zero.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// The state of one pixel of one scene. Only [`Validity::Clear`] is an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Validity {
    /// Observed.
    Clear = 0,
    /// The scene's raster does not reach this pixel.
    OutsideScene = 1,
    /// The raster reaches it but holds nodata, NaN or an infinite value.
    #[serde(rename = "nodata")]
    NoData = 2,
    /// A gap of the Landsat 7 scan-line corrector (failed on 31 May 2003).
    SlcGap = 3,
    /// Cloud.
    Cloud = 4,
    /// Cloud shadow.
    CloudShadow = 5,
    /// Thin cirrus.
    Cirrus = 6,
    /// Snow or ice.
    Snow = 7,
    /// The detector was saturated or the pixel is marked defective.
    Saturated = 8,
    /// Within the dilation distance of a cloud or a shadow.
    NearCloud = 9,
}

impl Validity {
    /// Every state, in order of its number.
    pub const ALL: [Self; 10] = [
        Self::Clear,
        Self::OutsideScene,
        Self::NoData,
        Self::SlcGap,
        Self::Cloud,
        Self::CloudShadow,
        Self::Cirrus,
        Self::Snow,
        Self::Saturated,
        Self::NearCloud,
    ];

    /// Whether the ground was seen.
    pub fn is_observed(self) -> bool {
        self == Self::Clear
    }

    /// The name used in outputs: `clear`, `cloud_shadow`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::OutsideScene => "outside_scene",
            Self::NoData => "nodata",
            Self::SlcGap => "slc_gap",
            Self::Cloud => "cloud",
            Self::CloudShadow => "cloud_shadow",
            Self::Cirrus => "cirrus",
            Self::Snow => "snow",
            Self::Saturated => "saturated",
            Self::NearCloud => "near_cloud",
        }
    }
}

/// Marks clear pixels within `radius` pixels (Chebyshev distance) of cloud or cloud shadow as [`Validity::NearCloud`].
///
/// The window needs a halo of `radius` pixels for the result to be the same wherever windows are cut.
pub fn dilate_clouds(validity: ArrayView2<'_, Validity>, radius: usize) -> Array2<Validity> {
    let mut out = validity.to_owned();
    if radius == 0 {
        return out;
    }
    let is_cloud = |v: &Validity| matches!(v, Validity::Cloud | Validity::CloudShadow);
    let near = dilate(validity.map(is_cloud).view(), radius);
    for (v, near) in out.iter_mut().zip(&near) {
        if v.is_observed() && *near {
            *v = Validity::NearCloud;
        }
    }
    out
}

/// True where a true pixel lies within `radius` pixels (Chebyshev distance).
pub fn dilate(on: ArrayView2<'_, bool>, radius: usize) -> Array2<bool> {
    // A square window is separable: first along rows, then along columns.
    let along_rows = spread(on, radius);
    spread(along_rows.t(), radius).reversed_axes()
}

/// True where a true pixel lies within `radius` columns in the same row.
fn spread(on: ArrayView2<'_, bool>, radius: usize) -> Array2<bool> {
    let (rows, cols) = on.dim();
    let mut out = Array2::from_elem((rows, cols), false);
    for row in 0..rows {
        let mut filled_to = 0;
        for col in 0..cols {
            if on[[row, col]] {
                let from = col.saturating_sub(radius).max(filled_to);
                let to = (col + radius + 1).min(cols);
                for c in from..to {
                    out[[row, c]] = true;
                }
                filled_to = to;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Validity::{Clear as C, Cloud as K, NearCloud as N, NoData as D};
    use ndarray::array;

    #[test]
    fn dilation_marks_neighbours_and_keeps_reasons() {
        let v = array![[C, C, C, C], [D, K, C, C], [C, C, C, C], [C, C, C, C]];
        let out = dilate_clouds(v.view(), 1);
        assert_eq!(out, array![[N, N, N, C], [D, K, N, C], [N, N, N, C], [C, C, C, C]]);
    }
}
