//! What a GeoPackage holds beside its layers: descriptions of columns (OGC 12-128r18, annex F.9 "Schema") and styles in the
//! table that QGIS looks for.

use super::MapLayer;
use super::columns::{Column, Figure, KEYS, alias};
use super::legend::{Legend, legends};
use super::{sld, style};

/// Text of SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The tables of the Schema extension, with title and description of each column of both tables.
pub(super) fn described(layer: &MapLayer, (map, long): (&str, &str)) -> Vec<String> {
    let row = |table: &str, column: &str, title: &str, description: &str| {
        let [table, column, title, description] = [table, column, title, description].map(quoted);
        format!("({table},{column},{title},{title},{description},NULL,NULL)")
    };
    let mut rows = Vec::new();
    for table in [map, long] {
        rows.extend(KEYS.iter().map(|[_, short, title, description]| row(table, short, title, description)));
    }
    rows.push(row(long, "year", "Year", "The year that the figures are of."));
    let in_words = |figure: Figure| {
        let about = figure.about();
        let unit = about.unit.filter(|unit| *unit != "1").map(|unit| format!(" Unit: {unit}.")).unwrap_or_default();
        format!("{}{unit}", about.description)
    };
    for column @ Column { figure, .. } in layer.columns() {
        rows.push(row(map, &column.short(), &column.alias(), &in_words(*figure)));
    }
    rows.extend(layer.figures().into_iter().map(|f| row(long, f.about().short, &alias(f, None), &in_words(f))));
    let extension = |table: &str| {
        format!("('{table}',NULL,'gpkg_schema','http://www.geopackage.org/spec121/#extension_schema','read-write')")
    };
    vec![
        "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, \
         description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), \
         CONSTRAINT gdc_tn UNIQUE (table_name, name))"
            .to_owned(),
        "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, \
         value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, \
         CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
            .to_owned(),
        format!("INSERT INTO gpkg_data_columns VALUES {}", rows.join(",")),
        format!(
            "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES {},{}",
            extension("gpkg_data_columns"),
            extension("gpkg_data_column_constraints")
        ),
    ]
}

/// The table `layer_styles` of QGIS, the first style as the one to open with.
pub(super) fn styled(table: &str, layer: &MapLayer, date: &str) -> Vec<String> {
    let (legends, aliases) = (legends(layer), style::aliases(layer, Column::short));
    let row = |(at, legend): (usize, &Legend)| {
        let (qml, sld) = (style::qml(legend, &aliases), sld::sld(table, legend));
        let [table, name, description] = [table, &legend.title, &legend.description].map(quoted);
        let (qml, sld, date) = (quoted(&qml), quoted(&sld), quoted(date));
        let default = u8::from(at == 0);
        format!("('','',{table},'geom',{name},{qml},{sld},{default},{description},'cocal',NULL,{date})")
    };
    let rows: Vec<String> = legends.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), \
         f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(60), styleQML TEXT, \
         styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"
            .to_owned(),
        format!(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, \
             styleSLD, useAsDefault, description, owner, ui, update_time) VALUES {}",
            rows.join(",")
        ),
        format!(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) VALUES \
             ('layer_styles', 'attributes', 'layer_styles', 'Styles of the layer, as QGIS keeps them', {})",
            quoted(date)
        ),
    ]
}
