//! Plain stacks and drone orthomosaics.

use std::path::Path;

use cocal::classify::symmetric::InOrder;
use cocal::io::scene::{SceneError, check_values, open_scene};
use cocal::scene::source::{SceneOptions, ValidityOption, preferred_block};
use cocal::scene::{Band, Validity};
use gdal::Metadata;
use jiff::civil::date;

use super::build::{Made, bands, count, open, read_all, speckle};
use crate::data::real_data;

fn two_bands(values: Vec<Vec<u16>>) -> Made<'static, u16> {
    Made { names: &["red", "nir"], rows: 4, cols: 5, pixel: 10.0, values, nodata: Some(7.0) }
}

#[test]
fn nan_infinite_and_nodata_in_any_requested_band_is_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    let mut values = vec![vec![0.25_f32; 6]; 2];
    (values[0][0], values[0][1], values[1][2], values[1][3]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -3.4e38);
    Made { names: &["red", "nir"], rows: 2, cols: 3, pixel: 10.0, values, nodata: Some(-3.4e38) }.tif(&file);
    let scene = open(&file).unwrap();
    assert_eq!(count(&read_all(&scene, &["red", "nir"]), Validity::NoData), 4);
    let red = read_all(&scene, &["red"]);
    assert_eq!((count(&red, Validity::NoData), red.values[[0, 0, 2]]), (2, 0.25));
}

#[test]
fn scale_is_the_users_then_the_bands_then_by_type() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stack_20230704.tif");
    let mut dataset = two_bands(vec![vec![2000; 20]; 2]).tif(&file);
    dataset.rasterband(2).unwrap().set_scale(1e-3).unwrap();
    dataset.rasterband(2).unwrap().set_offset(0.5).unwrap();
    dataset.set_metadata_item("COCAL_DATE", "2023-07-05", "").unwrap();
    dataset.close().unwrap();
    let scene = open(&file).unwrap();
    let tile = read_all(&scene, &["nir", "red"]);
    assert_eq!((tile.values[[0, 0, 0]], tile.values[[1, 0, 0]]), (2.5, 0.2));
    assert_eq!(scene.date, Some(date(2023, 7, 5)));
    assert!(scene.notes.iter().any(|n| n.contains("2023-07-04")), "{:?}", scene.notes);
    let options = SceneOptions { scale: Some(1e-4), offset: Some(-0.1), ..SceneOptions::default() };
    let given = open_scene(&file, &options).unwrap();
    assert!((read_all(&given, &["nir"]).values[[0, 0, 0]] - 0.1).abs() < 1e-7);
    assert_eq!(given.bands[0].scale_reason, "given");
}

#[test]
fn bands_by_index_and_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    two_bands(vec![vec![2000; 20], vec![3000; 20]]).tif(&file);
    let with = |bands: Vec<(Band, usize)>| open_scene(&file, &SceneOptions { bands, ..SceneOptions::default() });
    let scene = with(vec![(Band::new("swir1"), 2)]).unwrap();
    assert!((read_all(&scene, &["swir16"]).values[[0, 0, 0]] - 0.3).abs() < 1e-7);
    let error = with(vec![(Band::new("red"), 3)]).unwrap_err();
    assert!(matches!(error, SceneError::BandIndex { index: 3, count: 2, .. }), "{error}");
    let error = with(vec![(Band::new("red"), 0)]).unwrap_err();
    assert!(matches!(error, SceneError::BandIndex { index: 0, .. }), "{error}");
    let scene = open(&file).unwrap();
    let error = cocal::io::scene_reader::SceneReader::open(&scene, &scene.grid, &bands(&["blue", "red"])).err();
    let text = error.unwrap().to_string();
    assert!(text.contains("no band blue") && text.contains("red, nir"), "{text}");
}

#[test]
fn a_stack_carries_its_own_scl() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    let codes: Vec<u16> = (0..20).map(|i| i % 12).collect();
    let names = &["B4", "B8A", "SCL"];
    let values = vec![speckle(1, 20), speckle(2, 20), codes];
    Made { names, rows: 4, cols: 5, pixel: 10.0, values, nodata: None }.tif(&file);
    let scene = open(&file).unwrap();
    assert_eq!(scene.band_list(), "red, nir08");
    assert_eq!(count(&read_all(&scene, &["red"]), Validity::Clear), 8);
    let clear = ValidityOption { band: Some("SCL".to_owned()), file: None, clear: Some(vec![4, 11]) };
    let options = SceneOptions { validity_band: Some(clear), ..SceneOptions::default() };
    let given = open_scene(&file, &options).unwrap();
    assert_eq!(count(&read_all(&given, &["red"]), Validity::Clear), 3);
    // Another layer in its place: its codes are still no reflectance.
    let other = ValidityOption { band: Some("1".to_owned()), file: Some(file.clone()), clear: None };
    let options = SceneOptions { validity_band: Some(other), ..SceneOptions::default() };
    assert_eq!(open_scene(&file, &options).unwrap().band_list(), "red, nir08");
}

/// Counts by numpy: SCL codes 2, 8, 9 of the 20 m layer, each of four 10 m pixels.
#[test]
fn a_sidecar_of_coarser_pixels_is_replicated() {
    let Some(folder) = real_data("imagery/sen2r_barbellino") else { return };
    let sidecar = folder.join("S2A2A_20170703_022_Barbellino_SCL_10.tif");
    let validity = ValidityOption { band: None, file: Some(sidecar.clone()), clear: None };
    let options = SceneOptions { validity_band: Some(validity), ..SceneOptions::default() };
    let scene = open_scene(&folder.join("S2A2A_20170703_022_Barbellino_BOA_10.tif"), &options).unwrap();
    assert_eq!(scene.date, Some(date(2017, 7, 3)));
    assert!(scene.files.contains(&sidecar));
    let tile = read_all(&scene, &["band1"]);
    assert_eq!((count(&tile, Validity::CloudShadow), count(&tile, Validity::Cloud)), (120, 132));
    assert_eq!(count(&tile, Validity::Clear), 404 + 52 + 44 + 256);
}

/// Counts by numpy of alpha 0, of the internal mask, and of NaN or 0.
#[test]
fn alpha_masks_and_nan_are_validity() {
    for (file, sensor, band, unobserved) in [
        ("pix4d_alpha_nodata.tif", "drone", "green", 64_663),
        ("cog_rgb_mask.tif", "drone", "green", 2_739),
        ("cog_nodata_nan.tif", "stack", "Gamma0_VV", 154_085),
    ] {
        let Some(path) = real_data(&format!("imagery/rio_tiler_cogs/{file}")) else { return };
        let scene = open(&path).unwrap();
        assert_eq!(scene.sensor, sensor, "{file}");
        let tile = read_all(&scene, &[band]);
        assert_eq!(count(&tile, Validity::NoData), unobserved, "{file}");
        assert_eq!(count(&tile, Validity::NoData) + count(&tile, Validity::Clear), tile.validity.len(), "{file}");
    }
}

fn remarks(path: &Path) -> Vec<String> {
    let scene = open(path).unwrap();
    let bands: Vec<Band> = scene.bands.iter().map(|b| b.band.clone()).collect();
    check_values(&scene, &bands, &InOrder).unwrap()
}

#[test]
fn an_offset_left_in_is_suspected() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, floor: u16| {
        let file = folder.path().join(name);
        let values = vec![(0..2500).map(|i| floor + i).collect(), (0..2500).map(|i| floor + 500 + i).collect()];
        Made { names: &["B4", "B8A"], rows: 50, cols: 50, pixel: 10.0, values, nodata: None }.tif(&file);
        remarks(&file)
    };
    assert!(make("left.tif", 1050)[0].contains("at 0.108:"));
    assert!(make("removed.tif", 150).is_empty());
    assert!(make("bright.tif", 3000).is_empty());
    for end in ["reflectance_float32", "uint16_x10000", "uint16_x10000_utm21s_nearest"] {
        let Some(path) = real_data(&format!("imagery/rstoolbox_para_brazil/sen2_L2A_12band_{end}.tif")) else { return };
        assert!(remarks(&path)[0].contains("an offset of +1000"), "{end}");
    }
}

#[test]
fn preferred_blocks_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    let values = vec![vec![1_u16; 600 * 300]];
    Made { names: &["red"], rows: 600, cols: 300, pixel: 10.0, values, nodata: None }.tif(&file);
    let scene = open(&file).unwrap();
    let (rows, cols) = preferred_block(&scene);
    assert!(rows >= 256 && rows % scene.block.0 == 0, "{rows} of {:?}", scene.block);
    assert_eq!(cols, 300);
}
