//! The group `kv`, on the flash partition `wamr,kv` in the devicetree's `chosen` node.

use core::ffi::{c_int, c_void};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use wamr_host::kv::{Config, Kv};
use zephyr::kconfig;

use crate::clock;

const SIZE: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_KV_SIZE as usize;
const PAGE: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_KV_PAGE_SIZE as usize;
const WRITE: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_KV_WRITE_SIZE as usize;

const _: () = assert!(SIZE >= 2 * PAGE, "the partition wamr,kv has fewer than two erase pages");

pub static GROUP: Kv<Partition> = Kv::new(
    Partition,
    SIZE as u32,
    Config {
        quota: kconfig::CONFIG_WAMR_ZEPHYR_HOST_KV_QUOTA as u32,
        erases_per_hour: kconfig::CONFIG_WAMR_ZEPHYR_HOST_KV_ERASES_PER_HOUR as u16,
        now: || clock::uptime_ms() as u32,
    },
);

/// The partition. Zephyr's flash drivers lock for themselves, and block until the flash is done.
pub struct Partition;

/// `struct flash_area` of `zephyr/storage/flash_map.h`, as an opaque type.
#[repr(C)]
struct FlashArea([u8; 0]);

unsafe extern "C" {
    // zephyr/host/kv.c
    fn wamr_kv_area() -> *const FlashArea;

    // zephyr/storage/flash_map.h; `off_t` is a `long` on every target of this crate.
    fn flash_area_read(area: *const FlashArea, off: isize, dst: *mut c_void, len: usize) -> c_int;
    fn flash_area_write(area: *const FlashArea, off: isize, src: *const c_void, len: usize) -> c_int;
    fn flash_area_erase(area: *const FlashArea, off: isize, len: usize) -> c_int;
}

/// Calls a function of the driver with the partition.
fn with_area(work: impl FnOnce(*const FlashArea) -> c_int) -> Result<(), NorFlashErrorKind> {
    // SAFETY: the function has no preconditions.
    let area = unsafe { wamr_kv_area() };
    if !area.is_null() && work(area) == 0 { Ok(()) } else { Err(NorFlashErrorKind::Other) }
}

impl ErrorType for Partition {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Partition {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        // SAFETY: the destination has this length.
        with_area(|area| unsafe { flash_area_read(area, offset as isize, bytes.as_mut_ptr().cast(), bytes.len()) })
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Partition {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        // SAFETY: the range was checked.
        with_area(|area| unsafe { flash_area_erase(area, from as isize, (to - from) as usize) })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        // SAFETY: the source has this length.
        with_area(|area| unsafe { flash_area_write(area, offset as isize, bytes.as_ptr().cast(), bytes.len()) })
    }
}
