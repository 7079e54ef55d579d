//! Event files with places: any vector format that GDAL reads, or CSV with longitude and latitude or well-known text.
//!
//! Nothing is refused here for one row's sake: a row without a usable geometry stays, with the reason in its place.

use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::vector::{Feature, Geometry, Layer, LayerAccess, OGRFieldType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{Coord, MultiPolygon};

use super::crs::{CrsError, Transform, crs_from_gdal, crs_from_text};
use super::project_grounds::carry;
use super::read_municipalities::valid_polygons;
use super::table::{TableError, read_table};
use crate::reconcile::columns::{Columns, MissingColumn, PlaceColumns, coordinate};
use crate::reconcile::{Place, PlacedTable};
use crate::records::text_table::{TextRow, TextTable};
use crate::scene::Crs;

/// An event file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventFileError {
    /// GDAL cannot open or read it.
    #[error("cannot read events {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: GdalError,
    },
    /// Several layers of events.
    #[error(
        "{path} has several layers of events ({layers}); write one layer to a file (ogr2ogr FILE.gpkg {path} LAYER)"
    )]
    Layers {
        /// The file.
        path: PathBuf,
        /// Their names.
        layers: String,
    },
    /// No layer has dates and quantities.
    #[error(transparent)]
    Columns(#[from] MissingColumn),
    /// Coordinates without a reference system.
    #[error("{path} has no coordinate reference system; give it with --crs, such as --crs EPSG:9377")]
    NoCrs {
        /// The file.
        path: PathBuf,
    },
    /// A reference system that cannot be used.
    #[error("{path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<CrsError>,
    },
    /// No places at all.
    #[error(
        "{path} has no places: columns for longitude and latitude (longitud, latitud), or one with well-known text (wkt), are needed; it has: {found}"
    )]
    NoPlaces {
        /// The file.
        path: PathBuf,
        /// Its columns.
        found: String,
    },
    /// A table that is none.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The way of a file's coordinates to longitude and latitude on WGS 84.
struct Way {
    from: Crs,
    way: Transform,
}

impl Way {
    fn new(path: &Path, from: Crs) -> Result<Self, EventFileError> {
        let way = Transform::new(&from, &Crs::wgs84())
            .map_err(|source| EventFileError::Crs { path: path.to_owned(), source: source.into() })?;
        Ok(Self { from, way })
    }

    fn typed(path: &Path, text: &str) -> Result<Self, EventFileError> {
        let crs = crs_from_text(text)
            .map_err(|source| EventFileError::Crs { path: path.to_owned(), source: source.into() })?;
        Self::new(path, crs)
    }

    fn point(&self, x: f64, y: f64) -> Place {
        let (mut lon, mut lat) = ([x], [y]);
        let carried = self.way.apply(&mut lon, &mut lat).is_ok();
        if carried && lon[0].abs() <= 180.0 && lat[0].abs() <= 90.0 {
            return Place::Point(Coord { x: lon[0], y: lat[0] });
        }
        let what = self.from.label();
        // No figures: what is said here stands in an output that is meant to leave.
        Place::Missing(format!("its coordinates are no place in {what} (give the reference system with --crs)"))
    }

    fn polygons(&self, ground: &MultiPolygon<f64>, repair: Option<String>) -> Place {
        let on_earth =
            |g: &MultiPolygon<f64>| geo::CoordsIter::coords_iter(g).all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0);
        match carry(ground, &self.from, &self.way) {
            Ok(Some(carried)) if on_earth(&carried) => Place::Polygon(carried, repair),
            _ => Place::Missing(format!("its polygon lies outside {}", self.from.label())),
        }
    }

    fn place(&self, geometry: Option<&Geometry>) -> Place {
        let Some(geometry) = geometry.filter(|g| g.has_gdal_ptr() && !g.is_empty()) else {
            return Place::Missing("it has no geometry".to_owned());
        };
        let name = geometry.geometry_name();
        match name.as_str() {
            "POINT" => {
                let (x, y, _) = geometry.get_point(0);
                self.point(x, y)
            }
            "MULTIPOINT" if geometry.geometry_count() == 1 => {
                let (x, y, _) = geometry.get_geometry(0).get_point(0);
                self.point(x, y)
            }
            "POLYGON" | "MULTIPOLYGON" => match valid_polygons(geometry, &self.from) {
                Ok((ground, repair)) => self.polygons(&ground, repair),
                Err(rule) => Place::Missing(rule.to_string()),
            },
            "MULTIPOINT" => Place::Missing("it has several points; give each its own row".to_owned()),
            _ => Place::Missing(format!("its geometry is a {name}; a point or polygons are needed")),
        }
    }
}

/// Reads an event file. `crs` is that of coordinates that do not say: of columns (WGS 84 without it), of a layer without one.
///
/// # Errors
/// [`EventFileError`] naming the file.
pub fn read_event_file(path: &Path, crs: Option<&str>) -> Result<PlacedTable, EventFileError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if matches!(extension.as_str(), "csv" | "tsv" | "txt") { read_text(path, crs) } else { read_layer(path, crs) }
}

fn read_text(path: &Path, crs: Option<&str>) -> Result<PlacedTable, EventFileError> {
    placed(path, read_table(path)?, crs)
}

/// The rows of a table with the places that its columns tell; `path` is for messages.
pub(crate) fn placed(path: &Path, table: TextTable, crs: Option<&str>) -> Result<PlacedTable, EventFileError> {
    let Some(columns) = PlaceColumns::find(&table) else {
        let found = table.header.join(", ");
        return Err(EventFileError::NoPlaces { path: path.to_owned(), found });
    };
    let way = match crs {
        Some(text) => Way::typed(path, text)?,
        None => Way::new(path, Crs::wgs84())?,
    };
    let places = table.rows.iter().map(|row| text_place(row, columns, &way)).collect();
    let numeric = vec![false; table.header.len()];
    Ok(PlacedTable { table, places, numeric })
}

fn text_place(row: &TextRow, columns: PlaceColumns, way: &Way) -> Place {
    match columns {
        PlaceColumns::Wkt(column) => {
            let text = &row.fields[column];
            if text.is_empty() {
                return Place::Missing("its geometry is blank".to_owned());
            }
            match Geometry::from_wkt(text) {
                Ok(geometry) => way.place(Some(&geometry)),
                Err(_) if text.to_uppercase().starts_with("SRID=") => {
                    Place::Missing("its geometry is extended well-known text: write it without SRID=".to_owned())
                }
                Err(_) => Place::Missing("its geometry is no well-known text".to_owned()),
            }
        }
        PlaceColumns::LonLat(lon, lat) => {
            let (lon, lat) = (&row.fields[lon], &row.fields[lat]);
            match (coordinate(lon), coordinate(lat)) {
                // What a form writes where nobody filled it in; it lies in the sea off Africa.
                (Some(0.0), Some(0.0)) => Place::Missing("its coordinates are 0, 0".to_owned()),
                (Some(x), Some(y)) => way.point(x, y),
                _ if lon.is_empty() && lat.is_empty() => Place::Missing("its coordinates are blank".to_owned()),
                _ => Place::Missing("its coordinates are no pair of numbers".to_owned()),
            }
        }
    }
}

fn read_layer(path: &Path, crs: Option<&str>) -> Result<PlacedTable, EventFileError> {
    let open = |source| EventFileError::Open { path: path.to_owned(), source };
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..DatasetOptions::default() };
    let dataset = crate::io::fence::open(path, options).map_err(open)?;
    let (mut layer, mut table) = events_layer(&dataset, path)?;
    let way = match (layer.spatial_ref(), crs) {
        (Some(srs), _) => {
            let crs = crs_from_gdal(&srs)
                .map_err(|source| EventFileError::Crs { path: path.to_owned(), source: source.into() })?;
            Way::new(path, crs)?
        }
        (None, Some(text)) => Way::typed(path, text)?,
        (None, None) => return Err(EventFileError::NoCrs { path: path.to_owned() }),
    };
    let is_number =
        |kind: u32| matches!(kind, OGRFieldType::OFTReal | OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64);
    let numeric: Vec<bool> = layer.defn().fields().map(|f| is_number(f.field_type())).collect();
    let mut places = Vec::new();
    for (number, feature) in (1..).zip(layer.features()) {
        let fields = (0..numeric.len()).map(|at| field(&feature, at)).collect();
        table.rows.push(TextRow { line: number, fields });
        places.push(way.place(feature.geometry()));
    }
    Ok(PlacedTable { table, places, numeric })
}

fn field(feature: &Feature<'_>, at: usize) -> String {
    feature.field_as_string(at).ok().flatten().unwrap_or_default().trim().to_owned()
}

/// The layer with dates and quantities, and a table of its columns. Of several none is chosen: the others would be lost.
fn events_layer<'a>(dataset: &'a Dataset, path: &Path) -> Result<(Layer<'a>, TextTable), EventFileError> {
    let mut wrong = None;
    let mut found: Vec<(Layer<'a>, TextTable)> = Vec::new();
    for layer in dataset.layers() {
        let header = layer.defn().fields().map(|f| f.name()).collect();
        let table = TextTable { file: path.display().to_string(), header, ..TextTable::default() };
        match Columns::find(&table) {
            Ok(_) => found.push((layer, table)),
            Err(missing) => wrong = wrong.or(Some(missing)),
        }
    }
    if found.len() > 1 {
        let layers = found.iter().map(|(layer, _)| layer.name()).collect::<Vec<_>>().join(", ");
        return Err(EventFileError::Layers { path: path.to_owned(), layers });
    }
    if let Some(only) = found.pop() {
        return Ok(only);
    }
    Err(wrong.map_or_else(
        || EventFileError::NoPlaces { path: path.to_owned(), found: "no layer".to_owned() },
        EventFileError::Columns,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wkt(text: &str, crs: &str) -> Place {
        let row = TextRow { line: 2, fields: vec![text.to_owned()] };
        text_place(&row, PlaceColumns::Wkt(0), &Way::typed(Path::new("x"), crs).unwrap())
    }

    fn lon_lat(lon: &str, lat: &str, crs: &str) -> Place {
        let row = TextRow { line: 2, fields: vec![lon.to_owned(), lat.to_owned()] };
        text_place(&row, PlaceColumns::LonLat(0, 1), &Way::typed(Path::new("x"), crs).unwrap())
    }

    fn missing(place: &Place) -> &str {
        match place {
            Place::Missing(why) => why,
            _ => panic!("{place:?} is there"),
        }
    }

    #[test]
    fn text_becomes_places_in_longitude_and_latitude() {
        assert_eq!(lon_lat("-75,5", "2,25", "EPSG:4326"), Place::Point(Coord { x: -75.5, y: 2.25 }));
        // EPSG:9377 at its origin: 73 W, 4 N is 5,000,000 E, 2,000,000 N.
        let Place::Point(at) = lon_lat("5000000", "2000000", "EPSG:9377") else { panic!("no point") };
        assert!((at.x + 73.0).abs() < 1e-9 && (at.y - 4.0).abs() < 1e-9, "{at:?}");
        let Place::Polygon(ground, None) = wkt("POLYGON ((-75 2,-75 2.01,-74.99 2.01,-75 2))", "EPSG:4326") else {
            panic!("no polygon")
        };
        assert_eq!(ground.0[0].exterior().0.len(), 7, "edges are cut at a kilometre");
    }

    #[test]
    fn what_is_no_place_says_why() {
        assert!(missing(&lon_lat("", "", "EPSG:4326")).contains("blank"));
        assert!(missing(&lon_lat("0", "0.0", "EPSG:4326")).contains("0, 0"));
        assert!(missing(&lon_lat("abc", "2", "EPSG:4326")).contains("no pair of numbers"));
        assert!(missing(&lon_lat("4500000", "1900000", "EPSG:4326")).contains("--crs"));
        assert!(missing(&wkt("LINESTRING (-75 2,-75 3)", "EPSG:4326")).contains("LINESTRING"));
        assert!(missing(&wkt("POLYGN ((1 2", "EPSG:4326")).contains("no well-known text"));
        assert!(missing(&wkt("MULTIPOINT (-75 2,-75 3)", "EPSG:4326")).contains("several points"));
        assert!(matches!(wkt("POINT Z (-75 2 300)", "EPSG:4326"), Place::Point(_)));
        // A bow tie is repaired, and its repair told.
        let Place::Polygon(_, Some(repair)) =
            wkt("POLYGON ((-75 2,-74.999 2.001,-74.999 2,-75 2.001,-75 2))", "EPSG:4326")
        else {
            panic!("not repaired")
        };
        assert!(repair.contains("repaired"), "{repair}");
    }
}
