//! What is odd in an event file, by kind, with the lines where it stands.

use std::collections::BTreeMap;

use super::event::Event;

/// Lines that a note names.
const LINES_NAMED: usize = 8;

/// Lines of rows that can be used although something is odd in them.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub doubtful_dates: Vec<u64>,
    pub no_method: Vec<u64>,
    pub no_code: Vec<u64>,
    pub retired: Vec<u64>,
    pub early: Vec<u64>,
    pub converted: Vec<u64>,
}

impl Noted {
    /// Adds the notes, faults first.
    pub fn describe(&self, events: &[Event], notes: &mut Vec<String>) {
        notes.extend(faults(events).into_iter().map(|text| format!("unusable, {text}")));
        for (lines, what) in [
            (&self.doubtful_dates, "dates that may be day first or month first, read day first"),
            (&self.no_method, "rows without a method that is known, kept apart as 'not_stated'"),
            (&self.no_code, "rows without a municipality code, kept apart in the totals"),
            (&self.retired, "codes that are no longer in use, kept as they are"),
            (&self.early, "codes of municipalities that did not exist on that day, kept as they are"),
            (&self.converted, "quantities converted into hectares"),
        ] {
            if !lines.is_empty() {
                notes.push(counted(what, lines));
            }
        }
        notes.extend(repeated(events));
    }
}

/// How many rows have each kind of fault, and where.
pub(super) fn faults(events: &[Event]) -> Vec<String> {
    let mut by_kind: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in events {
        for fault in &event.faults {
            by_kind.entry(fault.kind()).or_default().push(event.line);
        }
    }
    by_kind.into_iter().map(|(kind, lines)| counted(kind, &lines)).collect()
}

/// Names that several records have.
fn repeated(events: &[Event]) -> Option<String> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut lines = Vec::new();
    for event in events {
        if seen.insert(&event.record_id, event.line).is_some() {
            lines.push(event.line);
        }
    }
    (!lines.is_empty()).then(|| counted("rows with the record_id of an earlier row", &lines))
}

fn counted(what: &str, lines: &[u64]) -> String {
    format!("{what}: {} ({})", lines.len(), named(lines))
}

/// `line 3` or `lines 3, 9 and 12 more`.
fn named(lines: &[u64]) -> String {
    let first: Vec<String> = lines.iter().take(LINES_NAMED).map(u64::to_string).collect();
    let more = lines.len().saturating_sub(LINES_NAMED);
    let word = if lines.len() == 1 { "line" } else { "lines" };
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{word} {}{rest}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn some_lines_are_named_and_the_rest_counted() {
        assert_eq!(named(&[7]), "line 7");
        assert_eq!(named(&[7, 9]), "lines 7, 9");
        assert_eq!(named(&(1..=11).collect::<Vec<_>>()), "lines 1, 2, 3, 4, 5, 6, 7, 8 and 3 more");
    }
}
