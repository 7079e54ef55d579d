//! Permanence of coca on a grid of cells: permanent, intermittent, new, abandoned.
//!
//! [`rule`] is the rule; [`cells`] are the histories it is laid on, [`bare`] are the many
//! without coca, by history and place, [`presence`] what counts as coca in them; [`standing`] classes them for a reference year and adds
//! them up; [`transitions`] counts what became of what; [`enclaves`] are the clusters of dense, lasting cells; [`overlay`]
//! shares the hectares out among protected areas, reserves and community lands, each counted once.
//!
//! The invariants: every history has exactly one class, and every table adds up to the cells and hectares that came in, to the
//! millionth of a hectare.

pub mod bare;
pub mod cells;
pub mod clip;
pub mod columns;
pub mod enclaves;
pub mod overlay;
pub mod presence;
pub mod rule;
pub mod standing;
pub mod transitions;

pub use bare::Bare;
pub use cells::{Cell, Cells, CellsError};
pub use presence::Presence;
pub use rule::{Class, Rule, RuleError, Seen};
pub use standing::{ClassTotal, Standing, Summary};
