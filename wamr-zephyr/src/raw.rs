//! Bytes that C code passes to Rust.

/// # Safety
/// `value` must be readable for `len` bytes. For an empty value, the pointer may be anything.
pub unsafe fn bytes<'a>(value: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller guarantees this.
    unsafe { core::slice::from_raw_parts(value, len) }
}
