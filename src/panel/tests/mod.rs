//! Tests of the panel: against other packages, and on simulated panels whose truth is known.

mod events;
mod oracle;
mod simulated;
