//! `[output]`: in which formats the map layer is written.

use serde::{Deserialize, Serialize};

/// A format of the map layer `municipalities.*`. The tables are CSV, whatever stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// GeoJSON after RFC 7946.
    GeoJson,
    /// OGC GeoPackage with styles and descriptions of the columns.
    Gpkg,
    /// GeoParquet 1.1.
    GeoParquet,
    /// FlatGeobuf with its spatial index.
    FlatGeobuf,
    /// The columns without the ground.
    Csv,
}

impl Format {
    /// Every format, in the order in which they are written.
    pub const ALL: [Self; 5] = [Self::GeoJson, Self::Gpkg, Self::GeoParquet, Self::FlatGeobuf, Self::Csv];

    /// The map layer's file name.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::GeoJson => "municipalities.geojson",
            Self::Gpkg => "municipalities.gpkg",
            Self::GeoParquet => "municipalities.parquet",
            Self::FlatGeobuf => "municipalities.fgb",
            Self::Csv => "municipalities.csv",
        }
    }

    /// The media type: those of IANA's list where it has one, else those that the formats' own documents name.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Gpkg => "application/geopackage+sqlite3",
            Self::GeoParquet => "application/vnd.apache.parquet",
            Self::FlatGeobuf => "application/vnd.flatgeobuf",
            Self::Csv => "text/csv",
        }
    }
}

/// `[output]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputChoice {
    /// Formats of the map layer, each once.
    #[serde(default = "OutputChoice::default_formats")]
    pub formats: Vec<Format>,
}

impl OutputChoice {
    fn default_formats() -> Vec<Format> {
        vec![Format::GeoJson]
    }

    /// Whether the map layer is written in a format.
    pub fn has(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }
}

impl Default for OutputChoice {
    fn default() -> Self {
        Self { formats: Self::default_formats() }
    }
}
