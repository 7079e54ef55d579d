//! `cocal.qgs`: a QGIS project of a run's folder, with relative paths: the map layer on top, the masks below it.
//!
//! As little XML as QGIS 3.22 needs; `scripts/qgis_render.py` loads it in QGIS and draws it.

use super::cog::{Layer, NODATA};
use super::map_layer::MapLayer;
use super::map_layer::columns::Column;
use super::map_layer::legend::{Legend, legends};
use super::map_layer::style::{aliases, escaped, renderer};
use crate::project::Format;
use crate::scene::{Crs, Grid};

/// The project's file name.
pub const PROJECT: &str = "cocal.qgs";

/// The map layer's name in the project. QGIS takes no name of ten letters or less.
const MAP: &str = "map_municipalities";

/// What the project shows.
pub struct QgisProject<'a> {
    /// Its title.
    pub title: &'a str,
    /// The map layer, and the format that it is opened in; `None` where none is written that QGIS opens everywhere.
    pub map: (&'a MapLayer, Option<Format>),
    /// The grid of the masks.
    pub grid: &'a Grid,
    /// The masks: year, name, what it holds. The last year's are the ones that show.
    pub masks: &'a [(i16, &'static str, Layer)],
}

/// The format that the project opens, of those that are written.
pub fn opened(formats: &[Format]) -> Option<Format> {
    [Format::Gpkg, Format::GeoJson, Format::FlatGeobuf].into_iter().find(|format| formats.contains(format))
}

/// The bytes of the project file.
pub fn qgis_project(project: &QgisProject<'_>) -> Vec<u8> {
    let mut tree = String::new();
    let mut layers = String::new();
    let crs = srs(&Crs::wgs84());
    let (layer, format) = project.map;
    let legends = legends(layer);
    if let Some((format, legend)) = format.zip(legends.first()) {
        tree.push_str(&node(MAP, &legend.title, true, "ogr"));
        layers.push_str(&map_layer(format, (layer, legend), &crs));
    }
    let latest = project.masks.iter().map(|(year, ..)| *year).max();
    for year in latest.iter().flat_map(|latest| (0..=*latest).rev()) {
        let of_year = || project.masks.iter().filter(move |(of, ..)| *of == year);
        if of_year().next().is_none() {
            continue;
        }
        tree.push_str(&format!("  <layer-tree-group name=\"masks {year}\" checked=\"Qt::Checked\" expanded=\"0\">\n"));
        for (year, name, layer) in of_year() {
            let shown = Some(*year) == latest && *name == "class";
            tree.push_str(&node(&format!("mask_{name}_{year}"), &format!("{name} {year}"), shown, "gdal"));
            layers.push_str(&mask(
                &format!("{name}_{year}"),
                &format!("{name} {year}"),
                layer,
                &srs(&project.grid.crs),
            ));
        }
        tree.push_str("  </layer-tree-group>\n");
    }
    let [west, south, east, north] = layer.bounds().unwrap_or([-79.1, -4.3, -66.8, 12.6]);
    let title = escaped(project.title);
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\" projectname=\"{title}\">\n\
         <title>{title}</title>\n<projectCrs>{crs}</projectCrs>\n<layer-tree-group>\n{tree}</layer-tree-group>\n\
         <mapcanvas name=\"theMapCanvas\"><units>degrees</units><extent><xmin>{west}</xmin><ymin>{south}</ymin>\
         <xmax>{east}</xmax><ymax>{north}</ymax></extent><rotation>0</rotation><destinationsrs>{crs}</destinationsrs>\
         </mapcanvas>\n<projectlayers>\n{layers}</projectlayers>\n<properties><SpatialRefSys><ProjectionsEnabled type=\"int\">1</ProjectionsEnabled></SpatialRefSys><Paths><Absolute type=\"bool\">false</Absolute>\
         </Paths></properties>\n</qgis>\n"
    )
    .into_bytes()
}

fn node(id: &str, name: &str, shown: bool, provider: &str) -> String {
    let checked = if shown { "Qt::Checked" } else { "Qt::Unchecked" };
    let name = escaped(name);
    format!(
        "  <layer-tree-layer id=\"{id}\" name=\"{name}\" checked=\"{checked}\" expanded=\"1\" providerKey=\"{provider}\" source=\"\"/>\n"
    )
}

fn srs(crs: &Crs) -> String {
    let wkt = escaped(&crs.wkt);
    let authority = crs.epsg.map(|code| format!("<srid>{code}</srid><authid>EPSG:{code}</authid>")).unwrap_or_default();
    format!(
        "<spatialrefsys><wkt>{wkt}</wkt>{authority}<geographicflag>{}</geographicflag></spatialrefsys>",
        crs.geographic
    )
}

fn map_layer(format: Format, (layer, legend): (&MapLayer, &Legend), crs: &str) -> String {
    let inside = if format == Format::Gpkg { "|layername=municipalities" } else { "" };
    let source = format!("./{}{inside}", format.file_name());
    let name = if format == Format::GeoJson { Column::name } else { Column::short };
    let title = escaped(&legend.title);
    let (renderer, aliases) = (renderer(legend, &name(legend.column)), aliases(layer, name));
    format!(
        "<maplayer type=\"vector\" geometry=\"Polygon\" hasScaleBasedVisibilityFlag=\"0\">\n <id>{MAP}</id>\n \
         <datasource>{source}</datasource>\n <layername>{title}</layername>\n <srs>{crs}</srs>\n \
         <provider encoding=\"UTF-8\">ogr</provider>\n{renderer}{aliases} <layerOpacity>1</layerOpacity>\n</maplayer>\n"
    )
}

/// Class rasters are drawn with the colours of their classes, amounts with a ramp.
fn mask(id: &str, name: &str, layer: &Layer, crs: &str) -> String {
    let renderer = if layer.categories.is_empty() { ramp(layer) } else { palette(layer) };
    format!(
        "<maplayer type=\"raster\" hasScaleBasedVisibilityFlag=\"0\">\n <id>mask_{id}</id>\n <datasource>./mask/{id}.tif</datasource>\n \
         <layername>{}</layername>\n <srs>{crs}</srs>\n <provider>gdal</provider>\n <pipe>\n{renderer} </pipe>\n</maplayer>\n",
        escaped(name)
    )
}

fn palette(layer: &Layer) -> String {
    let entry = |(value, name): &(u8, String)| {
        let colour = layer.colours.iter().find(|(of, _)| of == value).map_or([0, 0, 0, 255], |(_, colour)| *colour);
        format!(
            "    <paletteEntry value=\"{value}\" color=\"{}\" alpha=\"255\" label=\"{}\"/>\n",
            hex(colour),
            escaped(name)
        )
    };
    let entries: String = layer.categories.iter().map(entry).collect();
    format!(
        "  <rasterrenderer type=\"paletted\" band=\"1\" opacity=\"1\" alphaBand=\"-1\">\n   <rasterTransparency/>\n   \
         <colorPalette>\n{entries}   </colorPalette>\n  </rasterrenderer>\n"
    )
}

fn ramp(layer: &Layer) -> String {
    let items: String = layer
        .ramp
        .iter()
        .map(|(value, colour)| {
            format!("     <item value=\"{value}\" color=\"{}\" alpha=\"255\" label=\"{value}\"/>\n", hex(*colour))
        })
        .collect();
    let last = layer.ramp.last().map_or(NODATA - 1, |(value, _)| *value);
    format!(
        "  <rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" opacity=\"1\" alphaBand=\"-1\" \
         classificationMin=\"0\" classificationMax=\"{last}\">\n   <rasterTransparency/>\n   <rastershader>\n    \
         <colorrampshader colorRampType=\"INTERPOLATED\" classificationMode=\"1\" clip=\"0\" minimumValue=\"0\" \
         maximumValue=\"{last}\">\n{items}    </colorrampshader>\n   </rastershader>\n  </rasterrenderer>\n"
    )
}

fn hex([r, g, b, _]: [u8; 4]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A style file beside a raster of amounts: QGIS opens the raster with it. A colour table in the file itself would make
/// amounts look like classes to every program that resamples it, so there is none.
pub fn raster_style(layer: &Layer) -> Option<Vec<u8>> {
    (layer.categories.is_empty() && !layer.ramp.is_empty()).then(|| {
        let renderer = ramp(layer);
        format!(
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\" \
             styleCategories=\"AllStyleCategories\">\n <pipe>\n{renderer} </pipe>\n</qgis>\n"
        )
        .into_bytes()
    })
}
