//! How the trainer's work is spread: it says what may be done at the same time, the caller brings the threads.

/// Does independent pieces of work, on however many threads.
pub trait Workers: Sync {
    /// Maps items that are given away, in their order.
    fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R>;
}

/// One piece after the other, on the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct InOrder;

impl Workers for InOrder {
    fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        items.into_iter().map(work).collect()
    }
}
