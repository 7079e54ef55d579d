//! What all targets share: a limit on the memory that one input may take.
//!
//! libFuzzer's own limit counts allocations under a sanitizer only, and looks at the resident set once a second. Here every
//! allocation of Rust code is counted, so that a parser which believes a length that is written in a file is found at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Most bytes that live at a time while one input is looked at: far above what any input of some kilobytes needs.
const MOST_BYTES: usize = 192 << 20;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
static TOLD: AtomicBool = AtomicBool::new(false);

/// The system's allocator with a count.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn grown(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed).saturating_add(bytes);
    if live > LIMIT.load(Relaxed) && !TOLD.swap(true, Relaxed) {
        let trace = std::backtrace::Backtrace::force_capture();
        eprintln!("an input that takes {} MiB, the last {bytes} bytes of them here:\n{trace}", live >> 20);
        std::process::abort();
    }
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() {
            grown(size - layout.size());
        } else {
            LIVE.fetch_sub(layout.size() - size, Relaxed);
        }
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Looks at one input, with the limit on.
pub fn look(entry: fn(&[u8]), data: &[u8]) {
    LIMIT.store(LIVE.load(Relaxed).saturating_add(MOST_BYTES), Relaxed);
    entry(data);
    LIMIT.store(usize::MAX, Relaxed);
}

/// A target of the entry of this name.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::look(cocal::fuzz::$name, data));
    };
}
