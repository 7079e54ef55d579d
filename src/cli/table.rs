//! Aligned tables for people.

use crate::accuracy::change::grouped;

/// A table whose columns numbered in `text` are text (left) and the others figures (right).
pub(super) fn table(header: &[&str], rows: &[Vec<String>], text: &[usize]) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|c| rows.iter().map(|r| r[c].chars().count()).chain([header[c].chars().count()]).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(c, (cell, width))| {
            if text.contains(&c) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let header: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    let lines = [line(&header), line(&rule)].into_iter().chain(rows.iter().map(|r| line(r)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A figure with so many decimals, thousands set apart by commas; blank when unknown.
pub(super) fn figure(value: Option<f64>, decimals: usize) -> String {
    let Some(value) = value else { return String::new() };
    let (text, is_zero) = grouped(value, decimals);
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_zero_has_no_sign() {
        assert_eq!(figure(Some(261_386.17), 1), "261,386.2");
        assert_eq!(figure(Some(-1234.0), 0), "-1,234");
        assert_eq!(figure(Some(-0.004), 2), "0.00");
        assert_eq!(figure(Some(999.0), 0), "999");
        assert_eq!(figure(None, 2), "");
    }

    #[test]
    fn columns_line_up() {
        let text = table(&["name", "ha"], &[vec!["a".into(), "10".into()], vec!["long".into(), "2".into()]], &[0]);
        assert_eq!(text, "name  ha\n----  --\na     10\nlong   2");
    }
}
