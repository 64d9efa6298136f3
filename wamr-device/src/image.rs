//! The flash from which modules are read.

use core::ops::Range;

/// The slots' partition as bytes in memory, from which apps are loaded.
pub trait Image {
    /// Calls `read` with a range of the partition.
    ///
    /// While a task is in progress, the device does not write to the ranges that the task names. No guest runs in `read`, so an
    /// implementation may block writes to all of the flash meanwhile. Calls may be nested.
    ///
    /// # Panics
    /// May panic if the range is not inside the partition. The ranges of the device's tasks always are.
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R;
}

/// Bytes that are in memory.
impl Image for &[u8] {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        (**self).with(range, read)
    }
}

/// Bytes that are in memory.
impl Image for [u8] {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self[range.start as usize..range.end as usize])
    }
}
