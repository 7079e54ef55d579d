//! What stands beside eradication in a panel: seizures, substitution, prices.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::read_records::{ReadRecordsError, read_record_file};
use super::table::{TableError, read_table};
use crate::panel::{Covariate, NationalCovariate};
use crate::records::odd::copied_series;
use crate::records::parse::parse;
use crate::records::text_table::normalised;
use crate::records::{Kind, RecordError, RecordFile};

const YEAR: [&str; 5] = ["year", "ano", "anio", "vigencia", "periodo"];
const PRODUCT: [&str; 3] = ["product", "producto", "sustancia"];
const PRICE: [&str; 4] = ["price", "precio", "valor", "value"];
const PLACE: [&str; 5] = ["place_code", "coddepto", "codmpio", "municipality_code", "place"];

/// A table beside that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// Seizures or substitution.
    #[error(transparent)]
    Records(#[from] ReadRecordsError),
    /// No table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A table without prices.
    #[error("{path}: missing column: {missing}; prices need year and price, and product where there are several")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Which one.
        missing: &'static str,
    },
    /// A row without a price.
    #[error("{path}, line {line}: '{text}' is not {needed}")]
    Price {
        /// The file.
        path: PathBuf,
        /// The row.
        line: u64,
        /// What stands there.
        text: String,
        /// What is needed.
        needed: &'static str,
    },
}

/// Quantities by municipality and year, and national prices.
#[derive(Debug, Default)]
pub struct Beside {
    /// Seizures and substitution.
    pub covariates: Vec<Covariate>,
    /// Prices.
    pub national: Vec<NationalCovariate>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

impl Beside {
    /// Adds tables of seizures, in kilograms; each file is a term.
    ///
    /// # Errors
    /// [`BesideError`] naming file and line, also where a file is another kind of record.
    pub fn add_seizures(&mut self, paths: &[PathBuf]) -> Result<(), BesideError> {
        let read = |path: &PathBuf| wanted(read_record_file(path)?, &[Kind::Seizures], "a table of seizures");
        let files = paths.iter().map(read).collect::<Result<Vec<RecordFile>, BesideError>>()?;
        for (path, file) in paths.iter().zip(&files) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = if files.len() == 1 { "seizures".to_owned() } else { format!("seizures_{}", normalised(&stem)) };
            self.covariates.push(Covariate::from_records(&name, "kg", file));
            self.note(file);
        }
        let copies = copied_series(&files.iter().collect::<Vec<_>>());
        self.notes.extend(copies.into_iter().map(|(i, note)| format!("{}: {note}", files[i].path)));
        Ok(())
    }

    /// Adds a table of substitution, in hectares.
    ///
    /// # Errors
    /// [`BesideError`] naming file and line, also where the file is a census, seizures or spraying.
    pub fn add_substitution(&mut self, path: &Path) -> Result<(), BesideError> {
        let file = parse(&read_table(path)?, Some(Kind::Eradication)).map_err(ReadRecordsError::from)?;
        let file = wanted(file, &[Kind::Eradication, Kind::Events], "a table of substitution")?;
        self.covariates.push(Covariate::from_records("substitution", "ha", &file));
        self.note(&file);
        Ok(())
    }

    /// Adds national prices. Rows of one product and year (months, places) are averaged, and how many is told.
    ///
    /// # Errors
    /// [`BesideError`] naming file and line.
    pub fn add_prices(&mut self, path: &Path) -> Result<(), BesideError> {
        let table = read_table(path)?;
        let column = |names: &[&str], missing| {
            table.column(names).ok_or_else(|| BesideError::MissingColumn { path: path.to_owned(), missing })
        };
        let (year, price) = (column(&YEAR, "year")?, column(&PRICE, "price")?);
        let (product, place) = (table.column(&PRODUCT), table.column(&PLACE));
        let mut sums: BTreeMap<String, BTreeMap<i32, (f64, u32)>> = BTreeMap::new();
        for row in &table.rows {
            let refuse = |column: usize, needed| BesideError::Price {
                path: path.to_owned(),
                line: row.line,
                text: row.fields[column].clone(),
                needed,
            };
            let of_year = row.fields[year].parse::<i32>().ok().filter(|y| (1980..=2100).contains(y));
            let of_year = of_year.ok_or_else(|| refuse(year, "a year from 1980 to 2100"))?;
            if row.fields[price].is_empty() {
                continue;
            }
            let paid = row.fields[price].parse::<f64>().ok().filter(|p| p.is_finite() && *p >= 0.0);
            let paid = paid.ok_or_else(|| refuse(price, "a price of zero or more, with a decimal point"))?;
            let name = product.map_or(String::new(), |p| normalised(&row.fields[p]));
            let name = if name.is_empty() { "coca".to_owned() } else { name };
            let sum = sums.entry(name).or_default().entry(of_year).or_default();
            *sum = (sum.0 + paid, sum.1 + 1);
        }
        let averaged = sums.values().flat_map(BTreeMap::values).filter(|(_, rows)| *rows > 1).count();
        if averaged > 0 {
            let of = if place.is_some() { "places" } else { "rows" };
            self.notes
                .push(format!("{}: {averaged} prices are the plain mean of several {of} of a year", path.display()));
        }
        let mean = |(year, (sum, rows)): (i32, (f64, u32))| (year, sum / f64::from(rows));
        self.national.extend(
            sums.into_iter()
                .map(|(name, by_year)| NationalCovariate { name, by_year: by_year.into_iter().map(mean).collect() }),
        );
        Ok(())
    }

    fn note(&mut self, file: &RecordFile) {
        self.notes.extend(file.notes.iter().map(|n| format!("{}: {n}", file.path)));
    }
}

fn wanted(file: RecordFile, kinds: &[Kind], wanted: &'static str) -> Result<RecordFile, BesideError> {
    if kinds.contains(&file.kind) {
        return Ok(file);
    }
    let RecordFile { path: file, kind: found, why, .. } = file;
    Err(ReadRecordsError::from(RecordError::WrongKind { file, found, wanted, why }).into())
}
