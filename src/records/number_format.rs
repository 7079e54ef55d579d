//! Which mark is the decimal one is decided for a whole column: `8.832,92` beside `120.98` in one file is real.
//!
//! A single figure may not tell: `1.234` is 1.234 with a decimal point and 1,234 with a decimal comma. The rest of its
//! column decides, then the rest of the table; where nothing does, the figure is an error and not a guess.

use super::quantity::Exact;

/// The decimal mark of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// `8832.92`, thousands may be grouped as `8,832.92`.
    Point,
    /// `8832,92`, thousands may be grouped as `8.832,92` (as in Colombia and most of Europe).
    Comma,
}

/// What a column's figures say about its format.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The first figure that needs a decimal point (or commas between thousands).
    pub point: Option<(u64, String)>,
    /// The first figure that needs a decimal comma (or points between thousands).
    pub comma: Option<(u64, String)>,
    /// The first figure that can be read both ways.
    pub ambiguous: Option<(u64, String)>,
    /// How many figures can be read both ways.
    pub ambiguous_count: usize,
}

impl Evidence {
    /// Looks at a column; blank cells say nothing.
    pub fn of<'a>(cells: impl Iterator<Item = (u64, &'a str)>) -> Self {
        let mut seen = Self::default();
        for (line, text) in cells {
            let place = match class(text) {
                Class::Neutral => continue,
                Class::Point => &mut seen.point,
                Class::Comma => &mut seen.comma,
                Class::Ambiguous => {
                    seen.ambiguous_count += 1;
                    &mut seen.ambiguous
                }
            };
            place.get_or_insert_with(|| (line, text.to_owned()));
        }
        seen
    }

    /// The format, where the column tells one and only one.
    pub fn format(&self) -> Option<NumberFormat> {
        match (&self.point, &self.comma) {
            (Some(_), None) => Some(NumberFormat::Point),
            (None, Some(_)) => Some(NumberFormat::Comma),
            _ => None,
        }
    }
}

enum Class {
    /// Whole numbers, blanks, and whatever is no number at all (its own error comes later).
    Neutral,
    Point,
    Comma,
    Ambiguous,
}

fn class(text: &str) -> Class {
    let text = text.trim_start_matches(['-', '+']);
    let points = text.matches('.').count();
    let commas = text.matches(',').count();
    match (points, commas) {
        (0, 0) => Class::Neutral,
        (1, 0) | (0, 1) => {
            let Some((whole, fraction)) = text.split_once(['.', ',']) else { return Class::Neutral };
            // Only one to three digits, not starting with 0, can stand before a group of three.
            let may_group = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            match (may_group, points) {
                (true, _) => Class::Ambiguous,
                (false, 1) => Class::Point,
                (false, _) => Class::Comma,
            }
        }
        // The mark that comes twice groups thousands; the other one, or the last one, is decimal.
        (_, 0) => Class::Comma,
        (0, _) => Class::Point,
        _ => match (text.rfind('.'), text.rfind(',')) {
            (Some(p), Some(c)) if p > c => Class::Point,
            _ => Class::Comma,
        },
    }
}

/// No figure is as large: one of more than 15 digits before its mark is none, however it is written.
const MOST: f64 = 1e15;

/// Reads a figure in a known format; `None` where it is none. Millionths are kept, further digits rounded.
pub fn parse(text: &str, format: NumberFormat) -> Option<Exact> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.contains(['e', 'E']) {
        // Data frames write tiny figures as 1e-05.
        let figure = text.parse().ok().filter(|figure: &f64| figure.abs() < MOST);
        return (format == NumberFormat::Point).then(|| figure.and_then(Exact::from_f64)).flatten();
    }
    let (mark, group) = match format {
        NumberFormat::Point => ('.', ','),
        NumberFormat::Comma => (',', '.'),
    };
    let (whole, fraction) = match digits.split_once(mark) {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let value = Exact::from_digits(&ungrouped(whole, group)?, fraction)?;
    Some(if negative { -value } else { value })
}

/// Digits without their group marks; `None` unless every group but the first has three digits.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let mut parts = whole.split(group);
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let grouped_rightly = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|p| p.len() == 3));
    grouped_rightly.then(|| whole.replace(group, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(texts: &[&str]) -> Evidence {
        Evidence::of(texts.iter().enumerate().map(|(i, t)| (i as u64 + 2, *t)))
    }

    #[test]
    fn the_rest_of_the_column_decides_an_ambiguous_figure() {
        assert_eq!(evidence(&["1.234", "8.832,92"]).format(), Some(NumberFormat::Comma));
        assert_eq!(evidence(&["1.234", "120.98"]).format(), Some(NumberFormat::Point));
        assert_eq!(evidence(&["1.234", "12"]).format(), None);
        assert_eq!(evidence(&["0.234"]).format(), Some(NumberFormat::Point), "no group starts with 0");
        assert_eq!(evidence(&["1234.567"]).format(), Some(NumberFormat::Point));
        assert_eq!(evidence(&["1.234.567"]).format(), Some(NumberFormat::Comma));
    }

    #[test]
    fn figures_are_read_exactly() {
        let read = |t, f| parse(t, f).map(|v| v.to_string());
        assert_eq!(read("8.832,92", NumberFormat::Comma).as_deref(), Some("8832.92"));
        assert_eq!(read("8,832.92", NumberFormat::Point).as_deref(), Some("8832.92"));
        assert_eq!(read("1.234", NumberFormat::Comma).as_deref(), Some("1234"));
        assert_eq!(read("1.234", NumberFormat::Point).as_deref(), Some("1.234"));
        assert_eq!(read("1e-05", NumberFormat::Point).as_deref(), Some("0.00001"));
        assert_eq!(read("-3", NumberFormat::Point).as_deref(), Some("-3"));
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for bad in [
            "",
            "12x",
            "1.2.3",
            "1,23,4",
            "NaN",
            "inf",
            "5.",
            "--3",
            "1 234",
            "1e15",
            "-1e300",
            "999999999999999.9999999",
        ] {
            assert_eq!(parse(bad, NumberFormat::Point), None, "{bad} was taken");
        }
    }
}
