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
pub mod events;
pub mod figures;
pub mod kind;
pub mod layout;
pub mod national;
pub mod number_format;
pub mod odd;
pub mod parse;
pub mod quantity;
pub mod text_table;

pub use census::Census;
pub use eradication::{Eradication, Method};
pub use error::RecordError;
pub use kind::Kind;
pub use parse::RecordFile;
pub use quantity::{Exact, FlowHa, StockHa};
