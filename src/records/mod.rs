//! What others say: census, eradication, spraying, events, seizures.
//!
//! A record file is recognised by what it *is* ([`kind`]): its columns first, then its sums, its name last. Figures are
//! exact decimals ([`quantity`]), so a sum prints as the table's author would add it. The census is a stock, eradication
//! a flow: different types. Nothing is dropped silently: a row that is no municipality, a unit that is no hectare and a
//! year that does not add up are listed in the notes.
//!
//! The order in which a file goes: [`text_table`] (made by `io`) -> [`layout`] (which columns) -> [`parse`] (figures) ->
//! [`kind`] -> [`odd`] (notes) -> [`census`] or [`eradication`].

pub mod census;
pub mod eradication;
pub mod error;
mod event_rows;
pub mod events;
pub mod figures;
mod formats;
pub mod kind;
pub mod layout;
pub mod national;
pub mod national_table;
pub mod number_format;
pub mod odd;
pub mod parse;
pub mod prices;
pub mod quantity;
pub mod renamed;
pub mod seizures;
pub mod source;
pub mod substitution;
pub mod text_table;
pub mod units;

pub use census::Census;
pub use eradication::{Eradicated, Eradication, Method};
pub use error::RecordError;
pub use kind::Kind;
pub use national_table::NationalTable;
pub use parse::RecordFile;
pub use prices::Prices;
pub use quantity::{Exact, FlowHa, StockHa};
pub use seizures::{Product, Seizures};
pub use source::Source;
pub use substitution::Substitution;
