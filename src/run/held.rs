//! Classified windows that wait for their neighbours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::io::loss::Loss;
use crate::pipeline::Classified;

/// A classified window, and how its scenes were read.
pub struct Read {
    /// Its classes.
    pub classified: Classified,
    /// Blocks of its scenes that could not be read.
    pub lost: BTreeSet<Loss>,
    /// How often its scenes had to be read again.
    pub retried: usize,
}

/// Number of a window, and of the band of columns that it was classified for.
pub type Key = (usize, usize);

/// Classified windows by their key; `None` for one that failed.
#[derive(Default)]
pub struct Held {
    windows: Mutex<BTreeMap<Key, Option<Arc<Read>>>>,
    came: Condvar,
}

/// Marks a window as failed unless it came, even when its work panics: others may wait for it.
struct Failed<'a>(&'a Held, Key);

impl Drop for Failed<'_> {
    fn drop(&mut self) {
        self.0.lock().entry(self.1).or_insert(None);
        self.0.came.notify_all();
    }
}

impl Held {
    /// The map is whole whenever the lock is free, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Option<Arc<Read>>>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in what `work` makes.
    ///
    /// # Errors
    /// That of `work`; whoever waits for the window is told that it failed.
    pub fn fill<E>(&self, key: Key, work: impl FnOnce() -> Result<Read, E>) -> Result<(), E> {
        let _failed = Failed(self, key);
        let made = Arc::new(work()?);
        self.lock().insert(key, Some(made));
        Ok(())
    }

    /// Waits until all of these are there; `None` for those that failed.
    pub fn wait(&self, keys: &[Key]) -> Vec<Option<Arc<Read>>> {
        let mut held = self.lock();
        loop {
            let found: Option<Vec<_>> = keys.iter().map(|key| held.get(key).cloned()).collect();
            if let Some(found) = found {
                return found;
            }
            held = self.came.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Drops all windows of a band before this one: no one asks for them again.
    pub fn forget_before(&self, (number, band): Key) {
        self.lock().retain(|(other, of), _| *of != band || *other >= number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Window;
    use ndarray::Array2;

    fn classified() -> Read {
        let empty = || Array2::zeros((0, 0));
        let window = Window { row0: 0, col0: 0, rows: 0, cols: 0 };
        let classified = Classified {
            window,
            class: empty(),
            alternative: empty(),
            percent: empty(),
            observations: empty(),
            states: vec![],
        };
        Read { classified, lost: BTreeSet::new(), retried: 0 }
    }

    #[test]
    fn windows_are_waited_for_and_forgotten() {
        let held = Held::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| held.wait(&[(1, 0), (2, 0)]).iter().flatten().count());
            for key in [(2, 0), (1, 0), (3, 0), (1, 1)] {
                held.fill(key, || Ok::<_, ()>(classified())).unwrap();
            }
            assert_eq!(waiting.join().unwrap(), 2);
        });
        held.forget_before((3, 0));
        assert_eq!(held.lock().keys().copied().collect::<Vec<_>>(), [(1, 1), (3, 0)]);
    }

    #[test]
    fn a_failure_and_a_panic_wake_whoever_waits() {
        let held = Held::default();
        assert_eq!(held.fill((1, 0), || Err("gone")), Err("gone"));
        assert!(held.wait(&[(1, 0)])[0].is_none());
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            held.fill((2, 0), || -> Result<_, ()> { panic!() })
        }));
        assert!(panic.is_err() && held.wait(&[(2, 0)])[0].is_none());
    }
}
