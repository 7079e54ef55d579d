//! Bad input to whole commands: each fault ends in an error that names the file and the place, writes no file and changes none;
//! or, where the fault can be handled, in figures that are right.

use std::process::Command;

use crate::small_project::{
    CORNER, Feature, SCENE, SIDE, SmallProject, Stack, layer, layer_in, municipalities, ring, training,
};

/// The columns of `hectares.csv` by row.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Another date of the scene, beside it.
const SECOND: &str = "tiles/second_2024-08-01.tif";

#[test]
fn the_untouched_project_runs_and_finds_its_stripes() {
    let (_, hectares) = SmallProject::new().runs();
    let rows = rows(&hectares);
    let coca: Vec<f64> = rows.iter().filter(|r| r[3] == "coca").map(|r| number(&r[4])).collect();
    // 6 and 7 columns of 40 pixels of 0.010008 ha (10 m on the central meridian at the scale 0.9996).
    for (got, columns) in coca.iter().zip([6.0, 7.0]) {
        assert!((got - columns * 40.0 * 0.010_008).abs() < 1e-3, "{got} ha in {columns} columns");
    }
    assert_eq!(coca.len(), 2);
}

#[test]
fn rasters_that_are_missing_cut_or_nowhere() {
    let mut project = SmallProject::new();
    project.change("tiles/*.tif", "tiles/none.tif");
    project.fails(&["tiles/none.tif", "no such file"]);
    let project = SmallProject::new();
    let bytes = std::fs::read(project.path(SCENE)).unwrap();
    project.write(SCENE, &bytes[..bytes.len() / 2]);
    project.fails(&["scene_2024-07-01.tif", "band", "rows"]);
    project.write(SCENE, "no raster");
    project.fails(&["scene_2024-07-01.tif", "not a raster that GDAL can open"]);
    std::fs::remove_file(project.path(SCENE)).unwrap();
    Stack { epsg: None, ..Stack::good() }.write(&project.path(SCENE));
    project.fails(&["scene_2024-07-01.tif", "no coordinate reference system"]);
}

/// Damage where neither the samples lie nor the check of the values looks: it is found while mapping.
#[test]
fn a_raster_that_breaks_off_while_it_is_mapped_leaves_nothing() {
    let project = SmallProject::new();
    let mut tall = Stack::good();
    for band in &mut tall.values {
        *band = band.iter().copied().cycle().take(SIDE * SIDE * 40).collect();
    }
    tall.write_with(&project.path(SCENE), &["COMPRESS=DEFLATE"]);
    let mut bytes = std::fs::read(project.path(SCENE)).unwrap();
    let at = bytes.len() * 3 / 10;
    let good = bytes.clone();
    bytes[at..at + 400].fill(0x55);
    project.write(SCENE, &bytes);
    project.fails(&["scene_2024-07-01.tif", "band", "rows"]);
    // What an earlier run left stays as it was: fails() compares every file.
    project.write(SCENE, good);
    project.runs();
    project.write(SCENE, &bytes);
    project.fails(&["scene_2024-07-01.tif", "band", "rows"]);
}

#[test]
fn a_rotated_scene_is_resampled_and_said_to_be() {
    let project = SmallProject::new();
    let (sine, cosine) = 20_f64.to_radians().sin_cos();
    let mut rotated = Stack::good();
    rotated.affine = [CORNER.0, 10.0 * cosine, 10.0 * sine, CORNER.1, 10.0 * sine, -10.0 * cosine];
    rotated.write(&project.path(SCENE));
    let place = |(x, y): &(f64, f64)| {
        let (col, row) = ((x - CORNER.0) / 10.0, (CORNER.1 - y) / 10.0);
        let a = &rotated.affine;
        (a[0] + col * a[1] + row * a[2], a[3] + col * a[4] + row * a[5])
    };
    let turned = |features: Vec<Feature>| {
        layer(&features.into_iter().map(|(p, r)| (p, r.iter().map(place).collect())).collect::<Vec<_>>())
    };
    project.write("training.geojson", turned(training()));
    project.write("municipalities.geojson", turned(municipalities()));
    let (said, hectares) = project.runs();
    assert!(said.contains("rotated"), "{said}");
    let rows = rows(&hectares);
    for (row, columns) in rows.iter().filter(|r| r[3] == "coca").zip([6.0, 7.0]) {
        let wanted = columns * 40.0 * 0.010_008;
        // Edges of 400 m, of which half a pixel may go either way.
        assert!((number(&row[4]) - wanted).abs() < 0.1, "{row:?}");
        assert!(number(&row[5]) > 0.97, "{row:?}");
    }
    // Beside a north-up scene there is no common grid until one is named.
    Stack::good().write(&project.path(SECOND));
    project.fails(&["scene_2024-07-01.tif", "second_2024-08-01.tif", "[grid]"]);
}

#[test]
fn a_south_up_scene_gives_the_same_bytes() {
    let project = SmallProject::new();
    let (_, north) = project.runs();
    let mut turned = Stack::good();
    for band in &mut turned.values {
        *band = band.chunks(SIDE).rev().flatten().copied().collect();
    }
    turned.affine = [CORNER.0, 10.0, 0.0, CORNER.1 - 10.0 * SIDE as f64, 0.0, 10.0];
    turned.write(&project.path(SCENE));
    let (said, south) = project.runs();
    assert_eq!(north, south);
    assert!(said.contains("south to north"), "{said}");
}

#[test]
fn scenes_of_a_year_that_disagree() {
    let mut project = SmallProject::new();
    let both = ["scene_2024-07-01.tif", "second_2024-08-01.tif"];
    let fails = |project: &SmallProject, more: &[&str]| project.fails(&[&both[..], more].concat());
    let mut fewer = Stack::good();
    fewer.names.remove(0);
    fewer.values.remove(0);
    fewer.write(&project.path(SECOND));
    fails(&project, &["different bands", "green", "bands ="]);
    project.change("class_field", "bands = [\"red\", \"nir\"]\nclass_field");
    project.runs();
    project.change("[\"red\", \"nir\"]", "[\"red\", \"swir16\"]");
    project.fails(&["scene_2024-07-01.tif", "swir16", "green, red, nir, swir22"]);

    let mut project = SmallProject::new();
    Stack { scale: Some(2e-4), ..Stack::good() }.write(&project.path(SECOND));
    fails(&project, &["scale 0.0001", "scale 0.0002", "set scale and offset"]);
    // Said in the project file, each scene has its own.
    project.change("[[scenes]]\npath = \"tiles/*.tif\"", "[[scenes]]\npath = \"tiles/sc*.tif\"\nscale = 1e-4\noffset = 0\n[[scenes]]\npath = \"tiles/se*.tif\"\nscale = 2e-4\noffset = 0");
    project.runs();
    // The same reflectances as 16-bit numbers and as floating point agree.
    let project = SmallProject::new();
    let (_, alone) = project.runs();
    Stack::good().mapped(|v| f32::from(v) * 1e-4).write(&project.path(SECOND));
    let (_, beside) = project.runs();
    assert_eq!(rows(&alone)[1][4], rows(&beside)[1][4]);
}

#[test]
fn scenes_of_different_resolution_need_a_grid() {
    let mut project = SmallProject::new();
    let coarse = |values: Vec<u16>| (0..400).map(|at| values[at / 20 * 2 * SIDE + at % 20 * 2]).collect();
    let good = Stack::good();
    let affine = [CORNER.0, 20.0, 0.0, CORNER.1, 0.0, -20.0];
    Stack { values: good.values.into_iter().map(coarse).collect(), cols: 20, affine, ..Stack::good() }
        .write(&project.path(SECOND));
    project.fails(&["scene_2024-07-01.tif", "10 x 10", "second_2024-08-01.tif", "20 x 20", "[grid]"]);
    project.toml.push_str("[grid]\ncrs = \"EPSG:32618\"\nresolution = 10\n");
    let (_, hectares) = project.runs();
    assert_eq!(rows(&hectares).iter().filter(|r| r[5] == "1.000000").count(), 6, "{hectares}");
}

/// NaN, infinite and nodata pixels are unobserved ground: no class has them.
#[test]
fn what_is_no_number_is_not_observed() {
    let wanted = |row: &[String]| {
        // 2 of 40 rows of the left half.
        assert!((number(&row[5]) - 0.95).abs() < 1e-6, "{row:?}");
        assert!((number(&row[6]) - 2.0 * 20.0 * 0.010_008).abs() < 1e-3, "{row:?}");
    };
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -9999.0] {
        let mut project = SmallProject::new();
        // A forest reads every band; boosted trees leave out those that they do not look at.
        project.change("trees = 10", "kind = \"forest\"\ntrees = 10");
        let mut stack = Stack::good().mapped(|v| f32::from(v) * 1e-4);
        stack.nodata = Some(-9999.0);
        for row in [10, 30] {
            (0..20).for_each(|col| stack.values[(row / 10) % 4][row * SIDE + col] = bad);
        }
        stack.write(&project.path(SCENE));
        let (_, hectares) = project.runs();
        let rows = rows(&hectares);
        rows.iter().filter(|r| r[0] == "05001").for_each(|r| wanted(r));
        assert!(rows.iter().filter(|r| r[0] == "52835").all(|r| r[5] == "1.000000"), "{bad}: {hectares}");
        let sum: f64 = rows.iter().filter(|r| r[0] == "05001").map(|r| number(&r[4])).sum();
        assert!((sum - 38.0 * 20.0 * 0.010_008).abs() < 1e-3, "{bad}: {sum}");
    }
}

#[test]
fn digital_numbers_without_a_scale_are_refused() {
    let mut project = SmallProject::new();
    Stack::good().mapped(f32::from).write(&project.path(SCENE));
    let words = ["scene_2024-07-01.tif", "reflectance", "scale", "offset"];
    project.fails(&words);
    let train = [
        "train",
        "--project",
        "cocal.toml",
        "--samples",
        "training.geojson",
        "--class-field",
        "class",
        "-o",
        "m.cocal",
    ];
    project.fails_at(&train, &words);
    let shown = project.call(&["inspect", SCENE]);
    assert!(shown.status.success());
    assert!(String::from_utf8_lossy(&shown.stdout).contains("not to be mapped as it is"));
    project.change("path = \"tiles/*.tif\"", "path = \"tiles/*.tif\"\nscale = 1e-4\noffset = 0");
    project.runs();
    // Pixels of a fill value that nobody declared.
    let mut holes = Stack::good().mapped(|v| f32::from(v) * 1e-4);
    holes.values.iter_mut().for_each(|band| band[..2 * SIDE].fill(-9999.0));
    let project = SmallProject::new();
    holes.write(&project.path(SCENE));
    project.fails(&["scene_2024-07-01.tif", "-9999", "nodata"]);
}

#[test]
fn an_offset_that_was_left_in_is_told_of() {
    let project = SmallProject::new();
    Stack::good().mapped(|v| v + 700).write(&project.path(SCENE));
    let (said, _) = project.runs();
    assert!(said.contains("scene_2024-07-01.tif") && said.contains("+1000"), "{said}");
}

#[test]
fn polygon_layers_that_cannot_be_used() {
    let mut project = SmallProject::new();
    project.change("code_field = \"code\"", "code_field = \"MPIO\"");
    project.fails(&["municipalities.geojson", "no field 'MPIO'", "code, name"]);
    let project = SmallProject::new();
    project.replace("municipalities.geojson", "52835", "05001");
    project.fails(&["municipalities.geojson", "feature 2", "feature 1", "dissolve"]);
    let project = SmallProject::new();
    let empty = r#"{"type":"Feature","properties":{"code":"05002","name":"Tres"},"geometry":null},"#;
    project.replace("municipalities.geojson", "\"features\":[", &format!("\"features\":[{empty}"));
    project.fails(&["municipalities.geojson", "feature 1", "05002", "no geometry"]);
    let project = SmallProject::new();
    let away = |(p, ring): Feature| (p, ring.iter().map(|(x, y)| (x + 90_000.0, *y)).collect());
    project.write("municipalities.geojson", layer(&municipalities().into_iter().map(away).collect::<Vec<_>>()));
    project.fails(&["municipalities.geojson", "x 500000", "x 590000", "wrong CRS"]);
    let mut project = SmallProject::new();
    project.change("municipalities.geojson", "none.geojson");
    project.fails(&["none.geojson"]);
}

#[test]
fn polygons_that_can_be_used_after_all() {
    let project = SmallProject::new();
    let (_, straight) = project.runs();
    // The ring of the right half with a loop of 10 m that crosses itself, 100 m beside the scene.
    let mut features = municipalities();
    let spike = [
        (500_500.0, 199_800.0),
        (500_510.0, 199_790.0),
        (500_510.0, 199_800.0),
        (500_500.0, 199_790.0),
        (500_400.0, 199_800.0),
    ];
    features[1].1.splice(2..2, [vec![(500_400.0, 199_800.0)], spike.to_vec()].concat());
    project.write("municipalities.geojson", layer(&features));
    let (said, crossed) = project.runs();
    assert!(said.contains("52835") && said.contains("ha before") && said.contains("ha after"), "{said}");
    for (a, b) in rows(&straight).iter().zip(rows(&crossed)) {
        assert!((number(&a[4]) - number(&b[4])).abs() < 1e-3, "{a:?} {b:?}");
    }
    // A municipality beside the tile keeps its rows, of no ground and without a share.
    let mut features = municipalities();
    features.push((r#"{"code":"19100","name":"Lejos"}"#.to_owned(), ring((5000, 5010), (0, SIDE))));
    project.write("municipalities.geojson", layer(&features));
    let (_, with_far) = project.runs();
    let far: Vec<_> = rows(&with_far).into_iter().filter(|r| r[0] == "19100").collect();
    assert_eq!(far.len(), 3);
    assert!(far.iter().all(|r| r[4..8] == ["0.0000", "", "0.0000", "0.0000"]), "{far:?}");
    assert!(straight.lines().all(|line| with_far.contains(line)), "the others are as before");
}

/// The same ground in UTM 18N, in WGS 84 and in the national projection.
#[test]
fn the_crs_of_the_polygons_does_not_matter() {
    use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
    let srs = |epsg: u32| {
        let mut srs = SpatialRef::from_epsg(epsg).unwrap();
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        srs
    };
    let project = SmallProject::new();
    let (_, own) = project.runs();
    for (crs, epsg) in [("urn:ogc:def:crs:OGC:1.3:CRS84", 4326), ("urn:ogc:def:crs:EPSG::9377", 9377)] {
        let way = CoordTransform::new(&srs(32618), &srs(epsg)).unwrap();
        let there = |(p, ring): Feature| {
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = ring.into_iter().unzip();
            way.transform_coords(&mut x, &mut y, &mut []).unwrap();
            (p, x.into_iter().zip(y).collect())
        };
        let features: Vec<Feature> = municipalities().into_iter().map(there).collect();
        project.write("municipalities.geojson", layer_in(crs, &features));
        let (_, other) = project.runs();
        assert_eq!(rows(&own).len(), rows(&other).len());
        for (a, b) in rows(&own).iter().zip(rows(&other)) {
            for at in [4, 7] {
                let (a, b) = (number(&a[at]), number(&b[at]));
                // Four decimals are written: a unit of the last one, or 1e-6.
                assert!((a - b).abs() <= (1e-6 * a).max(1.01e-4), "{epsg}: {a} {b}");
            }
        }
    }
}

#[test]
fn a_full_disk_leaves_no_half_file() {
    let project = SmallProject::new();
    project.write("cocal.toml", &project.toml);
    let before = project.files();
    let program = assert_cmd::cargo::cargo_bin("cocal");
    // Files may grow to 1 block of 512 bytes or 1 KiB; the signal is ignored, so that writing fails as on a full disk.
    let script =
        format!("trap '' XFSZ; ulimit -f 1; exec '{}' run cocal.toml --out out --threads 1", program.display());
    let done = Command::new("sh").args(["-c", &script]).current_dir(project.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("out/"), "{said}");
    assert!(before == project.files(), "{:?}", project.files().keys());
}
