//! Names and colours of the rasters of a mapped year.

use crate::classify::model::Model;
use crate::io::cog::Layer;
use crate::io::cog::tiles::Overview;

/// Colour of coca.
const COCA: [u8; 3] = [175, 57, 0];

/// Colours by what a class's name holds, else in order. Any two of the first are told apart by colour-blind people too: see the
/// test.
const KNOWN: [(&str, [u8; 3]); 12] = [
    ("coca", COCA),
    ("primary", [0, 36, 3]),
    ("forest", [0, 36, 3]),
    ("regrowth", [108, 216, 141]),
    ("secondary", [108, 216, 141]),
    ("pasture", [255, 255, 21]),
    ("palm", [220, 176, 56]),
    ("bare", [151, 80, 94]),
    ("soil", [151, 80, 94]),
    ("burn", [66, 23, 73]),
    ("water", [0, 89, 179]),
    ("urban", [167, 157, 206]),
];
const OTHERS: [[u8; 3]; 6] =
    [[86, 180, 233], [204, 121, 167], [0, 158, 115], [230, 159, 0], [240, 228, 66], [150, 150, 150]];

/// Names of the layers, the first part of their file names.
pub const LAYERS: [&str; 4] = ["class", "coca", "probability", "observations"];

/// The four layers of a mapped year or scene: class, coca, probability, observations.
pub fn layers(model: &Model, year: Option<i16>, label: &str) -> [(&'static str, Layer); 4] {
    let mut metadata = vec![
        ("TIFFTAG_SOFTWARE".to_owned(), format!("cocal {}", env!("CARGO_PKG_VERSION"))),
        (
            "TIFFTAG_IMAGEDESCRIPTION".to_owned(),
            format!("{label}; land cover as seen, not offences: some coca is lawful"),
        ),
    ];
    if let Some(year) = year {
        metadata.push(("COCAL_YEAR".to_owned(), year.to_string()));
    }
    let numbered = || (1..=u8::MAX).zip(&model.classes);
    let layer = |description: &str, overviews| Layer {
        description: description.to_owned(),
        overviews,
        metadata: metadata.clone(),
        ..Layer::default()
    };
    let class = Layer {
        categories: numbered().map(|(value, name)| (value, name.clone())).collect(),
        colours: numbered().map(|(value, name)| (value, colour(name, value))).collect(),
        ..layer("land cover class", Overview::Mode)
    };
    let coca = Layer {
        categories: vec![(0, "not coca".to_owned()), (1, "coca".to_owned())],
        colours: vec![(0, [235, 235, 225, 255]), (1, [COCA[0], COCA[1], COCA[2], 255])],
        ..layer("coca: 1 coca, 0 not, 255 unobserved", Overview::Nearest)
    };
    let probability = layer("probability of coca in per cent, 255 unobserved", Overview::Average);
    let observations = layer("number of clear observations, 254 that many or more", Overview::Nearest);
    let [a, b, c, d] = LAYERS;
    [(a, class), (b, coca), (c, probability), (d, observations)]
}

fn colour(name: &str, value: u8) -> [u8; 4] {
    let lower = name.to_lowercase();
    let known = KNOWN.iter().find(|(part, _)| lower.contains(part)).map(|(_, c)| *c);
    let [r, g, b] = known.unwrap_or(OTHERS[usize::from(value - 1) % OTHERS.len()]);
    [r, g, b, 255]
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// A difference of 2.3 is just noticeable; legends need far more.
    #[test]
    fn colour_blind_people_can_tell_the_classes_apart() {
        let mut colours = KNOWN.map(|(_, colour)| colour).to_vec();
        colours.dedup();
        assert_eq!(colours.len(), 9);
        for (i, a) in colours.iter().enumerate() {
            for (b, vision) in colours[..i].iter().flat_map(|b| VISION.iter().map(move |v| (b, v))) {
                let pair = lab(*a, vision).into_iter().zip(lab(*b, vision));
                let apart = pair.map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
                assert!(apart > 30.0, "{a:?} and {b:?} are {apart} apart");
            }
        }
    }
}
