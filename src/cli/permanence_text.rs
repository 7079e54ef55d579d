//! Tables of permanence for people.

use super::table::{figure, table};
use crate::permanence::enclaves::{Core, Enclave};
use crate::permanence::overlay::OverlayRow;
use crate::permanence::{Cells, Class, Summary};
use crate::records::Exact;

/// Enclaves of the printed table.
const ENCLAVES_SHOWN: usize = 10;

/// Classes with cells and hectares, and the country's.
pub(super) fn summary_table(cells: &Cells, summary: &Summary) -> String {
    let with_coca = summary.standings.iter().filter(|s| s.has_coca()).count();
    let percent = |part: f64, whole: f64| figure((whole > 0.0).then(|| 100.0 * part / whole), 1);
    let count = |n: usize| figure(Some(n as f64), 0);
    let share_of_cells = |class: Class, n: usize| match class {
        Class::Never | Class::Undetermined => String::new(),
        _ => percent(n as f64, with_coca as f64),
    };
    let mut rows: Vec<Vec<String>> = summary
        .classes
        .iter()
        .map(|total| {
            vec![
                total.class.name().to_owned(),
                count(total.cells),
                count(total.cells_at_most),
                share_of_cells(total.class, total.cells),
                figure(Some(total.hectares.to_f64()), 1),
                percent(total.hectares.to_f64(), summary.hectares.to_f64()),
            ]
        })
        .collect();
    let all = figure(Some(summary.hectares.to_f64()), 1);
    rows.push(vec!["all".to_owned(), count(cells.count()), String::new(), String::new(), all, String::new()]);
    let hectares = format!("ha {}", summary.year);
    let text = table(&["class", "cells", "at most", "% of cells with coca", &hectares, "% of ha"], &rows, &[0]);
    let (from, year) = (summary.from, summary.year);
    let unknown: usize = summary.classes.iter().map(|total| total.cells_without_figure).sum();
    let mut text = format!("{text}\nwindow {from} to {year}; {} cells with coca in it", count(with_coca));
    if unknown > 0 {
        text.push_str(&format!("; {} cells have no figure for {year}", count(unknown)));
    }
    text
}

/// The largest enclaves.
pub(super) fn enclave_table(enclaves: &[Enclave], core: &Core) -> String {
    let rule = format!(
        "permanent cells with {} ha/km2 or more in {} years or more, {} cells or more together",
        core.dense_ha, core.dense_years, core.min_cells
    );
    if enclaves.is_empty() {
        return format!("no enclave ({rule})");
    }
    let rows: Vec<Vec<String>> = enclaves
        .iter()
        .take(ENCLAVES_SHOWN)
        .map(|e| {
            vec![
                e.cluster.to_string(),
                figure(Some(e.cells as f64), 0),
                figure(Some(e.hectares.to_f64()), 1),
                figure(e.share.map(|s| 100.0 * s), 1),
                figure(Some(e.density), 1),
            ]
        })
        .collect();
    let text = table(&["enclave", "cells", "ha", "% of ha", "ha/km2"], &rows, &[]);
    let plural = if enclaves.len() == 1 { "enclave" } else { "enclaves" };
    let hectares: Exact = enclaves.iter().map(|e| e.hectares).sum();
    format!("{text}\n{} {plural}, {} ha ({rule})", enclaves.len(), figure(Some(hectares.to_f64()), 1))
}

/// Hectares by overlay, a column for each class.
pub(super) fn overlay_table(rows: &[OverlayRow]) -> String {
    let header: Vec<&str> = ["overlay"].into_iter().chain(Class::ALL.map(Class::name)).chain(["all ha"]).collect();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for of_layer in rows.chunks(Class::ALL.len()) {
        let Some(first) = of_layer.first() else { continue };
        let mut line = vec![first.overlay.clone()];
        line.extend(of_layer.iter().map(|row| figure(Some(row.hectares.to_f64()), 1)));
        let all: Exact = of_layer.iter().map(|row| row.hectares).sum();
        line.push(figure(Some(all.to_f64()), 1));
        lines.push(line);
    }
    table(&header, &lines, &[0])
}
