//! What a run left in its folder, as far as a publication takes of it.

use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use serde_json::{Map, Value};

use super::read_municipalities::{LayerError, MunicipalityLayer, read_municipalities};
use super::read_outputs::is_of_run;
use super::table::{TableError, read_table};
use crate::publish::columns::{TABLES, TableKind};
use crate::records::text_table::TextTable;
use crate::scene::Crs;

/// Outputs that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// Not a folder, or a file of it that cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No map layer.
    #[error("{0} is missing: a publication takes municipalities and their borders from it; run the project with it")]
    NoLayer(PathBuf),
    /// The map layer cannot be used.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The map layer is not in WGS 84.
    #[error("{0} is not in longitude and latitude of WGS 84, which GeoJSON is; run the project again")]
    OtherCrs(PathBuf),
    /// A file that is no JSON.
    #[error("{path} is not the JSON that a run writes: {message}; run the project again")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A table that cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// A table with its kind and the year of its name.
#[derive(Debug)]
pub struct OutputTable {
    /// Name of the file.
    pub name: String,
    /// What is known of its columns.
    pub kind: &'static TableKind,
    /// Year of the name.
    pub year: Option<i32>,
    /// The rows.
    pub table: TextTable,
}

/// A run's outputs.
#[derive(Debug)]
pub struct Outputs {
    /// Municipalities in WGS 84, by code.
    pub layer: MunicipalityLayer,
    /// Properties of the map layer, in the order of the file.
    pub properties: Vec<Map<String, Value>>,
    /// The tables that may leave.
    pub tables: Vec<OutputTable>,
    /// Names and contents of `assessment_YEAR.json`.
    pub assessments: Vec<(String, Value)>,
    /// `run.json`, where it is there.
    pub record: Option<Value>,
    /// Files that stay behind.
    pub left: Vec<String>,
}

impl Outputs {
    /// Ground of a municipality.
    pub fn ground(&self, code: &str) -> Option<&MultiPolygon<f64>> {
        let all = &self.layer.municipalities;
        all.binary_search_by(|m| m.code.as_str().cmp(code)).ok().map(|i| &all[i].ground)
    }
}

/// Reads what a run left.
///
/// # Errors
/// [`OutputsError`] naming the file.
pub fn read_publishable(folder: &Path) -> Result<Outputs, OutputsError> {
    let read = |source| OutputsError::Read { path: folder.to_owned(), source };
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        names.push(entry.map_err(read)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let record = folder.join("run.json").is_file().then(|| json(&folder.join("run.json"))).transpose()?;
    let path = folder.join("municipalities.geojson");
    if !is_of_run(folder, "municipalities.geojson", record.as_ref()) {
        return Err(OutputsError::NoLayer(path));
    }
    let layer = read_municipalities(&path, "municipality_code", Some("municipality_name"))?;
    if !layer.crs.same_as(&Crs::wgs84()) {
        return Err(OutputsError::OtherCrs(path));
    }
    let properties = properties(&path)?;
    let mut outputs =
        Outputs { layer, properties, tables: Vec::new(), assessments: Vec::new(), record, left: Vec::new() };
    for name in names {
        let path = folder.join(&name);
        if name != "run.json" && !is_of_run(folder, &name, outputs.record.as_ref()) {
            // A folder, or a file of an earlier run: its figures are not those of this one.
            outputs.left.push(name);
            continue;
        }
        let known = TABLES.iter().find_map(|kind| Some((kind, kind.named(&name)?)));
        if let Some((kind, year)) = known {
            outputs.tables.push(OutputTable { table: read_table(&path)?, name, kind, year });
        } else if name.starts_with("assessment_") && name.ends_with(".json") {
            outputs.assessments.push((name, json(&path)?));
        } else if name != "run.json" && name != "municipalities.geojson" {
            outputs.left.push(name);
        }
    }
    // In the order of `TABLES`, then by name.
    let place = |table: &OutputTable| TABLES.iter().position(|kind| kind.name == table.kind.name);
    outputs.tables.sort_by(|a, b| (place(a), &a.name).cmp(&(place(b), &b.name)));
    Ok(outputs)
}

fn json(path: &Path) -> Result<Value, OutputsError> {
    let bytes = std::fs::read(path).map_err(|source| OutputsError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|e| OutputsError::Json { path: path.to_owned(), message: e.to_string() })
}

fn properties(path: &Path) -> Result<Vec<Map<String, Value>>, OutputsError> {
    let refuse = |message: &str| OutputsError::Json { path: path.to_owned(), message: message.to_owned() };
    let Value::Object(mut all) = json(path)? else { return Err(refuse("no object")) };
    let Some(Value::Array(features)) = all.remove("features") else { return Err(refuse("no features")) };
    let of = |feature: Value| match feature {
        Value::Object(mut feature) => match feature.remove("properties") {
            Some(Value::Object(properties)) => Ok(properties),
            _ => Err(refuse("a feature without properties")),
        },
        _ => Err(refuse("a feature that is no object")),
    };
    features.into_iter().map(of).collect()
}
