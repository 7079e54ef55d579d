//! Names and colours of the rasters of a mapped year.

use crate::classify::model::Model;
use crate::io::cog::Layer;
use crate::io::cog::tiles::Overview;
use crate::io::map_layer::legend::{RISING, SEEN};

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
    let probability = Layer {
        ramp: ramp(&[0, 25, 50, 75, 100], &RISING),
        unit: Some("%"),
        ..layer("probability of coca in per cent, 255 unobserved", Overview::Average)
    };
    let observations = Layer {
        ramp: ramp(&[0, 2, 5, 10, 20], &SEEN),
        ..layer("number of clear observations, 254 that many or more", Overview::Nearest)
    };
    let [a, b, c, d] = LAYERS;
    [(a, class), (b, coca), (c, probability), (d, observations)]
}

fn ramp(values: &[u8], colours: &[[u8; 3]]) -> Vec<(u8, [u8; 4])> {
    values.iter().zip(colours).map(|(value, [r, g, b])| (*value, [*r, *g, *b, 255])).collect()
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
    use crate::io::colour_vision::apart;

    /// A difference of 2.3 is just noticeable; legends need far more.
    #[test]
    fn colour_blind_people_can_tell_the_classes_apart() {
        let mut colours = KNOWN.map(|(_, colour)| colour).to_vec();
        colours.dedup();
        assert_eq!(colours.len(), 9);
        for (i, a) in colours.iter().enumerate() {
            for b in &colours[..i] {
                assert!(apart(*a, *b) > 30.0, "{a:?} and {b:?} are {} apart", apart(*a, *b));
            }
        }
    }
}
