//! South-up, rotated, shifted, and in another reference system.

use cocal::io::crs::Transform;
use cocal::scene::{Grid, Validity, Window};

use super::build::{Made, assert_pieces_equal_whole, count, open, read, read_all, speckle};
use crate::data::real_data;

fn made(rows: usize, cols: usize, pixel: f64) -> Made<'static, u16> {
    Made { names: &["red"], rows, cols, pixel, values: vec![speckle(3, rows * cols)], nodata: None }
}

#[test]
fn a_south_up_raster_is_turned_over() {
    let folder = tempfile::tempdir().unwrap();
    let (north, south) = (folder.path().join("n.tif"), folder.path().join("s.tif"));
    let mut raster = made(70, 40, 10.0);
    raster.tif(&north).close().unwrap();
    let turned: Vec<u16> = raster.values[0].chunks(40).rev().flatten().copied().collect();
    raster.values = vec![turned];
    let [x, width, _, y, _, height] = raster.affine();
    let mut dataset = raster.tif(&south);
    dataset.set_geo_transform(&[x, width, 0.0, y + height * 70.0, 0.0, -height]).unwrap();
    dataset.close().unwrap();
    let (north, south) = (open(&north).unwrap(), open(&south).unwrap());
    assert_eq!(north.grid, south.grid);
    assert_eq!(read_all(&north, &["red"]).values, read_all(&south, &["red"]).values);
    assert_pieces_equal_whole(&south, &south.grid, &["red"]);
    let Some(real) = real_data("imagery/rio_tiler_cogs/inverted_lat.tif") else { return };
    let real = open(&real).unwrap();
    assert_eq!(real.grid.bounds(), [-180.0, -90.0, 180.0, 90.0]);
}

#[test]
fn a_rotated_raster_is_sampled_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("r.tif");
    let raster = made(40, 40, 10.0);
    let (sine, cosine) = 30_f64.to_radians().sin_cos();
    let affine = [600_000.0, 10.0 * cosine, 10.0 * sine, 200_000.0, 10.0 * sine, -10.0 * cosine];
    let mut dataset = raster.tif(&file);
    dataset.set_geo_transform(&affine).unwrap();
    dataset.close().unwrap();
    let scene = open(&file).unwrap();
    let tile = assert_pieces_equal_whole(&scene, &scene.grid, &["red"]);
    // The enclosing square holds 1 / (cos + sin)^2 of raster.
    let share = count(&tile, Validity::Clear) as f64 / tile.validity.len() as f64;
    assert!((share - 1.0 / (cosine + sine).powi(2)).abs() < 0.02, "{share}");
    // The centre of source pixel (row 12, col 25).
    let (x, y) = (affine[0] + 25.5 * affine[1] + 12.5 * affine[2], affine[3] + 25.5 * affine[4] + 12.5 * affine[5]);
    let target = Grid {
        origin_x: x - 1.0,
        origin_y: y + 1.0,
        pixel_width: 2.0,
        pixel_height: 2.0,
        rows: 1,
        cols: 1,
        ..scene.grid.clone()
    };
    let one = read(&scene, &target, &["red"], target.window()).unwrap();
    assert_eq!(one.values[[0, 0, 0]], (f64::from(raster.values[0][12 * 40 + 25]) * 1e-4) as f32);
}

#[test]
fn windows_beyond_the_scene_are_outside_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tif");
    made(20, 30, 10.0).tif(&file).close().unwrap();
    let scene = open(&file).unwrap();
    let shifted = |dx: f64, dy: f64| Grid {
        origin_x: scene.grid.origin_x + dx,
        origin_y: scene.grid.origin_y + dy,
        rows: 40,
        cols: 40,
        ..scene.grid.clone()
    };
    let target = shifted(-50.0, 70.0);
    let tile = assert_pieces_equal_whole(&scene, &target, &["red"]);
    assert_eq!(count(&tile, Validity::Clear), 600);
    assert_eq!(tile.validity[[6, 5]], Validity::OutsideScene);
    let own = read_all(&scene, &["red"]);
    assert_eq!(tile.values[[0, 7, 5]], own.values[[0, 0, 0]]);
    assert_eq!(tile.values[[0, 26, 34]], own.values[[0, 19, 29]]);
    let apart = shifted(1e6, 0.0);
    let tile = read(&scene, &apart, &["red"], apart.window()).unwrap();
    assert_eq!(count(&tile, Validity::OutsideScene), 1600);
}

#[test]
fn finer_pixels_are_averaged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fine.tif");
    let raster = made(40, 60, 5.0);
    raster.tif(&file).close().unwrap();
    let scene = open(&file).unwrap();
    let target = Grid { pixel_width: 10.0, pixel_height: 10.0, rows: 20, cols: 30, ..scene.grid.clone() };
    let tile = assert_pieces_equal_whole(&scene, &target, &["red"]);
    for row in 0..20 {
        for col in 0..30 {
            let dn = |i: usize, j: usize| f64::from(raster.values[0][(row * 2 + i) * 60 + col * 2 + j]);
            let mean = (dn(0, 0) + dn(0, 1) + dn(1, 0) + dn(1, 1)) / 4.0 * 1e-4;
            assert!((f64::from(tile.values[[0, row, col]]) - mean).abs() < 1e-7, "{row} {col}");
        }
    }
}

#[test]
fn another_utm_zone_is_sampled_the_same_in_any_window() {
    let Some(folder) = real_data("imagery/colombia_arrnorm") else { return };
    let (reference, target) = (open(&folder.join("ref.tif")).unwrap(), open(&folder.join("target.tif")).unwrap());
    assert_eq!((reference.grid.crs.epsg, target.grid.crs.epsg), (Some(32618), Some(32619)));
    let tile = assert_pieces_equal_whole(&target, &reference.grid, &["band1"]);
    let own = read_all(&target, &["band1"]);
    // Each pixel by itself, one point at a time.
    let way = Transform::new(&reference.grid.crs, &target.grid.crs).unwrap();
    let mut inside = 0;
    for row in (0..reference.grid.rows).step_by(17) {
        for col in (0..reference.grid.cols).step_by(13) {
            let (x, y) = reference.grid.xy(col as f64 + 0.5, row as f64 + 0.5);
            let (mut x, mut y) = ([x], [y]);
            way.apply(&mut x, &mut y).unwrap();
            let (c, r) = target.grid.col_row(x[0], y[0]);
            let hit =
                (0.0..own.validity.nrows() as f64).contains(&r) && (0.0..own.validity.ncols() as f64).contains(&c);
            assert_eq!(tile.validity[[row, col]] != Validity::OutsideScene, hit, "{row} {col}");
            if hit {
                assert_eq!(tile.values[[0, row, col]], own.values[[0, r as usize, c as usize]], "{row} {col}");
                inside += 1;
            }
        }
    }
    assert!(inside > 500, "{inside}");
    // The footprint bounds every pixel that was seen.
    let bound = cocal::io::scene_reader::footprint(&target, &reference.grid).unwrap().unwrap();
    let seen = tile.validity.indexed_iter().filter(|(_, v)| **v != Validity::OutsideScene);
    let within = |w: Window, (r, c): (usize, usize)| r >= w.row0 && r < w.row_end() && c >= w.col0 && c < w.col_end();
    assert!(seen.into_iter().all(|(at, _)| within(bound, at)));
}
