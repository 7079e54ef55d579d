//! `cocal hectares`: masks to hectares per municipality.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ndarray::ArrayView2;
use serde::Serialize;

use super::{Failure, Output, print_line};
use crate::area::{AreaTable, CellArea, HectaresRow, OUTSIDE_RASTER, UNOBSERVED, Zones, hectares_rows, tabulate};
use crate::io::atomic::{make_folder, parent, write_bytes};
use crate::io::class_mosaic::{ClassMosaic, MosaicReader, group_rasters};
use crate::io::class_raster::{ClassRaster, ClassRasterError};
use crate::io::crs::{CrsError, Transform};
use crate::io::read_municipalities::{LayerError, MunicipalityLayer, project_grounds, read_municipalities};
use crate::io::write_hectares::{hectares_csv, hectares_geojson, planar_csv};
use crate::scene::{Crs, Grid, Window};

/// Rows of the printed table.
const ROWS_SHOWN: usize = 20;
/// Overlap of polygons that is worth a note, in hectares.
const OVERLAP_NOTED: f64 = 0.01;

/// Add up hectares per municipality from class rasters or masks.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal hectares --mask out/mask/*_coca.tif --municipalities municipalities.geojson --code-field MPIO_CCNCT --class 1 -o hectares.csv"
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
        "no polygon of {layer} touches a raster: the polygons span {polygons}, {raster} spans {extent} (both in {crs})"
    )]
    NoOverlap { layer: PathBuf, raster: PathBuf, polygons: String, extent: String, crs: String },
    #[error(
        "every pixel inside the rasters is unobserved, so no class is known; give --class VALUE to get rows for it"
    )]
    NothingObserved,
    #[error("--planar counts pixels of one grid, and {first} and {second} are on different grids")]
    PlanarGrids { first: PathBuf, second: PathBuf },
    #[error("{path}: {source}")]
    Transform { path: PathBuf, source: Box<CrsError> },
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    #[error(transparent)]
    Layer(#[from] LayerError),
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

/// Tables by year.
type Tables = BTreeMap<Option<i32>, AreaTable>;

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
        let rasters = self.mask.iter().map(|p| ClassRaster::open(p)).collect::<Result<Vec<_>, _>>()?;
        let names: BTreeMap<u8, String> = rasters.iter().rev().flat_map(|r| r.categories.iter().cloned()).collect();
        let mosaics = group_rasters(rasters, self.year)?;
        self.check_planar(&mosaics)?;
        let layer = read_municipalities(&self.municipalities, &self.code_field, self.name_field.as_deref())?;
        let tables = self.tables(&mosaics, &layer)?;
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
        notes.iter().for_each(|note| tracing::warn!("{note}"));
        if output.json {
            let outside_ha = outside(&tables, &classes);
            print_line(&serde_json::to_string(&Report { hectares: &rows, outside_ha, notes: &notes })?);
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

    /// Adds up every mosaic.
    fn tables(&self, mosaics: &[ClassMosaic], layer: &MunicipalityLayer) -> Result<Tables, HectaresFailure> {
        let mut tables = Tables::new();
        let mut touched = false;
        for mosaic in mosaics {
            let job = Job::new(mosaic, layer, self.planar)?;
            touched |= job.zones.touching(&mosaic.grid.window());
            tables.entry(mosaic.year).or_default().merge(&job.table()?);
        }
        let covered = |table: &AreaTable| (0..layer.municipalities.len()).any(|z| table.coverage_hectares(z) > 0.0);
        if touched && tables.values().any(covered) { Ok(tables) } else { Err(self.no_overlap(&mosaics[0], layer)) }
    }

    fn no_overlap(&self, mosaic: &ClassMosaic, layer: &MunicipalityLayer) -> HectaresFailure {
        let text = |b: [f64; 4]| format!("x {:.4} to {:.4}, y {:.4} to {:.4}", b[0], b[2], b[1], b[3]);
        let grounds = match project_grounds(layer, &mosaic.grid.crs) {
            Ok(grounds) => grounds,
            Err(error) => return error.into(),
        };
        let rects = grounds.iter().filter_map(geo::BoundingRect::bounding_rect);
        let span = rects.fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, r| {
            [b[0].min(r.min().x), b[1].min(r.min().y), b[2].max(r.max().x), b[3].max(r.max().y)]
        });
        HectaresFailure::NoOverlap {
            layer: self.municipalities.clone(),
            raster: first_path(mosaic),
            polygons: text(span),
            extent: text(mosaic.grid.bounds()),
            crs: mosaic.grid.crs.label(),
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

/// All that the windows of a mosaic share; each window's table depends on nothing else.
struct Job<'a> {
    mosaic: &'a ClassMosaic,
    zones: Zones,
    planar: bool,
}

impl<'a> Job<'a> {
    fn new(mosaic: &'a ClassMosaic, layer: &MunicipalityLayer, planar: bool) -> Result<Self, LayerError> {
        let grounds = project_grounds(layer, &mosaic.grid.crs)?;
        Ok(Self { mosaic, zones: Zones::new(&mosaic.grid, &grounds), planar })
    }

    /// The table of the mosaic: a map over windows and an exact merge, so its order does not matter.
    fn table(&self) -> Result<AreaTable, HectaresFailure> {
        let worker = Worker::new(self)?;
        let tables = self.mosaic.windows().into_iter().map(|window| worker.window_table(&window));
        tables.into_iter().try_fold(AreaTable::default(), |mut sum, table| {
            sum.merge(&table?);
            Ok(sum)
        })
    }
}

/// What one thread needs: open files and its own way to longitude and latitude.
struct Worker<'a> {
    job: &'a Job<'a>,
    reader: MosaicReader<'a>,
    to_lonlat: Transform,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>) -> Result<Self, HectaresFailure> {
        let to_lonlat = Transform::to_own_lonlat(&job.mosaic.grid.crs)
            .map_err(|e| HectaresFailure::Transform { path: first_path(job.mosaic), source: e.into() })?;
        Ok(Self { job, reader: job.mosaic.reader()?, to_lonlat })
    }

    fn window_table(&self, window: &Window) -> Result<AreaTable, HectaresFailure> {
        let codes = self.reader.read(window)?;
        let cells = self.cells(window)?;
        Ok(tabulate(window, ArrayView2::from(&codes), &self.job.zones, &cells))
    }

    fn cells(&self, window: &Window) -> Result<CellArea, HectaresFailure> {
        let grid: &Grid = &self.job.mosaic.grid;
        if self.job.planar {
            return Ok(CellArea::planar(grid, window));
        }
        let (mut x, mut y) = CellArea::corners(grid, window);
        let failed = |e: CrsError| HectaresFailure::Transform { path: first_path(self.job.mosaic), source: e.into() };
        self.to_lonlat.apply(&mut x, &mut y).map_err(failed)?;
        Ok(CellArea::from_lonlat(grid, window, &x, &y))
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
    print_line(&format!(
        "{:<6} {:<28} {:>5} {:<14} {unit:>15} {:>9}",
        "code", "municipality", "year", "class", "observed"
    ));
    for row in covered.iter().take(ROWS_SHOWN) {
        let year = row.year.map_or(String::new(), |y| y.to_string());
        print_line(&format!(
            "{:<6} {:<28.28} {year:>5} {:<14.14} {:>15.4} {:>8.2}%",
            row.municipality_code.as_str(),
            row.municipality_name,
            row.class,
            row.mapped_area_ha,
            100.0 * row.observed_share.unwrap_or(f64::NAN)
        ));
    }
    let more = covered.len().saturating_sub(ROWS_SHOWN);
    let reached = if more > 0 { format!("{more} more rows inside the rasters, ") } else { String::new() };
    print_line(&format!("{reached}{} rows in {}", rows.len(), path.display()));
}
