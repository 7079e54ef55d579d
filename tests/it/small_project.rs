//! A whole small project in a folder of the test: one labelled scene in the manner of Sentinel-2, two municipalities, census
//! and eradication. Each test then spoils one thing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use gdal::cpl::CslStringList;
use gdal::raster::{Buffer, GdalType};
use gdal::spatial_ref::SpatialRef;
use gdal::{DriverManager, Metadata};
use tempfile::TempDir;

use crate::data::cocal;

/// Rows and columns of the scene.
pub const SIDE: usize = 40;
/// Upper left corner in UTM 18N.
pub const CORNER: (f64, f64) = (500_000.0, 200_000.0);
/// The one scene of the untouched project.
pub const SCENE: &str = "tiles/scene_2024-07-01.tif";
const NAMES: [&str; 4] = ["B03", "B04", "B08", "B12"];
/// Columns of forest, coca and pasture.
const STRIPES: [(&str, usize, usize); 3] = [("forest", 0, 14), ("coca", 14, 27), ("pasture", 27, 40)];
/// Reflectance of the stripes times 10,000 (synthetic).
const SPECTRA: [[u16; 4]; 3] = [[400, 300, 3500, 1500], [900, 800, 2800, 2500], [1200, 1400, 2200, 3300]];

/// A raster to be written; `values` are `[band][row * cols + col]`.
pub struct Stack<T> {
    pub names: Vec<&'static str>,
    pub values: Vec<Vec<T>>,
    pub cols: usize,
    pub affine: [f64; 6],
    pub epsg: Option<u32>,
    pub nodata: Option<f64>,
    pub scale: Option<f64>,
}

impl Stack<u16> {
    /// The untouched scene: stripes of three covers with noise, digital numbers of 1/10,000.
    pub fn good() -> Self {
        let value = |band: usize, at: usize| {
            let stripe = STRIPES.iter().position(|(_, from, to)| (*from..*to).contains(&(at % SIDE))).unwrap();
            SPECTRA[stripe][band] + (at * 7919 + band * 104_729) as u16 % 97
        };
        Self {
            names: NAMES.to_vec(),
            values: (0..4).map(|band| (0..SIDE * SIDE).map(|at| value(band, at)).collect()).collect(),
            cols: SIDE,
            affine: [CORNER.0, 10.0, 0.0, CORNER.1, 0.0, -10.0],
            epsg: Some(32618),
            nodata: None,
            scale: None,
        }
    }

    /// The same as numbers of another type.
    pub fn mapped<T>(self, to: impl Fn(u16) -> T) -> Stack<T> {
        let values = self.values.iter().map(|band| band.iter().map(|v| to(*v)).collect()).collect();
        let Self { names, cols, affine, epsg, nodata, scale, .. } = self;
        Stack { names, values, cols, affine, epsg, nodata, scale }
    }
}

impl<T: GdalType + Copy> Stack<T> {
    /// Writes a GeoTIFF.
    pub fn write(&self, path: &Path) {
        self.write_with(path, &[]);
    }

    /// Writes a GeoTIFF with creation options.
    pub fn write_with(&self, path: &Path, options: &[&str]) {
        let rows = self.values[0].len() / self.cols;
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let options = CslStringList::from_iter(options.iter().copied());
        let (cols, bands) = (self.cols, self.values.len());
        let mut made = driver.create_with_band_type_with_options::<T, _>(path, cols, rows, bands, &options).unwrap();
        made.set_geo_transform(&self.affine).unwrap();
        if let Some(epsg) = self.epsg {
            made.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
        }
        for (at, values) in self.values.iter().enumerate() {
            let mut band = made.rasterband(at + 1).unwrap();
            band.set_description(self.names[at]).unwrap();
            band.set_no_data_value(self.nodata).unwrap();
            if let Some(scale) = self.scale {
                band.set_scale(scale).unwrap();
            }
            band.write((0, 0), (self.cols, rows), &mut Buffer::new((self.cols, rows), values.clone())).unwrap();
        }
        made.close().unwrap();
    }
}

/// A project's folder.
pub struct SmallProject {
    folder: TempDir,
    /// The text of `cocal.toml`.
    pub toml: String,
}

impl SmallProject {
    /// The untouched project: it runs.
    pub fn new() -> Self {
        let toml = r#"
[territory]
municipalities = "municipalities.geojson"
code_field = "code"
name_field = "name"
[years]
census = [2024]
[[scenes]]
path = "tiles/*.tif"
[classifier]
samples = "training.geojson"
class_field = "class"
trees = 10
folds = 2
[records]
census = "census.csv"
eradication = ["eradication.csv"]
"#;
        let project = Self { folder: tempfile::tempdir().unwrap(), toml: toml.to_owned() };
        std::fs::create_dir(project.path("tiles")).unwrap();
        Stack::good().write(&project.path(SCENE));
        project.write("municipalities.geojson", layer(&municipalities()));
        project.write("training.geojson", layer(&training()));
        project.write("census.csv", "municipality_code,municipality_name,year,census_ha\n05001,Uno,2023,3.5\n05001,Uno,2024,3\n52835,Dos,2023,3\n52835,Dos,2024,3.25\n");
        project.write("eradication.csv", "municipality_code,municipality_name,year,method,eradicated_ha\n05001,Uno,2024,manual,0.5\n52835,Dos,2024,manual,0\n");
        project
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the project.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// A file of the project as text.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Puts another text into a file of the project; the text must be there.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "'{from}' is not in {name}");
        self.write(name, text.replace(from, to));
    }

    /// Puts another text into the project file; the text must be there.
    pub fn change(&mut self, from: &str, to: &str) {
        assert!(self.toml.contains(from), "'{from}' is not in the project file");
        self.toml = self.toml.replace(from, to);
    }

    /// Calls the program in the project's folder.
    pub fn call(&self, arguments: &[&str]) -> Output {
        self.write("cocal.toml", &self.toml);
        cocal().current_dir(self.folder.path()).args(arguments).output().unwrap()
    }

    /// `cocal run` that succeeds: what it says on standard error, and `hectares.csv`.
    pub fn runs(&self) -> (String, String) {
        let done = self.call(&["run", "cocal.toml", "--out", "out"]);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        self.assert_no_leftovers();
        (said, self.text("out/hectares.csv"))
    }

    /// `cocal run --on-error stop` that fails as [`SmallProject::fails_at`] says.
    pub fn fails(&self, words: &[&str]) {
        self.fails_at(&["run", "cocal.toml", "--out", "out", "--json", "--on-error", "stop"], words);
    }

    /// A call that ends with exit code 1, says these words on standard error and nothing on standard output, writes no file
    /// and changes none.
    pub fn fails_at(&self, arguments: &[&str], words: &[&str]) {
        self.write("cocal.toml", &self.toml);
        let before = self.files();
        let done = self.call(arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        for word in words {
            assert!(said.contains(word), "'{word}' is not in: {said}");
        }
        assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{said}");
        let after = self.files();
        assert!(!before.is_empty());
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "files came or went");
        assert!(before == after, "a file was changed");
    }

    /// No temporary file is left anywhere.
    pub fn assert_no_leftovers(&self) {
        let files = self.files();
        let left: Vec<_> = files.keys().filter(|p| p.file_name().unwrap().to_string_lossy().starts_with('.')).collect();
        assert!(left.is_empty() && !files.is_empty(), "left behind: {left:?}");
    }

    /// Every file under the folder with its content, but for a run's journal and lock.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && path.ends_with(".cocal") {
                    continue;
                }
                if path.is_dir() {
                    walk(&path, into);
                } else {
                    into.insert(path.clone(), std::fs::read(&path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(self.folder.path(), &mut files);
        files
    }
}

/// Properties as JSON, and rings of x, y in UTM 18N.
pub type Feature = (String, Vec<(f64, f64)>);

/// A ring around columns and rows of the scene.
pub fn ring(cols: (usize, usize), rows: (usize, usize)) -> Vec<(f64, f64)> {
    let (x, y) = (|c: usize| CORNER.0 + 10.0 * c as f64, |r: usize| CORNER.1 - 10.0 * r as f64);
    let (x0, x1, y0, y1) = (x(cols.0), x(cols.1), y(rows.1), y(rows.0));
    vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
}

/// The left and the right half of the scene.
pub fn municipalities() -> Vec<Feature> {
    let named = |code: &str, name: &str| format!(r#"{{"code":"{code}","name":"{name}"}}"#);
    vec![(named("05001", "Uno"), ring((0, 20), (0, SIDE))), (named("52835", "Dos"), ring((20, SIDE), (0, SIDE)))]
}

/// Four squares of each cover.
pub fn training() -> Vec<Feature> {
    let square = |class: &str, col: usize, row: usize| {
        (format!(r#"{{"class":"{class}"}}"#), ring((col + 3, col + 9), (row, row + 6)))
    };
    STRIPES.iter().flat_map(|(class, from, _)| [2, 12, 22, 32].map(|row| square(class, *from, row))).collect()
}

/// A GeoJSON layer in UTM 18N.
pub fn layer(features: &[Feature]) -> String {
    layer_in("urn:ogc:def:crs:EPSG::32618", features)
}

/// A GeoJSON layer in a CRS.
pub fn layer_in(crs: &str, features: &[Feature]) -> String {
    let feature = |(properties, ring): &Feature| {
        let points: Vec<String> = ring.iter().map(|(x, y)| format!("[{x},{y}]")).collect();
        let geometry = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, points.join(","));
        format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
    };
    let features: Vec<String> = features.iter().map(feature).collect();
    let crs = format!(r#"{{"type":"name","properties":{{"name":"{crs}"}}}}"#);
    format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","))
}
