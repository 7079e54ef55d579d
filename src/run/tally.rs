//! Hectares of class rasters that exist already: a map over windows and an exact merge.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::ArrayView2;

use super::map::cells_of;
use super::threads::Threads;
use crate::area::{AreaTable, CellArea, Zones, tabulate};
use crate::io::class_mosaic::{ClassMosaic, MosaicReader};
use crate::io::class_raster::ClassRasterError;
use crate::io::crs::{CrsError, Transform};
use crate::io::project_grounds::project_grounds;
use crate::io::read_municipalities::{LayerError, MunicipalityLayer};
use crate::scene::Window;

/// Hectares that could not be added up.
#[derive(Debug, thiserror::Error)]
pub enum TallyError {
    /// Polygons and rasters lie apart.
    #[error("no polygon touches a raster: the polygons span {polygons}, {raster} spans {extent} (both in {crs})")]
    Apart {
        /// The first raster.
        raster: PathBuf,
        /// Extent of the polygons.
        polygons: String,
        /// Extent of the raster.
        extent: String,
        /// The raster's CRS.
        crs: String,
    },
    /// The raster's CRS has no way to longitude and latitude.
    #[error("{path}: {source}")]
    Transform {
        /// The raster.
        path: PathBuf,
        /// What is wrong.
        source: CrsError,
    },
    /// A raster cannot be read.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// A polygon cannot be brought into the raster's CRS.
    #[error(transparent)]
    Layer(#[from] LayerError),
}

/// Tables by year.
pub type Tables = BTreeMap<Option<i32>, AreaTable>;

/// Adds up every mosaic, by year. `planar` counts pixels by their covered part instead of hectares.
///
/// # Errors
/// [`TallyError`] naming the raster; also when no polygon touches any raster.
pub fn tally(
    threads: &Threads,
    mosaics: &[ClassMosaic],
    layer: &MunicipalityLayer,
    planar: bool,
) -> Result<Tables, TallyError> {
    let mut tables = Tables::new();
    for mosaic in mosaics {
        let grounds = project_grounds(layer, &mosaic.grid.crs)?;
        let job = Job { mosaic, zones: Zones::new(&mosaic.grid, &grounds), planar };
        let sum = tables.entry(mosaic.year).or_default();
        threads.map_in_order(
            &mosaic.windows(),
            || Worker::new(&job),
            |worker, window| worker.window_table(window),
            |table| {
                sum.merge(&table);
                Ok(())
            },
        )?;
    }
    let covered = |table: &AreaTable| (0..layer.municipalities.len()).any(|z| table.coverage_hectares(z) > 0.0);
    if tables.values().any(covered) {
        return Ok(tables);
    }
    mosaics.first().map_or(Ok(tables), |mosaic| Err(apart(mosaic, layer)?))
}

fn apart(mosaic: &ClassMosaic, layer: &MunicipalityLayer) -> Result<TallyError, TallyError> {
    let text = |b: [f64; 4]| format!("x {:.4} to {:.4}, y {:.4} to {:.4}", b[0], b[2], b[1], b[3]);
    let grounds = project_grounds(layer, &mosaic.grid.crs)?;
    Ok(TallyError::Apart {
        raster: first_path(mosaic),
        polygons: text(super::prepare::bounds_of(&grounds)),
        extent: text(mosaic.grid.bounds()),
        crs: mosaic.grid.crs.label(),
    })
}

fn first_path(mosaic: &ClassMosaic) -> PathBuf {
    mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default()
}

/// All that the windows of a mosaic share; each window's table depends on nothing else.
struct Job<'a> {
    mosaic: &'a ClassMosaic,
    zones: Zones,
    planar: bool,
}

/// What one thread needs: open files and its own way to longitude and latitude.
struct Worker<'a> {
    job: &'a Job<'a>,
    reader: MosaicReader<'a>,
    to_lonlat: Transform,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>) -> Result<Self, TallyError> {
        let to_lonlat = Transform::to_own_lonlat(&job.mosaic.grid.crs)
            .map_err(|source| TallyError::Transform { path: first_path(job.mosaic), source })?;
        Ok(Self { job, reader: job.mosaic.reader()?, to_lonlat })
    }

    fn window_table(&self, window: &Window) -> Result<AreaTable, TallyError> {
        let codes = self.reader.read(window)?;
        let grid = &self.job.mosaic.grid;
        let cells = if self.job.planar {
            CellArea::planar(grid, window)
        } else {
            cells_of(grid, window, &self.to_lonlat)
                .map_err(|source| TallyError::Transform { path: first_path(self.job.mosaic), source })?
        };
        Ok(tabulate(window, ArrayView2::from(&codes), &self.job.zones, &cells))
    }
}
