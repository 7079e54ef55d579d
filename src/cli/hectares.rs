//! `cocal hectares`: masks to hectares per municipality.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::area::{AreaTable, HectaresRow, OUTSIDE_RASTER, UNOBSERVED, hectares_rows};
use crate::io::atomic::{keep_inputs, make_folder, parent, write_bytes};
use crate::io::class_mosaic::{ClassMosaic, group_rasters};
use crate::io::class_raster::ClassRaster;
use crate::io::project_grounds::project_grounds;
use crate::io::read_municipalities::read_municipalities;
use crate::io::write_hectares::{hectares_csv, hectares_geojson, planar_csv};
use crate::run::tally::{Tables, tally};
use crate::run::threads::Threads;
use crate::scene::Crs;

/// Rows of the printed table.
const ROWS_SHOWN: usize = 20;
/// Overlap of polygons that is worth a note, in hectares.
const OVERLAP_NOTED: f64 = 0.01;

/// Add up hectares per municipality from class rasters or masks.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal hectares --mask out/mask/coca_*.tif --municipalities municipalities.geojson --code-field MPIO_CCNCT --class 1 -o hectares.csv"
)]
pub(super) struct Hectares {
    /// Class rasters or masks of one band: 0 to 253 are classes; 255, nodata and masked pixels are unobserved (a nodata
    /// value of 0 too). Rasters of one year on one grid are counted once where they overlap.
    #[arg(long, value_name = "RASTER", required = true, num_args = 1..)]
    mask: Vec<PathBuf>,
    /// Municipality polygons, in any vector format that GDAL reads and in any CRS.
    #[arg(long, value_name = "VECTOR")]
    municipalities: PathBuf,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME")]
    code_field: String,
    /// Field that holds the name [default: the usual names, such as MPIO_CNMBR or nombre].
    #[arg(long, value_name = "NAME")]
    name_field: Option<String>,
    /// Only this class value [default: every value found].
    #[arg(long, value_name = "VALUE", value_parser = clap::value_parser!(u8).range(0..=253))]
    class: Option<u8>,
    /// Year of all rasters [default: each raster's metadata item COCAL_YEAR, else its TIFFTAG_DATETIME, else the year
    /// in its file name].
    #[arg(long, value_name = "N")]
    year: Option<i32>,
    /// Count pixels by their covered part instead of hectares on the ellipsoid, to check against planar tools. Writes a
    /// CSV with the columns planar_pixels and planar_area_crs_units. All rasters must be on one grid.
    #[arg(long)]
    planar: bool,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

/// Why the hectares could not be added up.
#[derive(Debug, thiserror::Error)]
enum HectaresFailure {
    #[error(
        "every pixel inside the rasters is unobserved, so no class is known; give --class VALUE to get rows for it"
    )]
    NothingObserved,
    #[error("--planar counts pixels of one grid, and {first} and {second} are on different grids")]
    PlanarGrids { first: PathBuf, second: PathBuf },
}

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Csv,
    GeoJson,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    hectares: &'a [HectaresRow],
    /// By year (`undated` where not known) and class: ground in the rasters outside every municipality.
    outside_ha: BTreeMap<String, BTreeMap<String, f64>>,
    notes: &'a [String],
}

/// Class codes with their names.
type Classes = Vec<(u8, String)>;

impl Hectares {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let format = self.format()?;
        if self.planar && output.json {
            return Err(Failure::Usage(
                "--planar counts pixels and --json prints hectares: give one of them".to_owned(),
            ));
        }
        make_folder(parent(&self.output))?;
        let inputs = self.mask.iter().chain([&self.municipalities]);
        keep_inputs([self.output.as_path()], inputs.map(PathBuf::as_path))?;
        let rasters = self.mask.iter().map(|p| ClassRaster::open(p)).collect::<Result<Vec<_>, _>>()?;
        let names: BTreeMap<u8, String> = rasters.iter().rev().flat_map(|r| r.categories.iter().cloned()).collect();
        let mosaics = group_rasters(rasters, self.year)?;
        self.check_planar(&mosaics)?;
        let layer = read_municipalities(&self.municipalities, &self.code_field, self.name_field.as_deref())?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let tables = tally(&threads, &mosaics, &layer, self.planar)?;
        let (classes, mut notes) = self.classes(&tables, &names)?;
        notes.splice(0..0, layer.notes.iter().cloned());
        let rows: Vec<HectaresRow> = tables
            .iter()
            .flat_map(|(year, table)| hectares_rows(table, &layer.municipalities, &classes, *year))
            .collect();
        let bytes = match format {
            _ if self.planar => planar_csv(&rows, &mosaics[0].grid),
            Format::Csv => hectares_csv(&rows),
            Format::GeoJson => {
                let codes = layer.municipalities.iter().map(|m| m.code.clone());
                hectares_geojson(&rows, &codes.zip(project_grounds(&layer, &Crs::wgs84())?).collect())
            }
        };
        write_bytes(&self.output, &bytes)?;
        print_notes(&notes, output);
        if output.json {
            let outside_ha = outside(&tables, &classes);
            print_json(&Report { hectares: &rows, outside_ha, notes: &notes })?;
        } else if !output.quiet {
            print_table(&rows, &self.output, self.planar);
        }
        Ok(())
    }

    fn format(&self) -> Result<Format, Failure> {
        let extension = self.output.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Ok(Format::Csv),
            "geojson" | "json" if !self.planar => Ok(Format::GeoJson),
            _ if self.planar => Err(Failure::Usage("--planar writes CSV: -o must end in .csv".to_owned())),
            _ => Err(Failure::Usage(format!("-o {}: the name must end in .csv or .geojson", self.output.display()))),
        }
    }

    fn check_planar(&self, mosaics: &[ClassMosaic]) -> Result<(), HectaresFailure> {
        let other = mosaics.iter().skip(1).find(|m| m.grid.lattice_offset(&mosaics[0].grid).is_none());
        match other {
            Some(other) if self.planar => {
                Err(HectaresFailure::PlanarGrids { first: first_path(&mosaics[0]), second: first_path(other) })
            }
            _ => Ok(()),
        }
    }

    /// The classes to report, with their names, and notes on what was found.
    fn classes(
        &self,
        tables: &Tables,
        names: &BTreeMap<u8, String>,
    ) -> Result<(Classes, Vec<String>), HectaresFailure> {
        let mut notes = Vec::new();
        let mut found: BTreeSet<u8> = tables.values().flat_map(AreaTable::classes).collect();
        found.retain(|class| *class != UNOBSERVED && *class != OUTSIDE_RASTER);
        if let Some(class) = self.class {
            if !found.contains(&class) {
                notes.push(format!("class {class} does not occur in the rasters; found: {found:?}"));
            }
            found = BTreeSet::from([class]);
        }
        for (year, table) in tables {
            let overlap = table.overlap_hectares();
            if overlap > OVERLAP_NOTED && !self.planar {
                let year = year.map_or(String::new(), |y| format!(" (year {y})"));
                notes
                    .push(format!("municipality polygons overlap: {overlap:.4} ha are counted in more than one{year}"));
            }
        }
        if found.is_empty() {
            return Err(HectaresFailure::NothingObserved);
        }
        let name = |class: u8| names.get(&class).cloned().unwrap_or_else(|| class.to_string());
        Ok((found.into_iter().map(|class| (class, name(class))).collect(), notes))
    }
}

fn first_path(mosaic: &ClassMosaic) -> PathBuf {
    mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default()
}

fn outside(tables: &Tables, classes: &[(u8, String)]) -> BTreeMap<String, BTreeMap<String, f64>> {
    let of = |table: &AreaTable| classes.iter().map(|(c, name)| (name.clone(), table.outside_hectares(*c))).collect();
    let year = |y: &Option<i32>| y.map_or("undated".to_owned(), |y| y.to_string());
    tables.iter().map(|(y, table)| (year(y), of(table))).collect()
}

/// The largest rows, and where the rest is.
fn print_table(rows: &[HectaresRow], path: &Path, planar: bool) {
    let mut covered: Vec<&HectaresRow> = rows.iter().filter(|r| r.observed_share.is_some()).collect();
    covered.sort_by(|a, b| b.mapped_area_ha.total_cmp(&a.mapped_area_ha));
    let unit = if planar { "pixels" } else { "mapped_area_ha" };
    let cells: Vec<Vec<String>> = covered
        .iter()
        .take(ROWS_SHOWN)
        .map(|row| {
            vec![
                row.municipality_code.to_string(),
                row.municipality_name.clone(),
                row.year.map_or(String::new(), |y| y.to_string()),
                row.class.clone(),
                figure(Some(row.mapped_area_ha), 4),
                figure(row.observed_share.map(|share| 100.0 * share), 2),
            ]
        })
        .collect();
    print_line(&table(&["code", "municipality", "year", "class", unit, "observed %"], &cells, &[0, 1, 2, 3]));
    let more = covered.len().saturating_sub(ROWS_SHOWN);
    let reached = if more > 0 { format!("{more} more rows inside the rasters, ") } else { String::new() };
    print_line(&format!("{reached}{} rows in {}", rows.len(), path.display()));
}
