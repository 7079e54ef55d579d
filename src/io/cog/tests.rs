use super::*;
use crate::scene::Crs;
use gdal::{Dataset, Metadata};
use ndarray::{Array2, s};

fn grid(rows: usize, cols: usize) -> Grid {
    Grid { crs: Crs::wgs84(), origin_x: -75.0, origin_y: 2.0, pixel_width: 1e-4, pixel_height: 1e-4, rows, cols }
}

fn layer(overviews: Overview) -> Layer {
    Layer {
        description: "class".to_owned(),
        categories: vec![(1, "forest".to_owned()), (2, "coca".to_owned())],
        colours: vec![(1, [0, 90, 0, 255]), (2, [200, 0, 0, 255])],
        ramp: Vec::new(),
        unit: None,
        overviews,
        metadata: vec![
            ("COCAL_YEAR".to_owned(), "2024".to_owned()),
            ("TIFFTAG_SOFTWARE".to_owned(), "cocal".to_owned()),
        ],
    }
}

/// Writes `values` in windows of `step` pixels, the last first.
fn write(path: &Path, values: &Array2<u8>, step: (usize, usize), overviews: Overview) -> Vec<Staged> {
    let grid = grid(values.nrows(), values.ncols());
    let sink = RasterSink::create(path, &grid, &layer(overviews)).unwrap();
    let mut encoder = Encoder::default();
    let mut windows = Vec::new();
    for row0 in (0..grid.rows).step_by(step.0) {
        for col0 in (0..grid.cols).step_by(step.1) {
            windows.push(Window { row0, col0, rows: step.0.min(grid.rows - row0), cols: step.1.min(grid.cols - col0) });
        }
    }
    for w in windows.iter().rev() {
        let view = values.slice(s![w.row0..w.row_end(), w.col0..w.col_end()]);
        sink.write(w, view, &mut encoder).unwrap();
    }
    assert!(!path.exists(), "the final name appeared before the raster was whole");
    sink.finish().unwrap()
}

fn pixels(values: &Array2<u8>) -> Vec<u8> {
    values.iter().copied().collect()
}

#[test]
fn a_raster_comes_back_with_its_names_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.tif");
    let values = ndarray::array![[1, 2, 255], [1, 1, 2]];
    let staged = write(&path, &values, (2, 3), Overview::Mode);
    assert!(!path.exists(), "the final name appeared before it was asked for");
    staged.into_iter().for_each(|file| file.put().unwrap());
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| name.starts_with("class.tif")), "{left:?}");
    let again = Dataset::open(&path).unwrap();
    let band = again.rasterband(1).unwrap();
    assert_eq!(band.read_band_as::<u8>().unwrap().data(), pixels(&values));
    assert_eq!(band.no_data_value(), Some(255.0));
    assert_eq!(band.description().unwrap(), "class");
    assert_eq!(again.metadata_item("COCAL_YEAR", "").as_deref(), Some("2024"));
    assert_eq!(again.metadata_item("TIFFTAG_SOFTWARE", "").as_deref(), Some("cocal"));
    assert_eq!(again.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(), Some("COG"));
    assert_eq!(again.spatial_ref().unwrap().auth_code().unwrap(), 4326);
    assert_eq!(again.geo_transform().unwrap(), grid(2, 3).geo_transform());
    assert_eq!(
        band.color_table().unwrap().entry(2).map(|c| format!("{c:?}")),
        Some("RgbaEntry { r: 200, g: 0, b: 0, a: 255 }".to_owned())
    );
    // SAFETY: the list belongs to the band, which is alive.
    let names = unsafe { gdal_sys::GDALGetRasterCategoryNames(band.c_rasterband()) };
    assert!(!names.is_null(), "category names were lost");
    assert_eq!(band.metadata_item("CATEGORY_2", "").as_deref(), Some("coca"));
    assert_eq!(band.metadata_item("STATISTICS_VALID_PERCENT", "").unwrap()[..7], *"83.3333");
    assert_eq!(band.metadata_item("STATISTICS_APPROXIMATE", ""), None);
    // Without leave to compute: GDAL takes them from the file.
    let kept = band.get_statistics(false, false).unwrap().unwrap();
    for (kept, expected) in [(kept.min, 1.0), (kept.max, 2.0), (kept.mean, 1.4), (kept.std_dev, 0.24_f64.sqrt())] {
        assert!((kept - expected).abs() < 1e-12, "{kept} is not {expected}");
    }
}

/// However it is cut into windows, a raster is the same file, its pixels and overviews are right.
#[test]
fn a_file_does_not_depend_on_the_windows() {
    let folder = tempfile::tempdir().unwrap();
    let values = Array2::from_shape_fn((1_100, 1_537), |(row, col)| match (row / 3 * 31 + col / 5 * 17) % 11 {
        10 => 255,
        value => value as u8,
    });
    let mut files = Vec::new();
    for step in [(512, 1024), (1_100, 1_537), (90, 1_537), (700, 300)] {
        let path = folder.path().join(format!("class_{}.tif", step.0));
        write(&path, &values, step, Overview::Mode).into_iter().for_each(|file| file.put().unwrap());
        files.push(std::fs::read(&path).unwrap());
        let again = Dataset::open(&path).unwrap();
        let band = again.rasterband(1).unwrap();
        assert_eq!(band.read_band_as::<u8>().unwrap().data(), pixels(&values));
        assert_eq!(band.overview_count().unwrap(), 2);
        let mut plain = values.clone();
        for number in 0..2 {
            plain = halved(&plain);
            let overview = band.overview(number).unwrap();
            assert_eq!(overview.size(), (plain.ncols(), plain.nrows()));
            assert_eq!(overview.read_band_as::<u8>().unwrap().data(), pixels(&plain), "overview {number}");
        }
    }
    // Tiles lie in the same order whatever order they came in.
    assert!(files.iter().all(|file| *file == files[0]));
}

/// The commonest value of four, the first where there are several.
fn halved(values: &Array2<u8>) -> Array2<u8> {
    let size = (values.nrows().div_ceil(2), values.ncols().div_ceil(2));
    Array2::from_shape_fn(size, |(row, col)| {
        let four = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(r, c)| values.get((2 * row + r, 2 * col + c)).copied());
        let seen: Vec<u8> = four.into_iter().flatten().filter(|value| *value != NODATA).collect();
        let count = |value: u8| seen.iter().filter(|v| **v == value).count();
        let most = seen.iter().map(|v| count(*v)).max().unwrap_or(0);
        seen.iter().copied().find(|v| count(*v) == most).unwrap_or(NODATA)
    })
}

#[test]
fn a_raster_that_is_not_whole_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.tif");
    let sink = RasterSink::create(&path, &grid(600, 600), &layer(Overview::Nearest)).unwrap();
    let window = Window { row0: 0, col0: 0, rows: 512, cols: 600 };
    let values = Array2::zeros((512, 600));
    sink.write(&window, values.view(), &mut Encoder::default()).unwrap();
    let error = sink.finish().unwrap_err().to_string();
    assert!(error.contains("class.tif") && error.contains("never came"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
