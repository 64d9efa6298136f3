//! A simulated codec: a kernel timer expires at the rate of the blocks, the input is computed, and a checksum is kept of the output. A
//! product has a driver for I2S in its place.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use zephyr::raw::{k_timer, k_timer_init, k_timer_start, k_timer_status_sync};
use zephyr::time::{Duration, Timeout};

use super::FRAMES;

/// Samples in a second.
const RATE: u32 = 48_000;

static TIMER: Timer = Timer { timer: UnsafeCell::new(MaybeUninit::uninit()), is_initialized: AtomicBool::new(false) };

/// A timer of the kernel, with the period of the blocks.
struct Timer {
    timer: UnsafeCell<MaybeUninit<k_timer>>,
    is_initialized: AtomicBool,
}

// SAFETY: only the kernel accesses it.
unsafe impl Sync for Timer {}

impl Timer {
    /// Starts the timer, again if it runs.
    fn start(&self, period: Duration) {
        let (timer, period) = (self.timer.get().cast(), Timeout::from(period));
        // SAFETY: the timer is static and initialized once.
        unsafe {
            if !self.is_initialized.swap(true, Ordering::Relaxed) {
                k_timer_init(timer, None, None);
            }
            k_timer_start(timer, period.0, period.0);
        }
    }

    /// Waits until the timer expires, and returns how often it has since the last time.
    fn wait(&self) -> u32 {
        // SAFETY: a `Codec` has started it.
        unsafe { k_timer_status_sync(self.timer.get().cast()) }
    }
}

/// A stream of blocks, from its beginning.
pub struct Codec {
    /// Frames since the beginning.
    time: u32,
    noise: u32,
    checksum: u32,
}

impl Codec {
    /// Starts a stream, which ends the one before.
    pub fn start() -> Self {
        TIMER.start(Duration::millis_at_least((FRAMES as u32 * 1000 / RATE).into()));
        Self { time: 0, noise: 1, checksum: 0x811c_9dc5 }
    }

    /// Waits until the next block is due, and returns how many are. More than one: the last block ended too late.
    pub fn wait(&mut self) -> u32 {
        TIMER.wait()
    }

    /// Gives the input of a block: a square wave of 100 Hz and noise.
    pub fn read(&mut self, input: &mut [i16]) {
        for sample in input {
            let square = if self.time % (RATE / 100) < RATE / 200 { 14_000 } else { -14_000 };
            self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = square + ((self.noise >> 16) as i16 >> 2);
            self.time += 1;
        }
    }

    /// Takes the output of a block.
    pub fn write(&mut self, output: &[i16]) {
        for byte in output.iter().flat_map(|sample| sample.to_le_bytes()) {
            self.checksum = (self.checksum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    /// The FNV-1a hash of the output as 16-bit numbers, the less significant byte first.
    pub fn checksum(&self) -> u32 {
        self.checksum
    }
}
