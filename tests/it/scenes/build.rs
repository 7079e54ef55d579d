//! Small rasters and products in a folder of the test.

use std::path::{Path, PathBuf};

use cocal::io::scene::{SceneError, open_scene};
use cocal::io::scene_reader::SceneReader;
use cocal::scene::source::SceneOptions;
use cocal::scene::{Band, Grid, Scene, Tile, Validity, Window};
use gdal::raster::{Buffer, GdalType};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};

/// A raster to be made; `values` are `[band][row * cols + col]`.
pub struct Made<'a, T> {
    pub names: &'a [&'a str],
    pub rows: usize,
    pub cols: usize,
    pub pixel: f64,
    pub values: Vec<Vec<T>>,
    pub nodata: Option<f64>,
}

pub const ORIGIN: (f64, f64) = (600_000.0, 200_040.0);

impl<T: GdalType + Copy> Made<'_, T> {
    pub fn affine(&self) -> [f64; 6] {
        [ORIGIN.0, self.pixel, 0.0, ORIGIN.1, 0.0, -self.pixel]
    }

    fn fill(&self, mut dataset: Dataset) -> Dataset {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(32618).unwrap()).unwrap();
        dataset.set_geo_transform(&self.affine()).unwrap();
        for (i, values) in self.values.iter().enumerate() {
            let mut band = dataset.rasterband(i + 1).unwrap();
            band.set_no_data_value(self.nodata).unwrap();
            if let Some(name) = self.names.get(i) {
                band.set_description(name).unwrap();
            }
            let mut buffer = Buffer::new((self.cols, self.rows), values.clone());
            band.write((0, 0), (self.cols, self.rows), &mut buffer).unwrap();
        }
        dataset
    }

    /// A GeoTIFF, open for changes.
    pub fn tif(&self, path: &Path) -> Dataset {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        self.fill(driver.create_with_band_type::<T, _>(path, self.cols, self.rows, self.values.len()).unwrap())
    }

    /// A lossless JPEG 2000.
    pub fn jp2(&self, path: &Path) {
        let memory = DriverManager::get_driver_by_name("MEM").unwrap();
        let count = self.values.len();
        let dataset = self.fill(memory.create_with_band_type::<T, _>("", self.cols, self.rows, count).unwrap());
        let options = gdal::cpl::CslStringList::from_iter(["QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO"]);
        let driver = DriverManager::get_driver_by_name("JP2OpenJPEG").unwrap();
        dataset.create_copy(&driver, path, &options).unwrap();
    }
}

/// Numbers that differ from pixel to pixel and band to band: 1200 to 9000.
pub fn speckle(seed: usize, n: usize) -> Vec<u16> {
    (0..n).map(|i| (1200 + (i * 7919 + seed * 104_729) % 7800) as u16).collect()
}

pub fn open(path: &Path) -> Result<Scene, SceneError> {
    open_scene(path, &SceneOptions::default())
}

pub fn bands(names: &[&str]) -> Vec<Band> {
    names.iter().map(|n| Band::new(n)).collect()
}

pub fn read(scene: &Scene, target: &Grid, names: &[&str], window: Window) -> Result<Tile, SceneError> {
    SceneReader::open(scene, target, &bands(names))?.read(window)
}

/// The whole scene on its own grid.
pub fn read_all(scene: &Scene, names: &[&str]) -> Tile {
    read(scene, &scene.grid, names, scene.grid.window()).unwrap()
}

pub fn count(tile: &Tile, state: Validity) -> usize {
    tile.validity.iter().filter(|v| **v == state).count()
}

/// Asserts that reading in pieces of odd sizes gives the bytes of one read.
pub fn assert_pieces_equal_whole(scene: &Scene, target: &Grid, names: &[&str]) -> Tile {
    let mut reader = SceneReader::open(scene, target, &bands(names)).unwrap();
    let whole = reader.read(target.window()).unwrap();
    let mut seen = 0;
    for (height, width) in [(7, 13), (64, 33), (1, 101)] {
        for row0 in (0..target.rows).step_by(height * 3) {
            for col0 in (0..target.cols).step_by(width * 2) {
                let (rows, cols) = (height.min(target.rows - row0), width.min(target.cols - col0));
                let piece = reader.read(Window { row0, col0, rows, cols }).unwrap();
                let part = ndarray::s![row0..row0 + rows, col0..col0 + cols];
                assert_eq!(piece.validity, whole.validity.slice(part), "{row0} {col0}");
                for (a, b) in piece.values.outer_iter().zip(whole.values.outer_iter()) {
                    let b = b.slice(part).map(|v| v.to_bits());
                    assert_eq!(a.map(|v| v.to_bits()), b, "{row0} {col0}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "only {seen} pieces");
    whole
}

pub const SIDE: usize = 60;

/// A SAFE folder with B01 (60 m), B02 and B04 (10 m), B05 (20 m), SCL (20 m); 60 x 60 pixels of 10 m.
pub fn safe(folder: &Path, baseline: &str, offset: Option<f64>) -> PathBuf {
    let root = folder.join("S2B_MSIL2A_20240812T152639_N0511_R025_T18NXG_20240812T193013.SAFE");
    let image = |own: &str, metres: usize| format!("GRANULE/L2A_T18NXG/IMG_DATA/R{metres}m/T18NXG_{own}_{metres}m");
    let mut listed = String::new();
    for (seed, own, metres) in [(1, "B01", 60), (2, "B02", 10), (4, "B04", 10), (5, "B05", 20), (0, "SCL", 20)] {
        let side = SIDE * 10 / metres;
        let file = root.join(format!("{}.jp2", image(own, metres)));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let mut values = speckle(seed, side * side);
        if own == "B02" {
            (values[0], values[1]) = (0, 65_535);
        }
        let (rows, cols, pixel) = (side, side, metres as f64);
        if own == "SCL" {
            let codes: Vec<u8> = (0..side * side).map(|i| (i % 12) as u8).collect();
            Made { names: &[], rows, cols, pixel, values: vec![codes], nodata: None }.jp2(&file);
        } else {
            Made { names: &[], rows, cols, pixel, values: vec![values], nodata: None }.jp2(&file);
        }
        listed += &format!("<IMAGE_FILE>{}</IMAGE_FILE>", image(own, metres));
    }
    let offsets: String = match offset {
        Some(v) => (0..13).map(|i| format!("<BOA_ADD_OFFSET band_id=\"{i}\">{v}</BOA_ADD_OFFSET>")).collect(),
        None => String::new(),
    };
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><n1:Level-2A_User_Product xmlns:n1=\"https://psd-14.sentinel2.eo.\
         esa.int/PSD/User_Product_Level-2A.xsd\"><n1:General_Info><Product_Info>\
         <PRODUCT_START_TIME>2024-08-12T15:26:39.024Z</PRODUCT_START_TIME>\
         <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>{listed}</Product_Info>\
         <QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit=\"none\">10000</BOA_QUANTIFICATION_VALUE>\
         </QUANTIFICATION_VALUES_LIST><BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST>\
         </n1:General_Info></n1:Level-2A_User_Product>"
    );
    std::fs::write(root.join("MTD_MSIL2A.xml"), xml).unwrap();
    root
}
