//! Dates of a column in several forms. `03/04/2020` may be the third of April or the fourth of March: the rest of the column
//! decides; where it does not, the day comes first, as in Colombia, and the reader is told.

use jiff::civil::Date;

/// Years that an event can have.
const YEARS: std::ops::RangeInclusive<i16> = 1980..=2100;

/// Which number of `03/04/2020` is the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `31/05/2020`.
    DayFirst,
    /// `05/31/2020`.
    MonthFirst,
}

/// What a column's dates say.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    day_first: usize,
    month_first: usize,
}

/// A cell of a column of dates, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The date.
    pub date: Date,
    /// Whether it was read by an order that neither it nor its column tells for sure.
    pub doubtful: bool,
}

enum Parts {
    Certain(Date),
    /// First, second, year: both of the first two can be months, and they differ.
    Either(i8, i8, i16),
    None,
}

fn parts(text: &str) -> (Parts, Option<Order>) {
    let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return (Parts::None, None) };
    let number = |s: &str| (!s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i16>().ok())?;
    let (Some(x), Some(y), Some(z)) = (number(a), number(b), number(c)) else { return (Parts::None, None) };
    let whole = |year: i16, month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        YEARS.contains(&year).then_some(date)
    };
    let certain = |date: Option<Date>, order| date.map_or((Parts::None, None), |d| (Parts::Certain(d), order));
    match (a.len(), c.len()) {
        (4, 1..=2) => certain(whole(x, y, z), None),
        (1..=2, 4) if x > 12 => certain(whole(z, y, x), Some(Order::DayFirst)),
        (1..=2, 4) if y > 12 => certain(whole(z, x, y), Some(Order::MonthFirst)),
        (1..=2, 4) if x == y => certain(whole(z, y, x), None),
        (1..=2, 4) if YEARS.contains(&z) && x > 0 && y > 0 => (Parts::Either(x as i8, y as i8, z), None),
        _ => (Parts::None, None),
    }
}

impl Evidence {
    /// Looks at a column.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut seen = Self::default();
        for cell in cells {
            match parts(cell).1 {
                Some(Order::DayFirst) => seen.day_first += 1,
                Some(Order::MonthFirst) => seen.month_first += 1,
                None => {}
            }
        }
        seen
    }

    /// The order that the column tells, where it tells one and only one.
    fn order(&self) -> Option<Order> {
        match (self.day_first, self.month_first) {
            (1.., 0) => Some(Order::DayFirst),
            (0, 1..) => Some(Order::MonthFirst),
            _ => None,
        }
    }

    /// Whether the column has both orders.
    pub fn contradicts_itself(&self) -> bool {
        self.day_first > 0 && self.month_first > 0
    }

    /// A date; `None` where the text is none from 1980 to 2100.
    pub fn read(&self, text: &str) -> Option<Reading> {
        let (first, second, year) = match parts(text).0 {
            Parts::Certain(date) => return Some(Reading { date, doubtful: false }),
            Parts::Either(first, second, year) => (first, second, year),
            Parts::None => return None,
        };
        let order = self.order();
        let (day, month) = match order.unwrap_or(Order::DayFirst) {
            Order::DayFirst => (first, second),
            Order::MonthFirst => (second, first),
        };
        Some(Reading { date: Date::new(year, month, day).ok()?, doubtful: order.is_none() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(column: &[&str], text: &str) -> Option<(String, bool)> {
        let reading = Evidence::of(column.iter().copied()).read(text)?;
        Some((reading.date.to_string(), reading.doubtful))
    }

    #[test]
    fn every_form_is_read_and_the_column_decides_between_day_and_month() {
        for text in
            ["2020-05-31", "31/05/2020", "2020-05-31T00:00:00", "05/31/2020", "2020/05/31 00:00:00+00", "31-05-2020"]
        {
            assert_eq!(read(&[], text), Some(("2020-05-31".to_owned(), false)), "{text}");
        }
        let (april, march) = (Some(("2020-04-03".to_owned(), false)), Some(("2020-03-04".to_owned(), false)));
        assert_eq!(read(&["31/05/2020", "2020-01-02"], "03/04/2020"), april);
        assert_eq!(read(&["05/31/2020"], "03/04/2020"), march);
        let doubtful = Some(("2020-04-03".to_owned(), true));
        assert_eq!(read(&["2020-05-31"], "03/04/2020"), doubtful, "nothing tells");
        assert_eq!(read(&["05/31/2020", "31/05/2020"], "03/04/2020"), doubtful, "both tell");
        assert!(Evidence::of(["05/31/2020", "31/05/2020"].into_iter()).contradicts_itself());
        assert_eq!(read(&[], "04/04/2020"), Some(("2020-04-04".to_owned(), false)));
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for bad in
            ["", "2020", "31/31/2020", "2020-13-01", "30/02/2020", "20-05-31", "yesterday", "43982", "00/01/2020"]
        {
            assert_eq!(read(&[], bad), None, "{bad}");
        }
        assert_eq!(read(&[], "1920-05-31"), None);
        assert_eq!(read(&["31/05/2020"], "01/02/0020"), None);
    }
}
