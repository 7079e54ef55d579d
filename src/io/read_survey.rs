//! Labelled samples as text; what breaks a rule is named with its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::read_points::{PointsError, TextPoint, read_points};
use super::table::{TableError, read_table};
use crate::accuracy::LabelledUnit;
use crate::records::text_table::{TextRow, TextTable};
use crate::territory::MunicipalityCode;

/// A sample, matrix or table of strata that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadSurveyError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It is no layer of points.
    #[error(transparent)]
    Points(#[from] PointsError),
    /// A needed column is missing.
    #[error("{file}: missing column: {needed}; there are: {present}")]
    MissingColumn {
        /// The file.
        file: String,
        /// What is needed.
        needed: &'static str,
        /// What is there.
        present: String,
    },
    /// A cell that breaks a rule.
    #[error("{file}, line {line}, column '{column}': '{text}' {rule}")]
    Cell {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What is wrong, and what is needed.
        rule: &'static str,
    },
    /// The same name twice.
    #[error("{file}, line {line}: {what} '{name}' is there twice (first in line {first}); {todo}")]
    Twice {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Line of the first.
        first: u64,
        /// What it is.
        what: &'static str,
        /// The name.
        name: String,
        /// What to do.
        todo: &'static str,
    },
    /// Rows and columns of a matrix that are no classes of each other.
    #[error(
        "{file}: rows {rows} and columns {columns} do not go together: a class must be written the same way in the first column (map) and in the first row (reference); if rows are strata that are not the map's classes, name the first column 'stratum'"
    )]
    RowsAndColumns {
        /// The file.
        file: String,
        /// Rows without a column.
        rows: String,
        /// Columns without a row.
        columns: String,
    },
    /// Units of the key that the sample has not, or the other way round.
    #[error("{file}: id '{id}' is not in the key {key}; label the sample that belongs to this key")]
    NotInKey {
        /// The sample.
        file: String,
        /// The key.
        key: String,
        /// The id.
        id: String,
    },
    /// Sample and key say different things of a unit.
    #[error(
        "{file}, line {line}: unit '{id}' has {what} '{own}' here and '{keyed}' in the key {key}; leave the column out of the sample, or correct one of the two"
    )]
    Disagree {
        /// The sample.
        file: String,
        /// Line, from 1.
        line: u64,
        /// The key.
        key: String,
        /// The unit.
        id: String,
        /// The column.
        what: &'static str,
        /// What the sample says.
        own: String,
        /// What the key says.
        keyed: String,
    },
    /// Nothing in it.
    #[error("{file} holds no rows")]
    Empty {
        /// The file.
        file: String,
    },
}

/// A unit of a labelled sample and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPoint {
    /// The unit.
    pub unit: LabelledUnit,
    /// Longitude and latitude, where the file has them.
    pub lonlat: Option<(f64, f64)>,
}

/// A sample as it was read.
#[derive(Debug)]
pub struct LabelledSample {
    /// The file.
    pub file: PathBuf,
    /// Units with a reference class.
    pub labelled: Vec<LabelledPoint>,
    /// Ids of units without one.
    pub unlabelled: Vec<String>,
    /// What was made of the file.
    pub notes: Vec<String>,
}

fn file_name(path: &Path) -> String {
    path.display().to_string()
}

/// Reads a labelled sample: `id, stratum, map, reference` and optionally `municipality`, as CSV or as any layer of points
/// that GDAL reads. With a key, what the sample has not comes from the key's row of the same id.
///
/// # Errors
/// [`ReadSurveyError`] naming file, line and column.
pub fn read_labelled(path: &Path, key: Option<&Path>) -> Result<LabelledSample, ReadSurveyError> {
    let read_key = |key: &Path| key_of(key, read_any(key)?);
    labelled(path, read_any(path)?, key.map(read_key).transpose()?.as_ref())
}

/// The labelled sample of a table and the places of its rows.
pub(crate) fn labelled(
    path: &Path,
    (table, places): (TextTable, Places),
    key: Option<&Key>,
) -> Result<LabelledSample, ReadSurveyError> {
    let columns = SampleColumns::find(&table);
    let missing =
        |needed| ReadSurveyError::MissingColumn { file: table.file.clone(), needed, present: table.header.join(", ") };
    let id_at = columns.id.ok_or_else(|| missing("id"))?;
    let reference_at = columns.reference.ok_or_else(|| missing("reference (the class that the interpreter saw)"))?;
    if key.is_none() && columns.stratum.is_none() && columns.map.is_none() {
        return Err(missing("stratum (or map, or --key with the file that `cocal sample` wrote beside the sample)"));
    }
    let mut sample = LabelledSample {
        file: path.to_owned(),
        labelled: Vec::new(),
        unlabelled: Vec::new(),
        notes: table.notes.clone(),
    };
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for (row, lonlat) in table.rows.iter().zip(places) {
        let id = row.fields[id_at].as_str();
        if id.is_empty() {
            return Err(cell(&table, row, id_at, "is no id; every unit needs its own"));
        }
        if let Some(first) = seen.insert(id, row.line) {
            let (file, todo) = (table.file.clone(), "keep one row for each unit");
            return Err(ReadSurveyError::Twice { file, line: row.line, first, what: "id", name: id.to_owned(), todo });
        }
        let reference = row.fields[reference_at].clone();
        if reference.is_empty() {
            sample.unlabelled.push(id.to_owned());
            continue;
        }
        let unit = columns.unit(&table, row, key, reference)?;
        let lonlat = lonlat.or_else(|| key?.places.get(id).copied().flatten());
        sample.labelled.push(LabelledPoint { unit, lonlat });
    }
    if sample.labelled.is_empty() && sample.unlabelled.is_empty() {
        return Err(ReadSurveyError::Empty { file: table.file });
    }
    sample.notes.extend(unlabelled_note(&sample));
    let missing = key.iter().flat_map(|key| key.units.keys()).filter(|id| !seen.contains_key(id.as_str())).count();
    if missing > 0 {
        sample.notes.push(format!(
            "units of the key that are not in the sample at all: {missing}; they were left out like unlabelled ones"
        ));
    }
    Ok(sample)
}

fn unlabelled_note(sample: &LabelledSample) -> Option<String> {
    let first: Vec<&str> = sample.unlabelled.iter().take(5).map(String::as_str).collect();
    let more = if sample.unlabelled.len() > 5 { " ..." } else { "" };
    let all = sample.unlabelled.len() + sample.labelled.len();
    (!first.is_empty()).then(|| {
        format!(
            "{} of {all} units have no reference class and were left out (they are taken as like the others of their stratum): {}{more}",
            sample.unlabelled.len(),
            first.join(", ")
        )
    })
}

/// Columns of a sample or key.
struct SampleColumns {
    id: Option<usize>,
    stratum: Option<usize>,
    map: Option<usize>,
    reference: Option<usize>,
    municipality: Option<usize>,
}

impl SampleColumns {
    fn find(table: &TextTable) -> Self {
        Self {
            id: table.column(&["id"]),
            stratum: table.column(&["stratum"]),
            map: table.column(&["map", "map_class"]),
            reference: table.column(&["reference", "reference_class"]),
            municipality: table.column(&["municipality", "municipality_code"]),
        }
    }

    fn unit(
        &self,
        table: &TextTable,
        row: &TextRow,
        key: Option<&Key>,
        reference: String,
    ) -> Result<LabelledUnit, ReadSurveyError> {
        let id = self.id.map(|at| row.fields[at].clone()).unwrap_or_default();
        let keyed = key.map(|key| key.of(table, &id)).transpose()?;
        let own = |at: Option<usize>| at.map(|at| row.fields[at].clone()).filter(|text| !text.is_empty());
        if let (Some(key), Some(keyed)) = (key, keyed) {
            let stratum = Some(&keyed.stratum);
            for (what, at, keyed) in [("stratum", self.stratum, stratum), ("map", self.map, keyed.map.as_ref())] {
                if let (Some(own), Some(keyed)) = (own(at), keyed)
                    && own != *keyed
                {
                    let (file, line, key, keyed) = (table.file.clone(), row.line, key.file.clone(), keyed.clone());
                    return Err(ReadSurveyError::Disagree { file, line, key, id, what, own, keyed });
                }
            }
        }
        let map = own(self.map).or_else(|| keyed.and_then(|k| k.map.clone()));
        if let (Some(at), None) = (self.map, &map) {
            return Err(cell(table, row, at, "is no class of the map; every unit needs one (or leave the column out)"));
        }
        let stratum = own(self.stratum).or_else(|| keyed.map(|k| k.stratum.clone()));
        if let (Some(at), None) = (self.stratum, &stratum) {
            return Err(cell(table, row, at, "is no stratum; every unit needs the one that it was drawn from"));
        }
        let municipality = own(self.municipality).or_else(|| keyed.and_then(|k| k.municipality.clone()));
        Ok(LabelledUnit {
            id,
            stratum: stratum.or_else(|| map.clone()).unwrap_or_default(),
            map,
            reference,
            municipality: municipality.map(|code| with_leading_zero(&code)),
        })
    }
}

/// A code of four digits has lost its leading zero; other text stays.
pub(super) fn with_leading_zero(code: &str) -> String {
    MunicipalityCode::parse(code).map_or_else(|_| code.to_owned(), |code| code.to_string())
}

/// Units by their ids, with what the sample beside it may have left out.
pub(crate) struct Key {
    file: String,
    units: BTreeMap<String, LabelledUnit>,
    places: BTreeMap<String, Option<(f64, f64)>>,
}

impl Key {
    fn of(&self, table: &TextTable, id: &str) -> Result<&LabelledUnit, ReadSurveyError> {
        let missing =
            || ReadSurveyError::NotInKey { file: table.file.clone(), key: self.file.clone(), id: id.to_owned() };
        self.units.get(id).ok_or_else(missing)
    }
}

/// The key of a table and the places of its rows.
pub(crate) fn key_of(path: &Path, (table, places): (TextTable, Places)) -> Result<Key, ReadSurveyError> {
    let columns = SampleColumns::find(&table);
    if columns.id.is_none() || columns.stratum.is_none() {
        let present = table.header.join(", ");
        return Err(ReadSurveyError::MissingColumn { file: file_name(path), needed: "id and stratum", present });
    }
    let unit = |row: &TextRow| {
        let unit = columns.unit(&table, row, None, String::new())?;
        Ok((unit.id.clone(), unit))
    };
    let units: BTreeMap<String, LabelledUnit> = table.rows.iter().map(unit).collect::<Result<_, ReadSurveyError>>()?;
    if let Some(at) = columns.id {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &table.rows {
            if let Some(first) = seen.insert(&row.fields[at], row.line) {
                let (what, name, todo) = ("id", row.fields[at].clone(), "keep one row for each unit");
                return Err(ReadSurveyError::Twice { file: table.file, line: row.line, first, what, name, todo });
            }
        }
    }
    let ids = table.rows.iter().map(|row| columns.id.map(|at| row.fields[at].clone()).unwrap_or_default());
    Ok(Key { file: file_name(path), places: ids.zip(places).collect(), units })
}

/// CSV, or a layer of points whose fields are put into a table.
pub(crate) type Places = Vec<Option<(f64, f64)>>;

fn read_any(path: &Path) -> Result<(TextTable, Places), ReadSurveyError> {
    let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    if is_csv {
        return with_places(read_table(path)?);
    }
    let layer = read_points(path)?;
    let places = layer.points.iter().map(|p| p.lonlat).collect();
    let row = |(number, point): (usize, TextPoint)| TextRow { line: number as u64 + 1, fields: point.fields };
    let rows = layer.points.into_iter().enumerate().map(row).collect();
    Ok((TextTable { file: file_name(path), header: layer.fields, rows, notes: Vec::new() }, places))
}

/// A table with the places that its columns of longitude and latitude tell.
pub(crate) fn with_places(table: TextTable) -> Result<(TextTable, Places), ReadSurveyError> {
    let places = match (table.column(&["lon", "longitude"]), table.column(&["lat", "latitude"])) {
        (Some(lon), Some(lat)) => {
            let degrees = |row: &TextRow, at: usize, most: f64| {
                let value = row.fields[at].parse::<f64>().ok().filter(|v| v.abs() <= most);
                value.ok_or_else(|| {
                    cell(&table, row, at, "is no longitude or latitude in degrees, with a decimal point")
                })
            };
            let place = |row: &TextRow| {
                let blank = row.fields[lon].is_empty() && row.fields[lat].is_empty();
                if blank { Ok(None) } else { Ok(Some((degrees(row, lon, 180.0)?, degrees(row, lat, 90.0)?))) }
            };
            table.rows.iter().map(place).collect::<Result<_, ReadSurveyError>>()?
        }
        _ => vec![None; table.rows.len()],
    };
    Ok((table, places))
}

pub(super) fn cell(table: &TextTable, row: &TextRow, column: usize, rule: &'static str) -> ReadSurveyError {
    ReadSurveyError::Cell {
        file: table.file.clone(),
        line: row.line,
        column: table.header[column].clone(),
        text: row.fields[column].clone(),
        rule,
    }
}
