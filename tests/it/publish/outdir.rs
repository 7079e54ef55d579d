//! The folder of a run, made by the test: 5 x 3 cells of the lattice with lots whose number and place are known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use cocal::io::cell_plane::{carry, cell_plane};
use cocal::scene::Crs;
use geo::{Coord, MultiPolygon, Rect};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::data::cocal;
use crate::small_project::Stack;

/// Upper left corner of the mask in EPSG:9377, at the origin of the plane: 73 W, 4 N.
pub const CORNER: (f64, f64) = (5_000_000.0, 2_003_000.0);
/// Pixels of 20 m: 50 on the side of a cell.
pub const PIXEL: f64 = 20.0;
const COLS: usize = 250;
const ROWS: usize = 150;
/// Hectares of a pixel on the ellipsoid: the plane's scale is 0.9992 there.
pub const PIXEL_HA: f64 = 0.04 / (0.9992 * 0.9992);
/// Lots of four pixels: column and row of the cell (rows from the north), and how many. The third column of cells lies in both
/// municipalities, its lots in the western half.
const LOTS: [(usize, usize, usize); 9] =
    [(0, 2, 9), (0, 1, 2), (0, 0, 7), (1, 1, 12), (1, 0, 6), (2, 2, 6), (3, 2, 8), (3, 1, 9), (3, 0, 10)];

pub struct OutDir(pub TempDir);

impl OutDir {
    /// 2024 with lots, 2023 without, its east hidden.
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(folder.path("out/mask")).unwrap();
        write_mask(&folder.path("out/mask/coca_2024.tif"), |row, col| u8::from(lots().contains(&(row, col))));
        write_mask(&folder.path("out/mask/coca_2023.tif"), |_, col| if col < 200 { 0 } else { 255 });
        folder.write("out/municipalities.geojson", &layer().to_string());
        folder.write("out/comparison.csv", &comparison());
        folder.write("out/comparison_totals.csv", &totals());
        let run = json!({
            "program": "cocal 0.1.0", "gdal": "3.6.2",
            "inputs": [{"role": "census", "path": "/home/ana/coca/census.csv", "sha256": "00"}],
            "settings": {"mask": {"minimum_mapping_unit_ha": 0.1}, "scenes": [{"path": "/home/ana/coca/*.tif"}]},
            "notes": ["/home/ana/coca/census.csv: recognised", "by ana.gomez@ejemplo.gov.co"],
        });
        folder.write("out/run.json", &run.to_string());
        folder
    }

    /// The same with its publication in `public`, which is clean.
    pub fn published() -> Self {
        static FIRST: std::sync::OnceLock<OutDir> = std::sync::OnceLock::new();
        let first = FIRST.get_or_init(|| {
            let first = Self::new();
            first.publishes(&[]);
            assert_eq!(first.leaks(&[]), []);
            first
        });
        let copy = Self(tempfile::tempdir().unwrap());
        for (name, bytes) in super::files(first.0.path()) {
            std::fs::create_dir_all(copy.0.path().join(&name).parent().unwrap()).unwrap();
            std::fs::write(copy.0.path().join(name), bytes).unwrap();
        }
        copy
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Puts another text into a file; the text must be there.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "'{from}' is not in {name}:\n{text}");
        self.write(name, &text.replace(from, to));
    }

    /// The program, in this folder, by a user of this name on a machine of that name.
    pub fn call(&self, arguments: &[&str]) -> Output {
        let mut command = cocal();
        command.current_dir(self.0.path()).env("USER", "mrodriguez").env("HOSTNAME", "sig-server-07");
        command.args(arguments).output().unwrap()
    }

    pub fn publishes(&self, more: &[&str]) -> Value {
        let done = self.call(&[&["publish", "out", "-o", "public", "--json"], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Rules that the checker finds broken in `public`, with what it says.
    pub fn leaks(&self, more: &[&str]) -> Vec<(String, String)> {
        let done = self.call(&[&["publish", "--check", "public", "--json"], more].concat());
        let report: Value = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
        let found = report["findings"].as_array().unwrap();
        assert_eq!(done.status.code(), Some(if found.is_empty() { 0 } else { 1 }));
        assert!(report["examined"]["files"].as_u64().unwrap() > 0);
        found.iter().map(|f| (f["rule"].as_str().unwrap().to_owned(), f.to_string())).collect()
    }

    /// Rows of `cells.csv` by cell and year.
    pub fn cells(&self) -> BTreeMap<(String, String), Vec<String>> {
        let text = self.text("public/cells.csv");
        let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        rows.map(|row| ((row[0].clone(), row[1].clone()), row[2..].to_vec())).collect()
    }
}

pub fn write_mask(path: &Path, code: impl Fn(usize, usize) -> u8) {
    Stack {
        names: vec!["coca"],
        values: vec![(0..ROWS * COLS).map(|at| code(at / COLS, at % COLS)).collect()],
        cols: COLS,
        affine: [CORNER.0, PIXEL, 0.0, CORNER.1, 0.0, -PIXEL],
        epsg: Some(9377),
        nodata: Some(255.0),
        scale: None,
    }
    .write(path);
}

/// Rows and columns of the pixels of all lots.
pub fn lots() -> std::collections::BTreeSet<(usize, usize)> {
    let mut pixels = std::collections::BTreeSet::new();
    for (col, row, count) in LOTS {
        for lot in 0..count {
            // Five side by side, ten pixels apart; the third column keeps to its western half.
            let (down, right) = if col == 2 { (lot / 2, lot % 2) } else { (lot / 4, lot % 4) };
            let (row0, col0) = (50 * row + 5 + 10 * down, 50 * col + 5 + 10 * right);
            pixels.extend([(row0, col0), (row0, col0 + 1), (row0 + 1, col0), (row0 + 1, col0 + 1)]);
        }
    }
    // One more lot lies over the border of two cells: one pixel in the northern cell, three in the southern, joined by corners.
    pixels.extend([(49, 190), (50, 191), (51, 192), (52, 193)]);
    pixels
}

/// Mapped hectares of the two municipalities, which meet in the middle of the third column of cells.
pub fn mapped() -> [f64; 2] {
    let pixels = lots();
    let west = pixels.iter().filter(|(_, col)| *col < 125).count() as f64;
    [west * PIXEL_HA, (pixels.len() as f64 - west) * PIXEL_HA]
}

/// The municipalities in WGS 84, of more decimals than are published.
pub fn grounds() -> [MultiPolygon<f64>; 2] {
    let rect = |x0: f64, x1: f64| -> MultiPolygon<f64> {
        let (top, bottom) = (CORNER.1, CORNER.1 - PIXEL * ROWS as f64);
        Rect::new(Coord { x: CORNER.0 + x0, y: bottom }, Coord { x: CORNER.0 + x1, y: top }).to_polygon().into()
    };
    let mut grounds = [rect(0.0, 2500.0), rect(2500.0, 5000.0)];
    carry(&mut grounds, &cell_plane().unwrap(), &Crs::wgs84()).unwrap();
    grounds
}

/// GeoJSON of polygons with properties, coordinates with so many decimals.
pub fn features(of: &[(Value, MultiPolygon<f64>)], decimals: usize) -> Value {
    let feature = |(properties, ground): &(Value, MultiPolygon<f64>)| {
        let ring = |c: &Coord<f64>| -> Vec<f64> {
            [c.x, c.y].iter().map(|v| format!("{v:.decimals$}").parse().unwrap()).collect()
        };
        let rings: Vec<Vec<Vec<f64>>> = vec![ground.0[0].exterior().0.iter().map(ring).collect()];
        json!({"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}})
    };
    json!({"type": "FeatureCollection", "features": of.iter().map(feature).collect::<Vec<_>>()})
}

fn layer() -> Value {
    let [west, east] = grounds();
    let named = |code: &str, name: &str, mapped: f64| {
        let (mapped, difference) = (rounded(mapped), rounded(mapped - 1.0));
        json!({
            "municipality_code": code, "municipality_name": name, "observed_share_2024": 1.0, "census_ha_2024": 1.0,
            "mapped_area_ha_2024": mapped, "difference_ha_2024": difference, "flag_2024": "", "mapped_area_ha_2023": 0.0,
            "pixel_row_2024": 7
        })
    };
    let [a, b] = mapped();
    features(&[(named("05001", "San Juan/El Alto", a), west), (named("05002", "=cmd()", b), east)], 6)
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn comparison() -> String {
    let [a, b] = mapped().map(rounded);
    let head = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha,coverage_area_ha,census_ha,difference_ha,flag,bound_low_ha,bound_high_ha,first_pixel\n";
    let row = |code: &str, name: &str, v: f64| {
        format!(
            "{code},{name},2024,coca,{v},1,0,751.2,1,{:.4},,{v},{v},\"12\"\n{code},{name},2023,coca,0,0.8,150,751.2,1,-1,,0,150,\n",
            v - 1.0
        )
    };
    head.to_owned() + &row("05001", "San Juan/El Alto", a) + &row("05002", "=cmd()", b)
}

fn totals() -> String {
    let sum: f64 = mapped().into_iter().map(rounded).sum();
    format!(
        "level,place_code,place_name,year,municipalities,mapped_area_ha,census_ha\ncountry,CO,Colombia,2024,2,{sum:.4},2\ndepartment,05,,2024,2,{sum:.4},2\n"
    )
}
