//! Exact areas against oracles: Karney's geodesic areas (geo's `GeodesicArea`), exactextract, published distortions.

use cocal::area::{AreaTable, CellArea, Zones, pixel_fractions, tabulate};
use cocal::io::crs::{Transform, crs_from_text};
use cocal::io::project_grounds::project_grounds;
use cocal::io::read_municipalities::{MunicipalityLayer, read_municipalities, read_polygons};
use cocal::scene::{Crs, Grid, Window};
use geo::{Coord, GeodesicArea, LineString, MultiPolygon, Polygon};
use ndarray::Array2;

use crate::data::real_data;

/// lon, lat of three places where coca is grown or watched.
const PLACES: [(&str, f64, f64); 3] = [("Leticia", -69.94, -4.20), ("Tumaco", -78.76, 1.80), ("Tibu", -72.73, 8.64)];

fn grid_at(crs: &str, (x, y): (f64, f64), pixel: f64, side: usize) -> Grid {
    let crs = crs_from_text(crs).unwrap();
    let half = pixel * (side / 2) as f64;
    Grid {
        crs,
        origin_x: x - half,
        origin_y: y + half,
        pixel_width: pixel,
        pixel_height: pixel,
        rows: side,
        cols: side,
    }
}

fn project(crs: &str, lon: f64, lat: f64) -> (f64, f64) {
    let way = Transform::new(&Crs::wgs84(), &crs_from_text(crs).unwrap()).unwrap();
    let (mut x, mut y) = ([lon], [lat]);
    way.apply(&mut x, &mut y).unwrap();
    (x[0], y[0])
}

fn cells(grid: &Grid, window: &Window) -> CellArea {
    let (mut x, mut y) = CellArea::corners(grid, window);
    Transform::to_own_lonlat(&grid.crs).unwrap().apply(&mut x, &mut y).unwrap();
    CellArea::from_lonlat(grid, window, &x, &y)
}

/// Signed areas' magnitudes, ring by ring: rings of either direction do.
fn geodesic_square_metres(ground: &MultiPolygon<f64>) -> f64 {
    let ring = |r: &LineString<f64>| Polygon::new(r.clone(), vec![]).geodesic_area_signed().abs();
    ground.iter().map(|p| ring(p.exterior()) - p.interiors().iter().map(ring).sum::<f64>()).sum()
}

/// The outline of a window, 200 points a side, in longitude and latitude.
fn outline(grid: &Grid, window: &Window) -> MultiPolygon<f64> {
    let (r0, c0) = (window.row0 as f64, window.col0 as f64);
    let (r1, c1) = (window.row_end() as f64, window.col_end() as f64);
    let corners = [(c0, r0), (c0, r1), (c1, r1), (c1, r0), (c0, r0)];
    let points = corners.windows(2).flat_map(|w| {
        let ((ca, ra), (cb, rb)) = (w[0], w[1]);
        (0..200).map(move |i| f64::from(i) / 200.0).map(move |t| (ca + (cb - ca) * t, ra + (rb - ra) * t))
    });
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.map(|(c, r)| grid.xy(c, r)).unzip();
    Transform::to_own_lonlat(&grid.crs).unwrap().apply(&mut x, &mut y).unwrap();
    let ring = x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect();
    MultiPolygon::new(vec![Polygon::new(ring, vec![])])
}

#[test]
fn blocks_of_pixels_have_their_geodesic_area() {
    let mut worst = 0.0_f64;
    for (_, lon, lat) in PLACES {
        for crs in ["EPSG:32618", "EPSG:9377", "EPSG:3857", "EPSG:4326"] {
            for metres in [10.0, 30.0, 700.0] {
                let pixel = if crs == "EPSG:4326" { metres / 111_320.0 } else { metres };
                let grid = grid_at(crs, project(crs, lon, lat), pixel, 200);
                let window = Window { row0: 37, col0: 51, rows: 101, cols: 113 };
                let cells = cells(&grid, &window);
                let pixels = (0..window.rows).flat_map(|r| (0..window.cols).map(move |c| (r, c)));
                let sum: u64 = pixels.map(|(r, c)| cells.square_mm(r, c)).sum();
                let error = (sum as f64 / 1e6 / geodesic_square_metres(&outline(&grid, &window)) - 1.0).abs();
                assert!(error < 2e-8, "{crs} at {lon}, {lat}, {metres} m: {error:e}");
                worst = worst.max(error);
            }
        }
    }
    println!("largest relative error of a block: {worst:e}");
}

#[test]
fn interpolation_between_nodes_errs_by_less_than_1e_8() {
    let mut worst = 0.0_f64;
    for (_, lon, lat) in PLACES {
        for crs in ["EPSG:32618", "EPSG:9377", "EPSG:3857"] {
            for (pixel, between) in [(1.0, 32), (10.0, 32), (20.0, 16), (30.0, 16), (250.0, 2), (700.0, 1)] {
                let grid = grid_at(crs, project(crs, lon, lat), pixel, 256);
                let at = 128 + between;
                let interpolated = cells(&grid, &Window { row0: at, col0: at, rows: 1, cols: 1 }).square_mm(0, 0);
                // The same pixel as the first of a grid of its own is a node: no interpolation.
                let (origin_x, origin_y) = grid.xy(at as f64, at as f64);
                let own = Grid { origin_x, origin_y, rows: 1, cols: 1, ..grid };
                let exact = cells(&own, &own.window()).square_mm(0, 0);
                let error = (interpolated as f64 / exact as f64 - 1.0).abs();
                // A pixel of 1 m has a million square millimetres: rounding alone is 1e-6.
                assert!(
                    error < if pixel < 10.0 { 1e-6 } else { 1e-8 + 1.0 / exact as f64 },
                    "{crs} {pixel} m: {error:e}"
                );
                worst = if pixel < 30.0 { worst } else { worst.max(error) };
            }
        }
    }
    println!("largest relative error of interpolation (pixels of 30 m and more): {worst:e}");
}

#[test]
fn planar_pixel_counts_err_by_the_known_percentages() {
    // Pixel size squared against the ellipsoid, in percent: the figures of the design, and of the forms themselves.
    let error = |crs: &str, lon: f64, lat: f64| {
        let grid = grid_at(crs, project(crs, lon, lat), 10.0, 2);
        100.0 * (1e8 / cells(&grid, &grid.window()).square_mm(0, 0) as f64 - 1.0)
    };
    for (crs, lon, lat, percent) in [
        ("EPSG:9377", -78.76, 1.80, 0.86),
        ("EPSG:9377", -72.73, 8.64, -0.16),
        ("EPSG:32618", -75.0, 1.8, -0.08),
        ("EPSG:32618", -67.5, 1.8, 1.66),
    ] {
        let got = error(crs, lon, lat);
        assert!((got - percent).abs() < 0.01, "{crs} at {lon}, {lat}: {got:.3} %, not {percent} %");
    }
    let sphere = Crs { inverse_flattening: 0.0, ..Crs::wgs84() };
    let cell = |crs: Crs| {
        let grid = Grid { crs, ..grid_at("EPSG:4326", (-75.0, 2.0), 0.01, 2) };
        cells(&grid, &grid.window()).square_mm(0, 0) as f64
    };
    let percent = 100.0 * (cell(sphere) / cell(Crs::wgs84()) - 1.0);
    assert!((percent - 0.67).abs() < 0.01, "sphere of equatorial radius: {percent:.3} %");
}

fn municipalities() -> Option<MunicipalityLayer> {
    let path = real_data("boundaries/mgn2018_municipios_detailed.geojson")?;
    Some(read_municipalities(&path, "MPIO_CCNCT", None).unwrap())
}

/// Every pixel is class 1: the table holds the municipalities' own areas.
fn ground_table(grid: &Grid, grounds: &[MultiPolygon<f64>]) -> AreaTable {
    let zones = Zones::new(grid, grounds);
    let mut table = AreaTable::default();
    for row0 in (0..grid.rows).step_by(512) {
        for col0 in (0..grid.cols).step_by(512) {
            let (rows, cols) = (512.min(grid.rows - row0), 512.min(grid.cols - col0));
            let window = Window { row0, col0, rows, cols };
            if zones.touching(&window) {
                table.merge(&tabulate(&window, Array2::ones((rows, cols)).view(), &zones, &cells(grid, &window)));
            }
        }
    }
    table
}

/// Straight edges in longitude and latitude, cut so short that geodesics follow them.
fn densified(ground: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let ring = |r: &LineString<f64>| {
        let cut = |line: geo::Line<f64>| {
            let n = (line.dx().hypot(line.dy()) / 0.005).ceil().max(1.0) as usize;
            (0..n).map(move |i| line.start + line.delta() * (i as f64 / n as f64))
        };
        let mut points: Vec<Coord<f64>> = r.lines().flat_map(cut).collect();
        points.extend(r.0.last());
        LineString::from(points)
    };
    let polygon = |p: &Polygon<f64>| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect());
    MultiPolygon::new(ground.iter().map(polygon).collect())
}

#[test]
fn all_municipalities_have_their_geodesic_area_on_a_lonlat_grid() {
    let Some(layer) = municipalities() else { return };
    assert_eq!(layer.municipalities.len(), 1122);
    assert!(layer.notes.is_empty(), "{:?}", layer.notes);
    let grid = Grid { rows: 3040, cols: 2560, ..grid_at("EPSG:4326", (-82.0, 14.0), 0.00625, 0) };
    let grounds: Vec<_> = layer.municipalities.iter().map(|m| m.ground.clone()).collect();
    let table = ground_table(&grid, &grounds);
    let mut worst = 0.0_f64;
    for (zone, municipality) in layer.municipalities.iter().enumerate() {
        let want = geodesic_square_metres(&densified(&municipality.ground)) / 1e4;
        let error = (table.hectares(zone, 1) / want - 1.0).abs();
        assert!(error < 1e-6, "{} {}: {error:e}", municipality.code, municipality.name);
        worst = worst.max(error);
    }
    println!("largest relative error of 1,122 municipalities: {worst:e}");
}

#[test]
fn three_municipalities_have_their_geodesic_area_on_projected_grids() {
    let Some(mut layer) = municipalities() else { return };
    layer.municipalities.retain(|m| ["91001", "52835", "54810"].contains(&m.code.as_str()));
    assert_eq!(layer.municipalities.len(), 3);
    for crs in ["EPSG:32618", "EPSG:9377", "EPSG:3857"] {
        for (zone, municipality) in layer.municipalities.iter().enumerate() {
            let one = MunicipalityLayer { municipalities: vec![municipality.clone()], ..layer.clone() };
            let grounds = project_grounds(&one, &crs_from_text(crs).unwrap()).unwrap();
            let rect = geo::BoundingRect::bounding_rect(&grounds[0]).unwrap();
            let pixels = |length: f64| (length / 100.0).ceil() as usize;
            let grid = Grid {
                origin_x: rect.min().x,
                origin_y: rect.max().y,
                rows: pixels(rect.height()),
                cols: pixels(rect.width()),
                ..grid_at(crs, (0.0, 0.0), 100.0, 0)
            };
            let want = geodesic_square_metres(&densified(&municipality.ground)) / 1e4;
            let error = (ground_table(&grid, &grounds).hectares(0, 1) / want - 1.0).abs();
            assert!(error < 1e-6, "{crs}, {zone} {}: {error:e}", municipality.name);
        }
    }
}

#[test]
fn an_invalid_ring_is_repaired_and_told() {
    let Some(path) = real_data("boundaries/mgn2018_departamentos_detailed.geojson") else { return };
    let layer = read_polygons(&path, "DPTO_CCDGO", Some("DPTO_CNMBR")).unwrap();
    assert_eq!(layer.features.len(), 33);
    assert_eq!(layer.notes.len(), 1, "{:?}", layer.notes);
    let note = &layer.notes[0];
    assert!(note.contains("LA GUAJIRA") && note.contains("ha before") && note.contains("ha after"), "{note}");
    let guajira = layer.features.iter().find(|f| f.key == "44").unwrap();
    // Sum of its 15 municipalities, from the same source: a repair that dropped a part would miss it.
    let Some(all) = municipalities() else { return };
    let parts = all.municipalities.iter().filter(|m| m.code.department() == "44");
    let sum: f64 = parts.map(|m| geodesic_square_metres(&m.ground)).sum();
    let error = (geodesic_square_metres(&guajira.ground) / sum - 1.0).abs();
    assert!(error < 1e-3, "{error:e}");
}

#[test]
fn coverage_equals_exactextract_on_its_own_cases() {
    let Some(folder) = real_data("vectors/exactextract") else { return };
    let text = std::fs::read_to_string(folder.join("expected_vectors.json")).unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut compared, mut cut) = (0, 0);
    for case in cases["cases"].as_array().unwrap() {
        let (grid, ground) = (case_grid(case), case_ground(case, &folder));
        let fractions = pixel_fractions(&ground, &grid, &grid.window());
        assert!(fractions.iter().all(|f| f.2 > 0.0 && f.2 <= 1.0 + 1e-9), "{}", case["id"]);
        let sum: f64 = fractions.iter().map(|f| f.2).sum();
        if let Some(want) = case["expected"]["coverage"].as_array() {
            let want: Vec<f64> = want.iter().filter_map(serde_json::Value::as_f64).collect();
            assert_eq!(fractions.iter().map(|f| f.2).collect::<Vec<_>>(), want, "{}", case["id"]);
            compared += 1;
        }
        if let Some(want) = case["expected"]["sum_of_coverage_fractions"].as_f64() {
            assert!((sum - want).abs() < 1e-5, "{}: {sum}", case["id"]);
            // Its borders run along pixel borders: a part is all or nothing, to the rounding of vertices.
            assert!(fractions.iter().all(|f| f.2 < 1e-6 || f.2 > 1.0 - 1e-6), "{}", case["id"]);
            compared += 1;
        }
        if case["expected"]["no_error"].as_bool() == Some(true) {
            assert!(sum > 0.0, "{}", case["id"]);
            cut += 1;
        }
    }
    assert_eq!((compared, cut), (2, 3));
}

fn case_grid(case: &serde_json::Value) -> Grid {
    let unit = grid_at("EPSG:4326", (0.0, 0.0), 1.0, 0);
    let number = |key: &str| case["grid"][key].as_f64();
    match (number("xmin"), number("ymax"), number("dx")) {
        (Some(x), Some(y), Some(d)) => {
            let count = |a: &str, b: &str| ((number(b).unwrap() - number(a).unwrap()) / d).round() as usize;
            let (rows, cols) = (count("ymin", "ymax"), count("xmin", "xmax"));
            Grid { origin_x: x, origin_y: y, pixel_width: d, pixel_height: d, rows, cols, ..unit }
        }
        _ => {
            let raster = case["raster"].as_array().unwrap();
            let (rows, cols) = (raster.len(), raster[0].as_array().unwrap().len());
            Grid { origin_y: rows as f64, rows, cols, ..unit }
        }
    }
}

fn case_ground(case: &serde_json::Value, folder: &std::path::Path) -> MultiPolygon<f64> {
    if let Some(file) = case["polygon_wkt_file"].as_str() {
        let wkt = std::fs::read_to_string(folder.join("..").join(file)).unwrap();
        return parse_wkt(wkt.trim());
    }
    let points = case["polygon"].as_array().unwrap();
    let ring = points.iter().map(|p| Coord { x: p[0].as_f64().unwrap(), y: p[1].as_f64().unwrap() }).collect();
    Polygon::new(ring, vec![]).into()
}

/// POLYGON and MULTIPOLYGON only. The files hold quotes and blanks that GDAL's reader refuses.
fn parse_wkt(wkt: &str) -> MultiPolygon<f64> {
    let body = wkt.trim_matches('"').trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let body = if wkt.contains("MULTI") { body[1..body.len() - 1].to_owned() } else { body.to_owned() };
    let ring = |text: &str| -> LineString<f64> {
        let numbers = |point: &str| -> Vec<f64> { point.split_whitespace().map(|n| n.parse().unwrap()).collect() };
        let points = text.trim_matches(['(', ')', ' ']).split(',').map(numbers);
        points.map(|p| Coord { x: p[0], y: p[1] }).collect()
    };
    let polygon = |text: &str| {
        let mut rings = text.split("),(").map(ring);
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    let body = body.replace(") ,", "),").replace("), (", "),(").replace(")), ((", ")),((");
    MultiPolygon::new(body.split(")),((").map(polygon).collect())
}
