//! A file as the checker sees it.

use geo::MultiPolygon;
use serde_json::Value;

use super::Rule;

/// A file below the folder.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its name below the folder, with `/`.
    pub name: String,
    /// What is wrong with the file itself: a link, hidden, closed.
    pub faults: Vec<(Rule, String)>,
    /// Texts with their places that are no figures: tags, metadata, words of a page.
    pub texts: Vec<(String, String)>,
    /// Pictures inside a page.
    pub pictures: Vec<Raster>,
    /// What it holds.
    pub content: Content,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Rows of text.
    Table(Table),
    /// Features.
    Layers(Vec<Layer>),
    /// JSON that is no layer.
    Json(Value),
    /// Pixels.
    Rasters(Vec<Raster>),
    /// Nothing but [`Document::texts`].
    Texts,
}

/// A table of text.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Names of columns.
    pub header: Vec<String>,
    /// Lines of the file with their fields.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// A layer of features.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// Its name, empty for a file with one.
    pub name: String,
    /// The reference system, where it is not longitude and latitude of WGS 84.
    pub other_crs: Option<String>,
    /// The features.
    pub shapes: Vec<Shape>,
}

/// A feature.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Number in the layer, from 1.
    pub number: usize,
    /// Names and values.
    pub fields: Vec<(String, Value)>,
    /// Its geometry.
    pub geometry: Geometry,
    /// x, y of the corners in the plane of the lattice, where it is one ring of four corners.
    pub plane: Option<[(f64, f64); 4]>,
}

/// A geometry.
#[derive(Debug, Clone)]
pub enum Geometry {
    /// None.
    Missing,
    /// Polygons in longitude and latitude.
    Ground(MultiPolygon<f64>),
    /// Anything else, by its name.
    Other(String),
}

/// A raster or picture.
#[derive(Debug, Clone)]
pub struct Raster {
    /// Where in the file, such as `picture 2`.
    pub place: String,
    /// Sides of a pixel in metres, where they are known.
    pub pixel_m: Option<[f64; 2]>,
    /// Words that say what it shows: names of bands, descriptions.
    pub words: String,
}
