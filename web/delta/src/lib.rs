//! The encoder of `wamr-delta` for the web page. An instance of this module makes one delta and frees nothing: the page drops the whole
//! instance. `web/src/delta.ts` calls these functions.

use std::sync::{Mutex, OnceLock, PoisonError};

use wamr_delta::Plan;

/// The base, followed by the module.
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static PLAN: OnceLock<Plan<'static>> = OnceLock::new();
static FRAME: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Returns memory for `len` bytes, to which the page writes the base, followed by the module.
#[unsafe(no_mangle)]
pub extern "C" fn input(len: usize) -> *mut u8 {
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    input.resize(len, 0);
    input.as_mut_ptr()
}

/// Compares the module with the first `base` bytes of the input.
#[unsafe(no_mangle)]
pub extern "C" fn plan(base: usize) {
    let input = std::mem::take(&mut *INPUT.lock().unwrap_or_else(PoisonError::into_inner));
    let (base, module) = input.leak().split_at(base);
    PLAN.get_or_init(|| Plan::new(base, module));
}

/// Makes the frame of at most `room` bytes that produces the module from `at` on, at most up to `end`. Returns the offset after it.
///
/// # Panics
/// Before [`plan`], and if the room is less than 32 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn frame(at: u32, end: u32, room: usize) -> u32 {
    let mut frame = FRAME.lock().unwrap_or_else(PoisonError::into_inner);
    PLAN.get().expect("the plan is made first").frame(at, end, room, &mut frame)
}

/// Returns the address of the frame.
#[unsafe(no_mangle)]
pub extern "C" fn frame_bytes() -> *const u8 {
    FRAME.lock().unwrap_or_else(PoisonError::into_inner).as_ptr()
}

/// Returns the number of bytes of the frame.
#[unsafe(no_mangle)]
pub extern "C" fn frame_len() -> usize {
    FRAME.lock().unwrap_or_else(PoisonError::into_inner).len()
}
