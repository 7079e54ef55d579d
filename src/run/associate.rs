//! The panel with its random assignments, which are drawn side by side.

use super::threads::Threads;
use crate::panel::associate::{Association, Options, associate};
use crate::panel::permute::Assignment;
use crate::panel::{PanelError, Sources};

/// Fits all regressions and draws the random assignments. A draw depends on its number only, so the figures are the same
/// for any number of threads.
///
/// # Errors
/// [`PanelError`] where the main regression cannot be fitted.
pub fn associate_and_draw(threads: &Threads, sources: &Sources, options: &Options) -> Result<Association, PanelError> {
    let prepared = associate(sources, options)?;
    let mut association = prepared.association;
    let numbers: Vec<u64> = (0..options.permutations as u64).collect();
    for assignment in &prepared.assignments {
        let far = threads.map(&numbers, |number| assignment.as_far(*number));
        let as_far = far.into_iter().filter(|far| *far).count();
        association.set_permutation_p(&assignment.term, Assignment::p_value(as_far, numbers.len()));
    }
    association.put_in_words();
    Ok(association)
}
