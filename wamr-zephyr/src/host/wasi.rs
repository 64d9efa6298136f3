//! The group `wasi_snapshot_preview1`.

use core::time::Duration;

use wamr_host::Error;
use wamr_host::file::Store;
use wamr_host::log::Level;
use wamr_host::wasi::{System, Wasi};
use wamr_proto::LogLine;

use super::{clock, log, rng};
use crate::clock::{micros, sleep};

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_FILE)]
const FILES: Option<&dyn Store> = Some(&super::file::GROUP);
#[cfg(not(CONFIG_WAMR_ZEPHYR_HOST_FILE))]
const FILES: Option<&dyn Store> = None;

pub static GROUP: Wasi<Kernel> = Wasi::new(Kernel, FILES);

/// What Zephyr has for programs, as for the groups `log`, `clock` and `rng`.
pub struct Kernel;

impl System for Kernel {
    fn log(&self, level: Level, line: &LogLine<'_>) {
        log::log(level, line);
    }

    fn micros(&self) -> u64 {
        micros()
    }

    fn unix_time(&self) -> Option<u64> {
        clock::unix_time()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        rng::fill(bytes)
    }

    fn sleep(&self, micros: u64) {
        sleep(Duration::from_micros(micros));
    }
}
