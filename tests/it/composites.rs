//! Composites of two real Landsat scenes equal those that another tool (StackComposed) made of them.

use std::path::Path;

use cocal::features::composite::{Composite, Statistic, composite};
use cocal::io::scene::open_scene;
use cocal::io::scene_reader::SceneReader;
use cocal::run::plan::plan_grid;
use cocal::scene::{Band, SceneOptions, Tile};
use gdal::Dataset;

use crate::data::real_data;

/// The two scenes differ in extent (204 x 137 and others) and in nodata; their bands are digital numbers of small integers, so scale 1
/// keeps them as they are.
fn tiles(folder: &Path) -> Vec<Tile> {
    let options = SceneOptions { scale: Some(1.0), offset: Some(0.0), ..SceneOptions::default() };
    let names = ["Landsat_8_53_020601_7ETM_Reflec_SR_Enmask.tif", "Landsat_8_53_020823_7ETM_Reflec_SR_Enmask.tif"];
    let scenes: Vec<_> = names.iter().map(|name| open_scene(&folder.join(name), &options).unwrap()).collect();
    let grid = plan_grid(&scenes, None).unwrap().unwrap();
    assert_eq!((grid.rows, grid.cols), (211, 302));
    assert!((grid.origin_x - 579_070.991_531_167).abs() < 1e-6 && (grid.origin_y - 286_753.406_780_010).abs() < 1e-6);
    let band = [Band::new("band1")];
    scenes.iter().map(|s| SceneReader::open(s, &grid, &band).unwrap().read(grid.window()).unwrap()).collect()
}

/// The pixels of a raster, row by row; `None` where it has NaN or the lowest 32-bit integer, its marks of no observation.
fn expected(folder: &Path, name: &str) -> Vec<Option<f64>> {
    let raster = Dataset::open(folder.join(format!("stack_composed_{name}_band1.tif"))).unwrap();
    assert_eq!(raster.raster_size(), (302, 211));
    let values = raster.rasterband(1).unwrap().read_as::<f64>((0, 0), (302, 211), (302, 211), None).unwrap();
    values.data().iter().map(|v| (v.is_finite() && *v != f64::from(i32::MIN)).then_some(*v)).collect()
}

fn made(tiles: &[Tile], statistic: Statistic) -> Composite {
    composite(tiles, statistic).unwrap()
}

#[test]
fn composites_equal_those_of_another_tool() {
    let Some(folder) = real_data("imagery/colombia_stackcomposed") else { return };
    let tiles = tiles(&folder);
    let cases = [
        ("median", Statistic::Median),
        ("mean", Statistic::Mean),
        ("min", Statistic::Minimum),
        ("max", Statistic::Maximum),
        ("percentile_38", Statistic::Percentile(38.0)),
    ];
    for (name, statistic) in cases {
        let ours = made(&tiles, statistic);
        let theirs = expected(&folder, name);
        let mut compared = 0;
        for (place, (a, b)) in ours.values.iter().zip(&theirs).enumerate() {
            assert_eq!(a.is_nan(), b.is_none(), "{name}, row {}, column {}: {a}, {b:?}", place / 302, place % 302);
            let Some(b) = b else { continue };
            assert!((f64::from(*a) - b).abs() <= 1e-6 * b.abs().max(1.0), "{name}, pixel {place}: {a}, {b}");
            compared += 1;
        }
        assert_eq!(compared, 12_156 + 7_507, "{name}");
    }
}

#[test]
fn numbers_of_observations_equal_those_of_another_tool() {
    let Some(folder) = real_data("imagery/colombia_stackcomposed") else { return };
    let ours = made(&tiles(&folder), Statistic::Median).observations;
    let mut counts = [0_usize; 3];
    for (a, b) in ours.iter().zip(expected(&folder, "valid_pixels")) {
        assert_eq!(Some(f64::from(*a)), b);
        counts[usize::from(*a)] += 1;
    }
    assert_eq!(counts, [44_059, 12_156, 7_507]);
}
