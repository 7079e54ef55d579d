//! Cells of a table: the centre of each, and its hectares in a column per year or a row per year.

use std::collections::BTreeMap;
use std::path::Path;

use geo::{Coord, MultiPolygon, Rect};

use super::cell_plane::cell_plane;
use super::crs::{Transform, crs_from_text};
use super::read_cells::{CellOptions, RawCells, ReadCellsError, id_column};
use super::table::read_table;
use crate::permanence::columns::{ColumnsError, year_columns};
use crate::records::text_table::{TextRow, TextTable};
use crate::scene::Crs;

const LON: [&str; 6] = ["lon", "longitud", "longitude", "lng", "centre_lon", "x_lon"];
const LAT: [&str; 5] = ["lat", "latitud", "latitude", "centre_lat", "y_lat"];
const X: [&str; 7] = ["x", "este", "easting", "east", "coord_x", "centre_x", "x_m"];
const Y: [&str; 7] = ["y", "norte", "northing", "north", "coord_y", "centre_y", "y_m"];
const YEAR: [&str; 5] = ["year", "ano", "anio", "vigencia", "periodo"];
const HECTARES: [&str; 9] =
    ["coca_ha", "areacoca", "area_coca", "ha_coca", "hectareas_coca", "hectareas", "hectares", "ha", "coca"];

/// Where a table has what.
struct Places<'a> {
    path: &'a Path,
    x: usize,
    y: usize,
    id: Option<usize>,
}

/// Reads a table of cells, and the system of its grounds.
pub(super) fn read_cell_table(path: &Path, options: &CellOptions) -> Result<(RawCells, Crs), ReadCellsError> {
    cells_of(path, &read_table(path)?, options)
}

pub(super) fn cells_of(
    path: &Path,
    table: &TextTable,
    options: &CellOptions,
) -> Result<(RawCells, Crs), ReadCellsError> {
    let no_column = |rule: &str| ReadCellsError::NoColumn {
        path: path.to_owned(),
        rule: rule.to_owned(),
        found: table.header.join(", "),
    };
    let geographic = table.column(&LON).zip(table.column(&LAT));
    let (x, y) = geographic
        .or_else(|| table.column(&X).zip(table.column(&Y)))
        .ok_or_else(|| no_column("no centre of the cells (lon and lat, or x and y)"))?;
    let crs = match (&options.crs, geographic) {
        (Some(text), _) => crs_from_text(text),
        (None, Some(_)) => Ok(Crs::wgs84()),
        (None, None) => return Err(no_column("x and y need their reference system: give --crs EPSG:N")),
    };
    let crs = crs.map_err(|source| ReadCellsError::Crs { path: path.to_owned(), source })?;
    let places = Places { path, x, y, id: id_column(path, &table.header, options.id_field.as_deref())? };
    let (mut raw, centres) = match year_columns(&table.header, options.year_columns.as_deref()) {
        Ok(columns) => wide(table, &places, &columns)?,
        Err(ColumnsError::None { .. }) if table.column(&YEAR).is_some() && options.year_columns.is_none() => {
            long(table, &places)?
        }
        Err(source) => return Err(ReadCellsError::Columns { path: path.to_owned(), source }),
    };
    raw.notes.splice(0..0, table.notes.iter().map(|note| format!("{}: {note}", path.display())));
    let squares = squares(&centres, &crs, options.lattice.side_m());
    let (grounds, crs) = squares.map_err(|source| ReadCellsError::Crs { path: path.to_owned(), source })?;
    raw.grounds = grounds;
    Ok((raw, crs))
}

impl Places<'_> {
    fn refuse(&self, row: &TextRow, column: &str, rule: String) -> ReadCellsError {
        ReadCellsError::Row {
            path: self.path.to_owned(),
            place: format!("line {}", row.line),
            column: if column.is_empty() { String::new() } else { format!(", column {column}") },
            rule,
        }
    }

    /// The centre of a row's cell.
    fn centre(&self, table: &TextTable, row: &TextRow) -> Result<Coord<f64>, ReadCellsError> {
        let read = |column: usize| {
            let text = &row.fields[column];
            // A decimal comma, as spreadsheets in Spanish write it.
            let value = text.replacen(',', ".", 1).parse::<f64>().ok().filter(|v| v.is_finite());
            value.ok_or_else(|| {
                let rule = format!("'{text}' is no coordinate; give the centre of the cell");
                self.refuse(row, &table.header[column], rule)
            })
        };
        Ok(Coord { x: read(self.x)?, y: read(self.y)? })
    }
}

type Found = (RawCells, Vec<Coord<f64>>);

/// A column per year.
fn wide(table: &TextTable, places: &Places<'_>, columns: &[(usize, i32)]) -> Result<Found, ReadCellsError> {
    let years = columns.iter().map(|(i, year)| (*year, table.header[*i].clone())).collect();
    let mut raw = RawCells { path: places.path.to_owned(), years, ..RawCells::default() };
    let mut centres = Vec::with_capacity(table.rows.len());
    for (number, row) in table.rows.iter().enumerate() {
        let id = places.id.map(|id| row.fields[id].clone()).filter(|id| !id.is_empty());
        raw.ids.push((id.unwrap_or_else(|| (number + 1).to_string()), format!("line {}", row.line)));
        centres.push(places.centre(table, row)?);
    }
    let texts = table.rows.iter().flat_map(|row| columns.iter().map(|(column, _)| row.fields[*column].as_str()));
    raw.read_figures(texts)?;
    Ok((raw, centres))
}

/// A row per cell and year. A cell without a row of a year has no figure for it.
fn long(table: &TextTable, places: &Places<'_>) -> Result<Found, ReadCellsError> {
    let no_column = |rule: &str| ReadCellsError::NoColumn {
        path: places.path.to_owned(),
        rule: rule.to_owned(),
        found: table.header.join(", "),
    };
    let year_column = table.column(&YEAR).ok_or_else(|| no_column("no column of the year"))?;
    let value = table.column(&HECTARES).ok_or_else(|| no_column("no column of hectares (coca_ha)"))?;
    let id = places.id.ok_or_else(|| no_column("a row per cell and year needs a column of the cell (cell, id)"))?;
    let mut cells: BTreeMap<&str, (usize, Coord<f64>)> = BTreeMap::new();
    let mut figures: BTreeMap<(usize, i32), &TextRow> = BTreeMap::new();
    let mut raw = RawCells { path: places.path.to_owned(), ..RawCells::default() };
    let mut centres = Vec::new();
    for row in &table.rows {
        let text = &row.fields[year_column];
        let year = text.parse::<i32>().ok().filter(|y| (1980..=2100).contains(y)).ok_or_else(|| {
            places.refuse(row, &table.header[year_column], format!("'{text}' is no year from 1980 to 2100"))
        })?;
        let centre = places.centre(table, row)?;
        let name = row.fields[id].as_str();
        let (cell, first) = *cells.entry(name).or_insert_with(|| {
            raw.ids.push((name.to_owned(), format!("line {}", row.line)));
            centres.push(centre);
            (raw.ids.len() - 1, centre)
        });
        if first != centre {
            let rule = format!("cell '{name}' has another centre than on {}", raw.ids[cell].1);
            return Err(places.refuse(row, "", rule));
        }
        if let Some(earlier) = figures.insert((cell, year), row) {
            let rule = format!("cell '{name}' has a figure for {year} on line {} already; keep one", earlier.line);
            return Err(places.refuse(row, "", rule));
        }
    }
    let years: std::collections::BTreeSet<i32> = figures.keys().map(|(_, year)| *year).collect();
    raw.years = years.iter().map(|year| (*year, format!("{} of {year}", table.header[value]))).collect();
    let of = |cell: usize, year: i32| figures.get(&(cell, year)).map_or("", |row| row.fields[value].as_str());
    raw.read_figures(
        (0..centres.len()).flat_map(|cell| years.iter().map(move |year| (cell, *year))).map(|(c, y)| of(c, y)),
    )?;
    Ok((raw, centres))
}

impl RawCells {
    /// Takes figures as they are written, row by row; a blank is none.
    fn read_figures<'a>(&mut self, texts: impl Iterator<Item = &'a str>) -> Result<(), ReadCellsError> {
        let texts: Vec<(usize, &str)> = texts.enumerate().collect();
        self.hectares = vec![f64::NAN; texts.len()];
        let given: Vec<(usize, &str)> = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        self.read_texts(&given)
    }
}

/// Squares about centres, and their system: their own where it is projected, else the plane of the cells.
fn squares(
    centres: &[Coord<f64>],
    crs: &Crs,
    side: f64,
) -> Result<(Vec<MultiPolygon<f64>>, Crs), super::crs::CrsError> {
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = centres.iter().map(|c| (c.x, c.y)).unzip();
    let plane = if crs.geographic { cell_plane()? } else { crs.clone() };
    Transform::new(crs, &plane)?.apply(&mut x, &mut y)?;
    // Centres that were rounded to six decimals of a degree lie within 0.1 m of their place.
    let half = Coord { x: side / 2.0, y: side / 2.0 };
    let square = |c: Coord<f64>| MultiPolygon::from(Rect::new(c - half, c + half).to_polygon());
    Ok((x.into_iter().zip(y).map(|(x, y)| square(Coord { x, y })).collect(), plane))
}
