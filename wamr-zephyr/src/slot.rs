//! The flash partition of the installed apps: `wamr,slots` in the devicetree's `chosen` node.

use core::ffi::{c_int, c_void};
use core::fmt;
use core::ops::Range;
use core::ptr::NonNull;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use static_cell::ConstStaticCell;
use wamr_device::{Geometry, GeometryError, Image};
use zephyr::kconfig;

/// Size of the partition in bytes.
pub const SIZE: usize = kconfig::CONFIG_WAMR_ZEPHYR_SLOT_SIZE as usize;

const PAGE: usize = kconfig::CONFIG_WAMR_ZEPHYR_SLOT_PAGE_SIZE as usize;
const WRITE: usize = kconfig::CONFIG_WAMR_ZEPHYR_SLOT_WRITE_SIZE as usize;

const BLOCK: u32 = kconfig::CONFIG_WAMR_ZEPHYR_SLOT_BLOCK_SIZE as u32;
const OFFSET: u32 = kconfig::CONFIG_WAMR_ZEPHYR_SLOT_OFFSET as u32;

const SLOTS: u8 = kconfig::CONFIG_WAMR_ZEPHYR_SLOTS as u8;

/// The layout of the slots in the partition.
pub const GEOMETRY: Geometry = match Geometry::new(SIZE as u32, PAGE as u32, WRITE as u32, SLOTS) {
    Ok(geometry) => geometry.with_blocks(BLOCK, OFFSET),
    Err(GeometryError::TooSmall) => panic!("the partition wamr,slots has fewer than two erase pages for each slot"),
    Err(GeometryError::Slots) => panic!("CONFIG_WAMR_ZEPHYR_SLOTS is not 2 to 32"),
    Err(GeometryError::Unsupported) => panic!("the flash of wamr,slots has unsupported page or write sizes"),
};

/// `struct flash_area` of `zephyr/storage/flash_map.h`, as an opaque type.
#[repr(C)]
struct FlashArea([u8; 0]);

unsafe extern "C" {
    // zephyr/slot/slot.c
    fn wamr_slot_area() -> *const FlashArea;
    fn wamr_slot_bytes() -> *const u8;

    // zephyr/slot/qspi.c
    #[cfg(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)]
    fn wamr_slot_lock();
    #[cfg(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)]
    fn wamr_slot_unlock();

    // zephyr/storage/flash_map.h; `off_t` is a `long` on every target of this crate.
    fn flash_area_read(area: *const FlashArea, off: isize, dst: *mut c_void, len: usize) -> c_int;
    fn flash_area_write(area: *const FlashArea, off: isize, src: *const c_void, len: usize) -> c_int;
    fn flash_area_erase(area: *const FlashArea, off: isize, len: usize) -> c_int;
}

/// The partition as flash for [`wamr_device`]. Its methods block until the flash is done.
pub struct Slot {
    area: NonNull<FlashArea>,
}

// SAFETY: the flash area is constant, and Zephyr's flash drivers lock for themselves.
unsafe impl Send for Slot {}

static SLOT: ConstStaticCell<()> = ConstStaticCell::new(());

impl Slot {
    /// Takes the partition. Returns `None` if it was taken before, or if the flash device did not start.
    pub fn take() -> Option<Self> {
        SLOT.try_take()?;
        // SAFETY: the function has no preconditions.
        let area = unsafe { wamr_slot_area() };
        Some(Self { area: NonNull::new(area.cast_mut())? })
    }
}

/// Runs `work` with exclusive access to flash that cannot be read and changed at the same time. Calls may be nested.
fn in_turn<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)]
    // SAFETY: this is a thread, like all callers of this crate; the mutex counts how often its thread locks it.
    unsafe {
        wamr_slot_lock();
    }
    let result = work();
    #[cfg(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)]
    // SAFETY: this thread has locked it above.
    unsafe {
        wamr_slot_unlock();
    }
    result
}

/// The partition as memory-mapped bytes.
///
/// Writes and erases of QSPI flash wait while any range is read.
pub struct Mapped(());

impl Mapped {
    /// Creates the view of the partition.
    ///
    /// # Safety
    /// While [`Image::with`] reads a range, nothing may write or erase it. A [`wamr_device::Device`] guarantees this for the
    /// ranges in its tasks.
    pub unsafe fn new() -> Self {
        Self(())
    }

    // Not inlined into the instances of `with`.
    #[inline(never)]
    fn bytes(&self, range: Range<u32>) -> &[u8] {
        assert!(range.start <= range.end && range.end as usize <= SIZE, "the range is in the partition");
        let len = (range.end - range.start) as usize;
        // SAFETY: the range is in the partition, which stays mapped. The creator of `self` guarantees that it does not change while
        // `with` reads it.
        unsafe { core::slice::from_raw_parts(wamr_slot_bytes().add(range.start as usize), len) }
    }
}

impl Image for Mapped {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        in_turn(|| read(self.bytes(range)))
    }

    // QSPI flash cannot be read while it is written.
    #[cfg(all(CONFIG_WAMR_ZEPHYR_NATIVE, not(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)))]
    fn in_place(&self, range: Range<u32>) -> Option<&'static [u8]> {
        let bytes: *const [u8] = self.bytes(range);
        // SAFETY: the partition stays mapped, and the device does not write to a range that holds a loaded app.
        Some(unsafe { &*bytes })
    }
}

/// An error of the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The range is outside the partition, or not aligned to the flash's write or erase size.
    Range(NorFlashErrorKind),
    /// The driver failed with this `errno`.
    Driver(c_int),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(_) => f.write_str("the range is outside the partition or not aligned"),
            Self::Driver(errno) => write!(f, "the flash driver failed with errno {}", errno.unsigned_abs()),
        }
    }
}

impl core::error::Error for Error {}

impl NorFlashError for Error {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Range(kind) => *kind,
            Self::Driver(_) => NorFlashErrorKind::Other,
        }
    }
}

fn done(status: c_int) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(Error::Driver(-status)) }
}

impl ErrorType for Slot {
    type Error = Error;
}

impl ReadNorFlash for Slot {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        check_read(self, offset, bytes.len()).map_err(Error::Range)?;
        let (area, into, len) = (self.area.as_ptr(), bytes.as_mut_ptr().cast(), bytes.len());
        // SAFETY: the area stays open, and the destination has this length.
        in_turn(|| done(unsafe { flash_area_read(area, offset as isize, into, len) }))
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Slot {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        check_erase(self, from, to).map_err(Error::Range)?;
        // SAFETY: the area stays open, and the range was checked.
        in_turn(|| done(unsafe { flash_area_erase(self.area.as_ptr(), from as isize, (to - from) as usize) }))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        check_write(self, offset, bytes.len()).map_err(Error::Range)?;
        in_turn(|| {
            // SAFETY: the area stays open, and the source has this length.
            let written =
                unsafe { flash_area_write(self.area.as_ptr(), offset as isize, bytes.as_ptr().cast(), bytes.len()) };
            // The driver does not wait until the chip has stored the bytes. A read does.
            #[cfg(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)]
            self.read(offset, &mut [0; WRITE])?;
            done(written)
        })
    }
}
