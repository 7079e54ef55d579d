//! Labelled polygons or points, in any vector format that GDAL reads.

use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::vector::{Feature, FieldValue, Layer, LayerAccess};
use gdal::{DatasetOptions, GdalOpenFlags};
use geo::{CoordsIter, Geometry, MapCoords, MultiPolygon};

use super::crs::{CrsError, Transform, crs_from_gdal};
use crate::classify::sample::{Place, Sample};
use crate::scene::Crs;

/// Labelled samples that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// GDAL cannot open or read it.
    #[error("cannot read samples {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: GdalError,
    },
    /// The layer has no such field.
    #[error("samples {path} have no field '{field}'; there are: {present}")]
    NoField {
        /// The file.
        path: PathBuf,
        /// The field asked for.
        field: String,
        /// The fields there are.
        present: String,
    },
    /// A feature breaks a rule.
    #[error("samples {path}, feature {number}: {rule}")]
    Feature {
        /// The file.
        path: PathBuf,
        /// Number of the feature, from 1.
        number: u32,
        /// The rule.
        rule: String,
    },
    /// There is none.
    #[error("samples {path} hold no feature")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The layer's reference system.
    #[error("samples {path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: CrsError,
    },
}

/// Reads labelled polygons or points and brings them into the CRS `to`.
///
/// # Errors
/// [`SampleError`] naming the file, the feature and the rule.
pub fn read_samples(
    path: &Path,
    class_field: &str,
    year_field: Option<&str>,
    to: &Crs,
) -> Result<Vec<Sample>, SampleError> {
    let unreadable = |source| SampleError::Unreadable { path: path.to_owned(), source };
    let wrong_crs = |source| SampleError::Crs { path: path.to_owned(), source };
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..Default::default() };
    let dataset = crate::io::fence::open(path, options).map_err(unreadable)?;
    let mut layer = dataset.layer(0).map_err(unreadable)?;
    let class_at = field_index(&layer, class_field, path)?;
    let year_at = year_field.map(|field| field_index(&layer, field, path)).transpose()?;
    let srs = layer
        .spatial_ref()
        .ok_or_else(|| wrong_crs(CrsError::Local("a layer without a coordinate reference system".to_owned())))?;
    let way = Transform::new(&crs_from_gdal(&srs).map_err(wrong_crs)?, to).map_err(wrong_crs)?;
    let mut samples = Vec::new();
    for (number, feature) in (0..).zip(layer.features()) {
        let wrong = |rule: String| SampleError::Feature { path: path.to_owned(), number: number + 1, rule };
        let class = class_of(&feature, class_at).ok_or_else(|| wrong(format!("'{class_field}' is empty")))?;
        let year = year_at.map(|at| year_of(&feature, at).map_err(wrong)).transpose()?;
        let place = place_of(&feature).and_then(|p| project(p, &way)).map_err(wrong)?;
        samples.push(Sample { number, class, year, place });
    }
    if samples.is_empty() {
        return Err(SampleError::Empty { path: path.to_owned() });
    }
    Ok(samples)
}

fn field_index(layer: &Layer<'_>, field: &str, path: &Path) -> Result<usize, SampleError> {
    let present: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    present.iter().position(|name| name == field).ok_or_else(|| SampleError::NoField {
        path: path.to_owned(),
        field: field.to_owned(),
        present: present.join(", "),
    })
}

fn class_of(feature: &Feature<'_>, at: usize) -> Option<String> {
    let text = feature.field_as_string(at).ok().flatten()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn year_of(feature: &Feature<'_>, at: usize) -> Result<i16, String> {
    let value = feature.field(at).map_err(|e| e.to_string())?;
    let year = match value {
        Some(FieldValue::IntegerValue(y)) => i16::try_from(y).ok(),
        Some(FieldValue::Integer64Value(y)) => i16::try_from(y).ok(),
        Some(FieldValue::StringValue(text)) => text.trim().parse().ok(),
        _ => None,
    };
    year.ok_or_else(|| "its year is not a whole number such as 2024".to_owned())
}

fn place_of(feature: &Feature<'_>) -> Result<Place, String> {
    let geometry = feature.geometry().ok_or("it has no geometry")?;
    match geometry.to_geo().map_err(|e| format!("its geometry cannot be read: {e}"))? {
        Geometry::Point(p) => Ok(Place::Point { x: p.x(), y: p.y() }),
        Geometry::Polygon(p) if p.coords_count() > 0 => Ok(Place::Ground(MultiPolygon(vec![p]))),
        Geometry::MultiPolygon(m) if m.coords_count() > 0 => Ok(Place::Ground(m)),
        Geometry::MultiPoint(m) if m.0.len() == 1 => Ok(Place::Point { x: m.0[0].x(), y: m.0[0].y() }),
        _ => Err("it is empty or neither a polygon nor a point".to_owned()),
    }
}

fn project(place: Place, way: &Transform) -> Result<Place, String> {
    let one = |x: f64, y: f64| {
        let (mut xs, mut ys) = ([x], [y]);
        way.apply(&mut xs, &mut ys).map(|()| (xs[0], ys[0])).map_err(|e| e.to_string())
    };
    match place {
        Place::Point { x, y } => one(x, y).map(|(x, y)| Place::Point { x, y }),
        Place::Ground(ground) => ground.try_map_coords(|c| one(c.x, c.y).map(Into::into)).map(Place::Ground),
    }
}
