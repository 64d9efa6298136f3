//! Zephyr's iterable sections (`zephyr/sys/iterable_sections.h`): arrays that the linker puts together.

/// The entries between two symbols of the linker.
///
/// # Safety
/// `start` and `end` are those of one section, which holds only constant entries of type `T`.
pub unsafe fn entries<T>(start: *const T, end: *const T) -> &'static [T] {
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(start, end.offset_from(start) as usize) }
}
