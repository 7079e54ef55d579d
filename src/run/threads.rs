//! Parallelism is a pure map and an ordered merge.
//!
//! Results reach the caller in the order of the tasks, whatever thread did them, and no more than a few wait at a time: memory
//! is bounded by threads times the window.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::classify::symmetric::Workers;

/// A pool that could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {threads} threads: {source}")]
pub struct ThreadError {
    threads: usize,
    source: rayon::ThreadPoolBuildError,
}

/// A pool of threads.
pub struct Threads {
    pool: rayon::ThreadPool,
}

impl Threads {
    /// A pool of so many threads; `None` is one per core.
    ///
    /// # Errors
    /// [`ThreadError`] when the system refuses them.
    pub fn start(threads: Option<usize>) -> Result<Self, ThreadError> {
        let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| ThreadError { threads, source })?;
        Ok(Self { pool })
    }

    /// How many threads.
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Maps items to results, in the order of the items.
    pub fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
        self.pool.install(|| items.par_iter().map(work).collect())
    }

    /// Does two things side by side.
    pub fn both<A: Send, B: Send>(&self, one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
        self.pool.join(one, other)
    }

    /// Maps items that are given away, in their order.
    pub fn map_owned<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        self.pool.install(|| items.into_par_iter().map(work).collect())
    }

    /// Works on tasks in parallel and hands the results to `take`, on the calling thread and in the order of the tasks.
    ///
    /// `start` makes what a thread keeps from task to task (open files), on that thread and before its first task.
    ///
    /// # Errors
    /// The error of the first task, in the order of the tasks, that failed, or of `take`; tasks not begun are then left.
    pub fn map_in_order<T: Sync, S, R: Send, E: Send>(
        &self,
        tasks: &[T],
        start: impl Fn() -> Result<S, E> + Sync,
        work: impl Fn(&mut S, &T) -> Result<R, E> + Sync,
        mut take: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let queue = Queue::new(tasks.len(), 2 * self.count() + 2);
        let (sender, receiver) = mpsc::channel::<(usize, Result<R, E>)>();
        self.pool.in_place_scope(|scope| {
            for _ in 0..self.count().min(tasks.len()) {
                let sender = sender.clone();
                let (queue, start, work) = (&queue, &start, &work);
                scope.spawn(move |_| {
                    let _stop_on_panic = StopOnPanic(queue);
                    let mut state = None;
                    while let Some(number) = queue.next() {
                        let started = match state.take() {
                            Some(state) => Ok(state),
                            None => start(),
                        };
                        let result = started.and_then(|s| work(state.insert(s), &tasks[number]));
                        if sender.send((number, result)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let done = merge(&receiver, &queue, &mut take);
            queue.stop();
            done
        })
    }
}

impl Workers for Threads {
    fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        self.map_owned(items, work)
    }
}

fn merge<R, E>(
    receiver: &mpsc::Receiver<(usize, Result<R, E>)>,
    queue: &Queue,
    take: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (number, result) in receiver {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&next) {
            take(result?)?;
            next += 1;
            queue.taken();
        }
    }
    Ok(())
}

/// Gives out task numbers in order, never more than `ahead` beyond the last result taken.
struct Queue {
    state: Mutex<QueueState>,
    moved: Condvar,
    tasks: usize,
    ahead: usize,
}

#[derive(Default)]
struct QueueState {
    next: usize,
    taken: usize,
    stopped: bool,
}

impl Queue {
    fn new(tasks: usize, ahead: usize) -> Self {
        Self { state: Mutex::default(), moved: Condvar::new(), tasks, ahead }
    }

    /// A panic elsewhere leaves the counters whole, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<usize> {
        let mut state = self.lock();
        while !state.stopped && state.next < self.tasks && state.next >= state.taken + self.ahead {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped || state.next >= self.tasks {
            return None;
        }
        state.next += 1;
        Some(state.next - 1)
    }

    fn taken(&self) {
        self.lock().taken += 1;
        self.moved.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }
}

/// A panic in one thread must not leave the others waiting for its result.
struct StopOnPanic<'a>(&'a Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_few_wait() {
        let threads = Threads::start(Some(3)).unwrap();
        let tasks: Vec<usize> = (0..200).collect();
        let (begun, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let mut seen = Vec::new();
        let work = |_: &mut (), task: &usize| {
            let waiting = begun.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            most.fetch_max(waiting, Ordering::SeqCst);
            // Uneven work, so that results come out of order.
            std::thread::sleep(std::time::Duration::from_micros((task * 7919 % 13) as u64 * 20));
            Ok::<_, ()>(*task)
        };
        let take = |r| {
            seen.push(r);
            taken.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        threads.map_in_order(&tasks, || Ok(()), work, take).unwrap();
        assert_eq!(seen, tasks);
        // The queue counts a result as taken just after `take`: one more may be begun by then.
        assert!(most.load(Ordering::SeqCst) <= 2 * 3 + 2 + 1, "{} waited", most.load(Ordering::SeqCst));
    }

    #[test]
    fn the_first_error_in_order_is_given() {
        let threads = Threads::start(Some(2)).unwrap();
        let tasks: Vec<usize> = (0..50).collect();
        let work = |_: &mut (), t: &usize| if *t == 7 || *t == 9 { Err(*t) } else { Ok(*t) };
        let mut seen = 0;
        let take = |_| {
            seen += 1;
            Ok(())
        };
        let error = threads.map_in_order(&tasks, || Ok(()), work, take).unwrap_err();
        assert_eq!((error, seen), (7, 7));
    }

    #[test]
    #[should_panic(expected = "task 5")]
    fn a_panic_is_passed_on_and_nothing_hangs() {
        let threads = Threads::start(Some(2)).unwrap();
        let tasks: Vec<usize> = (0..100).collect();
        let work = |_: &mut (), t: &usize| if *t == 5 { panic!("task 5") } else { Ok::<_, ()>(*t) };
        let _ = threads.map_in_order(&tasks, || Ok(()), work, |_| Ok(()));
    }
}
