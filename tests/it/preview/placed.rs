//! Rasters that lie or are stored in other ways than from north to south at one size.

use cocal::report::picture::{HATCH, VEIL};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::{Case, RAMP};
use crate::scenes::build::{Made, ORIGIN};

fn update(path: &std::path::Path) -> Dataset {
    let open_flags = GdalOpenFlags::GDAL_OF_UPDATE;
    Dataset::open_ex(path, DatasetOptions { open_flags, ..DatasetOptions::default() }).unwrap()
}

#[test]
fn south_up_and_turned_rasters_are_drawn_north_up() {
    let case = Case::new();
    let grey = |affine: [f64; 6]| {
        let path = case.stack("s.tif", &["red"], &[RAMP]);
        let mut dataset = update(&path);
        dataset.set_geo_transform(&affine).unwrap();
        dataset.close().unwrap();
        let (picture, cols) = case.draw(&["s.tif", "--percentile", "0,100"]);
        assert_eq!(cols, 4);
        picture
    };
    let (x, y) = ORIGIN;
    let plain = grey([x, 10.0, 0.0, y, 0.0, -10.0]);
    assert_eq!((plain[0], plain[15]), ([0; 4], [255; 4]));
    let south_up = grey([x, 10.0, 0.0, y, 0.0, 10.0]);
    let flipped: Vec<[u8; 4]> = plain.chunks(4).rev().flatten().copied().collect();
    assert_eq!(south_up, flipped);
    // Rows run east and columns south.
    let turned = grey([x, 0.0, 10.0, y, -10.0, 0.0]);
    let transposed: Vec<[u8; 4]> = (0..16).map(|i| plain[i % 4 * 4 + i / 4]).collect();
    assert_eq!(turned, transposed);
}

/// An average of code 4 (vegetation) and 10 (cirrus) is 7, which is clear: overviews of codes are not to be used.
#[test]
fn codes_are_read_of_the_pixels_and_not_of_averaged_overviews() {
    let case = Case::new();
    let side = 64;
    let codes: Vec<u16> = (0..side * side).map(|i| if i % 4 < 2 { 4 } else { 10 }).collect();
    let ground = vec![1000_u16; side * side];
    let values = vec![ground.clone(), ground.clone(), ground, codes];
    let names = ["B3", "B4", "B8A", "SCL"];
    let path = case.path("s.tif");
    Made { names: &names, rows: side, cols: side, pixel: 10.0, values, nodata: Some(0.0) }.tif(&path).close().unwrap();
    let mut dataset = update(&path);
    dataset.build_overviews("AVERAGE", &[2, 4], &[]).unwrap();
    dataset.close().unwrap();
    let (picture, cols) = case.draw(&["s.tif", "--size", "16"]);
    assert_eq!((cols, picture.len()), (16, 256));
    assert!(picture.iter().all(|p| *p == VEIL || *p == HATCH), "half of each pixel is cirrus: {:?}", picture[0]);
}
