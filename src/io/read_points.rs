//! Layers of points with their fields as text, in any vector format that GDAL reads.

use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::vector::LayerAccess;
use gdal::{DatasetOptions, GdalOpenFlags};

use super::crs::{Transform, crs_from_gdal};
use crate::scene::Crs;

/// A layer of points that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PointsError {
    /// GDAL cannot open or read it.
    #[error("cannot read points {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: GdalError,
    },
    /// Its place on Earth is not known.
    #[error("points {path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: super::crs::CrsError,
    },
}

/// A feature.
#[derive(Clone, Debug)]
pub struct TextPoint {
    /// Its fields, in the order of the layer; empty where null.
    pub fields: Vec<String>,
    /// Longitude and latitude (WGS 84); `None` without a point geometry.
    pub lonlat: Option<(f64, f64)>,
}

/// A layer.
#[derive(Debug)]
pub struct PointLayer {
    /// Names of its fields.
    pub fields: Vec<String>,
    /// Its features, in the order of the file.
    pub points: Vec<TextPoint>,
}

/// Reads the first layer of a file. A layer without a reference system has no places.
///
/// # Errors
/// [`PointsError`] naming the file.
pub fn read_points(path: &Path) -> Result<PointLayer, PointsError> {
    let unreadable = |source| PointsError::Unreadable { path: path.to_owned(), source };
    let wrong = |source| PointsError::Crs { path: path.to_owned(), source };
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..Default::default() };
    let dataset = crate::io::fence::open(path, options).map_err(unreadable)?;
    let mut layer = dataset.layer(0).map_err(unreadable)?;
    let fields: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let way = match layer.spatial_ref() {
        Some(srs) => {
            let crs = crs_from_gdal(&srs).map_err(wrong)?;
            Some(Transform::new(&crs, &Crs::wgs84()).map_err(wrong)?)
        }
        None => None,
    };
    let mut points = Vec::new();
    for feature in layer.features() {
        let text = |at: usize| feature.field_as_string(at).ok().flatten().unwrap_or_default().trim().to_owned();
        let place =
            feature.geometry().and_then(|geometry| geometry.to_geo().ok()).and_then(|geometry| match geometry {
                geo::Geometry::Point(point) => Some((point.x(), point.y())),
                geo::Geometry::MultiPoint(many) if many.0.len() == 1 => Some((many.0[0].x(), many.0[0].y())),
                _ => None,
            });
        let lonlat = match (place, &way) {
            (Some((x, y)), Some(way)) => {
                let (mut x, mut y) = ([x], [y]);
                way.apply(&mut x, &mut y).map_err(wrong)?;
                Some((x[0], y[0]))
            }
            _ => None,
        };
        points.push(TextPoint { fields: (0..fields.len()).map(text).collect(), lonlat });
    }
    Ok(PointLayer { fields, points })
}
