//! The flash that modules are read from.

use core::ops::Range;

/// The slots' partition as bytes in memory, where apps are loaded from.
pub trait Image {
    /// Calls `read` with a range of the partition.
    ///
    /// The device has nothing written to a range that a task names while the task is under way. No guest runs in `read`, so an
    /// implementation may keep writers away from all of the flash meanwhile. Calls nest.
    ///
    /// # Panics
    /// May panic when the range is not inside the partition; those of the device's tasks always are.
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R;
}

/// Bytes that are in memory.
impl Image for [u8] {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self[range.start as usize..range.end as usize])
    }
}
