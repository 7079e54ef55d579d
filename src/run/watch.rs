//! How the work of a run went, for whoever watches it: none of it is in the outputs.

use std::time::Duration;

use serde::Serialize;

/// A run shorter than this needs no word on what took long in it.
const LONG: Duration = Duration::from_secs(60);

/// How the work went.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Windows of all years.
    pub windows: usize,
    /// Those of them that were taken from the journal.
    pub reused: usize,
    /// How often scenes had to be read again.
    pub retried: usize,
    /// The windows that took longest, with their seconds.
    pub slowest: Vec<(String, f64)>,
}

impl Summary {
    /// What of it is worth a line, for a run that took so long: what was taken over or read again, and after a minute what was
    /// slow. What failed is told by itself.
    pub fn lines(&self, took: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        if self.reused > 0 {
            lines.push(format!("taken over: {} of {} windows were done already", self.reused, self.windows));
        }
        if self.retried > 0 {
            let times = if self.retried == 1 { "once".to_owned() } else { format!("{} times", self.retried) };
            lines.push(format!("read again: {times}, because a read failed or a file was touched meanwhile"));
        }
        if took >= LONG && !self.slowest.is_empty() {
            let each: Vec<_> = self.slowest.iter().map(|(what, seconds)| format!("{what} ({seconds:.1} s)")).collect();
            lines.push(format!("slowest windows: {}", each.join("; ")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_without_incident_says_nothing() {
        let slowest = vec![("rows 0..512, columns 0..512".to_owned(), 3.25)];
        let mut summary = Summary { windows: 10, slowest, ..Summary::default() };
        assert!(summary.lines(Duration::from_secs(59)).is_empty());
        assert_eq!(summary.lines(LONG), ["slowest windows: rows 0..512, columns 0..512 (3.2 s)"]);
        (summary.reused, summary.retried) = (4, 1);
        let lines = summary.lines(Duration::ZERO);
        assert_eq!(lines[0], "taken over: 4 of 10 windows were done already");
        assert!(lines.len() == 2 && lines[1].starts_with("read again: once"), "{lines:?}");
    }
}
