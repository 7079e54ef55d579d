//! Grids of cells with hectares per year: polygons of any vector format that GDAL reads; tables are in
//! `read_cell_table`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::vector::{Feature, FieldValue, LayerAccess};
use gdal::{DatasetOptions, GdalOpenFlags};
use geo::MultiPolygon;

use super::cell_plane::{carry, cell_plane, geodesic_ha};
use super::crs::{CrsError, crs_from_gdal};
use super::read_cell_table::{cells_of, read_cell_table};
use super::read_municipalities::{LayerError, field_names, field_text, valid_ground};
use super::table::TableError;
use crate::permanence::columns::{ColumnsError, year_columns};
use crate::permanence::{Cell, Cells, Presence, Seen};
use crate::records::Exact;
use crate::records::number_format::{self, Evidence, NumberFormat};
use crate::records::text_table::{TextTable, normalised};
use crate::scene::Crs;
use crate::territory::CellLattice;

/// Names of columns that identify a cell, tried in this order.
pub(super) const ID: [&str; 11] = [
    "cell",
    "cell_id",
    "grilla1",
    "grilla",
    "id_grilla",
    "cod_grilla",
    "codigo_grilla",
    "celda",
    "id",
    "objectid",
    "fid",
];

/// How a grid of cells is read.
#[derive(Debug, Clone)]
pub struct CellOptions {
    /// Column that identifies a cell; else the usual ones, else the number of the feature.
    pub id_field: Option<String>,
    /// Name of the year columns without the year; else found.
    pub year_columns: Option<String>,
    /// More hectares than this is coca.
    pub present_ha: f64,
    /// Whether a blank means no coca; else nobody looked.
    pub blank_is_zero: bool,
    /// Reference system of a table's coordinates.
    pub crs: Option<String>,
    /// Size of a table's cells.
    pub lattice: CellLattice,
}

/// Cells that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadCellsError {
    /// Several grids in one file.
    #[error(
        "{path} has several layers with years ({layers}); write one layer to a file (ogr2ogr FILE.gpkg {path} LAYER)"
    )]
    Layers {
        /// The file.
        path: PathBuf,
        /// Its layers.
        layers: String,
    },
    /// The layer, or the polygon of a feature.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// No table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The columns of years.
    #[error("{path}: {source}")]
    Columns {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ColumnsError,
    },
    /// A reference system that cannot be used.
    #[error("{path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CrsError,
    },
    /// A column that is needed.
    #[error("{path}: {rule}; the columns are: {found}")]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What is missing.
        rule: String,
        /// The columns.
        found: String,
    },
    /// A row or feature that cannot be used.
    #[error("{path}, {place}{column}: {rule}")]
    Row {
        /// The file.
        path: PathBuf,
        /// Line or feature.
        place: String,
        /// The column, where it is one.
        column: String,
        /// The rule that is broken, and what to do.
        rule: String,
    },
}

/// Cells of a file, and what is odd in it.
#[derive(Debug, Clone)]
pub struct CellFile {
    /// The cells.
    pub cells: Cells,
    /// Remarks.
    pub notes: Vec<String>,
}

/// What was read before it is checked: rows by years.
#[derive(Default)]
pub(super) struct RawCells {
    /// The file.
    pub path: PathBuf,
    /// Names of the columns by year, ascending.
    pub years: Vec<(i32, String)>,
    /// Cell and place in the file.
    pub ids: Vec<(String, String)>,
    /// Grounds.
    pub grounds: Vec<MultiPolygon<f64>>,
    /// Hectares row by row; NaN where there are none.
    pub hectares: Vec<f64>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Reads a grid of cells with hectares per year, from polygons or from a table of centres (`.csv`).
///
/// # Errors
/// [`ReadCellsError`] naming the file, the feature or line, and the column.
pub fn read_cells(path: &Path, options: &CellOptions) -> Result<CellFile, ReadCellsError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (raw, crs) = match extension.as_str() {
        "csv" | "txt" | "tsv" => read_cell_table(path, options)?,
        _ => read_polygons(path, options)?,
    };
    raw.finish(&crs, options)
}

/// The cells of a table of centres.
pub(crate) fn cells_of_table(
    path: &Path,
    table: &TextTable,
    options: &CellOptions,
) -> Result<CellFile, ReadCellsError> {
    let (raw, crs) = cells_of(path, table, options)?;
    raw.finish(&crs, options)
}

fn read_polygons(path: &Path, options: &CellOptions) -> Result<(RawCells, Crs), ReadCellsError> {
    let open = |source| LayerError::Open { path: path.to_owned(), source };
    let read = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..DatasetOptions::default() };
    let dataset = crate::io::fence::open(path, read).map_err(open)?;
    let grids: Vec<usize> = (0..dataset.layer_count())
        .filter(|i| {
            let fields = dataset.layer(*i).map(|layer| field_names(&layer)).unwrap_or_default();
            year_columns(&fields, options.year_columns.as_deref()).is_ok()
        })
        .collect();
    if grids.len() > 1 {
        let names: Vec<String> =
            grids.iter().filter_map(|i| dataset.layer(*i).ok()).map(|layer| layer.name()).collect();
        return Err(ReadCellsError::Layers { path: path.to_owned(), layers: names.join(", ") });
    }
    let mut layer = dataset.layer(grids.first().copied().unwrap_or(0)).map_err(open)?;
    let fields = field_names(&layer);
    let columns = year_columns(&fields, options.year_columns.as_deref())
        .map_err(|source| ReadCellsError::Columns { path: path.to_owned(), source })?;
    let id = id_column(path, &fields, options.id_field.as_deref())?;
    let srs = layer.spatial_ref().ok_or_else(|| LayerError::NoCrs { path: path.to_owned() })?;
    let crs = crs_from_gdal(&srs).map_err(|source| ReadCellsError::Crs { path: path.to_owned(), source })?;
    let years = columns.iter().map(|(i, year)| (*year, fields[*i].clone())).collect();
    let mut raw = RawCells { path: path.to_owned(), years, ..RawCells::default() };
    let mut texts: Vec<(usize, String)> = Vec::new();
    for (i, feature) in layer.features().enumerate() {
        let label = id.and_then(|id| feature.field(id).ok().flatten()).and_then(field_text).unwrap_or_default();
        let label = if label.is_empty() { (i + 1).to_string() } else { label };
        let refuse = |rule| LayerError::Feature { path: path.to_owned(), number: i + 1, label: label.clone(), rule };
        let (ground, repair) = valid_ground(&feature, &crs).map_err(refuse)?;
        raw.notes.extend(repair.map(|r| format!("{}, feature {} ({label}): {r}", path.display(), i + 1)));
        raw.grounds.push(ground);
        raw.ids.push((label, format!("feature {}", i + 1)));
        for (column, _) in &columns {
            let text = raw.add_field(&feature, *column);
            texts.extend(text.filter(|t| !t.is_empty()).map(|text| (raw.hectares.len() - 1, text)));
        }
    }
    let texts: Vec<(usize, &str)> = texts.iter().map(|(at, text)| (*at, text.as_str())).collect();
    raw.read_texts(&texts)?;
    Ok((raw, crs))
}

/// The column of the cell's name.
pub(super) fn id_column(path: &Path, fields: &[String], wanted: Option<&str>) -> Result<Option<usize>, ReadCellsError> {
    let index_of = |name: &str| fields.iter().position(|f| normalised(f) == normalised(name));
    match wanted {
        None => Ok(ID.iter().find_map(|name| index_of(name))),
        Some(name) => index_of(name).map(Some).ok_or_else(|| ReadCellsError::NoColumn {
            path: path.to_owned(),
            rule: format!("no column '{name}'"),
            found: fields.join(", "),
        }),
    }
}

impl RawCells {
    /// Adds a figure of a feature; the text where one stands in its place.
    fn add_field(&mut self, feature: &Feature<'_>, column: usize) -> Option<String> {
        let (figure, text) = match feature.field(column).ok().flatten() {
            Some(FieldValue::RealValue(v)) => (v, None),
            Some(FieldValue::IntegerValue(v)) => (f64::from(v), None),
            Some(FieldValue::Integer64Value(v)) => (v as f64, None),
            other => (f64::NAN, other.and_then(field_text)),
        };
        self.hectares.push(figure);
        text
    }

    fn row_error(&self, at: usize, rule: String) -> ReadCellsError {
        let (row, column) = (at / self.years.len(), at % self.years.len());
        ReadCellsError::Row {
            path: self.path.clone(),
            place: format!("{} ({})", self.ids[row].1, self.ids[row].0),
            column: format!(", column {}", self.years[column].1),
            rule,
        }
    }

    /// Texts become figures at their places among the hectares: which mark is the decimal one is told by the column, else by
    /// the whole table.
    pub(super) fn read_texts(&mut self, texts: &[(usize, &str)]) -> Result<(), ReadCellsError> {
        let columns = self.years.len();
        let evidence = |column: Option<usize>| {
            let own = texts.iter().filter(|(at, _)| column.is_none_or(|column| at % columns == column));
            Evidence::of(own.map(|(at, text)| (*at as u64, *text)))
        };
        let all = evidence(None);
        let mixed = all.point.is_some() && all.comma.is_some();
        for column in 0..columns {
            let own = if mixed { evidence(Some(column)) } else { all.clone() };
            let unsure = own.ambiguous.clone().or_else(|| own.comma.clone().filter(|_| own.point.is_some()));
            let format = match (own.format(), unsure) {
                (Some(format), _) => format,
                (None, None) => NumberFormat::Point,
                (None, Some((at, text))) => {
                    let rule = format!(
                        "'{text}' can be read with a decimal point and with a decimal comma, and nothing here tells which; write all figures in one format"
                    );
                    return Err(self.row_error(at as usize, rule));
                }
            };
            for (at, text) in texts.iter().filter(|(at, _)| at % columns == column) {
                let rule = || format!("'{text}' is not a number; correct it, or leave it blank where nobody looked");
                let figure = number_format::parse(text, format).ok_or_else(|| self.row_error(*at, rule()))?;
                self.hectares[*at] = figure.to_f64();
            }
        }
        Ok(())
    }

    /// Checks every figure against its cell and makes the cells.
    fn finish(mut self, crs: &Crs, options: &CellOptions) -> Result<CellFile, ReadCellsError> {
        self.refuse_repeats()?;
        if self.ids.is_empty() {
            return Err(LayerError::Empty { path: self.path }.into());
        }
        let mut grounds = std::mem::take(&mut self.grounds);
        let mut lonlat = grounds.clone();
        self.place(&mut lonlat, crs, &Crs::wgs84())?;
        let plane = cell_plane().map_err(|source| ReadCellsError::Crs { path: self.path.clone(), source })?;
        self.place(&mut grounds, crs, &plane)?;
        let mut cells = Cells::of_years(self.years.iter().map(|(year, _)| *year));
        let presence = Presence { present_ha: options.present_ha, observed_share: 1.0 };
        let mut blanks = 0;
        for (row, ground) in grounds.into_iter().enumerate() {
            let first = row * self.years.len();
            let area_ha = geodesic_ha(&lonlat[row]);
            let mut known = Vec::with_capacity(self.years.len());
            for at in first..first + self.years.len() {
                let hectares =
                    if self.hectares[at].is_nan() && options.blank_is_zero { 0.0 } else { self.hectares[at] };
                blanks += usize::from(self.hectares[at].is_nan());
                known.push(self.figure(at, hectares, area_ha, presence)?);
            }
            cells.push(Cell { id: self.ids[row].0.clone(), ground, area_ha }, &known);
        }
        if blanks > 0 {
            self.notes.push(blanks_note(&self.path, blanks, options.blank_is_zero));
        }
        Ok(CellFile { cells, notes: self.notes })
    }

    /// Carries the grounds into another system; the first cell that has no place there is named.
    fn place(&self, grounds: &mut [MultiPolygon<f64>], from: &Crs, to: &Crs) -> Result<(), ReadCellsError> {
        let lost = match carry(grounds, from, to) {
            Ok(held) => held.iter().position(|held| !held),
            Err(source) => {
                // A point that cannot be carried fails the call for all: which cell is it?
                let alone = |ground: &MultiPolygon<f64>| carry(&mut [ground.clone()], from, to).is_err();
                let found = grounds.iter().position(alone);
                Some(found.ok_or_else(|| ReadCellsError::Crs { path: self.path.clone(), source })?)
            }
        };
        let rule = || format!("the cell lies outside {}; is its place right, and its reference system?", to.label());
        lost.map_or(Ok(()), |row| Err(self.row_error(row * self.years.len(), rule())))
    }

    /// A figure as a state and hectares.
    fn figure(
        &self,
        at: usize,
        hectares: f64,
        area_ha: f64,
        presence: Presence,
    ) -> Result<(Seen, Option<Exact>), ReadCellsError> {
        if hectares.is_nan() {
            return Ok((Seen::Unobserved, None));
        }
        let rule = if hectares < 0.0 {
            format!("{hectares} is negative; hectares are zero or more")
        } else if hectares > area_ha * 1.01 {
            format!(
                "{hectares} ha of coca in a cell of {area_ha:.1} ha; hectares are needed (are these square metres?)"
            )
        } else {
            return Ok((presence.seen(hectares, 1.0), Exact::from_f64(hectares)));
        };
        Err(self.row_error(at, rule))
    }

    fn refuse_repeats(&self) -> Result<(), ReadCellsError> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, place) in &self.ids {
            if let Some(first) = seen.insert(id, place) {
                return Err(ReadCellsError::Row {
                    path: self.path.clone(),
                    place: place.clone(),
                    column: String::new(),
                    rule: format!("cell '{id}' is on {first} already; keep one, or name the column with --id-field"),
                });
            }
        }
        Ok(())
    }
}

fn blanks_note(path: &Path, blanks: usize, as_zero: bool) -> String {
    let path = path.display();
    if as_zero {
        format!("{path}: {blanks} blank figures are taken as no coca, as --blank-is-zero asks")
    } else {
        format!(
            "{path}: {blanks} blank figures are taken as not observed; where a blank means no coca, give --blank-is-zero"
        )
    }
}
