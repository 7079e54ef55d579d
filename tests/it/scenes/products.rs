//! Sentinel-2 and Landsat by their own metadata.

use std::path::Path;

use cocal::scene::{Band, Validity, Window};
use jiff::civil::date;

use super::build::{Made, SIDE, assert_pieces_equal_whole, count, open, read, read_all, safe, speckle};
use crate::data::real_data;

#[test]
fn sentinel2_offset_is_the_metadatas() {
    for (baseline, offset, at_1200) in [
        ("05.11", Some(-1000.0), 0.02),
        ("04.00", Some(-1000.0), 0.02),
        ("03.01", None, 0.12),
        ("04.00", Some(0.0), 0.12),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let scene = open(&safe(folder.path(), baseline, offset)).unwrap();
        assert_eq!((scene.sensor.as_str(), scene.date), ("sentinel-2-l2a", Some(date(2024, 8, 12))));
        let red = scene.band(&Band::new("red")).unwrap();
        assert!((1200.0 * red.scale + red.offset - at_1200).abs() < 1e-12, "{baseline}: {red:?}");
        assert!(red.scale_reason.contains(baseline), "{}", red.scale_reason);
        let tile = read_all(&scene, &["red"]);
        // Row 30, column 31 is SCL pixel (15, 15) of 30 x 30: 465 % 12 = 9, cloud.
        assert_eq!(tile.validity[[30, 31]], Validity::Cloud);
        assert!(tile.values[[0, 30, 31]].is_nan());
        // SCL pixel (15, 22): 472 % 12 = 4, vegetation.
        assert_eq!(tile.validity[[30, 44]], Validity::Clear);
        let clear = (f64::from(speckle(4, SIDE * SIDE)[30 * SIDE + 44]) + offset.unwrap_or(0.0)) / 10_000.0;
        assert_eq!(tile.values[[0, 30, 44]], clear as f32);
    }
}

#[test]
fn sentinel2_baseline_4_without_offset_is_remarked() {
    let folder = tempfile::tempdir().unwrap();
    let scene = open(&safe(folder.path(), "05.00", None)).unwrap();
    assert!(scene.notes.iter().any(|n| n.contains("BOA_ADD_OFFSET")), "{:?}", scene.notes);
}

#[test]
fn sentinel2_coarse_bands_and_scl_are_replicated_at_odd_windows() {
    let folder = tempfile::tempdir().unwrap();
    let root = safe(folder.path(), "05.11", Some(-1000.0));
    let scene = open(&root.join("MTD_MSIL2A.xml")).unwrap();
    assert_eq!((scene.grid.rows, scene.grid.cols, scene.grid.pixel_width), (SIDE, SIDE, 10.0));
    let whole = assert_pieces_equal_whole(&scene, &scene.grid, &["coastal", "blue", "rededge071"]);
    let (b1, b5) = (speckle(1, 100), speckle(5, 900));
    let mut clear = 0;
    for ((row, col), state) in whole.validity.indexed_iter() {
        let code = ((row / 2) * 30 + col / 2) % 12;
        // DN 0 and 65535 of B02 lie under SCL 0, which goes first.
        assert_eq!(state.is_observed(), (4..8).contains(&code), "{row} {col}");
        if state.is_observed() {
            let refl = |dn: u16| ((f64::from(dn) - 1000.0) / 10_000.0) as f32;
            assert!((whole.values[[0, row, col]] - refl(b1[row / 6 * 10 + col / 6])).abs() < 1e-7);
            assert!((whole.values[[2, row, col]] - refl(b5[row / 2 * 30 + col / 2])).abs() < 1e-7);
            clear += 1;
        }
    }
    assert_eq!(clear, 1200);
    // Only 20 m bands asked for: still on the 10 m grid.
    let coarse = read(&scene, &scene.grid, &["rededge071"], Window { row0: 31, col0: 45, rows: 1, cols: 1 }).unwrap();
    assert_eq!(coarse.values[[0, 0, 0]].to_bits(), whole.values[[2, 31, 45]].to_bits());
}

/// A Landsat 8 Collection 2 Level-2 folder of 6 x 5 pixels; returns the SR_B4 file.
pub fn landsat_c2(folder: &Path, with_mtl: bool) -> std::path::PathBuf {
    let product = "LC08_L2SP_007059_20220115_20220123_02_T1";
    let make = |ending: &str, values: Vec<u16>| {
        let file = folder.join(format!("{product}_{ending}.TIF"));
        Made { names: &[], rows: 6, cols: 5, pixel: 30.0, values: vec![values], nodata: None }.tif(&file);
        file
    };
    for number in 1..=7 {
        make(&format!("SR_B{number}"), vec![8000 + number * 1000; 30]);
    }
    // Clear, fill, dilated, cirrus, cloud, shadow, snow, then clear.
    let flags = [21_824, 1, 2, 4, 8, 16, 32];
    make("QA_PIXEL", (0..30).map(|i| *flags.get(i).unwrap_or(&21_824)).collect());
    // Bit 3 is band 4 (red), bit 4 band 5 (nir).
    make(
        "QA_RADSAT",
        (0..30)
            .map(|i| {
                if i == 10 {
                    8
                } else if i == 11 {
                    16
                } else {
                    0
                }
            })
            .collect(),
    );
    if with_mtl {
        let sr: String = (1..=7)
            .map(|n| format!("REFLECTANCE_MULT_BAND_{n} = 3.0E-05\nREFLECTANCE_ADD_BAND_{n} = -0.25\n"))
            .collect();
        let text = format!(
            "GROUP = LANDSAT_METADATA_FILE\nGROUP = PRODUCT_CONTENTS\nPROCESSING_LEVEL = \"L2SP\"\nEND_GROUP = \
             PRODUCT_CONTENTS\nGROUP = IMAGE_ATTRIBUTES\nSPACECRAFT_ID = \"LANDSAT_8\"\nSENSOR_ID = \"OLI_TIRS\"\n\
             DATE_ACQUIRED = 2022-01-15\nEND_GROUP = IMAGE_ATTRIBUTES\nGROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS\n\
             {sr}END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS\nGROUP = LEVEL1_RADIOMETRIC_RESCALING\n\
             REFLECTANCE_MULT_BAND_4 = 2.0E-05\nEND_GROUP = LEVEL1_RADIOMETRIC_RESCALING\nEND_GROUP = \
             LANDSAT_METADATA_FILE\nEND\n"
        );
        std::fs::write(folder.join(format!("{product}_MTL.txt")), text).unwrap();
    }
    folder.join(format!("{product}_SR_B4.TIF"))
}

#[test]
fn landsat_collection_2_by_folder_mtl_or_band() {
    let folder = tempfile::tempdir().unwrap();
    let band = landsat_c2(folder.path(), true);
    for path in [folder.path(), band.as_path()] {
        let scene = open(path).unwrap();
        assert_eq!((scene.sensor.as_str(), scene.date), ("landsat-c2-l2", Some(date(2022, 1, 15))));
        assert_eq!(scene.band_list(), "coastal, blue, green, red, nir, swir16, swir22");
        let red = read_all(&scene, &["red"]);
        assert!((red.values[[0, 0, 0]] - (12_000.0 * 3e-5 - 0.25) as f32).abs() < 1e-7);
        let states: Vec<_> = red.validity.iter().take(12).map(|v| v.name()).collect();
        let wanted = ["clear", "nodata", "near_cloud", "cirrus", "cloud", "cloud_shadow", "snow", "clear", "clear"];
        assert_eq!(states[..9], wanted);
        assert_eq!(states[10..], ["saturated", "clear"]);
        // The near infrared is saturated elsewhere.
        assert_eq!(read_all(&scene, &["nir"]).validity[[2, 1]], Validity::Saturated);
    }
}

#[test]
fn landsat_collection_2_without_mtl_has_the_published_scale() {
    let folder = tempfile::tempdir().unwrap();
    landsat_c2(folder.path(), false);
    let scene = open(folder.path()).unwrap();
    let red = scene.band(&Band::new("red")).unwrap();
    assert_eq!((red.scale, red.offset), (2.75e-5, -0.2));
    assert_eq!(scene.date, Some(date(2022, 1, 15)));
}

/// Counts of `pixel_qa` made with numpy: fill, then cloud (bit 5), shadow (bit 3), snow (bit 4).
#[test]
fn landsat_7_over_caqueta_counts_as_pixel_qa_does() {
    let Some(folder) = real_data("imagery/colombia_landsat7_caqueta_2016") else { return };
    let scene = open(&folder).unwrap();
    assert_eq!((scene.sensor.as_str(), scene.date), ("landsat-l1", Some(date(2016, 12, 9))));
    let tile = read_all(&scene, &["blue", "green", "red", "nir", "swir16", "swir22"]);
    let counts = [Validity::SlcGap, Validity::Cloud, Validity::CloudShadow, Validity::Snow, Validity::Saturated]
        .map(|state| count(&tile, state));
    assert_eq!(counts, [223_041, 108_772, 10_087, 0, 0]);
    assert_eq!(tile.validity.len() - count(&tile, Validity::Clear), 341_900);
    // Row 4, column 303: DN 52 41 28 136 70 28; M and A of the MTL, sun at 56.08655170 degrees.
    let sine = 56.086_551_70_f64.to_radians().sin();
    let nir = (2.7577e-3 * 136.0 - 0.017_268) / sine;
    assert!((f64::from(tile.values[[3, 4, 303]]) - nir).abs() < 1e-7);
    assert_pieces_equal_whole(&scene, &scene.grid, &["nir", "red"]);
}
