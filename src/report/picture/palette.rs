//! Colours that colour-blind people can tell apart.

/// Dark blue to yellow, ever lighter: nine evenly spaced colours of cividis (Nuñez, Anderton and Renslow 2018, "Optimizing
/// colormaps with consideration for color vision deficiency", doi:10.1371/journal.pone.0199239), by the polynomial of
/// d3-scale-chromatic's `interpolateCividis`.
const CIVIDIS: [[u8; 3]; 9] = [
    [0, 32, 81],
    [17, 54, 108],
    [60, 77, 110],
    [98, 100, 111],
    [127, 124, 117],
    [154, 148, 120],
    [187, 175, 113],
    [226, 203, 92],
    [253, 234, 69],
];

/// A colour of the ramp, `part` from 0 to 1.
pub fn cividis(part: f32) -> [u8; 3] {
    let at = part.clamp(0.0, 1.0) * (CIVIDIS.len() - 1) as f32;
    let first = (at.floor() as usize).min(CIVIDIS.len() - 2);
    let [a, b] = [CIVIDIS[first], CIVIDIS[first + 1]];
    let mix = |i: usize| (f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * (at - first as f32)).round() as u8;
    [mix(0), mix(1), mix(2)]
}

/// Colours of classes without a colour of their own: Okabe and Ito's set (<https://jfly.uni-koeln.de/color/>) without black.
pub const CLASSES: [[u8; 3]; 7] =
    [[230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167]];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_grows_lighter_all_the_way() {
        let light = |c: [u8; 3]| 0.2126 * f32::from(c[0]) + 0.7152 * f32::from(c[1]) + 0.0722 * f32::from(c[2]);
        let steps: Vec<f32> = (0..=100).map(|i| light(cividis(i as f32 / 100.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
        assert_eq!((cividis(0.0), cividis(1.0), cividis(0.5)), (CIVIDIS[0], CIVIDIS[8], CIVIDIS[4]));
    }
}
