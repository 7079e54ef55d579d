//! The map layer in all its formats, the STAC catalog and the QGIS project of a small project, and names that are no plain text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::vector::LayerAccess;
use gdal::{Dataset, Metadata};
use serde_json::Value;

use crate::small_project::{SmallProject, municipalities};

const FORMATS: &str = "[output]\nformats = [\"geojson\", \"gpkg\", \"geoparquet\", \"flatgeobuf\", \"csv\"]\n";
/// A name that a page would run, and one that a spreadsheet would.
const NAMES: [&str; 2] = ["<script>alert(1)</script>", "=cmd()"];

/// The small project with names that are no plain text, all formats on.
fn with_names() -> SmallProject {
    let mut project = SmallProject::new();
    project.toml.push_str(FORMATS);
    let layer = crate::small_project::layer(&municipalities());
    project.write("municipalities.geojson", layer.replace("Uno", NAMES[0]).replace("Dos", NAMES[1]));
    project
}

/// A CSV table by column, as any reader sees it.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(|line| header.iter().map(|h| (*h).to_owned()).zip(line.split(',').map(str::to_owned)).collect()).collect()
}

/// Code to name, mapped hectares and flag of 2024, by GDAL.
fn read(path: &Path) -> BTreeMap<String, (String, Option<f64>, String)> {
    let dataset = Dataset::open(path).unwrap();
    let mut layer = dataset.layer_by_name("municipalities").unwrap();
    let at = |name: &str| layer.defn().field_index(name).unwrap();
    let (code, name, mapped, flag) = (at("mun_code"), at("mun_name"), at("map_2024"), at("flag_2024"));
    let text = |f: &gdal::vector::Feature<'_>, at| f.field_as_string(at).unwrap().unwrap_or_default();
    let row = |f: gdal::vector::Feature<'_>| {
        assert!(f.geometry().is_some_and(|ground| ground.area() > 0.0));
        (text(&f, code), (text(&f, name), f.field_as_double(mapped).unwrap(), text(&f, flag)))
    };
    layer.features().map(row).collect()
}

#[test]
fn all_formats_hold_the_figures_of_the_tables_and_the_same_bytes_for_any_threads() {
    let project = with_names();
    for (threads, out) in [("1", "one"), ("3", "out")] {
        let done = project.call(&["run", "cocal.toml", "--out", out, "--threads", threads]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    project.assert_no_leftovers();
    let files = project.files();
    let mut compared = 0;
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with(project.path("one"))) {
        let name = path.strip_prefix(project.path("one")).unwrap();
        if name != Path::new("run.json") {
            assert!(
                *bytes == files[&project.path("out").join(name)],
                "{} differs between 1 and 3 threads",
                name.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared} files");
    let comparison = table(&project.text("out/comparison.csv"));
    let geojson: Value = serde_json::from_str(&project.text("out/municipalities.geojson")).unwrap();
    let csv = table(&project.text("out/municipalities.csv"));
    let layers = [read(&project.path("out/municipalities.gpkg")), read(&project.path("out/municipalities.fgb"))];
    for (at, row) in comparison.iter().enumerate() {
        let code = &row["municipality_code"];
        let mapped: f64 = row["mapped_area_ha"].parse().unwrap();
        assert!(mapped > 0.0 && mapped < 20.0, "{mapped}");
        for layer in &layers {
            assert_eq!(layer[code], (NAMES[at].to_owned(), Some(mapped), row["flag"].clone()));
        }
        let properties = &geojson["features"][at]["properties"];
        assert_eq!(properties["municipality_name"], NAMES[at]);
        assert_eq!(properties["mapped_area_ha_2024"].as_f64(), Some(mapped));
        assert_eq!(csv[at]["mapped_area_ha_2024"].parse::<f64>().unwrap(), mapped);
        assert_eq!(csv[at]["census_ha_2024"], row["census_ha"]);
    }
    let parquet = std::fs::read(project.path("out/municipalities.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn the_geopackage_brings_styles_and_titles() {
    let project = with_names();
    project.runs();
    let dataset = Dataset::open(project.path("out/municipalities.gpkg")).unwrap();
    let texts = |query: &str| -> Vec<String> {
        let mut found = dataset.execute_sql(query, None, gdal::vector::sql::Dialect::DEFAULT).unwrap().unwrap();
        found.features().map(|f| f.field_as_string(0).unwrap().unwrap_or_default()).collect()
    };
    let styles = texts("SELECT styleName FROM layer_styles ORDER BY id");
    assert_eq!(styles[0], "Mapped coca 2024");
    assert!(
        styles.contains(&"Census 2024".to_owned()) && styles.contains(&"Observed share 2024".to_owned()),
        "{styles:?}"
    );
    for style in
        texts("SELECT styleQML FROM layer_styles").into_iter().chain(texts("SELECT styleSLD FROM layer_styles"))
    {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        roxmltree::Document::parse_with_options(&style, options).unwrap();
    }
    let fields = dataset.layer_by_name("municipalities").unwrap().defn().fields().map(|f| f.name()).collect::<Vec<_>>();
    assert!(fields.len() > 10 && fields.iter().all(|f| f.len() <= 10 && f.is_ascii()), "{fields:?}");
    for field in &fields {
        let title = texts(&format!(
            "SELECT title FROM gpkg_data_columns WHERE table_name = 'municipalities' AND column_name = '{field}'"
        ));
        assert!(title.len() == 1 && !title[0].is_empty(), "{field} has no title");
    }
}

/// Names reach every table as text, and cocal reads its own tables with the names as they were.
#[test]
fn names_are_text_in_pages_and_spreadsheets_and_come_back() {
    let project = with_names();
    project.runs();
    let mut named = 0;
    for (path, bytes) in project.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.starts_with(project.path("out")) || !["csv", "geojson"].contains(&ending.as_str()) {
            continue;
        }
        if ending == "csv" {
            for cell in text.lines().flat_map(|line| line.split(',')).map(|cell| cell.trim_matches('"')) {
                let formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
                assert!(!formula, "'{cell}' in {}", path.display());
            }
            named += usize::from(text.contains("'=cmd()"));
        } else {
            assert!(!text.contains('<') && text.contains("\\u003cscript\\u003e"), "{}", path.display());
            named += 1;
        }
    }
    assert!(named >= 4, "{named} files with the names");
    let given = ["--census", "census.csv", "--eradication", "eradication.csv", "-o", "again.csv"];
    let again = project.call(&[&["compare", "--hectares", "out/hectares.csv"][..], &given].concat());
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    // With one apostrophe, not two: the name was read as it is.
    assert!(project.text("again.csv").contains("52835,'=cmd(),2024,"), "{}", project.text("again.csv"));
}

#[test]
fn only_the_formats_asked_for_are_written_and_wrong_ones_are_refused() {
    let mut project = SmallProject::new();
    project.toml.push_str("[output]\nformats = [\"csv\"]\n");
    project.runs();
    assert!(project.path("out/municipalities.csv").exists());
    for other in ["geojson", "gpkg", "parquet", "fgb"] {
        assert!(!project.path(&format!("out/municipalities.{other}")).exists(), "{other} was not asked for");
    }
    for (formats, words) in [
        ("[\"shp\"]", &["shp", "geoparquet", "line"][..]),
        ("[\"csv\", \"csv\"]", &["[output] formats", "each once"]),
        ("[]", &["[output] formats", "one or more"]),
    ] {
        let mut wrong = SmallProject::new();
        wrong.toml.push_str(&format!("[output]\nformats = {formats}\n"));
        wrong.fails(words);
    }
}

/// A municipality layer that would be overwritten by the map layer is an input like any other.
#[test]
fn no_map_layer_takes_the_place_of_an_input() {
    let mut project = SmallProject::new();
    project.toml.push_str("[output]\nformats = [\"gpkg\"]\n");
    project.runs();
    project.change("\"municipalities.geojson\"", "\"out/municipalities.gpkg\"");
    project.change("code_field = \"code\"", "code_field = \"mun_code\"");
    project.change("name_field = \"name\"", "name_field = \"mun_name\"");
    project.fails(&["municipalities.gpkg", "is an input"]);
}

/// Every asset is there with its length and digest, links are relative, and rasters are told with classes and statistics.
#[test]
fn the_catalog_tells_of_every_file_and_of_no_place_on_this_machine() {
    let project = with_names();
    project.runs();
    let read = |name: &str| -> Value { serde_json::from_str(&project.text(&format!("out/{name}"))).unwrap() };
    let (collection, item) = (read("collection.json"), read("item_2024.json"));
    let here = project.path("").to_string_lossy().into_owned();
    let mut assets = 0;
    for document in [&collection, &item] {
        assert_eq!(document["stac_version"], "1.1.0");
        assert!(!document.to_string().contains(here.trim_end_matches('/')), "a path of this machine");
        for asset in document["assets"].as_object().unwrap().values() {
            let path: PathBuf = project.path("out").join(asset["href"].as_str().unwrap());
            let length = std::fs::metadata(&path).unwrap().len();
            if let Some(size) = asset.get("file:size") {
                assert_eq!(size.as_u64(), Some(length));
                let digest = cocal::io::digest::sha256_of_file(&path).unwrap().unwrap();
                assert_eq!(asset["file:checksum"].as_str(), Some(format!("1220{digest}").as_str()));
            }
            assets += 1;
        }
    }
    assert!(assets >= 12, "{assets} assets");
    assert_eq!(item["properties"]["proj:code"], "EPSG:32618");
    assert_eq!(item["properties"]["end_datetime"], "2024-12-31T23:59:59Z");
    let class = &item["assets"]["class"];
    let dataset = Dataset::open(project.path("out/mask/class_2024.tif")).unwrap();
    let kept = dataset.rasterband(1).unwrap().metadata_item("STATISTICS_MEAN", "").unwrap();
    assert_eq!(class["bands"][0]["statistics"]["mean"].as_f64(), Some(kept.parse().unwrap()));
    let names: Vec<&str> =
        class["classification:classes"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["coca", "forest", "pasture", "unobserved"]);
}

#[test]
fn the_qgis_project_names_files_that_are_there() {
    let mut project = SmallProject::new();
    for (formats, source) in
        [("\"geojson\"", "./municipalities.geojson"), ("\"gpkg\"", "./municipalities.gpkg|layername=municipalities")]
    {
        project.toml = format!("{}[output]\nformats = [{formats}]\n", SmallProject::new().toml);
        project.runs();
        let text = project.text("out/cocal.qgs");
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let tree = roxmltree::Document::parse_with_options(&text, options).unwrap();
        let sources: Vec<&str> =
            tree.descendants().filter(|n| n.has_tag_name("datasource")).filter_map(|n| n.text()).collect();
        assert_eq!(sources.len(), 5, "{sources:?}");
        assert!(sources.contains(&source), "{sources:?}");
        for source in sources {
            let file = source.split('|').next().unwrap();
            assert!(project.path("out").join(file).exists(), "{file} is not there");
        }
    }
}
