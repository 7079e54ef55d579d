//! How fast polygons are cut out of a mask: the zonal kernel itself, one thread, by processor time.
//!
//! ```text
//! cargo bench --bench zones                                  # seconds of each case
//! cargo bench --bench zones -- --layer MUNICIPALITIES.geojson  # and a country: its polygons, in longitude and latitude
//! cargo bench --bench zones -- --only stars --repeats 9
//! cargo bench --bench zones -- --dump DIR                    # and masks, polygons and planar sums, for benches/peers/zones.py
//! ```
//! The masks are patches of six classes with speckle, as a classification leaves them. Seeded; no imagery. `zones` builds
//! the polygons' edges in pixels, once a layer; `planar` and `geodesic` are areas and sums over all windows. The digest is
//! of every bit of the geodesic table: it changes when a figure does.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use cocal::area::{AreaTable, CellArea, Zones, tabulate};
use cocal::io::crs::Transform;
use cocal::scene::{Crs, Grid, Window};
use geo::{BoundingRect, LineString, MultiPolygon, Polygon};
use ndarray::{Array2, s};

/// Side of the windows, in pixels: what `cocal run` takes for ten bands.
const SIDE: usize = 1024;
const CLASSES: u8 = 6;

/// A layer over a mask.
struct Case {
    name: &'static str,
    grid: Grid,
    grounds: Vec<MultiPolygon<f64>>,
}

/// A number of 0 to 1 that depends on three others only.
fn noise(a: u64, b: u64, c: u64) -> f64 {
    let mut h = a.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        ^ c.wrapping_mul(0x1656_67B1_9E37_79F9);
    h = (h ^ (h >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    h = (h ^ (h >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((h ^ (h >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Patches of about 40 pixels, a twentieth of the pixels of another class.
fn mask(rows: usize, cols: usize) -> Array2<u8> {
    const PATCH: usize = 40;
    let corner = |i: usize, j: usize| noise(1, i as u64, j as u64);
    Array2::from_shape_fn((rows, cols), |(row, col)| {
        if noise(2, row as u64, col as u64) < 0.05 {
            return (noise(3, row as u64, col as u64) * f64::from(CLASSES)) as u8 + 1;
        }
        let (i, j) = (row / PATCH, col / PATCH);
        let (t, u) = ((row % PATCH) as f64 / PATCH as f64, (col % PATCH) as f64 / PATCH as f64);
        let above = corner(i, j) * (1.0 - u) + corner(i, j + 1) * u;
        let below = corner(i + 1, j) * (1.0 - u) + corner(i + 1, j + 1) * u;
        let height = above * (1.0 - t) + below * t;
        ((height * 1.6 - 0.3).clamp(0.0, 0.999) * f64::from(CLASSES)) as u8 + 1
    })
}

/// UTM 18N, pixels of 10 m.
fn utm(rows: usize, cols: usize) -> Grid {
    let mut crs = Crs::wgs84();
    crs.geographic = false;
    crs.epsg = Some(32618);
    crs.wkt = concat!(
        r#"PROJCS["WGS 84 / UTM zone 18N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],"#,
        r#"PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],"#,
        r#"PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",-75],PARAMETER["scale_factor",0.9996],"#,
        r#"PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","32618"]]"#
    )
    .to_owned();
    Grid { crs, origin_x: 300_000.0, origin_y: 200_040.0, pixel_width: 10.0, pixel_height: 10.0, rows, cols }
}

/// 64 polygons of 4,097 points side by side, each point up to so many pixels off a smooth line.
fn stars(name: &'static str, off: f64) -> Case {
    let grid = utm(5760, 5760);
    let star = |k: usize| {
        let (row, col) = ((k / 8) as f64 * 720.0 + 360.0, (k % 8) as f64 * 720.0 + 360.0);
        let ring = (0..=4096).map(|i| {
            let i = i % 4096;
            let angle = f64::from(i) / 4096.0 * std::f64::consts::TAU;
            let radius = 330.0 * (0.85 + 0.1 * (5.0 * angle).sin()) + off * noise(4, k as u64, i as u64);
            grid.xy(col + radius * angle.cos(), row + radius * angle.sin())
        });
        MultiPolygon::new(vec![Polygon::new(ring.collect::<LineString>(), Vec::new())])
    };
    let grounds = (0..64).map(star).collect();
    Case { name, grid, grounds }
}

/// 100 municipalities of about 2,000 points that share their borders and cover the mask.
fn municipalities() -> Case {
    let grid = utm(10_980, 10_980);
    let place = |along: f64, across: usize, turned: bool| {
        // A border wanders by up to 150 pixels; both ends, where four meet, stay put.
        let middle = across as f64 * 1098.0;
        let inner = if (1..10).contains(&across) { 1.0 } else { 0.0 };
        let (cell, part) = ((along / 500.0).floor(), (along % 500.0) / 500.0);
        let bend = 100.0 * (part * std::f64::consts::TAU).sin() * (noise(5, cell as u64, across as u64) - 0.5) * 2.0;
        // Near its ends it is smooth, so that no two borders cross.
        let calm = (0.15 * 500.0 * part.min(1.0 - part)).min(1.0);
        let fine = calm * 6.0 * (noise(6, along as u64, across as u64 * 2 + u64::from(turned)) - 0.5);
        let (a, b) = (along / 500.0 * 1098.0, middle + inner * (bend + fine));
        if turned { grid.xy(b, a) } else { grid.xy(a, b) }
    };
    let ground = |k: usize| {
        let (i, j) = (k / 10, k % 10);
        let top = (0..500).map(|p| place((j * 500 + p) as f64, i, false));
        let right = (0..500).map(|p| place((i * 500 + p) as f64, j + 1, true));
        let bottom = (0..500).map(|p| place((j * 500 + 500 - p) as f64, i + 1, false));
        let left = (0..=500).map(|p| place((i * 500 + 500 - p) as f64, j, true));
        let ring: LineString = top.chain(right).chain(bottom).chain(left).collect();
        MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])
    };
    let grounds = (0..100).map(ground).collect();
    Case { name: "municipalities", grid, grounds }
}

/// A layer of polygons in longitude and latitude under a square mask.
fn country(layer: &Path) -> Case {
    let text = std::fs::read_to_string(layer).unwrap();
    let collection = geojson::FeatureCollection::try_from(text.parse::<geojson::GeoJson>().unwrap()).unwrap();
    let geometry = |feature: geojson::Feature| geo::Geometry::<f64>::try_from(feature.geometry.unwrap()).unwrap();
    let grounds: Vec<MultiPolygon<f64>> = collection
        .features
        .into_iter()
        .map(|feature| match geometry(feature) {
            geo::Geometry::Polygon(polygon) => polygon.into(),
            geo::Geometry::MultiPolygon(polygons) => polygons,
            _ => panic!("not a polygon"),
        })
        .collect();
    // The islands far from the coast would make most of the mask sea.
    let boxes = grounds.iter().filter_map(BoundingRect::bounding_rect).filter(|r| r.min().x > -79.5);
    let (mut left, mut bottom, mut right, mut top) = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
    for r in boxes {
        (left, bottom) = (left.min(r.min().x), bottom.min(r.min().y));
        (right, top) = (right.max(r.max().x), top.max(r.max().y));
    }
    let side = 10_980;
    let pixel = ((right - left).max(top - bottom) * 1.01 / side as f64 * 1e6).ceil() / 1e6;
    let (origin_x, origin_y) = (left - pixel, top + pixel);
    let grid =
        Grid { crs: Crs::wgs84(), origin_x, origin_y, pixel_width: pixel, pixel_height: pixel, rows: side, cols: side };
    Case { name: "country", grid, grounds }
}

fn windows(grid: &Grid) -> Vec<Window> {
    let mut windows = Vec::new();
    for row0 in (0..grid.rows).step_by(SIDE) {
        for col0 in (0..grid.cols).step_by(SIDE) {
            windows.push(Window { row0, col0, rows: SIDE.min(grid.rows - row0), cols: SIDE.min(grid.cols - col0) });
        }
    }
    windows
}

fn cells(grid: &Grid, window: &Window, way: Option<&Transform>) -> CellArea {
    let Some(way) = way else { return CellArea::planar(grid, window) };
    let (mut x, mut y) = CellArea::corners(grid, window);
    way.apply(&mut x, &mut y).unwrap();
    CellArea::from_lonlat(grid, window, &x, &y)
}

/// The table of a whole mask, window by window: geodesic with a way to longitude and latitude, else planar.
fn table(case: &Case, zones: &Zones, parts: &[(Window, Array2<u8>)], way: Option<&Transform>) -> AreaTable {
    let mut table = AreaTable::default();
    for (window, codes) in parts {
        table.merge(&tabulate(window, codes.view(), zones, &cells(&case.grid, window, way)));
    }
    table
}

/// Processor time of this thread in seconds: a shared machine does not disturb it. Wall time where Linux does not tell it.
fn now() -> f64 {
    // The system brings the figure up to date when the thread steps aside.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let known = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map(|ns| ns / 1e9);
    known.unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64())
}

/// Median seconds of several runs, and the last result.
fn timed<T>(repeats: usize, work: impl Fn() -> T) -> (f64, T) {
    let mut seconds = Vec::with_capacity(repeats);
    loop {
        let start = now();
        let result = std::hint::black_box(work());
        seconds.push(now() - start);
        if seconds.len() == repeats {
            seconds.sort_by(f64::total_cmp);
            return (seconds[repeats / 2], result);
        }
    }
}

fn digest(table: &AreaTable) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(serde_json::to_string(table).unwrap().as_bytes());
    hasher.finish()
}

fn measure(case: &Case, repeats: usize, dump: Option<&Path>) {
    let codes = mask(case.grid.rows, case.grid.cols);
    let part = |w: Window| (w, codes.slice(s![w.row0..w.row_end(), w.col0..w.col_end()]).to_owned());
    let parts: Vec<_> = windows(&case.grid).into_iter().map(part).collect();
    let way = Transform::to_own_lonlat(&case.grid.crs).unwrap();
    let (build, zones) = timed(repeats, || Zones::new(&case.grid, &case.grounds));
    let (planar, pixels) = timed(repeats, || table(case, &zones, &parts, None));
    let (geodesic, area) = timed(repeats, || table(case, &zones, &parts, Some(&way)));
    let (corners, _) =
        timed(repeats, || parts.iter().map(|(w, _)| cells(&case.grid, w, Some(&way))).collect::<Vec<_>>());
    let points: usize = case.grounds.iter().map(geo::CoordsIter::coords_count).sum();
    println!(
        "{}: {} polygons of {points} points, {:.1} Mpx; zones {build:.4} s, planar {planar:.4} s, geodesic {geodesic:.4} s (areas {corners:.4} s); digest {:016x}",
        case.name,
        case.grounds.len(),
        case.grid.window().len() as f64 / 1e6,
        digest(&area),
    );
    if let Some(folder) = dump {
        dump_case(case, &codes, (&pixels, &area), folder);
    }
}

/// The mask as bytes, the polygons as GeoJSON, and the sums of both tables by zone and class.
fn dump_case(case: &Case, codes: &Array2<u8>, (pixels, area): (&AreaTable, &AreaTable), folder: &Path) {
    let name = |end: &str| -> PathBuf { folder.join(format!("{}{end}", case.name)) };
    std::fs::write(name(".u8"), codes.as_slice().unwrap()).unwrap();
    let feature = |(zone, ground): (usize, &MultiPolygon<f64>)| serde_json::json!({ "type": "Feature", "properties": { "zone": zone }, "geometry": geojson::Geometry::from(ground) });
    let features: Vec<_> = case.grounds.iter().enumerate().map(feature).collect();
    let layer = serde_json::json!({ "type": "FeatureCollection", "features": features });
    std::fs::write(name(".geojson"), layer.to_string()).unwrap();
    let classes = || (0..=CLASSES + 1).filter(|class| pixels.classes().contains(class));
    let sums = |table: &AreaTable| -> Vec<Vec<f64>> {
        (0..case.grounds.len()).map(|zone| classes().map(|class| table.hectares(zone, class)).collect()).collect()
    };
    let g = &case.grid;
    let facts = serde_json::json!({
        "rows": g.rows, "cols": g.cols, "epsg": g.crs.epsg.unwrap_or(4326),
        "transform": [g.pixel_width, 0.0, g.origin_x, 0.0, -g.pixel_height, g.origin_y],
        "classes": classes().collect::<Vec<u8>>(), "pixels": sums(pixels), "hectares": sums(area),
    });
    std::fs::write(name(".json"), facts.to_string()).unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].clone());
    let (only, repeats) = (value("--only"), value("--repeats").map_or(5, |n| n.parse().unwrap()));
    let dump = value("--dump").map(PathBuf::from);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    for (name, off) in [("stars", 1.0), ("rough", 16.5)] {
        if wanted(name) {
            measure(&stars(name, off), repeats, dump.as_deref());
        }
    }
    if wanted("municipalities") {
        measure(&municipalities(), repeats, dump.as_deref());
    }
    match value("--layer") {
        Some(layer) if wanted("country") => measure(&country(Path::new(&layer)), repeats, dump.as_deref()),
        _ => println!("country: not measured (--layer FILE)"),
    }
}
