//! How AddressSanitizer watches a target.

use std::ffi::{CStr, c_char};

/// Locals stay on the real stack, so that a function can measure how much of it is used. The computer's heap, which is not WAMR's,
/// quarantines freed blocks for about one input and records few callers of each: more of either takes most of the time.
const OPTIONS: &CStr = c"detect_stack_use_after_return=0:quarantine_size_mb=16:malloc_context_size=6";

/// Read by AddressSanitizer when it starts.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const c_char {
    OPTIONS.as_ptr()
}
