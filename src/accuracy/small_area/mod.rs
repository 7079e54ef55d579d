//! Municipalities with few sample units: models that borrow strength from the others. Formulas and conditions:
//! docs/method.md, section 15.

pub mod fay_herriot;
pub mod matrix;
pub mod unit_level;
