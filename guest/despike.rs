//! Removes single spikes from a signal: replaces each 32-bit sample by the median of itself and its neighbors.
//!
//! The caller writes up to `capacity()` samples at address `samples()`, calls `despike(count)` and reads the result from the same
//! place.
#![no_std]
#![no_main]

#[path = "sdk/wamr.rs"]
mod wamr;

use core::cell::Cell;

const CAPACITY: usize = 256;

/// Memory that the caller fills and reads between calls.
struct Shared([Cell<i32>; CAPACITY]);

// SAFETY: a WebAssembly instance has one thread.
unsafe impl Sync for Shared {}

static SAMPLES: Shared = Shared([const { Cell::new(0) }; CAPACITY]);

#[unsafe(no_mangle)]
extern "C" fn samples() -> *const i32 {
    SAMPLES.0.as_ptr().cast()
}

#[unsafe(no_mangle)]
extern "C" fn capacity() -> usize {
    CAPACITY
}

/// Filters the first `count` samples in place and returns how many it changed. Takes no more than fit.
#[unsafe(no_mangle)]
extern "C" fn despike(count: usize) -> usize {
    let samples = &SAMPLES.0[..count.min(CAPACITY)];
    let mut changed = 0;
    let mut before = samples.first().map_or(0, Cell::get);
    for window in samples.windows(3) {
        if let [_, here, after] = window {
            let median = median(before, here.get(), after.get());
            before = here.replace(median);
            changed += usize::from(before != median);
        }
    }
    changed
}

fn median(a: i32, b: i32, c: i32) -> i32 {
    a.min(b).max(a.max(b).min(c))
}
