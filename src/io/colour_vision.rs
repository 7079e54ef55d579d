//! How far apart two colours are to people who see all colours and to those who do not; for the tests of legends.

/// Full protanopia, deuteranopia and tritanopia on linear RGB: Machado, Oliveira and Fernandes 2009, table 1
/// (doi:10.1109/TVCG.2009.113).
const VISION: [[[f64; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

fn times(m: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

/// CIE 1976 L*a*b* of an sRGB colour as somebody sees it (white point D65).
fn lab(colour: [u8; 3], vision: &[[f64; 3]; 3]) -> [f64; 3] {
    let linear = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let seen = times(vision, linear).map(|c| c.clamp(0.0, 1.0));
    let to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
    let [x, y, z] = times(&to_xyz, seen);
    let root = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let [x, y, z] = [root(x / 0.9505), root(y), root(z / 1.089)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The difference of two colours (CIE 1976) to those who see it least. 2.3 is just noticeable.
pub(crate) fn apart(a: [u8; 3], b: [u8; 3]) -> f64 {
    let seen = |vision| {
        let pair = lab(a, vision).into_iter().zip(lab(b, vision));
        pair.map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt()
    };
    VISION.iter().map(seen).fold(f64::INFINITY, f64::min)
}
