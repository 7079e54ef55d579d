//! Records of eradication held against masks, one record at a time.
//!
//! A file's text becomes [`event`]s (date, method, hectares, place), an event's place a [`footprint`]; `run` lays footprints on
//! the masks and gives back [`outcome::Look`]s; [`outcome`] says what was there before and after, [`twice`] what ground is
//! claimed again within a season, [`survival`] how long it took until coca was seen again, [`totals`] what the sums hold.
//!
//! The invariant: every row of the file is a row of the result and stands in the totals, with its reason where it could not
//! be judged. Unobserved is an outcome of its own, never "no coca".

pub mod columns;
pub mod dates;
pub mod event;
pub mod footprint;
pub mod notes;
pub mod outcome;
pub mod quantity;
pub mod report;
pub mod settings;
pub mod survival;
pub mod totals;
pub mod twice;

pub use event::{Event, Fault, PlacedTable};
pub use footprint::{Footprint, Place};
pub use outcome::{Look, Outcome};
pub use report::{ReconciledRow, Reconciliation};
pub use settings::Settings;
