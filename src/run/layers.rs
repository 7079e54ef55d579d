//! Names and colours of the rasters of a mapped year.

use crate::classify::model::Model;
use crate::io::write_cog::Layer;

/// Colours by what a class's name holds, else in order: Okabe and Ito's palette, which colour-blind people can tell apart.
const KNOWN: [(&str, [u8; 3]); 12] = [
    ("coca", [213, 0, 50]),
    ("primary", [0, 84, 48]),
    ("forest", [0, 114, 78]),
    ("regrowth", [120, 170, 90]),
    ("secondary", [120, 170, 90]),
    ("pasture", [240, 228, 66]),
    ("palm", [230, 159, 0]),
    ("bare", [160, 110, 70]),
    ("soil", [160, 110, 70]),
    ("burn", [90, 60, 50]),
    ("water", [0, 114, 178]),
    ("urban", [130, 130, 130]),
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
        ..layer("land cover class", "MODE")
    };
    let coca = Layer {
        categories: vec![(0, "not coca".to_owned()), (1, "coca".to_owned())],
        colours: vec![(0, [235, 235, 225, 255]), (1, [213, 0, 50, 255])],
        ..layer("coca: 1 coca, 0 not, 255 unobserved", "NEAREST")
    };
    let probability = layer("probability of coca in per cent, 255 unobserved", "AVERAGE");
    let observations = layer("number of clear observations, 254 that many or more", "NEAREST");
    let [a, b, c, d] = LAYERS;
    [(a, class), (b, coca), (c, probability), (d, observations)]
}

fn colour(name: &str, value: u8) -> [u8; 4] {
    let lower = name.to_lowercase();
    let known = KNOWN.iter().find(|(part, _)| lower.contains(part)).map(|(_, c)| *c);
    let [r, g, b] = known.unwrap_or(OTHERS[usize::from(value - 1) % OTHERS.len()]);
    [r, g, b, 255]
}
