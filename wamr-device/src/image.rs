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

    /// Returns the same range as bytes that can be read and executed where they are for as long as the program runs, also during writes
    /// to other ranges. `None` if the flash is not like that, which is the default: a computer then copies native code, and a
    /// microcontroller rejects it.
    ///
    /// The device does not write to a range that contains a loaded app.
    #[cfg(wamr_native)]
    fn in_place(&self, range: Range<u32>) -> Option<&'static [u8]> {
        let _ = range;
        None
    }
}

/// Bytes that are in memory.
impl Image for &[u8] {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        (**self).with(range, read)
    }

    #[cfg(wamr_native)]
    fn in_place(&self, range: Range<u32>) -> Option<&'static [u8]> {
        (**self).in_place(range)
    }
}

/// Bytes that are in memory.
impl Image for [u8] {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self[range.start as usize..range.end as usize])
    }
}
