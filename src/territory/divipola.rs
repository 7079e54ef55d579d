//! Codes of DANE's DIVIPOLA, the political division of Colombia: two digits a department, five a municipality.
//!
//! A code is text. As an integer, `05001` (Medellin) becomes 5001 and no longer joins.

use serde::{Deserialize, Serialize};

/// What is wrong with a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not five digits (four are taken as a lost leading zero only where a reader asks for it).
    #[error("'{0}' is not a DIVIPOLA municipality code: five digits are needed, such as 05001")]
    NotFiveDigits(String),
}

/// A municipality's DIVIPOLA code: five digits, the first two of them the department.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MunicipalityCode(String);

impl MunicipalityCode {
    /// The code from text as it stands in a file. A code of four digits has lost its leading zero
    /// (a spreadsheet read it as a number) and gets it back; [`MunicipalityCode::was_padded`] tells.
    ///
    /// # Errors
    /// Anything but four or five digits after trimming (a trailing `.0` is dropped).
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let trimmed = text.trim();
        // "5001.0" is what data frames make of an integer column with gaps.
        let digits = trimmed.strip_suffix(".0").unwrap_or(trimmed);
        let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
        if !all_digits || !(4..=5).contains(&digits.len()) {
            return Err(CodeError::NotFiveDigits(trimmed.to_owned()));
        }
        Ok(Self(format!("{digits:0>5}")))
    }

    /// Whether [`MunicipalityCode::parse`] had to put a leading zero back.
    pub fn was_padded(text: &str) -> bool {
        let trimmed = text.trim();
        trimmed.strip_suffix(".0").unwrap_or(trimmed).len() < 5
    }

    /// The five digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The least code that may begin with these digits (none, two of a department, five): where a range of them starts.
    pub fn first_of(prefix: &str) -> Self {
        Self(format!("{prefix:0<5}"))
    }

    /// The two digits of the department.
    pub fn department(&self) -> &str {
        &self.0[..2]
    }
}

impl std::fmt::Display for MunicipalityCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_come_back() {
        let code = MunicipalityCode::parse("5001").map(|c| c.to_string());
        assert_eq!(code, Ok("05001".to_owned()));
        assert!(MunicipalityCode::was_padded("5001") && !MunicipalityCode::was_padded("05001"));
    }

    #[test]
    fn other_text_is_refused() {
        for bad in ["", "00", "052O1", "123456", "INTERNACIONAL"] {
            assert!(MunicipalityCode::parse(bad).is_err(), "{bad} was taken");
        }
    }
}
