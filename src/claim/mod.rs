//! Claims: a sentence in English or Spanish, held against the records.
//!
//! The order in which a sentence goes: [`text`] (tokens) -> `scan` (words with a meaning, figures, places) -> `gather` ->
//! `statements` ([`types::Claim`]) -> [`judge`] (the verdict). What the grammar does not hold is refused with the part that
//! was not understood: a word that is not in the lexicon makes a sentence not checkable, never a guess.

mod band;
pub mod cited;
mod editions;
pub mod facts;
mod gather;
pub mod grammar;
pub mod interval;
pub mod judge;
pub mod number;
mod order;
pub mod outcome;
mod parse;
pub mod place;
mod refuse;
mod rule;
mod say;
mod scan;
pub mod seized;
mod statements;
pub mod text;
pub mod types;
mod weigh;
mod words;
mod words_en;
mod words_es;

pub use facts::{Facts, Inputs};
pub use judge::Judge;
pub use outcome::{Outcome, Verdict};
