//! What programs of WASI preview 1 need: the computer's.

use crate::clock::{microseconds, unix_time};
use crate::host::LogSink;
use std::time::Duration;
use wamr_host::Error;
use wamr_host::log::Level;
use wamr_host::wasi::System;
use wamr_proto::LogLine;

/// The computer. Lines of programs go to a sink.
pub(crate) struct Computer {
    log: LogSink,
}

impl Computer {
    pub fn new(log: LogSink) -> Self {
        Self { log }
    }
}

/// Fills a buffer with random bytes.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::Io)
}

impl System for Computer {
    fn log(&self, level: Level, line: &LogLine<'_>) {
        (self.log)(level, line);
    }

    fn micros(&self) -> u64 {
        microseconds()
    }

    fn unix_time(&self) -> Option<u64> {
        unix_time()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        random(bytes)
    }

    fn sleep(&self, micros: u64) {
        std::thread::sleep(Duration::from_micros(micros));
    }
}
