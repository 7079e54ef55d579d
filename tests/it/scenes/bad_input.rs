//! Bad input: each a clear error that names the file and the place, and nothing written beside the input.

use std::path::{Path, PathBuf};

use cocal::io::raster::{Part, Raster};
use cocal::io::scene::{SceneError, open_scene};
use cocal::scene::Window;
use cocal::scene::source::SceneOptions;

use super::build::{Made, open, read, safe, speckle};
use super::products::landsat_c2;
use crate::data::{cocal, real_data};

fn made(rows: usize, cols: usize) -> Made<'static, u16> {
    Made { names: &["red"], rows, cols, pixel: 10.0, values: vec![speckle(3, rows * cols)], nodata: None }
}

/// Opens a file and gives the error, which must name it.
fn error_of(path: &Path) -> SceneError {
    let error = open(path).unwrap_err();
    assert!(error.to_string().contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
    error
}

#[test]
fn a_truncated_raster_names_file_band_and_window() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole.tif"), folder.path().join("cut.tif"));
    made(400, 300).tif(&whole).close().unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let scene = open(&cut).unwrap();
    let window = Window { row0: 350, col0: 10, rows: 20, cols: 30 };
    let error = read(&scene, &scene.grid, &["red"], window).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("cut.tif") && text.contains("band 1") && text.contains("rows 350..370"), "{text}");
}

#[test]
fn missing_and_not_on_earth() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(error_of(&folder.path().join("none.tif")), SceneError::Missing { .. }));
    assert!(matches!(error_of(folder.path()), SceneError::NoProduct { .. }));
    let text = folder.path().join("text.tif");
    std::fs::write(&text, "not a raster").unwrap();
    assert!(matches!(error_of(&text), SceneError::Open { .. }));
    let driver = gdal::DriverManager::get_driver_by_name("GTiff").unwrap();
    let (bare, local) = (folder.path().join("bare.tif"), folder.path().join("local.tif"));
    driver.create(&bare, 4, 4, 1).unwrap().close().unwrap();
    assert!(matches!(error_of(&bare), SceneError::NoGeoTransform { .. }));
    let mut dataset = driver.create(&local, 4, 4, 1).unwrap();
    dataset.set_geo_transform(&[0.0, 1.0, 0.0, 4.0, 0.0, -1.0]).unwrap();
    dataset.close().unwrap();
    assert!(matches!(error_of(&local), SceneError::NoCrs { .. }));
    let Some(cogs) = real_data("imagery/rio_tiler_cogs") else { return };
    assert!(matches!(error_of(&cogs.join("cog_gcps.tif")), SceneError::OnlyControlPoints { points: 210, .. }));
    assert!(matches!(error_of(&cogs.join("cog_nonearth.tif")), SceneError::NotEarth { .. }));
    assert_eq!(open(&cogs.join("cog_dateline.tif")).unwrap().grid.crs.epsg, Some(32660));
}

#[test]
fn options_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    made(4, 4).tif(&file).close().unwrap();
    let sensor = SceneOptions { sensor: Some("spot".to_owned()), ..SceneOptions::default() };
    let text = open_scene(&file, &sensor).unwrap_err().to_string();
    assert!(text.contains("'spot'") && text.contains("landsat-c2-l2"), "{text}");
    let scale = SceneOptions { scale: Some(f64::NAN), ..SceneOptions::default() };
    assert!(matches!(open_scene(&file, &scale), Err(SceneError::BadScale { .. })));
    landsat_c2(folder.path(), true);
    let sensor = SceneOptions { sensor: Some("sentinel-2-l2a".to_owned()), ..SceneOptions::default() };
    assert!(matches!(open_scene(folder.path(), &sensor), Err(SceneError::WrongSensor { .. })));
}

#[test]
fn products_that_lack_a_field_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = safe(folder.path(), "05.11", Some(-1000.0));
    let metadata = root.join("MTD_MSIL2A.xml");
    let xml = std::fs::read_to_string(&metadata).unwrap();
    let with = |from: &str, to: &str| {
        assert!(xml.contains(from), "{from}");
        std::fs::write(&metadata, xml.replace(from, to)).unwrap();
        open(&root).unwrap_err().to_string()
    };
    assert!(with("BOA_QUANTIFICATION_VALUE", "X").contains("no BOA_QUANTIFICATION_VALUE"));
    assert!(with("PROCESSING_BASELINE", "X").contains("no PROCESSING_BASELINE"));
    assert!(with("band_id=\"3\"", "band_id=\"33\"").contains("BOA_ADD_OFFSET of B04"));
    assert!(with(">10000<", ">ten<").contains("'ten' is not a number"));
    assert!(with("</n1:General_Info>", "").contains("cannot read the metadata"));
    assert!(with("Level-2A_User", "Level-1C_User").contains("Level-1C"));
    assert!(with("_SCL_20m", "_XYZ_20m").contains("scene classification"));
    std::fs::write(&metadata, &xml).unwrap();
    // A 20 m band cut from another place.
    let b05 = root.join("GRANULE/L2A_T18NXG/IMG_DATA/R20m/T18NXG_B05_20m.jp2");
    let smaller = Made { names: &[], rows: 20, cols: 30, pixel: 20.0, values: vec![speckle(5, 600)], nodata: None };
    smaller.jp2(&b05);
    let text = open(&root).unwrap_err().to_string();
    assert!(text.contains("B05_20m.jp2: 20 x 30") && text.contains("60 x 60"), "{text}");
}

#[test]
fn landsat_that_lacks_a_field_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let band = landsat_c2(folder.path(), true);
    let mtl = folder.path().join("LC08_L2SP_007059_20220115_20220123_02_T1_MTL.txt");
    let text = std::fs::read_to_string(&mtl).unwrap();
    std::fs::write(&mtl, text.replacen("REFLECTANCE_ADD_BAND_4", "X", 1)).unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("REFLECTANCE_ADD_BAND_4 in LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"), "{error}");
    std::fs::write(&mtl, "no fields").unwrap();
    assert!(matches!(open(&mtl), Err(SceneError::Metadata { .. })));
    std::fs::write(&mtl, text).unwrap();
    made(3, 3).tif(&band).close().unwrap();
    assert!(matches!(open(folder.path()), Err(SceneError::Disagree { rows: 3, cols: 3, .. })));
    let other = tempfile::tempdir().unwrap();
    landsat_c2(other.path(), true);
    std::fs::remove_file(other.path().join("LC08_L2SP_007059_20220115_20220123_02_T1_QA_PIXEL.TIF")).unwrap();
    assert!(open(other.path()).unwrap_err().to_string().contains("QA_PIXEL"));
    let level1 = other.path().join("LC08_L1TP_014031_20180106_B4.TIF");
    made(3, 3).tif(&level1).close().unwrap();
    assert!(open(&level1).unwrap_err().to_string().contains("_MTL.txt"));
}

fn files_under(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_under(&path, into) } else { into.push(path) }
    }
}

/// Files that crashed TIFF readers: each opens or not, reads or not, and nothing panics, hangs or is written.
#[test]
fn malformed_tiffs_end_in_a_value_or_an_error() {
    let Some(folder) = real_data("vectors/malformed_tiff") else { return };
    let mut before = Vec::new();
    files_under(&folder, &mut before);
    let (mut read, mut refused) = (0, 0);
    for path in &before {
        let _ = open(path);
        match Raster::open(path) {
            Err(_) => refused += 1,
            Ok(raster) => {
                let (cols, rows) = raster.dataset.raster_size();
                let window = Window { row0: 0, col0: 0, rows: rows.min(64), cols: cols.min(64) };
                let part = Part { index: 1, mask: false, window, south_up: false };
                match raster.read(part, |v| v) {
                    Ok(values) => {
                        assert_eq!(values.len(), window.len());
                        read += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(read > 20 && refused > 50, "{read} read, {refused} refused");
    let mut after = Vec::new();
    files_under(&folder, &mut after);
    assert_eq!(before.len(), after.len());
}

#[test]
fn inspect_shows_the_good_and_fails_for_the_bad() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good_2024-08-12.tif");
    made(8, 8).tif(&good).close().unwrap();
    let bad = folder.path().join("bad.tif");
    std::fs::write(&bad, "II*\0nonsense").unwrap();
    let names = || std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
    let before = names();
    let run = cocal().arg("inspect").arg("--json").arg(&bad).arg(&good).assert().code(1);
    let out = run.get_output();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(json["scenes"][0]["error"].as_str().is_some_and(|e| e.contains("bad.tif")));
    assert_eq!(json["scenes"][1]["scene"]["date"], "2024-08-12");
    assert_eq!(json["scenes"][1]["scene"]["bands"][0]["band"], "red");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(errors.contains("1 of 2 scenes") && !errors.contains("ERROR 4"), "{errors}");
    let run = cocal().arg("inspect").arg(&good).assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("2024-08-12 (the file's name)") && text.contains("16 bits: 1/10000 assumed"), "{text}");
    // Nothing is left beside the input.
    assert_eq!(names(), before);
}
