//! What a model predicts of a table's rows, as CSV.

use super::csv_bytes::cell_text;
use crate::classify::model::Model;

/// A header, then a line a row: the class and the probability of each class, `[row][class]` in `all`, with all digits.
///
/// # Errors
/// [`csv::Error`], which writing to memory does not bring about.
pub fn predictions(model: &Model, classes: &[u8], all: &[f64]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_field("class")?;
    writer.write_record(model.classes.iter().map(|class| format!("probability_{class}")))?;
    for (class, row) in classes.iter().zip(all.chunks_exact(model.classes.len())) {
        writer.write_field(cell_text(&model.classes[usize::from(*class)]).as_bytes())?;
        writer.write_record(row.iter().map(ToString::to_string))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
