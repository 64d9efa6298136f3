//! A second transport. Its client is a test, which writes to the standard input of native_sim: `c` to connect, `d` to disconnect.

use core::ffi::{c_int, c_long, c_ulong, c_void};
use core::time::Duration;

use wamr_zephyr::clock;
use wamr_zephyr::transport::{self, Characteristic, Message, Role, Transport};
use zephyr::printkln;

unsafe extern "C" {
    /// `scripts/native_simulator/common/src/include/nsi_host_trampolines.h` of Zephyr.
    fn nsi_host_read(fd: c_int, buffer: *mut c_void, size: c_ulong) -> c_long;
}

/// Prints what happens on it.
pub struct Second;

impl Transport for Second {
    fn name(&self) -> &'static str {
        "second"
    }

    fn start(&self) -> zephyr::error::Result<()> {
        serve().start();
        Ok(())
    }

    fn notify(&self, characteristic: Characteristic, _message: &Message) {
        if characteristic == Characteristic::Control {
            printkln!("second: answered");
        }
    }
}

#[zephyr::thread(stack_size = 4096)]
fn serve() {
    loop {
        match read() {
            Some(b'c') if transport::connected(&Second, Role::Owner) => {
                printkln!("second: connected");
                // The device answers also what it cannot read.
                transport::control(b"no request");
            }
            Some(b'c') => printkln!("second: refused"),
            Some(b'd') => {
                transport::disconnected();
                printkln!("second: disconnected");
            }
            _ => clock::sleep(Duration::from_millis(20)),
        }
    }
}

/// The next byte of standard input, if there is one. The test has made it non-blocking.
fn read() -> Option<u8> {
    let mut byte = 0u8;
    // SAFETY: the buffer is writable for one byte.
    let read = unsafe { nsi_host_read(0, (&raw mut byte).cast(), 1) };
    (read == 1).then_some(byte)
}
