//! Leaks in other encodings, systems and places of a file.

use serde_json::json;

use super::outdir::OutDir;

fn found(case: &OutDir, name: &str, bytes: &[u8]) -> Vec<String> {
    std::fs::write(case.path("public").join(name), bytes).unwrap();
    let found = case.leaks(&[]).into_iter().map(|(rule, _)| rule).collect();
    std::fs::remove_file(case.path("public").join(name)).unwrap();
    found
}

fn lot(corner: [f64; 2], side: f64, properties: serde_json::Value) -> serde_json::Value {
    let [x, y] = corner;
    let ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]];
    json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]}}]})
}

#[test]
fn projected_layers_and_other_encodings() {
    let case = OutDir::published();
    let has = |rules: &[String], rule: &str| assert!(rules.iter().any(|r| r == rule), "no {rule}: {rules:?}");
    for properties in [json!({"id": 1}), json!({"municipality_code": "05001"})] {
        let projected = lot([945_000.5, 221_000.5], 100.0, properties).to_string();
        has(&found(&case, "l.geojson", projected.as_bytes()), "other_crs");
    }
    let mut named = lot([10.0, 10.0], 50.0, json!({"id": 1}));
    named["crs"] = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9377"}});
    has(&found(&case, "l.geojson", named.to_string().as_bytes()), "other_crs");
    let plain = lot([-72.99, 4.01], 0.0005, json!({"nombre": "Se\u{f1}or"})).to_string();
    let latin: Vec<u8> = plain.chars().map(|c| c as u8).collect();
    has(&found(&case, "l.geojson", &latin), "lot");
    let wide: Vec<u8> = [0xfeff].into_iter().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    has(&found(&case, "l.geojson", &wide), "lot");
    has(&found(&case, "l.geojsons", format!("\u{1e}{plain}\n\u{1e}{plain}\n").as_bytes()), "closed");
}

#[test]
fn every_block_of_data_of_a_page_is_looked_at() {
    let case = OutDir::published();
    let lots = lot([-72.99, 4.01], 0.0005, json!({}));
    let block = |data: &str| format!("<script type=\"application/json\">{data}</script>");
    let page = |data: String| format!("<!doctype html><html><body>{data}</body></html>");
    let first = page(block(&lots.to_string()) + &block("{}"));
    assert!(found(&case, "a.html", first.as_bytes()).contains(&"lot".to_owned()));
    assert_eq!(found(&case, "a.html", page(block("{}") + &block("{}")).as_bytes()), [""; 0]);
}

#[test]
fn a_k_of_one_is_none() {
    let case = OutDir::published();
    case.replace("public/publication.json", "\"k\": 5", "\"k\": 1");
    assert!(case.leaks(&[]).iter().any(|(rule, text)| rule == "few_lots" && text.contains("the least is 2")));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_read() {
    let case = OutDir::published();
    let made = std::process::Command::new("mkfifo").arg(case.path("public/a.csv")).status().unwrap();
    assert!(made.success());
    assert!(case.leaks(&[]).iter().any(|(rule, _)| rule == "link"));
}
