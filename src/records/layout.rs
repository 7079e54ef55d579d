//! Which columns of a record table hold what: wide (a column per year), long (a row per year) or events (a row per date).

use std::collections::BTreeSet;

use super::error::RecordError;
use super::kind::Kind;
use super::text_table::{TextTable, normalised};

/// Names of a column of municipality codes.
pub const CODE: [&str; 15] = [
    "codmpio",
    "municipality_code",
    "cod_muni",
    "cod_mpio",
    "cod_municipio",
    "codmunicipio",
    "codigo_municipio",
    "codigo_dane",
    "cod_dane",
    "coddane",
    "divipola",
    "codigo_divipola",
    "mpio_ccnct",
    "mpio_cdpmp",
    "municipali",
];
const NAME: [&str; 7] =
    ["municipio", "municipality_name", "municipality", "nombre_municipio", "nom_mpio", "nommpio", "mpio_cnmbr"];
const YEAR: [&str; 5] = ["year", "ano", "anio", "vigencia", "periodo"];
const METHOD: [&str; 6] = ["method", "metodo", "modalidad", "tipo_erradicacion", "tipo_de_erradicacion", "forma"];
const DATE: [&str; 6] = ["fecha_hecho", "fecha_del_hecho", "fecha", "fecha_evento", "date", "event_date"];
const CROP: [&str; 5] = ["tipo_de_cultivo", "tipo_cultivo", "cultivo", "crop", "crop_type"];
const UNIT: [&str; 5] = ["unidad", "unidad_de_medida", "unidad_medida", "unit", "units"];
const AMOUNT: [&str; 5] = ["cantidad", "amount", "quantity", "valor", "hectareas"];
const CENSUS_HA: [&str; 5] = ["census_ha", "coca_ha", "hectareas_coca", "coca_hectareas", "ha_coca"];
const ERADICATED_HA: [&str; 5] =
    ["eradicated_ha", "eradicated_ha_manual", "erradicado_ha", "hectareas_erradicadas", "ha_erradicadas"];
const SPRAYED_HA: [&str; 5] =
    ["sprayed_ha", "eradicated_ha_spraying", "hectareas_asperjadas", "ha_asperjadas", "asperjado_ha"];
const SUBSTITUTED_HA: [&str; 7] = [
    "substituted_ha",
    "substitution_ha",
    "hectareas_sustituidas",
    "ha_sustituidas",
    "sustitucion_ha",
    "pnis_ha",
    "hectareas_pnis",
];
const PRODUCT: [&str; 7] =
    ["product", "producto", "sustancia", "tipo_sustancia", "tipo_de_sustancia", "clase_de_droga", "drug"];
/// Columns that say which edition of the figures a file is.
const VINTAGE: [&str; 6] = ["vintage", "edition", "edicion", "fecha_corte", "fecha_de_corte", "fecha_actualizacion"];
const PLAIN: [&str; 7] = ["hectareas", "hectares", "ha", "valor", "value", "cantidad", "amount"];

/// Where the figures of a table stand.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Column of the municipality code.
    pub code: usize,
    /// Column of its name.
    pub name: Option<usize>,
    /// Column of what was seized.
    pub product: Option<usize>,
    /// Column of the crop: rows of another one are left out.
    pub crop: Option<usize>,
    /// Column of the unit: figures are carried into hectares or kilograms, or left out.
    pub unit: Option<usize>,
    /// How years and figures are laid out.
    pub shape: Shape,
}

/// The three shapes of record tables.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A column per year: column and year.
    Wide(Vec<(usize, i32)>),
    /// A row per municipality and year (and method).
    Long {
        /// Column of the year.
        year: usize,
        /// Column of the figure.
        value: usize,
        /// Column of the method of eradication.
        method: Option<usize>,
        /// The kind, where the column's name tells it.
        kind: Option<Kind>,
    },
    /// A row per eradication event.
    Events(EventColumns),
}

/// The columns of a table of events.
#[derive(Debug, Clone)]
pub struct EventColumns {
    /// Column of the date.
    pub date: usize,
    /// Column of the crop.
    pub crop: usize,
    /// Column of the unit.
    pub unit: usize,
    /// Column of the amount.
    pub amount: usize,
    /// Column of the method of eradication.
    pub method: Option<usize>,
}

/// The year that a column's name is: `2020`, or `X2020` as R writes it.
fn year_of(name: &str) -> Option<i32> {
    let digits = name.trim().trim_start_matches(['x', 'X']);
    // "2020.0" is what data frames make of a column of years.
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    let year = (digits.len() == 4).then(|| digits.parse::<i32>().ok()).flatten()?;
    (1980..=2100).contains(&year).then_some(year)
}

/// Which edition of the figures this is.
pub(super) fn vintage(table: &TextTable, years: &BTreeSet<i32>) -> String {
    let told = table.column(&VINTAGE).and_then(|column| table.cells(column).find(|(_, text)| !text.is_empty()));
    match (told, years.first(), years.last()) {
        (Some((_, text)), _, _) => text.to_owned(),
        (None, Some(first), Some(last)) if first != last => format!("covers {first} to {last}"),
        (None, Some(year), _) => format!("covers {year}"),
        _ => String::new(),
    }
}

/// Columns that look like years and are not read as such, for the notes: a figure that nobody adds up must not go unseen.
pub(super) fn unread_years(table: &TextTable) -> Vec<String> {
    let four_digits = |name: &str| name.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 4);
    let short = |name: &str| name.trim().chars().count() <= 8;
    let unread = table.header.iter().filter(|name| year_of(name).is_none() && short(name) && four_digits(name));
    let note = |name: &String| {
        format!("column '{name}' is not read: a column of a year is named like 2020 or X2020, from 1980 to 2100")
    };
    unread.map(note).collect()
}

/// Finds the columns.
///
/// # Errors
/// [`RecordError`] when the table has no municipality codes, no year, no figure, or a column twice.
pub fn find_layout(table: &TextTable) -> Result<Layout, RecordError> {
    let years: Vec<(usize, i32)> =
        table.header.iter().enumerate().filter_map(|(i, h)| Some((i, year_of(h)?))).collect();
    refuse_repeats(table, &years)?;
    let code = table.column(&CODE).ok_or_else(|| not_municipal(table, !years.is_empty()))?;
    let name = table.column(&NAME);
    let shape = match (table.column(&DATE), table.column(&YEAR)) {
        _ if !years.is_empty() => Shape::Wide(years),
        (Some(date), _) => events(table, date)?,
        (None, Some(year)) => long(table, year)?,
        (None, None) => {
            return Err(missing(table, "years (a column per year such as 2020, or a column year, or fecha_hecho)"));
        }
    };
    let (product, crop, unit) = (table.column(&PRODUCT), table.column(&CROP), table.column(&UNIT));
    Ok(Layout { code, name, product, crop, unit, shape })
}

fn events(table: &TextTable, date: usize) -> Result<Shape, RecordError> {
    let crop =
        table.column(&CROP).ok_or_else(|| missing(table, "the crop (tipo_de_cultivo): only coca is added up"))?;
    let unit = table.column(&UNIT).ok_or_else(|| missing(table, "the unit (unidad): only hectares are added up"))?;
    let amount = table.column(&AMOUNT).ok_or_else(|| missing(table, "the amount (cantidad)"))?;
    Ok(Shape::Events(EventColumns { date, crop, unit, amount, method: table.column(&METHOD) }))
}

fn long(table: &TextTable, year: usize) -> Result<Shape, RecordError> {
    let method = table.column(&METHOD);
    let kilograms = || table.header.iter().position(|h| normalised(h) == "kg" || normalised(h).ends_with("_kg"));
    let found = table
        .column(&CENSUS_HA)
        .map(|c| (c, Some(Kind::Census)))
        .or_else(|| table.column(&ERADICATED_HA).map(|c| (c, Some(Kind::Eradication))))
        .or_else(|| table.column(&SPRAYED_HA).map(|c| (c, Some(Kind::Spraying))))
        .or_else(|| table.column(&SUBSTITUTED_HA).map(|c| (c, Some(Kind::Substitution))))
        .or_else(|| kilograms().map(|c| (c, Some(Kind::Seizures))))
        .or_else(|| table.column(&PLAIN).map(|c| (c, method.map(|_| Kind::Eradication))));
    let (value, kind) = found.ok_or_else(|| {
        missing(table, "the figures (census_ha, coca_ha, eradicated_ha, sprayed_ha, substituted_ha or kg)")
    })?;
    Ok(Shape::Long { year, value, method, kind })
}

/// A table without municipality codes: says what it seems to be.
fn not_municipal(table: &TextTable, wide: bool) -> RecordError {
    let has = |part: &str| table.header.iter().any(|h| normalised(h).contains(part));
    let looks_like = if has("predicted") || has("model") {
        "this looks like a table of a model's figures against official ones, with names for keys"
    } else if wide && (has("coddepto") || has("departamento")) && !has("municipio") {
        "this looks like a table of departments"
    } else if table.column(&YEAR).is_some() {
        "this looks like a national series, a row per year"
    } else if has("municip") {
        "it has municipalities by name only, and a name is no key (several municipalities share one)"
    } else {
        "this is no municipal table"
    };
    RecordError::NotMunicipal { file: table.file.clone(), looks_like, found: table.header.join(", ") }
}

fn missing(table: &TextTable, what: &'static str) -> RecordError {
    RecordError::MissingColumn { file: table.file.clone(), missing: what, found: table.header.join(", ") }
}

fn refuse_repeats(table: &TextTable, years: &[(usize, i32)]) -> Result<(), RecordError> {
    let repeated = |column: &String| RecordError::RepeatedColumn { file: table.file.clone(), column: column.clone() };
    for (i, name) in table.header.iter().enumerate() {
        if !name.is_empty() && table.header[..i].contains(name) {
            return Err(repeated(name));
        }
    }
    for (k, (column, year)) in years.iter().enumerate() {
        if years[..k].iter().any(|(_, y)| y == year) {
            return Err(repeated(&table.header[*column]));
        }
    }
    Ok(())
}
