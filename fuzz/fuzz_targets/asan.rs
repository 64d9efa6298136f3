//! How AddressSanitizer watches a target.

use std::ffi::{CStr, c_char};

/// With a stack of its own for locals no function could tell how much of the real one it uses. What the heap of the computer, which
/// is not WAMR's, had freed is kept from use for as long as an input takes, and tells its last callers only.
const OPTIONS: &CStr = c"detect_stack_use_after_return=0:quarantine_size_mb=16:malloc_context_size=6";

/// Read by AddressSanitizer when it starts.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const c_char {
    OPTIONS.as_ptr()
}
