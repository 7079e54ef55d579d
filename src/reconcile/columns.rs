//! Which columns of an event file hold what, by their usual names in English and Spanish.

use crate::records::layout::CODE;
use crate::records::text_table::TextTable;

const ID: [&str; 9] =
    ["record_id", "id", "fid", "id_registro", "registro", "id_evento", "event_id", "objectid", "codigo_evento"];
const DATE: [&str; 10] = [
    "fecha_hecho",
    "fecha_del_hecho",
    "fecha_erradicacion",
    "fecha_evento",
    "fecha",
    "date",
    "event_date",
    "fecha_inicio",
    "fecha_hech",
    "dia",
];
const METHOD: [&str; 9] = [
    "method",
    "metodo",
    "modalidad",
    "tipo_erradicacion",
    "tipo_de_erradicacion",
    "forma",
    "tipo_erradi",
    "estrategia",
    "tipo",
];
const CROP: [&str; 5] = ["tipo_de_cultivo", "tipo_cultivo", "cultivo", "crop", "crop_type"];
const UNIT: [&str; 5] = ["unidad", "unidad_de_medida", "unidad_medida", "unit", "units"];
const AMOUNT: [&str; 7] = ["cantidad", "amount", "quantity", "valor", "cantidad_erradicada", "area", "value"];
/// Names that say hectares or square metres themselves.
const HECTARES: [&str; 12] = [
    "hectareas",
    "hectares",
    "ha",
    "has",
    "area_ha",
    "reported_ha",
    "eradicated_ha",
    "erradicado_ha",
    "hectareas_erradicadas",
    "ha_erradicadas",
    "cantidad_ha",
    "hectarea",
];
const SQUARE_METRES: [&str; 6] = ["area_m2", "m2", "metros_cuadrados", "square_metres", "square_meters", "cantidad_m2"];
const LON: [&str; 9] = ["lon", "longitude", "longitud", "long", "x", "lon_dd", "longitud_x", "coord_x", "este"];
const LAT: [&str; 8] = ["lat", "latitude", "latitud", "y", "lat_dd", "latitud_y", "coord_y", "norte"];
const WKT: [&str; 9] =
    ["wkt", "geometry", "geom", "the_geom", "geometria", "wkt_geom", "shape", "poligono", "geometry_wkt"];

/// An event file without a column that every event needs.
#[derive(Debug, thiserror::Error)]
#[error("{file}: no column for {missing}; it has: {found}")]
pub struct MissingColumn {
    /// The file.
    pub file: String,
    /// What is missing, with the names that are known.
    pub missing: &'static str,
    /// The columns that are there.
    pub found: String,
}

/// Where the parts of an event stand.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Date of the event.
    pub date: usize,
    /// Its quantity.
    pub amount: usize,
    /// The unit that the quantity's own name says.
    pub named_unit: Option<NamedUnit>,
    /// Its name; its line stands in where there is none.
    pub id: Option<usize>,
    /// Municipality.
    pub code: Option<usize>,
    /// Method of eradication.
    pub method: Option<usize>,
    /// Crop.
    pub crop: Option<usize>,
    /// Unit of the quantity.
    pub unit: Option<usize>,
}

/// A unit that stands in a column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedUnit {
    /// Hectares.
    Hectare,
    /// Square metres.
    SquareMetre,
}

impl Columns {
    /// Finds the columns.
    ///
    /// # Errors
    /// [`MissingColumn`] without a date or a quantity.
    pub fn find(table: &TextTable) -> Result<Self, MissingColumn> {
        let missing = |missing| MissingColumn { file: table.file.clone(), missing, found: table.header.join(", ") };
        let date = table.column(&DATE).ok_or_else(|| missing("the date (date, fecha, fecha_hecho)"))?;
        let plain = || table.column(&AMOUNT).map(|c| (c, None));
        let (amount, named_unit) = table
            .column(&HECTARES)
            .map(|c| (c, Some(NamedUnit::Hectare)))
            .or_else(|| table.column(&SQUARE_METRES).map(|c| (c, Some(NamedUnit::SquareMetre))))
            .or_else(plain)
            .ok_or_else(|| missing("the quantity (hectares, hectareas, area_m2, or cantidad with a column unidad)"))?;
        Ok(Self {
            date,
            amount,
            named_unit,
            id: table.column(&ID),
            code: table.column(&CODE),
            method: table.column(&METHOD),
            crop: table.column(&CROP),
            unit: table.column(&UNIT),
        })
    }
}

/// Where the place of a row of text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceColumns {
    /// A geometry as well-known text.
    Wkt(usize),
    /// Longitude (or x) and latitude (or y).
    LonLat(usize, usize),
}

impl PlaceColumns {
    /// Finds them; `None` where a table of text has no places.
    pub fn find(table: &TextTable) -> Option<Self> {
        let both = || table.column(&LON).zip(table.column(&LAT)).map(|(lon, lat)| Self::LonLat(lon, lat));
        table.column(&WKT).map(Self::Wkt).or_else(both)
    }
}

/// A coordinate with a decimal point or comma; thousands are not grouped in coordinates.
pub fn coordinate(text: &str) -> Option<f64> {
    let value: f64 = text.trim().replacen(',', ".", 1).parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &[&str]) -> TextTable {
        TextTable { header: header.iter().map(|h| (*h).to_owned()).collect(), ..TextTable::default() }
    }

    #[test]
    fn names_in_both_languages_are_known() {
        let found = Columns::find(&table(&["ID", "Fecha Hecho", "CODMPIO", "Cantidad", "Unidad"])).unwrap();
        assert_eq!((found.date, found.amount, found.named_unit, found.unit), (1, 3, None, Some(4)));
        let found = Columns::find(&table(&["date", "area_m2"])).unwrap();
        assert_eq!(found.named_unit, Some(NamedUnit::SquareMetre));
        let message = Columns::find(&table(&["fecha", "municipio"])).unwrap_err().to_string();
        assert!(message.contains("no column for the quantity") && message.contains("fecha, municipio"), "{message}");
        assert_eq!(PlaceColumns::find(&table(&["Longitud", "Latitud"])), Some(PlaceColumns::LonLat(0, 1)));
        assert_eq!(PlaceColumns::find(&table(&["lat", "lon", "WKT"])), Some(PlaceColumns::Wkt(2)));
        assert_eq!(PlaceColumns::find(&table(&["lat", "municipio"])), None);
    }

    #[test]
    fn coordinates_have_points_or_commas() {
        assert_eq!(coordinate("-75,123"), Some(-75.123));
        assert_eq!(coordinate(" 1.5 "), Some(1.5));
        for bad in ["", "1.234,5", "1,2,3", "W75", "NaN", "inf"] {
            assert_eq!(coordinate(bad), None, "{bad}");
        }
    }
}
