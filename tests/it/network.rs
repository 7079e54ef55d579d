//! Networks in ONNX (feature `network`): made here by hand, so small that their outcomes are worked out beside them.

use std::path::Path;

use gdal::Dataset;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::small_project::{SIDE, SmallProject, Stack};

/// A field of a protobuf message.
enum Field<'a> {
    Number(u32, u64),
    Bytes(u32, &'a [u8]),
}
use Field::{Bytes, Number};

/// The bytes of a message; ONNX's messages and their numbers are in `onnx/onnx.proto`.
fn message(fields: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        match field {
            Number(tag, value) => {
                encode_key(*tag, WireType::Varint, &mut bytes);
                encode_varint(*value, &mut bytes);
            }
            Bytes(tag, content) => {
                encode_key(*tag, WireType::LengthDelimited, &mut bytes);
                encode_varint(content.len() as u64, &mut bytes);
                bytes.extend(*content);
            }
        }
    }
    bytes
}

/// A constant tensor of float32.
fn weights(name: &str, sizes: &[u64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut fields: Vec<Field<'_>> = sizes.iter().map(|size| Number(1, *size)).collect();
    fields.extend([Number(2, 1), Bytes(8, name.as_bytes()), Bytes(9, &raw)]);
    message(&fields)
}

/// An input or output of float32; 0: any size.
fn value(name: &str, sizes: &[u64]) -> Vec<u8> {
    let dimension = |size: &u64| if *size > 0 { message(&[Number(1, *size)]) } else { message(&[Bytes(2, b"n")]) };
    let dimensions: Vec<Vec<u8>> = sizes.iter().map(dimension).collect();
    let shape = message(&dimensions.iter().map(|d| Bytes(1, d)).collect::<Vec<_>>());
    let tensor = message(&[Bytes(1, &message(&[Number(1, 1), Bytes(2, &shape)]))]);
    message(&[Bytes(1, name.as_bytes()), Bytes(2, &tensor)])
}

fn node(kind: &str, inputs: &[&str], output: &str, ints: &[(&str, &[u64])]) -> Vec<u8> {
    let attribute = |(name, values): &(&str, &[u64])| {
        let mut fields = vec![Bytes(1, name.as_bytes()), Number(20, 7)];
        fields.extend(values.iter().map(|value| Number(8, *value)));
        message(&fields)
    };
    let attributes: Vec<Vec<u8>> = ints.iter().map(attribute).collect();
    let mut fields: Vec<Field<'_>> = inputs.iter().map(|input| Bytes(1, input.as_bytes())).collect();
    fields.extend([Bytes(2, output.as_bytes()), Bytes(4, kind.as_bytes())]);
    fields.extend(attributes.iter().map(|attribute| Bytes(5, attribute)));
    message(&fields)
}

/// An ONNX file of version 13's operators.
fn onnx(nodes: &[Vec<u8>], constants: &[Vec<u8>], input: &[u8], output: &[u8]) -> Vec<u8> {
    let mut fields: Vec<Field<'_>> = nodes.iter().map(|node| Bytes(1, node)).collect();
    fields.push(Bytes(2, b"g"));
    fields.extend(constants.iter().map(|constant| Bytes(5, constant)));
    fields.extend([Bytes(11, input), Bytes(12, output)]);
    message(&[Number(1, 8), Bytes(7, &message(&fields)), Bytes(8, &message(&[Bytes(1, b""), Number(2, 13)]))])
}

/// Weight of the red and the near infrared band, and what is added.
const WEIGHTS: [f32; 2] = [30.0, -20.0];
const BIAS: f32 = 4.45;

/// One score: the mean of a pixel's 3 x 3 neighbours in both bands, weighted; it sees zeros beyond the image.
fn neighbours() -> Vec<u8> {
    let kernel: Vec<f32> = WEIGHTS.iter().flat_map(|weight| [weight / 9.0; 9]).collect();
    let ways: [(&str, &[u64]); 2] = [("kernel_shape", &[3, 3]), ("pads", &[1, 1, 1, 1])];
    let constants = [weights("w", &[1, 2, 3, 3], &kernel), weights("b", &[1], &[BIAS])];
    onnx(
        &[node("Conv", &["x", "w", "b"], "y", &ways)],
        &constants,
        &value("x", &[0, 2, 0, 0]),
        &value("y", &[0, 1, 0, 0]),
    )
}

/// A score of each of two classes from one band on two dates: a . date 1 + b . date 2 + c.
fn two_dates() -> Vec<u8> {
    let constants = [weights("w", &[2, 2], &[0.0, 50.0, 0.0, -50.0]), weights("c", &[2], &[0.0, 0.25])];
    let nodes = [node("Flatten", &["x"], "flat", &[]), node("Gemm", &["flat", "w", "c"], "y", &[])];
    onnx(&nodes, &constants, &value("x", &[0, 1, 2]), &value("y", &[0, 2]))
}

/// A band of a raster.
fn band(path: &Path) -> Vec<u8> {
    let data = Dataset::open(path).unwrap();
    data.rasterband(1).unwrap().read_as::<u8>((0, 0), (SIDE, SIDE), (SIDE, SIDE), None).unwrap().data().to_vec()
}

/// Imports a network into a project that then maps with it.
fn project_with(network: &[u8], features: &str, outputs: &str) -> SmallProject {
    let mut project = SmallProject::new();
    project.write("net.onnx", network);
    let names = ["model", "import", "net.onnx", "--features", features, "--classes", outputs, "-o", "model.cocal"];
    let done = project.call(&names);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    project.change("samples = \"training.geojson\"", "model = \"model.cocal\"");
    project
}

/// Reflectance of a pixel; 0 beyond the scene.
fn reflectance(scene: &Stack<u16>, band: usize, row: isize, col: isize) -> f64 {
    let inside = |at: isize| usize::try_from(at).ok().filter(|at| *at < SIDE);
    let at = inside(row).zip(inside(col)).map(|(row, col)| row * SIDE + col);
    at.map_or(0.0, |at| f64::from(scene.values[band][at]) / 1e4)
}

#[test]
fn an_image_network_maps_what_its_convolution_gives() {
    let project = project_with(&neighbours(), "red,nir", "other,coca");
    let shown = String::from_utf8(project.call(&["model", "show", "model.cocal"]).stdout).unwrap();
    assert!(shown.contains("network, over images of 320 x 320 pixels, made by ONNX"), "{shown}");
    project.runs();
    let (class, percent) =
        (band(&project.path("out/mask/class_2024.tif")), band(&project.path("out/mask/probability_2024.tif")));
    let scene = Stack::good();
    let mut coca = 0;
    for at in 0..SIDE * SIDE {
        let (row, col) = ((at / SIDE) as isize, (at % SIDE) as isize);
        let mean = |band| {
            let around = (-1..=1).flat_map(|down| (-1..=1).map(move |right| (row + down, col + right)));
            around.map(|(row, col)| reflectance(&scene, band, row, col)).sum::<f64>() / 9.0
        };
        let score = f64::from(WEIGHTS[0]) * mean(1) + f64::from(WEIGHTS[1]) * mean(2) + f64::from(BIAS);
        let p = 1.0 / (1.0 + (-score).exp());
        assert!(score.abs() > 1e-4, "the test must not sit on the border");
        assert_eq!(class[at], if score > 0.0 { 2 } else { 1 }, "row {row}, column {col}: {score}");
        assert!((f64::from(percent[at]) - 100.0 * p).abs() < 0.501, "row {row}, column {col}: {} of {p}", percent[at]);
        coca += usize::from(score > 0.0);
    }
    assert!((300..1_300).contains(&coca), "{coca} of 1,600: one class says nothing of the other");
}

#[test]
fn a_series_network_sees_each_date() {
    let project = project_with(&two_dates(), "nir", "forest,coca");
    // On the second date the near infrared changes by column.
    let mut second = Stack::good();
    for (at, value) in second.values[2].iter_mut().enumerate() {
        *value = *value + 395 - 20 * (at % SIDE) as u16;
    }
    second.write(&project.path("tiles/scene_2024-08-01.tif"));
    project.runs();
    let class = band(&project.path("out/mask/class_2024.tif"));
    let first = Stack::good();
    let (mut coca, nir) = (0, |scene: &Stack<u16>, at: usize| f64::from(scene.values[2][at]) / 1e4);
    for (at, class) in class.iter().enumerate() {
        let score = 50.0 * nir(&first, at) - 50.0 * nir(&second, at) + 0.25;
        assert!(score.abs() > 1e-4, "the test must not sit on the border");
        assert_eq!(*class, if score > 0.0 { 2 } else { 1 }, "pixel {at}: {score}");
        coca += usize::from(score > 0.0);
    }
    assert!((300..1_300).contains(&coca), "{coca} of 1,600: one class says nothing of the other");
    // A network of two dates is not given one.
    std::fs::remove_file(project.path("tiles/scene_2024-08-01.tif")).unwrap();
    project.fails(&["takes 2 dates", "2024", "1"]);
}

#[test]
fn what_is_no_network_for_pixels_is_refused() {
    let project = SmallProject::new();
    project.write("net.onnx", two_dates());
    let import = ["model", "import", "net.onnx", "-o", "model.cocal"];
    project.fails_at(&import, &["net.onnx (ONNX)", "name its bands with --features"]);
    project.fails_at(&[&import[..], &["--features", "ndvi"]].concat(), &["'ndvi' is no band"]);
    project.fails_at(
        &[&import[..], &["--features", "nir", "--classes", "a,b,c"]].concat(),
        &["3 names of classes", "has 2"],
    );
}
