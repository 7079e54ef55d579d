//! Sample units that lie in training polygons: a map is not assessed on the ground that it was taught.

use std::path::{Path, PathBuf};

use gdal::vector::LayerAccess;
use gdal::{DatasetOptions, GdalOpenFlags};
use geo::{Distance, Euclidean, Geometry, MapCoords, MultiPolygon, Point};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::crs::{CrsError, Transform, crs_from_gdal};
use super::read_survey::LabelledPoint;
use crate::scene::Crs;

/// A unit is the middle of its pixel; nearer than half a pixel of 10 m to training ground it shares ground with it.
pub const HALF_PIXEL_M: f64 = 5.0;

/// Metres in a degree.
const DEGREE_M: f64 = 111_320.0;

/// Training ground that cannot be read, or that the sample overlaps.
#[derive(Debug, thiserror::Error)]
pub enum OverlapError {
    /// GDAL cannot read it.
    #[error("cannot read training polygons {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: gdal::errors::GdalError,
    },
    /// No reference system, or one that cannot be used.
    #[error("training polygons {path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CrsError,
    },
    /// The sample has no places.
    #[error(
        "{path} has no coordinates (no points, no columns lon and lat), so whether it overlaps the training polygons cannot be checked"
    )]
    NoPlaces {
        /// The sample.
        path: PathBuf,
    },
    /// Units lie in training polygons.
    #[error(
        "sample units in training polygons of {training}, or within half a pixel of them: {overlapping} ({ids}). The map was taught what it is asked; draw a sample outside of them (cocal sample --exclude), or train without them"
    )]
    Overlap {
        /// The training polygons.
        training: PathBuf,
        /// How many units.
        overlapping: usize,
        /// The first ids.
        ids: String,
    },
}

type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Refuses a sample of which a unit lies in a training polygon, or nearer than `reach_m` metres to one or to a training point.
///
/// # Errors
/// [`OverlapError`], naming the units.
pub fn refuse_overlap(
    sample: &Path,
    points: &[LabelledPoint],
    training: &Path,
    reach_m: f64,
) -> Result<(), OverlapError> {
    let reach = reach_m / DEGREE_M;
    let grounds = read_grounds(training)?;
    if points.iter().any(|point| point.lonlat.is_none()) {
        return Err(OverlapError::NoPlaces { path: sample.to_owned() });
    }
    let boxes = grounds.iter().enumerate().filter_map(|(i, ground)| {
        let rect = geo::BoundingRect::bounding_rect(ground)?;
        Some(Boxed::new(Rectangle::from_corners(rect.min().into(), rect.max().into()), i))
    });
    let tree = RTree::bulk_load(boxes.collect());
    let near = |point: &&LabelledPoint| {
        let Some((lon, lat)) = point.lonlat else { return false };
        let around = AABB::from_corners([lon - reach, lat - reach], [lon + reach, lat + reach]);
        tree.locate_in_envelope_intersecting(&around)
            .any(|found| Euclidean.distance(&Point::new(lon, lat), &grounds[found.data]) <= reach)
    };
    let overlapping: Vec<&str> = points.iter().filter(near).map(|p| p.unit.id.as_str()).collect();
    if overlapping.is_empty() {
        return Ok(());
    }
    let more = if overlapping.len() > 5 { " ..." } else { "" };
    let ids = overlapping.iter().take(5).copied().collect::<Vec<_>>().join(", ") + more;
    Err(OverlapError::Overlap { training: training.to_owned(), overlapping: overlapping.len(), ids })
}

/// Training ground as polygons in another reference system; a point becomes a square of some 10 cm.
///
/// # Errors
/// [`OverlapError`] naming the file.
pub fn training_polygons(path: &Path, to: &Crs) -> Result<Vec<MultiPolygon<f64>>, OverlapError> {
    let wrong = |source| OverlapError::Crs { path: path.to_owned(), source };
    let way = Transform::new(&Crs::wgs84(), to).map_err(wrong)?;
    let square = |p: Point<f64>| {
        let corner = |sign: f64| geo::Coord { x: p.x() + sign * 5e-7, y: p.y() + sign * 5e-7 };
        geo::Rect::new(corner(-1.0), corner(1.0)).to_polygon()
    };
    let polygons = |ground: Geometry<f64>| match ground {
        Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        Geometry::MultiPolygon(polygons) => polygons,
        Geometry::Point(point) => MultiPolygon::new(vec![square(point)]),
        Geometry::MultiPoint(points) => MultiPolygon::new(points.into_iter().map(square).collect()),
        _ => MultiPolygon::new(Vec::new()),
    };
    let project = |c: geo::Coord<f64>| {
        let (mut x, mut y) = ([c.x], [c.y]);
        way.apply(&mut x, &mut y).map(|()| geo::Coord { x: x[0], y: y[0] })
    };
    read_grounds(path)?.into_iter().map(|ground| polygons(ground).try_map_coords(project).map_err(wrong)).collect()
}

/// Every geometry of the first layer, in WGS 84.
fn read_grounds(path: &Path) -> Result<Vec<Geometry<f64>>, OverlapError> {
    let unreadable = |source| OverlapError::Unreadable { path: path.to_owned(), source };
    let wrong = |source| OverlapError::Crs { path: path.to_owned(), source };
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..Default::default() };
    let dataset = crate::io::fence::open(path, options).map_err(unreadable)?;
    let mut layer = dataset.layer(0).map_err(unreadable)?;
    let srs = layer
        .spatial_ref()
        .ok_or_else(|| wrong(CrsError::Local("a layer without a coordinate reference system".to_owned())))?;
    let way = Transform::new(&crs_from_gdal(&srs).map_err(wrong)?, &Crs::wgs84()).map_err(wrong)?;
    let mut grounds = Vec::new();
    for feature in layer.features() {
        let Some(geometry) = feature.geometry() else { continue };
        let geometry: Geometry<f64> = geometry.to_geo().map_err(unreadable)?;
        let project = |c: geo::Coord<f64>| {
            let (mut x, mut y) = ([c.x], [c.y]);
            way.apply(&mut x, &mut y).map(|()| geo::Coord { x: x[0], y: y[0] })
        };
        grounds.push(geometry.try_map_coords(project).map_err(wrong)?);
    }
    Ok(grounds)
}
