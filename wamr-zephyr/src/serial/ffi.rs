//! The interface to the C code in `zephyr/serial/serial.c`: the functions that each side calls.

use core::ffi::c_int;

use zephyr::error::{Result, to_result_void};

unsafe extern "C" {
    fn wamr_serial_open() -> c_int;
    fn wamr_serial_read(buffer: *mut u8, length: u32) -> c_int;
    fn wamr_serial_send(bytes: *const u8, length: u32) -> bool;
}

/// Starts to receive.
pub fn open() -> Result<()> {
    // SAFETY: called once, by the device's thread.
    to_result_void(unsafe { wamr_serial_open() })
}

/// Returns bytes that have arrived. Others may have been lost before them.
pub fn read(buffer: &mut [u8]) -> &[u8] {
    loop {
        // SAFETY: the buffer has the length that is passed. Only the thread of the line calls this.
        let count = unsafe { wamr_serial_read(buffer.as_mut_ptr(), buffer.len() as u32) };
        if let Ok(count) = usize::try_from(count) {
            return &buffer[..count];
        }
    }
}

/// Sends all bytes or, if there is no room for them, none.
///
/// # Safety
/// Other threads must not call it meanwhile.
pub unsafe fn send(bytes: &[u8]) -> bool {
    // SAFETY: the pointer is valid during the call, and the caller guarantees the rest.
    unsafe { wamr_serial_send(bytes.as_ptr(), bytes.len() as u32) }
}

#[unsafe(no_mangle)]
extern "C" fn wamr_serial_arrived() {
    super::wake();
}
