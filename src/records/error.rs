//! What is wrong with a record file: the file, the place, the rule, and what to do.

use super::kind::Kind;

/// A record file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No column holds municipality codes, so the file is another sort of table.
    #[error(
        "{file}: no column with municipality codes (CODMPIO, cod_muni, municipality_code ...); {looks_like}. Records are needed per municipality. Its columns are: {found}"
    )]
    NotMunicipal {
        /// The file.
        file: String,
        /// What it seems to be.
        looks_like: &'static str,
        /// Its columns.
        found: String,
    },
    /// A needed column is missing.
    #[error("{file}: missing column: {missing}. Its columns are: {found}; add or rename the column")]
    MissingColumn {
        /// The file.
        file: String,
        /// What is missing, and under which names it would be found.
        missing: &'static str,
        /// Its columns.
        found: String,
    },
    /// A column appears twice.
    #[error("{file}, line 1: column '{column}' appears twice; remove one")]
    RepeatedColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// The kind cannot be told.
    #[error(
        "{file}: cannot tell what these figures are (census, eradication, spraying or seizures): the columns do not say, the yearly sums equal no published total, and the file's name gives no hint. Name the value column coca_ha, eradicated_ha, sprayed_ha or kg (one row per municipality and year), or put census, erradicacion, aspersion or incautacion into the file's name"
    )]
    UnknownKind {
        /// The file.
        file: String,
    },
    /// The kind is another than asked for.
    #[error("{file}: {found} is not {wanted} ({why}); give the right file")]
    WrongKind {
        /// The file.
        file: String,
        /// What it is.
        found: Kind,
        /// What was asked for.
        wanted: &'static str,
        /// How it was recognised.
        why: String,
    },
    /// Two rows for one municipality and year.
    #[error(
        "{file}, line {line}, column {column}: duplicate key: {key} is already on line {first}; keep one of the rows"
    )]
    DuplicateKey {
        /// The file.
        file: String,
        /// The second row.
        line: u64,
        /// The column of the code.
        column: String,
        /// Municipality, year and method.
        key: String,
        /// The first row.
        first: u64,
    },
    /// Text where a figure is needed.
    #[error(
        "{file}, line {line}, column {column}: '{text}' is not a number {expected}; correct it, or leave the cell blank where there is no figure"
    )]
    BadNumber {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// In which format numbers are expected.
        expected: &'static str,
    },
    /// A figure below zero.
    #[error("{file}, line {line}, column {column}: {text} is negative; hectares and kilograms are zero or more")]
    Negative {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// One column in two formats.
    #[error(
        "{file}, column {column}: '{point}' (line {point_line}) has a decimal point and '{comma}' (line {comma_line}) a decimal comma; write the column in one format"
    )]
    MixedFormats {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A figure with a decimal point.
        point: String,
        /// Its line.
        point_line: u64,
        /// A figure with a decimal comma.
        comma: String,
        /// Its line.
        comma_line: u64,
    },
    /// A figure that can be read both ways, with nothing to decide it.
    #[error(
        "{file}, line {line}, column {column}: '{text}' may be a decimal or a thousand, and nothing else in the table tells; write decimals with two digits, or without a mark between thousands"
    )]
    AmbiguousNumber {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// No year.
    #[error("{file}, line {line}, column {column}: '{text}' is not a year from 1980 to 2100")]
    BadYear {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// No date.
    #[error(
        "{file}, line {line}, column {column}: '{text}' is not a date; dates are read as 2020-05-31, 31/05/2020 or 2020-05-31T00:00:00"
    )]
    BadDate {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// No known method.
    #[error(
        "{file}, line {line}, column {column}: '{text}' is no method of eradication; write manual, forced_manual, voluntary, spraying or drone_spraying (erradicacion manual, forzosa, voluntaria, aspersion aerea, con drones)"
    )]
    BadMethod {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A header and nothing below it.
    #[error("{file}: the table has a header but no rows with a municipality")]
    NoRows {
        /// The file.
        file: String,
    },
    /// Seizures of nothing in particular.
    #[error(
        "{file}, line {line}: nothing tells what was seized; a column 'product' must say leaf, base or cocaine, or the file's name tell it"
    )]
    UnknownProduct {
        /// The file.
        file: String,
        /// The row.
        line: u64,
    },
    /// A price that cannot be read.
    #[error("{file}, line {line}, column {column}: '{text}' is no price; a number of zero or more is needed")]
    BadPrice {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// Prices of one product in two units.
    #[error("{file}, line {line}: a price of {product} in '{unit}' after prices in '{first}'; write them in one unit")]
    MixedUnits {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The product.
        product: &'static str,
        /// Its unit.
        unit: String,
        /// The unit before it.
        first: String,
    },
    /// Rows, and none that can be used.
    #[error("{file}: none of its {rows} rows can be used; line {line}: {why}")]
    NothingUsable {
        /// The file.
        file: String,
        /// How many.
        rows: usize,
        /// The first of them.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Two files with the same figure.
    #[error(
        "{second}, line {line}: {method} of {code} in {year} is already given by {first}; the same figures would count twice: leave one file out"
    )]
    GivenTwice {
        /// The earlier file.
        first: String,
        /// The later file.
        second: String,
        /// The later file's line.
        line: u64,
        /// Method.
        method: &'static str,
        /// Municipality.
        code: String,
        /// Year.
        year: i32,
    },
}
