//! A national series as a table, a row per year: the census as published, as the sum of a municipal table, or both, with or
//! without eradication beside it. Two columns of one year are two editions, and both are kept.

use std::collections::BTreeMap;

use super::error::RecordError;
use super::formats::Formats;
use super::number_format;
use super::quantity::Exact;
use super::text_table::TextTable;

const YEAR: [&str; 4] = ["year", "ano", "anio", "vigencia"];
const PUBLISHED: [&str; 4] =
    ["unodc_published_ha", "published_national_ha_unodc_simci", "published_ha", "published_national_ha"];
const SUMMED: [&str; 8] = [
    "acs4_municipal_sum_ha",
    "sum_of_municipal_dataset_ha",
    "census_ha",
    "coca_ha",
    "hectareas_coca",
    "hectareas",
    "hectares",
    "ha",
];
const MANUAL: [&str; 3] = ["manual_eradication_ha", "eradicated_ha_manual", "eradicated_ha"];
const SPRAYING: [&str; 3] = ["aerial_spraying_ha", "eradicated_ha_spraying", "sprayed_ha"];

/// A figure and its line.
pub type Figure = (Exact, u64);

/// National figures by year; a blank cell has none.
#[derive(Debug, Clone, Default)]
pub struct NationalTable {
    /// The file.
    pub path: String,
    /// Coca at 31 December as published, hectares.
    pub published: BTreeMap<i32, Figure>,
    /// Coca at 31 December as another column has it: the sum of a municipal table, hectares.
    pub summed: BTreeMap<i32, Figure>,
    /// Eradicated by hand, hectares.
    pub manual: BTreeMap<i32, Figure>,
    /// Sprayed from the air, hectares.
    pub spraying: BTreeMap<i32, Figure>,
}

/// Whether a table is one of years without places.
pub fn is_national(table: &TextTable) -> bool {
    let census = table.column(&PUBLISHED).or(table.column(&SUMMED));
    let of_places = |h: &String| {
        let name = super::text_table::normalised(h);
        ["cod", "divipola", "municipality_code", "municipio", "department", "departamento", "place"]
            .iter()
            .any(|part| name.starts_with(part))
    };
    let municipal = table.header.iter().any(of_places);
    table.column(&YEAR).is_some() && census.is_some() && !municipal
}

impl NationalTable {
    /// The figures of a table that [`is_national`] holds for.
    ///
    /// # Errors
    /// [`RecordError`] naming line and column of what is no year, no number, negative, or there twice.
    pub fn from_table(table: &TextTable) -> Result<Self, RecordError> {
        let mut found = Self { path: table.file.clone(), ..Self::default() };
        let columns = [&PUBLISHED[..], &SUMMED[..], &MANUAL[..], &SPRAYING[..]].map(|names| table.column(names));
        let numbers: Vec<usize> = columns.iter().flatten().copied().collect();
        let formats = Formats::decide(table, &numbers, &mut Vec::new())?;
        let year = table.column(&YEAR).ok_or_else(|| RecordError::NoRows { file: table.file.clone() })?;
        let Self { published, summed, manual, spraying, .. } = &mut found;
        for (column, into) in columns.into_iter().zip([published, summed, manual, spraying]) {
            if let Some(column) = column {
                read_column(table, (year, column), &formats, into)?;
            }
        }
        if found.published.is_empty() && found.summed.is_empty() {
            return Err(RecordError::NoRows { file: table.file.clone() });
        }
        Ok(found)
    }
}

fn read_column(
    table: &TextTable,
    (year, column): (usize, usize),
    formats: &Formats,
    into: &mut BTreeMap<i32, Figure>,
) -> Result<(), RecordError> {
    for row in &table.rows {
        let at =
            |column: usize| (table.file.clone(), row.line, table.header[column].clone(), row.fields[column].clone());
        let Some(of_year) = row.fields[year].parse::<i32>().ok().filter(|y| (1980..=2100).contains(y)) else {
            let (file, line, column, text) = at(year);
            return Err(RecordError::BadYear { file, line, column, text });
        };
        let text = &row.fields[column];
        if text.is_empty() {
            continue;
        }
        let (file, line, name, text) = at(column);
        let Some(value) = number_format::parse(&text, formats.of(column)) else {
            let expected = "of hectares";
            return Err(RecordError::BadNumber { file, line, column: name, text, expected });
        };
        if value < Exact::ZERO {
            return Err(RecordError::Negative { file, line, column: name, text });
        }
        if let Some((_, first)) = into.insert(of_year, (value, row.line)) {
            let key = format!("{name} of {of_year}");
            return Err(RecordError::DuplicateKey { file, line, column: name, key, first });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::text_table::TextRow;
    use super::*;

    fn table(header: &[&str], rows: &[&[&str]]) -> TextTable {
        let text = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        let rows = rows.iter().zip(2..).map(|(cells, line)| TextRow { line, fields: text(cells) }).collect();
        TextTable { file: "national.csv".to_owned(), header: text(header), rows, notes: Vec::new() }
    }

    #[test]
    fn two_editions_of_a_year_are_both_kept() {
        let header = ["year", "unodc_published_ha", "acs4_municipal_sum_ha", "manual_eradication_ha"];
        let given = table(&header, &[&["2001", "144807", "136918.08", "1745.3"], &["2002", "102071", "", ""]]);
        assert!(is_national(&given));
        let found = NationalTable::from_table(&given).unwrap();
        assert_eq!(found.published[&2001].0.to_string(), "144807");
        assert_eq!(found.summed[&2001], (Exact::from_millionths(136_918_080_000), 2));
        assert!(!found.summed.contains_key(&2002) && found.spraying.is_empty());
    }

    #[test]
    fn tables_with_places_are_not_national_and_faults_name_their_line() {
        for header in [["year", "codmpio", "coca_ha"], ["year", "municipality_code", "census_ha"]] {
            assert!(!is_national(&table(&header, &[])), "{header:?}");
        }
        for (rows, says) in [
            (vec![["2001", "-1"]], "line 2"),
            (vec![["2001", "x"]], "'x'"),
            (vec![["year", "1"]], "'year' is not a year"),
            (vec![["2001", "1"], ["2001", "2"]], "line 3"),
        ] {
            let rows: Vec<&[&str]> = rows.iter().map(|r| &r[..]).collect();
            let error = NationalTable::from_table(&table(&["year", "coca_ha"], &rows)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
