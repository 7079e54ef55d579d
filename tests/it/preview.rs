//! `cocal preview` and the small pictures of the report, pixel by pixel.

mod placed;
mod run_folder;
mod small;

use std::path::{Path, PathBuf};
use std::process::Output;

use cocal::report::picture::mask::COCA_OVER_IMAGERY;
use cocal::report::picture::{HATCH, VEIL};
use gdal::Metadata;
use gdal::raster::{ColorEntry, ColorTable, PaletteInterpretation};
use tempfile::TempDir;

use crate::data::{cocal, real_data};
use crate::scenes::build::Made;

/// Colours of a PNG file, row by row, and its number of columns.
pub fn pixels(bytes: &[u8]) -> (Vec<[u8; 4]>, usize) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut data).unwrap();
    let text = &reader.info().uncompressed_latin1_text;
    assert!(text.is_empty() && reader.info().utf8_text.is_empty() && reader.info().exif_metadata.is_none());
    (data.chunks(4).map(|c| c.try_into().unwrap()).collect(), reader.info().width as usize)
}

/// A folder with rasters.
struct Case(TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A stack of 16 bits with 4 columns, 0 is no data.
    fn stack(&self, name: &str, names: &[&str], values: &[[u16; 16]]) -> PathBuf {
        let path = self.path(name);
        let values = values.iter().map(|band| band.to_vec()).collect();
        let made = Made { names, rows: 4, cols: 4, pixel: 10.0, values, nodata: Some(0.0) };
        made.tif(&path).close().unwrap();
        path
    }

    /// A mask of 4 columns over a stack: 255 is not observed.
    fn mask(&self, name: &str, values: [u8; 16]) -> PathBuf {
        let path = self.path(name);
        let made = Made {
            names: &["coca"],
            rows: 4,
            cols: 4,
            pixel: 10.0,
            values: vec![values.to_vec()],
            nodata: Some(255.0),
        };
        made.tif(&path).close().unwrap();
        path
    }

    fn call(&self, arguments: &[&str]) -> Output {
        cocal().current_dir(self.0.path()).arg("preview").args(arguments).output().unwrap()
    }

    /// The picture that a call makes.
    fn draw(&self, arguments: &[&str]) -> (Vec<[u8; 4]>, usize) {
        let done = self.call(&[arguments, &["-o", "p.png"]].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        pixels(&std::fs::read(self.path("p.png")).unwrap())
    }

    /// A call that ends with a code and these words, and writes nothing.
    fn fails(&self, code: i32, arguments: &[&str], words: &[&str]) {
        let count = || std::fs::read_dir(self.0.path()).unwrap().count();
        let before = count();
        let done = self.call(arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{said}");
        words.iter().for_each(|word| assert!(said.contains(word), "'{word}' is not in: {said}"));
        assert!(!said.contains("panicked") && count() == before, "{said}");
    }
}

const RAMP: [u16; 16] = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400, 1500];

#[test]
fn a_composite_has_the_bytes_of_its_stretch() {
    let case = Case::new();
    let falling = std::array::from_fn(|i| if i == 0 { 0 } else { 1600 - RAMP[i] });
    case.stack("s.tif", &["green", "red", "nir"], &[[5000; 16], falling, RAMP]);
    let (picture, cols) = case.draw(&["s.tif", "--percentile", "0,100"]);
    assert_eq!(cols, 4);
    // Near infrared, red, green. The flat band is middle grey, pixel 0 is no data.
    let byte = |part: f64| (part * 255.0).round() as u8;
    let expected: Vec<[u8; 4]> =
        (1..16).map(|i| f64::from(i - 1) / 14.0).map(|part| [byte(part), byte(1.0 - part), 128, 255]).collect();
    assert_eq!(picture[0], [0; 4], "no data is transparent");
    assert_eq!(picture[1..], expected[..]);

    // numpy.percentile(range(100, 1600, 100), [4, 98]) is [156, 1472].
    let (default, _) = case.draw(&["s.tif", "--bands", "nir", "--percentile", "4,98"]);
    let grey = |value: u16| byte(((f64::from(value) - 156.0) / 1316.0).clamp(0.0, 1.0));
    let expected: Vec<[u8; 4]> = RAMP[1..].iter().map(|v| [grey(*v), grey(*v), grey(*v), 255]).collect();
    assert_eq!(default[1..], expected[..]);
}

#[test]
fn bands_have_names_product_names_and_numbers() {
    let case = Case::new();
    let flat = |v: u16| [v; 16];
    let steps = std::array::from_fn(|i| if i < 8 { 1000 } else { 3000 });
    case.stack("s.tif", &["B2", "B3", "B4", "B8A"], &[flat(900), flat(800), steps, flat(2000)]);
    let red_first = case.draw(&["s.tif", "--bands", "red,green,blue"]);
    assert_eq!((red_first.0[0], red_first.0[15]), ([0, 128, 128, 255], [255, 128, 128, 255]));
    for same in ["3,2,1", "b4,B3,blue", "RED,green,1"] {
        assert_eq!(case.draw(&["s.tif", "--bands", same]), red_first, "{same}");
    }
    // Without a broad near infrared the narrow one is taken: it is also what `nir` means then.
    assert_eq!(case.draw(&["s.tif"]), case.draw(&["s.tif", "--bands", "nir,red,green"]));
    case.fails(
        1,
        &["s.tif", "--bands", "red,swir1,9", "-o", "x.png"],
        &["no band swir1, 9", "3 red (B4)", "1 blue (B2)"],
    );
    case.fails(2, &["s.tif", "--bands", "red,green", "-o", "x.png"], &["2 bands", "three"]);
}

#[test]
fn cloud_is_hatched_and_does_not_stretch_the_ground() {
    let case = Case::new();
    // Bright clouds in the last row; codes 9 (cloud), 3 (shadow), 4 (vegetation).
    let band = std::array::from_fn(|i| if i < 12 { 1000 + i as u16 } else { 9000 });
    let codes = std::array::from_fn(|i| {
        if i < 12 {
            4
        } else if i == 15 {
            3
        } else {
            9
        }
    });
    case.stack("s.tif", &["B3", "B4", "B8", "B12", "SCL"], &[band, band, band, band, codes]);
    let (picture, _) = case.draw(&["s.tif", "--percentile", "0,100"]);
    assert_eq!((picture[0], picture[11]), ([0, 0, 0, 255], [255, 255, 255, 255]));
    assert_eq!(picture[12..], [VEIL, VEIL, VEIL, HATCH], "a line runs where row and column add up to 6");
    let said = case.call(&["s.tif", "-o", "p.png", "--json", "--percentile", "0,100"]);
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["bands"], serde_json::json!(["nir", "red", "green"]));
    assert!((said["black_and_white"][0][1].as_f64().unwrap() - 0.1011).abs() < 1e-6, "{said}");
}

#[test]
fn a_mask_lies_over_imagery_with_its_outline() {
    let case = Case::new();
    case.stack("s.tif", &["red"], &[[700; 16]]);
    let mut mask = [1; 16];
    // The upper right pixel is not coca, the lower left one was not observed.
    (mask[3], mask[12]) = (0, 255);
    case.mask("m.tif", mask);
    let (picture, _) = case.draw(&["s.tif", "--mask", "m.tif"]);
    let [r, g, b] = COCA_OVER_IMAGERY;
    let (line, inside) = ([r, g, b, 255], [179, 171, 77, 255]);
    assert_eq!(picture[3], [128, 128, 128, 255]);
    assert_eq!([picture[2], picture[7], picture[8], picture[13]], [line; 4]);
    assert_eq!([picture[0], picture[5], picture[15]], [inside; 3], "0.6 of 128 and 0.4 of the colour");
    assert_eq!(picture[12], VEIL);
    let far = case.path("far.tif");
    let values = vec![vec![1_u8; 4]];
    let mut made = Made { names: &["coca"], rows: 2, cols: 2, pixel: 10.0, values, nodata: None }.tif(&far);
    made.set_geo_transform(&[0.0, 10.0, 0.0, 10.0, 0.0, -10.0]).unwrap();
    made.close().unwrap();
    let done = case.call(&["s.tif", "--mask", "far.tif", "-o", "p.png"]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("does not reach the scene"), "{done:?}");
}

#[test]
fn codes_have_their_own_colours_and_no_data_is_transparent() {
    let case = Case::new();
    let path = case.mask("c.tif", std::array::from_fn(|i| [0, 1, 1, 255][i % 4]));
    let dataset = gdal::Dataset::open_ex(
        &path,
        gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() },
    )
    .unwrap();
    let mut table = ColorTable::new(PaletteInterpretation::Rgba);
    table.set_color_entry(0, &ColorEntry::rgba(10, 20, 30, 255));
    table.set_color_entry(1, &ColorEntry::rgba(200, 0, 50, 255));
    dataset.rasterband(1).unwrap().set_color_table(&table);
    dataset.close().unwrap();
    let (picture, _) = case.draw(&["c.tif"]);
    assert_eq!(picture[..4], [[10, 20, 30, 255], [200, 0, 50, 255], [200, 0, 50, 255], [0; 4]]);
    // Half the size: three quarters of looks decide.
    let (half, cols) = case.draw(&["c.tif", "--size", "2"]);
    assert_eq!((cols, half[0], half[1]), (2, [10, 20, 30, 255], [200, 0, 50, 255]));
    case.fails(1, &["c.tif", "--bands", "1", "-o", "x.png"], &["raster of codes", "--bands"]);

    let chance = case.mask("p.tif", std::array::from_fn(|i| [0, 50, 100, 255][i % 4]));
    let update = gdal::GdalOpenFlags::GDAL_OF_UPDATE;
    let dataset =
        gdal::Dataset::open_ex(&chance, gdal::DatasetOptions { open_flags: update, ..Default::default() }).unwrap();
    dataset.rasterband(1).unwrap().set_description("probability of coca in per cent, 255 unobserved").unwrap();
    dataset.close().unwrap();
    let (picture, _) = case.draw(&["p.tif"]);
    assert_eq!(picture[..4], [[0, 32, 81, 255], [127, 124, 117, 255], [253, 234, 69, 255], [0; 4]]);
}

#[test]
fn a_large_raster_is_drawn_small_and_the_same_for_any_threads() {
    let case = Case::new();
    let (rows, cols) = (900, 1300);
    let noise = |seed: usize| crate::scenes::build::speckle(seed, rows * cols);
    let values = vec![noise(1), noise(2), noise(3)];
    let made = Made { names: &["green", "red", "nir"], rows, cols, pixel: 10.0, values, nodata: None };
    made.tif(&case.path("s.tif")).close().unwrap();
    let bytes = |threads: &str, size: &str| {
        let done = case.call(&["s.tif", "--threads", threads, "--size", size, "-o", "p.png"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(case.path("p.png")).unwrap()
    };
    let one = bytes("1", "650");
    assert_eq!(one, bytes("3", "650"));
    assert_eq!((pixels(&one).1, pixels(&one).0.len()), (650, 650 * 450));
    assert_eq!(bytes("1", "100"), bytes("3", "100"));
    // Constant halves stay what they are at a size that does not divide theirs.
    let halves: Vec<u16> = (0..rows * cols).map(|i| if i % cols < cols / 2 { 100 } else { 900 }).collect();
    let made = Made { names: &["red"], rows, cols, pixel: 10.0, values: vec![halves], nodata: None };
    made.tif(&case.path("h.tif")).close().unwrap();
    let (picture, cols) = case.draw(&["h.tif", "--size", "77"]);
    assert_eq!((cols, picture.len() / cols), (77, 53));
    for row in picture.chunks(cols) {
        assert!(row[..38].iter().all(|p| p[0] == 0) && row[39..].iter().all(|p| p[0] == 255), "{row:?}");
    }
}

#[test]
fn wrong_calls_say_what_is_wrong() {
    let case = Case::new();
    case.stack("s.tif", &["red"], &[[700; 16]]);
    std::fs::create_dir(case.path("empty")).unwrap();
    case.fails(2, &["s.tif", "-o", "p.jpg"], &["ends in .png"]);
    case.fails(2, &["s.tif", "--year", "2024", "-o", "p.png"], &["--year", "no run.json"]);
    case.fails(2, &["s.tif", "--cell", "500m", "-o", "p.png"], &["finer than 1 km"]);
    case.fails(2, &["s.tif", "--percentile", "98,2", "-o", "p.png"], &["percentiles"]);
    case.fails(2, &["s.tif", "--size", "0", "-o", "p.png"], &["--size"]);
    case.fails(1, &["s.tif", "--cell", "1km", "-o", "p.png"], &["--mask MASK.tif"]);
    case.fails(1, &["gone.tif", "-o", "p.png"], &["gone.tif"]);
    case.fails(1, &["s.tif", "--mask", "gone.tif", "-o", "p.png"], &["gone.tif"]);
    case.fails(1, &["empty", "-o", "p.png"], &["neither the folder of a run (no run.json) nor a product"]);
    case.fails(1, &["s.tif", "-o", "nowhere/p.png"], &["nowhere"]);
    // A raster may be called anything: the picture does not take its place.
    std::fs::copy(case.path("s.tif"), case.path("s.png")).unwrap();
    let before = std::fs::read(case.path("s.png")).unwrap();
    case.fails(1, &["s.png", "-o", "s.png"], &["is an input"]);
    assert_eq!(before, std::fs::read(case.path("s.png")).unwrap());
}

/// Parts of a picture: transparent, hatched or veiled, and seen.
fn parts(picture: &[[u8; 4]]) -> [f64; 3] {
    let part = |of: &dyn Fn(&[u8; 4]) -> bool| picture.iter().filter(|p| of(p)).count() as f64 / picture.len() as f64;
    let hidden = |p: &[u8; 4]| *p == VEIL || *p == HATCH;
    [part(&|p| p[3] == 0), part(&hidden), part(&|p| p[3] == 255 && !hidden(p))]
}

#[test]
fn real_sentinel_2_and_landsat_scenes_are_drawn() {
    let case = Case::new();
    let draw = |path: &Path, more: &[&str]| case.draw(&[&[path.to_str().unwrap()], more].concat());
    if let Some(path) = real_data("imagery/rstoolbox_para_brazil/sen2_L2A_12band_uint16_x10000_utm21s_nearest.tif") {
        let (picture, cols) = draw(&path, &[]);
        assert_eq!((cols, picture.len()), (247, 247 * 235));
        assert!(parts(&picture)[2] > 0.97, "{:?}", parts(&picture));
        // Forest is red with the near infrared as red.
        let red = picture.iter().filter(|p| p[0] > p[1] && p[0] > p[2]).count();
        assert!(red * 2 > picture.len(), "{red}");
        let (small, cols) = draw(&path, &["--size", "64"]);
        assert_eq!((cols, small.len()), (64, 64 * 61));
    }
    if let Some(path) = real_data("imagery/rstoolbox_para_brazil/sen2_L2A_12band_reflectance_float32.tif") {
        let (picture, cols) = draw(&path, &["--bands", "red,green,blue"]);
        assert!((240..250).contains(&cols) && parts(&picture)[2] > 0.9, "{cols} {:?}", parts(&picture));
    }
    if let Some(path) = real_data("imagery/colombia_landsat7_caqueta_2016") {
        let (picture, cols) = draw(&path, &["--size", "400"]);
        let [nothing, hidden, seen] = parts(&picture);
        // Gaps of the scan-line corrector, clouds, ground.
        assert!(cols == 400 && nothing > 0.3 && hidden > 0.2 && seen > 0.2, "{nothing} {hidden} {seen}");
    }
}
