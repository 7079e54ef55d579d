//! Exact figures, and hectares that know whether they are a stock or a flow.
//!
//! The census is a *stock* (hectares standing on a date); eradication is a *flow* (hectares during a period). The
//! difference of two stocks is a flow; a stock minus a flow is neither, and does not compile:
//!
//! ```compile_fail,E0308
//! use cocal::records::{Exact, FlowHa, StockHa};
//! let census = StockHa::new(Exact::from_millionths(1));
//! let eradicated = FlowHa::new(Exact::from_millionths(1));
//! let wrong = census - eradicated;
//! ```
//!
//! ```
//! use cocal::records::{Exact, FlowHa, StockHa};
//! let last_year = StockHa::new(Exact::from_millionths(10_000_000));
//! let this_year = StockHa::new(Exact::from_millionths(12_000_000));
//! let eradicated = FlowHa::new(Exact::from_millionths(3_000_000));
//! let gross_gain: FlowHa = (this_year - last_year) + eradicated;
//! assert_eq!(gross_gain.exact().to_string(), "5");
//! ```

use std::marker::PhantomData;

use serde::{Serialize, Serializer};

const MILLION: i128 = 1_000_000;

/// The first figure of 16 digits before the mark.
const MOST: i128 = 1_000_000_000_000_000 * MILLION;

/// A decimal figure in whole millionths: sums have no rounding error, whatever their order.
///
/// Written without trailing zeros (`8832.92`, `100`); serialised as the nearest `f64`, which prints the same digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Exact(i128);

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// From millionths of the unit.
    pub const fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// From whole units.
    pub const fn from_whole(units: i64) -> Self {
        Self(units as i128 * MILLION)
    }

    /// From a binary figure, rounded to the nearest millionth; `None` for NaN, infinity and 1e18 or more.
    pub fn from_f64(value: f64) -> Option<Self> {
        (value.is_finite() && value.abs() < 1e18).then(|| Self((value * 1e6).round() as i128))
    }

    /// From the digits before and after the decimal mark; digits beyond the sixth are rounded half away from zero.
    /// `None` where something is not a digit, or the figure has more than 15 digits before the mark.
    pub(super) fn from_digits(whole: &str, fraction: &str) -> Option<Self> {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 15 || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let kept: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let round_up = fraction.as_bytes().get(6).is_some_and(|b| *b >= b'5');
        let millionths = whole * MILLION + kept.parse::<i128>().ok()? + i128::from(round_up);
        // Rounded up it may have a digit more.
        (millionths < MOST).then_some(Self(millionths))
    }

    /// The nearest binary figure.
    pub fn to_f64(self) -> f64 {
        // Both operands are exact below 2^53, so the quotient is the correctly rounded decimal.
        self.0 as f64 / MILLION as f64
    }

    /// With commas between thousands, for people: `136,918.08`.
    pub fn grouped(self) -> String {
        let text = self.to_string();
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
        let (whole, fraction) = digits.split_once('.').map_or((digits, ""), |(w, f)| (w, f));
        let mut out = sign.to_owned();
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                out.push(',');
            }
            out.push(c);
        }
        if !fraction.is_empty() {
            out.push('.');
            out.push_str(fraction);
        }
        out
    }

    /// Times a ratio of whole numbers, as from one unit to another; rounded half up to a millionth. `under` is positive.
    pub fn times_ratio(self, over: i64, under: i64) -> Self {
        let (over, under) = (i128::from(over), i128::from(under));
        Self((2 * self.0 * over + under).div_euclid(2 * under))
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The distance from zero.
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl std::ops::Add for Exact {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Exact {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::Neg for Exact {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::ops::AddAssign for Exact {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl std::iter::Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, |a, b| a + b)
    }
}

impl std::fmt::Display for Exact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / MILLION, self.0.abs() % MILLION);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

/// Hectares standing on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Stock;

/// Hectares gained, lost or eradicated during a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Flow;

/// Hectares of one kind, [`Stock`] or [`Flow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hectares<K>(Exact, PhantomData<K>);

/// Hectares standing on a date: the census at 31 December, or what a map shows.
pub type StockHa = Hectares<Stock>;

/// Hectares during a period: a year's change, or a year's eradication.
pub type FlowHa = Hectares<Flow>;

impl<K> Hectares<K> {
    /// Hectares from an exact figure.
    pub const fn new(hectares: Exact) -> Self {
        Self(hectares, PhantomData)
    }

    /// The bare figure in hectares.
    pub fn exact(&self) -> Exact {
        self.0
    }

    /// The bare figure in hectares, binary.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64()
    }
}

/// The difference of two stocks is what came and went between them: a flow.
impl std::ops::Sub for StockHa {
    type Output = FlowHa;
    fn sub(self, earlier: Self) -> FlowHa {
        Hectares::new(self.0 - earlier.0)
    }
}

impl<K> std::ops::Add for Hectares<K> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.0 + other.0)
    }
}

impl<K> std::iter::Sum for Hectares<K> {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::new(Exact::ZERO), |a, b| a + b)
    }
}

impl<K> Serialize for Hectares<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<K> std::fmt::Display for Hectares<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_decimals_print_as_decimals() {
        let tenth = Exact::from_digits("0", "1").unwrap();
        let fifth = Exact::from_digits("0", "2").unwrap();
        assert_eq!((tenth + fifth).to_string(), "0.3");
        assert_eq!(serde_json::to_string(&(tenth + fifth)).unwrap(), "0.3");
        assert_ne!(0.1 + 0.2, 0.3, "what the exact type is for");
    }

    #[test]
    fn square_metres_become_hectares_exactly() {
        let m2 = |whole: &str, fraction: &str| Exact::from_digits(whole, fraction).unwrap().times_ratio(1, 10_000);
        assert_eq!(m2("12345", "67").to_string(), "1.234567");
        assert_eq!((m2("0", "005").to_string(), (-m2("25000", "")).to_string()), ("0.000001".into(), "-2.5".into()));
    }

    #[test]
    fn digits_beyond_the_sixth_are_rounded() {
        assert_eq!(Exact::from_digits("1", "0000005").unwrap().to_string(), "1.000001");
        assert_eq!(Exact::from_digits("1", "0000004").unwrap().to_string(), "1");
        assert_eq!(Exact::from_digits("0", "9999999").unwrap().to_string(), "1");
        assert_eq!(Exact::from_digits("1a", ""), None);
    }

    #[test]
    fn negative_figures_keep_their_sign() {
        assert_eq!((-Exact::from_millionths(500_000)).to_string(), "-0.5");
        assert_eq!((-Exact::from_millionths(136_918_080_000)).grouped(), "-136,918.08");
        assert_eq!(Exact::from_whole(999).grouped(), "999");
    }
}
