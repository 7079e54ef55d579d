//! Municipality polygons from any vector format that GDAL reads, checked before use.
//!
//! What cannot be right stops the reading: an unknown field, a bad or duplicate code, an empty or non-polygon
//! geometry, a layer without CRS. Invalid rings are repaired, and the repair is told with the area before and after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::cpl::CslStringList;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldValue, Geometry, Layer, LayerAccess};
use gdal::version::VersionInfo;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{Coord, GeodesicArea, LineString, MapCoords, MultiPolygon, Polygon, Validation};

use super::crs::{CrsError, Transform, crs_from_gdal};
use super::simple_ring::surely_simple;
use crate::scene::Crs;
use crate::territory::{Municipality, MunicipalityCode};

/// Names of fields that hold a municipality's name, tried in this order when none is given.
const NAME_FIELDS: [&str; 11] = [
    "MPIO_CNMBR",
    "mpio_cnmbr",
    "MPIO_NOMBRE",
    "NOM_MPIO",
    "municipality_name",
    "municipio",
    "nombre",
    "name",
    "names",
    "NAME_2",
    "nom_mpio",
];

/// Why a polygon layer was refused.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// Not a vector file that GDAL reads, or not there.
    #[error("cannot read polygons from {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: gdal::errors::GdalError,
    },
    /// No layer has the field.
    #[error("{path} has no field '{field}'; it has: {fields}")]
    NoField {
        /// The file.
        path: PathBuf,
        /// The field asked for.
        field: String,
        /// The fields that are there.
        fields: String,
    },
    /// The layer has no features.
    #[error("{path} holds no polygons")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Coordinates without a reference system.
    #[error("{path} has no coordinate reference system; set it with: ogr2ogr -a_srs EPSG:4326 fixed.gpkg {path}")]
    NoCrs {
        /// The file.
        path: PathBuf,
    },
    /// The reference system cannot be used, or a point of a polygon cannot be transformed.
    #[error("{place}: {source}")]
    Crs {
        /// The file, or the municipality.
        place: String,
        /// Why.
        source: Box<CrsError>,
    },
    /// A point of a municipality lies outside the reference system wanted.
    #[error("{place} has a point that {to} cannot hold; use masks in a reference system of its region")]
    NoImage {
        /// The municipality.
        place: String,
        /// The system wanted.
        to: String,
    },
    /// One feature cannot be used.
    #[error("{path}, feature {number} ({label}): {rule}")]
    Feature {
        /// The file.
        path: PathBuf,
        /// Number of the feature, from 1.
        number: usize,
        /// Code or name, as far as known.
        label: String,
        /// The rule that it breaks, and what to do.
        rule: FeatureRule,
    },
}

/// The rule that a feature breaks.
#[derive(Debug, thiserror::Error)]
pub enum FeatureRule {
    /// Code empty or null.
    #[error("field '{0}' is empty")]
    NoCode(String),
    /// Code not a DIVIPOLA code.
    #[error("{0}")]
    BadCode(#[from] crate::territory::divipola::CodeError),
    /// Code of another feature.
    #[error("its code is that of feature {0} too; give each municipality one feature (dissolve the parts by code)")]
    Duplicate(usize),
    /// Null or empty geometry.
    #[error("it has no geometry; add its polygon or remove the feature")]
    NoGeometry,
    /// Points, lines or curves.
    #[error("its geometry is a {0}; polygons are needed")]
    NotPolygon(String),
    /// NaN or infinite coordinates.
    #[error("it has a coordinate that is not a finite number")]
    NotFinite,
    /// Invalid rings, and a GDAL without GEOS.
    #[error(
        "its rings are invalid, and this build (GDAL without GEOS) cannot repair them; repair the layer elsewhere, for example in QGIS (Fix geometries)"
    )]
    NoGeos,
    /// A repair that leaves nothing, or fails.
    #[error("its rings are invalid and cannot be repaired: {0}")]
    Unrepairable(String),
}

/// A feature with a key, a label and valid, non-empty ground.
#[derive(Clone, Debug)]
pub struct KeyedPolygon {
    /// Number of the feature in the layer, from 1.
    pub number: usize,
    /// The key field as text.
    pub key: String,
    /// The name field as text, or the key.
    pub name: String,
    /// The polygons, in the layer's CRS.
    pub ground: MultiPolygon<f64>,
}

/// A layer of keyed polygons, in the order of the file.
#[derive(Clone, Debug)]
pub struct PolygonLayer {
    /// CRS of the polygons.
    pub crs: Crs,
    /// The features.
    pub features: Vec<KeyedPolygon>,
    /// What was repaired.
    pub notes: Vec<String>,
}

/// Municipalities of one file.
#[derive(Clone, Debug)]
pub struct MunicipalityLayer {
    /// CRS of their ground.
    pub crs: Crs,
    /// Sorted by code.
    pub municipalities: Vec<Municipality>,
    /// What was repaired or completed.
    pub notes: Vec<String>,
    /// The files that the layer was read from.
    pub files: Vec<PathBuf>,
}

/// Reads municipalities. Codes may stand as text or as integers; leading zeros come back. Without `name_field` the
/// usual fields are tried (MPIO_CNMBR, municipio, nombre, name ...), and the code is the name where there is none.
///
/// # Errors
/// [`LayerError`], naming the file and the feature.
pub fn read_municipalities(
    path: &Path,
    code_field: &str,
    name_field: Option<&str>,
) -> Result<MunicipalityLayer, LayerError> {
    let layer = read_polygons(path, code_field, name_field)?;
    let mut notes = layer.notes;
    let mut seen: BTreeMap<MunicipalityCode, (usize, Municipality)> = BTreeMap::new();
    let mut padded = 0;
    for feature in layer.features {
        let refuse = |rule| LayerError::Feature {
            path: path.to_owned(),
            number: feature.number,
            label: feature.name.clone(),
            rule,
        };
        let code = MunicipalityCode::parse(&feature.key).map_err(|e| refuse(e.into()))?;
        padded += usize::from(MunicipalityCode::was_padded(&feature.key));
        if let Some((first, _)) = seen.get(&code) {
            return Err(refuse(FeatureRule::Duplicate(*first)));
        }
        let name = if feature.name == feature.key { code.to_string() } else { feature.name };
        seen.insert(code.clone(), (feature.number, Municipality { code, name, ground: feature.ground }));
    }
    if padded > 0 {
        notes.push(format!("{}: {padded} codes of field '{code_field}' got their leading zero back", path.display()));
    }
    let municipalities = seen.into_values().map(|(_, municipality)| municipality).collect();
    Ok(MunicipalityLayer { crs: layer.crs, municipalities, notes, files: files_of(path) })
}

/// Reads polygons with a key of any form: departments, training polygons. Duplicate keys are allowed.
///
/// # Errors
/// [`LayerError`], naming the file and the feature.
pub fn read_polygons(path: &Path, key_field: &str, name_field: Option<&str>) -> Result<PolygonLayer, LayerError> {
    let open = |source| LayerError::Open { path: path.to_owned(), source };
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..DatasetOptions::default() };
    let dataset = crate::io::fence::open(path, options).map_err(open)?;
    let mut layer = layer_with_field(&dataset, path, key_field)?;
    let fields = field_names(&layer);
    let index_of = |name: &str| fields.iter().position(|f| f.eq_ignore_ascii_case(name));
    let key_index = index_of(key_field).ok_or_else(|| no_field(path, key_field, &fields))?;
    let name_index = match name_field {
        Some(name) => Some(index_of(name).ok_or_else(|| no_field(path, name, &fields))?),
        None => NAME_FIELDS.iter().find_map(|name| index_of(name)),
    };
    let srs: SpatialRef = layer.spatial_ref().ok_or_else(|| LayerError::NoCrs { path: path.to_owned() })?;
    let crs =
        crs_from_gdal(&srs).map_err(|e| LayerError::Crs { place: path.display().to_string(), source: e.into() })?;
    let mut found = PolygonLayer { crs, features: Vec::new(), notes: Vec::new() };
    for (i, feature) in layer.features().enumerate() {
        let text = |index: usize| feature.field(index).ok().flatten().and_then(field_text);
        let key = text(key_index).unwrap_or_default();
        let name = name_index.and_then(text).filter(|n| !n.is_empty()).unwrap_or_else(|| key.clone());
        let label = if name == key { key.clone() } else { format!("{key} {name}") };
        let refuse = |rule| LayerError::Feature { path: path.to_owned(), number: i + 1, label: label.clone(), rule };
        if key.is_empty() {
            return Err(refuse(FeatureRule::NoCode(fields[key_index].clone())));
        }
        let (ground, repair) = valid_ground(&feature, &found.crs).map_err(refuse)?;
        found.notes.extend(repair.map(|r| format!("{}, feature {} ({label}): {r}", path.display(), i + 1)));
        found.features.push(KeyedPolygon { number: i + 1, key, name, ground });
    }
    if found.features.is_empty() {
        return Err(LayerError::Empty { path: path.to_owned() });
    }
    Ok(found)
}

fn no_field(path: &Path, field: &str, fields: &[String]) -> LayerError {
    LayerError::NoField { path: path.to_owned(), field: field.to_owned(), fields: fields.join(", ") }
}

pub(super) fn field_names(layer: &Layer<'_>) -> Vec<String> {
    layer.defn().fields().map(|f| f.name()).collect()
}

/// The first layer that has the field.
fn layer_with_field<'a>(dataset: &'a Dataset, path: &Path, field: &str) -> Result<Layer<'a>, LayerError> {
    let mut others = Vec::new();
    for layer in dataset.layers() {
        let fields = field_names(&layer);
        if fields.iter().any(|f| f.eq_ignore_ascii_case(field)) {
            return Ok(layer);
        }
        others.extend(fields);
    }
    Err(no_field(path, field, &others))
}

/// A key as text; a whole number keeps its digits.
pub(super) fn field_text(value: FieldValue) -> Option<String> {
    match value {
        FieldValue::StringValue(text) => Some(text.trim().to_owned()),
        FieldValue::IntegerValue(v) => Some(v.to_string()),
        FieldValue::Integer64Value(v) => Some(v.to_string()),
        FieldValue::RealValue(v) => Some(v.to_string()),
        _ => None,
    }
}

/// The feature's polygons, repaired where its rings are invalid, and what the repair did.
pub(super) fn valid_ground(
    feature: &Feature<'_>,
    crs: &Crs,
) -> Result<(MultiPolygon<f64>, Option<String>), FeatureRule> {
    let geometry = feature.geometry().filter(|g| !g.is_empty()).ok_or(FeatureRule::NoGeometry)?;
    valid_polygons(geometry, crs)
}

/// A geometry's polygons, repaired where its rings are invalid, and what the repair did.
pub(super) fn valid_polygons(
    geometry: &Geometry,
    crs: &Crs,
) -> Result<(MultiPolygon<f64>, Option<String>), FeatureRule> {
    let kind = geometry.geometry_name();
    if !matches!(kind.as_str(), "POLYGON" | "MULTIPOLYGON") {
        return Err(FeatureRule::NotPolygon(kind));
    }
    let mut given = Vec::new();
    collect_polygons(geometry, &mut given);
    let given = MultiPolygon::new(given);
    if geo::CoordsIter::coords_iter(&given).any(|c| !c.x.is_finite() || !c.y.is_finite()) {
        return Err(FeatureRule::NotFinite);
    }
    // GDAL without GEOS (the feature `bundled`) calls every polygon invalid and repairs none.
    let geos = VersionInfo::has_geos();
    let plain = geometry.geometry_count() == 1 && surely_valid(&given);
    if plain || if geos { geometry.is_valid() } else { given.is_valid() } {
        return Ok((given, None));
    }
    if !geos {
        return Err(FeatureRule::NoGeos);
    }
    let repaired = geometry.make_valid(&CslStringList::new()).map_err(|e| FeatureRule::Unrepairable(e.to_string()))?;
    let mut polygons = Vec::new();
    collect_polygons(&repaired, &mut polygons);
    if polygons.is_empty() {
        return Err(FeatureRule::Unrepairable("nothing with an area is left".to_owned()));
    }
    let repaired = MultiPolygon::new(polygons);
    let (before, after) = (geodesic_hectares(&given, crs), geodesic_hectares(&repaired, crs));
    let note = format!("invalid rings were repaired; {before:.4} ha before, {after:.4} ha after");
    Ok((repaired, Some(note)))
}

/// Whether this is one ring that is simple beyond doubt.
fn surely_valid(ground: &MultiPolygon<f64>) -> bool {
    matches!(ground.0.as_slice(), [polygon] if polygon.interiors().is_empty() && surely_simple(polygon.exterior()))
}

/// The polygons of a geometry and of the collections in it; lines and points that a repair leaves have no area.
pub(super) fn collect_polygons(geometry: &Geometry, found: &mut Vec<Polygon<f64>>) {
    let parts = 0..geometry.geometry_count();
    if geometry.geometry_name() != "POLYGON" {
        parts.for_each(|i| collect_polygons(&geometry.get_geometry(i), found));
        return;
    }
    let mut rings = parts.map(|i| {
        let mut points = Vec::new();
        geometry.get_geometry(i).get_points(&mut points);
        LineString::from_iter(points.into_iter().map(|(x, y, _)| Coord { x, y }))
    });
    if let Some(exterior) = rings.next().filter(|r| r.0.len() > 3) {
        found.push(Polygon::new(exterior, rings.collect()));
    }
}

/// Hectares on the WGS 84 ellipsoid, for notes; NaN where the polygon cannot be transformed.
fn geodesic_hectares(ground: &MultiPolygon<f64>, crs: &Crs) -> f64 {
    let Ok(way) = Transform::to_own_lonlat(crs) else { return f64::NAN };
    let lonlat = ground.try_map_coords(|c| {
        let (mut x, mut y) = ([c.x], [c.y]);
        way.apply(&mut x, &mut y).map(|()| Coord { x: x[0], y: y[0] })
    });
    let ring = |r: &LineString<f64>| Polygon::new(r.clone(), Vec::new()).geodesic_area_signed().abs();
    let polygon = |p: &Polygon<f64>| ring(p.exterior()) - p.interiors().iter().map(ring).sum::<f64>();
    lonlat.map_or(f64::NAN, |m| m.iter().map(polygon).sum::<f64>() / 1e4)
}

/// The file, with the sidecar files of a shapefile; the files inside where it is a folder.
fn files_of(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let inside = std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
        files = inside.filter(|p| p.is_file()).collect();
        files.sort();
    } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp")) {
        let sidecars = ["dbf", "shx", "prj", "cpg"].map(|e| path.with_extension(e));
        files.extend(sidecars.into_iter().filter(|p| p.is_file()));
    }
    files
}
