//! Leaks that are planted one by one into a clean folder: each is found by its rule.

use std::path::Path;

use gdal::cpl::CslStringList;
use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{DriverManager, Metadata};
use geo::{MultiPolygon, polygon};
use serde_json::{Value, json};

use super::outdir::{OutDir, features};

/// A lot of some 0.3 ha near the middle of the folder's cells.
fn lot() -> MultiPolygon<f64> {
    polygon![(x: -72.99, y: 4.01), (x: -72.9895, y: 4.01), (x: -72.9895, y: 4.0105), (x: -72.99, y: 4.0105)].into()
}

fn plant(what: &str, rule: &str, more: &[&str], how: impl FnOnce(&OutDir)) {
    let case = OutDir::published();
    how(&case);
    let found = case.leaks(more);
    assert!(found.iter().any(|(r, _)| r == rule), "{what}: no {rule} among {found:?}");
}

/// A raster with pixels of so many metres and items of metadata.
fn raster(path: &Path, driver: &str, pixel: f64, items: &[(&str, &str, &str)]) {
    let memory = DriverManager::get_driver_by_name("MEM").unwrap();
    let mut dataset = memory.create_with_band_type::<u8, _>("", 6, 4, 1).unwrap();
    if pixel > 0.0 {
        dataset.set_geo_transform(&[5_000_000.0, pixel, 0.0, 2_003_000.0, 0.0, -pixel]).unwrap();
        dataset.set_spatial_ref(&SpatialRef::from_epsg(9377).unwrap()).unwrap();
    }
    for (domain, key, value) in items {
        dataset.set_metadata_item(key, value, domain).unwrap();
    }
    let values = Buffer::new((6, 4), vec![7_u8; 24]);
    dataset.rasterband(1).unwrap().write((0, 0), (6, 4), &mut values.clone()).unwrap();
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    dataset.create_copy(&driver, path, &CslStringList::new()).unwrap();
}

/// A vector file with one polygon and a text.
fn vector(path: &Path, (driver, epsg): (&str, u32), ground: &MultiPolygon<f64>, text: &str) {
    use gdal::vector::ToGdal;
    let driver = DriverManager::get_driver_by_name(driver).unwrap();
    let mut dataset = driver.create_vector_only(path).unwrap();
    let srs = SpatialRef::from_epsg(epsg).unwrap();
    let options = LayerOptions {
        name: "things",
        srs: Some(&srs),
        ty: OGRwkbGeometryType::wkbMultiPolygon,
        ..LayerOptions::default()
    };
    let layer = dataset.create_layer(options).unwrap();
    layer.create_defn_fields(&[("note", OGRFieldType::OFTString)]).unwrap();
    let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
    feature.set_geometry(ground.to_gdal().unwrap()).unwrap();
    feature.set_field_string(0, text).unwrap();
    feature.create(&layer).unwrap();
    drop(feature);
    dataset.close().unwrap();
}

#[test]
fn rasters_and_pictures() {
    plant("pixels of 20 m", "fine_raster", &[], |c| raster(&c.path("public/a.tif"), "GTiff", 20.0, &[]));
    plant("pixels of 500 m", "fine_raster", &[], |c| raster(&c.path("public/a.bin"), "GTiff", 500.0, &[]));
    plant("a picture", "unplaced_picture", &[], |c| raster(&c.path("public/map.png"), "PNG", 0.0, &[]));
    plant("a coarse mask", "mask_raster", &[], |c| raster(&c.path("public/probability.tif"), "GTiff", 1000.0, &[]));
    plant("cells of 1 km against 2 km", "fine_raster", &["--cell", "2km"], |c| {
        raster(&c.path("public/a.tif"), "GTiff", 1000.0, &[]);
    });
    let place = ("", "EXIF_GPSLatitude", "(4) (0) (30)");
    plant("a place in a tag", "gps", &[], |c| raster(&c.path("public/a.tif"), "GTiff", 1000.0, &[place]));
    let artist = ("", "TIFFTAG_ARTIST", "somebody");
    plant("an artist", "picture_tags", &[], |c| raster(&c.path("public/a.tif"), "GTiff", 1000.0, &[artist]));
    let path = ("", "SOURCE", "/home/ana/coca/mask.tif");
    plant("a path in a tag", "path", &[], |c| raster(&c.path("public/a.tif"), "GTiff", 1000.0, &[path]));
    plant("Exif of a camera", "picture_tags", &[], |c| {
        raster(&c.path("public/a.jpg"), "JPEG", 0.0, &[]);
        let mut bytes = std::fs::read(c.path("public/a.jpg")).unwrap();
        // After the start of the image: a segment APP1 of eight bytes.
        bytes.splice(2..2, *b"\xff\xe1\0\x08Exif\0\0");
        std::fs::write(c.path("public/a.jpg"), bytes).unwrap();
    });
}

#[test]
fn a_coarse_raster_without_tags_is_clean() {
    let case = OutDir::published();
    raster(&case.path("public/a.tif"), "GTiff", 1000.0, &[]);
    std::fs::write(
        case.path("public/README.txt"),
        "From https://www.datos.gov.co/a/b, 12 ha/year.\nSan Juan/El Alto.\n",
    )
    .unwrap();
    case.write("public/more.csv", "municipality_code,name,census_ha\n05001,San Juan/El Alto,-3.5\n");
    assert_eq!(case.leaks(&[]), []);
}

#[test]
fn shapes() {
    let one = |properties: Value, decimals: usize| features(&[(properties, lot())], decimals).to_string();
    plant("a lot", "lot", &[], |c| c.write("public/zones.json", &one(json!({"name": "x"}), 4)));
    plant("a lot that says so", "lots_without_reason", &[], |c| {
        c.write("public/lots.geojson", &one(json!({"lot": "2024-1"}), 6));
    });
    plant("a lot called municipality", "lot", &[], |c| {
        let twice = [(json!({"municipality_code": "05001"}), lot()), (json!({"municipality_code": "05001"}), lot())];
        c.write("public/m.geojson", &features(&twice, 4).to_string());
    });
    plant("many lots as one", "lot", &[], |c| {
        let big: MultiPolygon<f64> = polygon![(x: -73.0, y: 4.0), (x: -72.9, y: 4.0), (x: -72.9, y: 4.1)].into();
        let all = MultiPolygon::new(big.into_iter().chain(lot()).collect());
        vector(&c.path("public/all.gpkg"), ("GPKG", 4326), &all, "coca");
    });
    for (driver, name) in [("GPKG", "a.gpkg"), ("FlatGeobuf", "a.fgb"), ("ESRI Shapefile", "a.shp")] {
        plant(driver, "lot", &[], |c| vector(&c.path("public").join(name), (driver, 4326), &lot(), ""));
        plant(driver, "path", &[], |c| vector(&c.path("public").join(name), (driver, 4326), &lot(), "/mnt/x/y.tif"));
    }
    plant("another system", "other_crs", &[], |c| vector(&c.path("public/a.gpkg"), ("GPKG", 32618), &lot(), ""));
    plant("a point", "point_or_line", &[], |c| {
        let point = json!({"type": "Point", "coordinates": [-73.0, 4.0]});
        let of = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": point}]});
        c.write("public/p.geojson", &of.to_string());
    });
    plant("a line", "point_or_line", &[], |c| {
        c.write("public/p.json", r#"{"geometries":[{"type":"LineString","coordinates":[[-73,4],[-73,4.1]]}]}"#);
    });
    plant("six decimals", "decimals", &[], |c| {
        std::fs::copy(c.path("out/municipalities.geojson"), c.path("public/municipalities.geojson")).unwrap();
    });
    plant("nine decimals of a cell", "decimals", &[], |c| {
        let cells: Value = serde_json::from_str(&c.text("public/cells.geojson")).unwrap();
        let x = cells["features"][0]["geometry"]["coordinates"][0][0][0].as_f64().unwrap();
        c.replace("public/cells.geojson", &format!("[[{x},"), &format!("[[{},", x + 1e-9));
    });
    plant("a cell beside the lattice", "off_lattice", &[], |c| {
        let cell =
            polygon![(x: -72.9955, y: 4.0), (x: -72.9865, y: 4.0), (x: -72.9865, y: 4.009), (x: -72.9955, y: 4.009)];
        c.write("public/grid.geojson", &features(&[(json!({"cell": "1kmN2000E5000"}), cell.into())], 4).to_string());
    });
    plant("cells of 250 m", "off_lattice", &[], |c| {
        c.write("public/grid.csv", "cell,year,lots,mapped_area_ha\n250mN2000E5000,2024,7,3\n");
    });
}

#[test]
fn figures() {
    let few = "1kmN2001E5000,2024,1.000000,100.1602,,,yes";
    plant("two lots", "few_lots", &[], |c| {
        c.replace("public/cells.csv", few, "1kmN2001E5000,2024,1.000000,100.1602,2,0.3205,no");
    });
    plant("no lot is a figure too", "few_lots", &[], |c| {
        c.replace(
            "public/cells.csv",
            "1kmN2000E5001,2024,1.000000,100.1602,,,yes",
            "1kmN2000E5001,2024,1.000000,100.1602,0,0,no",
        );
    });
    plant("hectares without lots", "few_lots", &[], |c| {
        c.replace("public/cells.csv", few, "1kmN2001E5000,2024,1.000000,100.1602,,0.3205,no");
    });
    plant("two lots in the layer", "few_lots", &[], |c| {
        let layer = c.text("public/cells.geojson");
        let at = layer.find("\"1kmN2001E5000\"").unwrap();
        let changed = layer[at..].replacen("\"lots_2024\":null", "\"lots_2024\":2", 1);
        c.write("public/cells.geojson", &(layer[..at].to_owned() + &changed));
    });
    plant("a larger k", "few_lots", &["--k", "9"], |_| {});
    plant("least hectares", "few_hectares", &["--min-ha", "1.2"], |_| {});
    plant("the complement shown", "revealed_cell", &[], |c| {
        c.replace(
            "public/cells.csv",
            "1kmN2000E5002,2024,1.000000,100.1602,,,yes",
            "1kmN2000E5002,2024,1.000000,100.1602,6,0.9615,no",
        );
        let rows: Vec<String> =
            c.text("public/cells.csv").lines().filter(|l| !is_empty_west(l)).map(str::to_owned).collect();
        c.write("public/cells.csv", &rows.join("\n"));
        std::fs::remove_file(c.path("public/cells.geojson")).unwrap();
    });
    plant("a withheld municipality left over by its department", "revealed_municipality", &[], |c| {
        c.replace(
            "public/publication.json",
            "\"withheld_municipalities\": []",
            "\"withheld_municipalities\": [{\"municipality_code\": \"05002\", \"year\": 2024}]",
        );
    });
    plant("its figure beside it", "revealing_figure", &[], |c| {
        c.replace(
            "public/publication.json",
            "\"withheld_municipalities\": []",
            "\"withheld_municipalities\": [{\"municipality_code\": \"05002\", \"year\": 2024}]",
        );
    });
    plant("the difference to the census", "revealing_figure", &[], |c| {
        c.write(
            "public/d.csv",
            "municipality_code,year,class,mapped_area_ha,census_ha,difference_ha\n05001,2024,coca,,3,1.5\n",
        );
    });
}

/// Rows of western cells without coca: with them the remainder could be theirs.
fn is_empty_west(line: &str) -> bool {
    ["1kmN2000E5001", "1kmN2001E5002", "1kmN2002E5002"].iter().any(|cell| line.starts_with(cell))
}

#[test]
fn words() {
    let csv = |text: &'static str| move |c: &OutDir| c.write("public/t.csv", &format!("name,value\n\"{text}\",1\n"));
    plant("a path", "path", &[], csv("read from /home/ana/coca"));
    plant("a path of Windows", "path", &[], |c| c.write("public/t.json", r#"{"a":["C:\\Users\\Ana\\lotes.shp"]}"#));
    plant("a path of a network", "path", &[], |c| c.write("public/t.json", r#"{"a":"\\\\servidor\\sig\\x"}"#));
    plant("a virtual file", "path", &[], csv("/vsizip/x.zip/y.tif"));
    plant("a path of a store", "path", &[], csv("s3://ana/lotes.tif"));
    plant("a path of a share", "path", &[], csv("smb://servidor/ana/x"));
    plant("a home by its name", "path", &[], csv("$HOME/coca/x.tif"));
    plant("a path in a layer's description", "path", &[], |c| {
        let square: MultiPolygon<f64> = polygon![(x: -73.0, y: 4.0), (x: -72.9, y: 4.0), (x: -72.9, y: 4.1)].into();
        vector(&c.path("public/all.gpkg"), ("GPKG", 4326), &square, "coca");
        let database = gdal::Dataset::open_ex(
            c.path("public/all.gpkg"),
            gdal::DatasetOptions {
                open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE | gdal::GdalOpenFlags::GDAL_OF_VECTOR,
                ..Default::default()
            },
        )
        .unwrap();
        let words = "UPDATE gpkg_contents SET description = 'made from /home/ana/x/lotes.gpkg'";
        database.execute_sql(words, None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
        database.close().unwrap();
    });
    plant("a user", "user", &[], csv("made by mrodriguez"));
    plant("a machine", "host", &[], csv("sig-server-07"));
    plant("mail", "mail", &[], csv("ana.gomez@ejemplo.gov.co"));
    plant("a place", "coordinates", &[], csv("lot at -72.98765, 4.01234"));
    plant("a pixel", "pixel_position", &[], csv("row 12, column 34"));
    plant("a formula", "formula", &[], csv("=HYPERLINK(1)"));
    for (columns, rule) in [
        ("row,col", "pixel_position"),
        ("row_off,pix_fila", "pixel_position"),
        ("POINT_X,POINT_Y", "coordinates"),
        ("lon_dd,utm_e", "coordinates"),
        ("lon,lat", "coordinates"),
        ("x,y", "coordinates"),
        ("unit_id,reference", "sample_unit"),
    ] {
        plant(columns, rule, &[], |c| c.write("public/t.csv", &format!("{columns}\n3,4\n")));
    }
    plant("units of a sample", "sample_unit", &[], |c| c.write("public/t.json", r#"{"units":[{"id":"a"}]}"#));
    plant("a path in a text", "path", &[], |c| c.write("public/README.txt", "made in\n/home/ana/coca\n"));
}

#[test]
fn pages() {
    let page = |data: &str, body: &str| {
        format!(
            "<!doctype html><html><body>{body}<script type=\"application/json\" id=\"cocal-data\">{data}</script><script>let re = /a/b/</script></body></html>"
        )
    };
    plant("a path in a page", "path", &[], |c| {
        c.write("public/report.html", &page("{}", "<a href=\"file:///home/ana/x.html\">x</a>"))
    });
    plant("a path in its data", "path", &[], |c| {
        c.write("public/report.html", &page(r#"{"provenance":{"notes":["/home/ana/x.csv: read"]}}"#, ""))
    });
    plant("a path in a script", "path", &[], |c| {
        c.write("public/report.html", &page("{}", "<script>let from = \"/home/ana/coca/report.js\"</script>"));
    });
    plant("lots in a script", "closed", &[], |c| {
        c.write("public/report.html", &page("{}", "<script>let a = {coordinates:[[[-72.98765,4.01]]]}</script>"));
    });
    plant("a lot in a topology", "lot", &[], |c| {
        let map = json!({"type": "Topology", "objects": {"m": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "id": "x", "arcs": [[0]]}]}}});
        c.write("public/report.html", &page(&json!({"map": map}).to_string(), ""));
    });
    plant("a polygon in other data", "lot", &[], |c| {
        c.write(
            "public/a.json",
            r#"{"place":{"type":"Polygon","coordinates":[[[-73,4],[-72.9,4],[-73,4.1],[-73,4]]]}}"#,
        );
    });
    plant("a picture in it", "unplaced_picture", &[], |c| {
        c.write("public/report.html", &page("{}", "<img src=\"data:image/png;base64,iVBORw0KGgo\">"))
    });
    let image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAFCAIAAADzBuo/AAAA";
    plant("a fine picture in its data", "fine_raster", &[], |c| {
        let data = json!({"pictures": [{"bounds": [-73.0, 4.0, -72.99, 4.005], "image": image}]});
        c.write("public/report.html", &page(&data.to_string(), ""));
    });
    plant("a withheld figure in its data", "revealing_figure", &[], |c| {
        c.replace(
            "public/publication.json",
            "\"withheld_municipalities\": []",
            "\"withheld_municipalities\": [{\"municipality_code\": \"05002\", \"year\": 2024}]",
        );
        for name in ["comparison.csv", "municipalities.geojson"] {
            std::fs::remove_file(c.path("public").join(name)).unwrap();
        }
        let data = json!({"years": [2023, 2024], "places": [{"code": "05001"}, {"code": "05002"}], "figures": {"mapped_ha": [0, 1, 0, 2]}});
        c.write("public/report.html", &page(&data.to_string(), ""));
    });
    let case = OutDir::published();
    let data = json!({"years": [2024], "places": [{"code": "05001", "name": "San Juan/El Alto"}], "figures": {"mapped_ha": [6.7272]},
        "pictures": [{"bounds": [-73.0, 4.0, -72.9, 4.05], "image": image}], "map": {"type": "Topology", "arcs": [[[0, 0], [1, 1]]], "objects": {"municipalities": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "id": "05001", "arcs": [[0]]}]}}}});
    case.write(
        "public/report.html",
        &page(&data.to_string(), "<p>Coca</p><var>x</var><a href=\"https://a.b/c/d\">y</a>"),
    );
    assert_eq!(case.leaks(&[]), []);
}

#[test]
fn files_of_other_kinds() {
    plant("no record", "no_publication", &[], |c| std::fs::remove_file(c.path("public/publication.json")).unwrap());
    plant("hidden", "hidden", &[], |c| c.write("public/.lots.csv", "a,b\n1,2\n"));
    plant("hidden below", "hidden", &[], |c| {
        std::fs::create_dir(c.path("public/.git")).unwrap();
        c.write("public/.git/config", "x");
    });
    for (name, bytes) in [
        ("a.zip", &b"PK\x03\x04..."[..]),
        ("a.parquet", b"PAR1..."),
        ("model.cocal", b"COCALMDL"),
        ("a.pdf", b"%PDF-1.7"),
        ("a.dat", b"\x01\x02\0\x04"),
        ("a.svg", b"<svg><path d=\"M1 1\"/></svg>"),
        ("a.csv", b"a,b\n1,2,3\n"),
        ("a.json", b"{\"a\":"),
    ] {
        plant(name, "closed", &[], |c| std::fs::write(c.path("public").join(name), bytes).unwrap());
    }
    #[cfg(unix)]
    plant("a link", "link", &[], |c| std::os::unix::fs::symlink("/etc/hostname", c.path("public/a.csv")).unwrap());
    plant("lots below", "lot", &[], |c| {
        std::fs::create_dir(c.path("public/more")).unwrap();
        c.write("public/more/a", &features(&[(json!({}), lot())], 4).to_string());
    });
}
