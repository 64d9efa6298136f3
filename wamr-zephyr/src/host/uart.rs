//! The group `uart`: the serial ports of the devicetree node `wamr,grants`.

use core::ffi::c_int;

use wamr_host::Error;
use wamr_host::uart::{Ports, Uart};

use super::errno::done;
use super::grants;
use crate::EVENTS;

pub static GROUP: Uart<Granted, { grants::UART.len() }> = Uart::new(Granted, &EVENTS);

unsafe extern "C" {
    // zephyr/host/uart.c
    fn wamr_uart_open(port: u32) -> c_int;
    fn wamr_uart_read(port: u32, buffer: *mut u8, length: u32) -> c_int;
    fn wamr_uart_waiting(port: u32) -> u32;
    fn wamr_uart_write(port: u32, data: *const u8, length: u32) -> u32;
    fn wamr_uart_close(port: u32);
}

/// A port that an app has opened has received bytes.
#[unsafe(no_mangle)]
extern "C" fn wamr_uart_received(port: u32, waiting: u32) {
    GROUP.received(port, waiting);
}

pub struct Granted;

// SAFETY of the calls: the group passes only numbers of its names, and the C code has a port for each name. Except for `open`, the group
// passes only ports that are open. The buffers have the length that is passed.
impl Ports for Granted {
    fn names(&self) -> &[&str] {
        grants::UART
    }

    fn open(&self, port: u32) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_uart_open(port) }).map(drop)
    }

    fn read(&self, port: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        // SAFETY: see above.
        done(unsafe { wamr_uart_read(port, buffer.as_mut_ptr(), buffer.len() as u32) }).map(|count| count as usize)
    }

    fn waiting(&self, port: u32) -> u32 {
        // SAFETY: see above.
        unsafe { wamr_uart_waiting(port) }
    }

    fn write(&self, port: u32, data: &[u8]) -> Result<usize, Error> {
        // SAFETY: see above.
        Ok(unsafe { wamr_uart_write(port, data.as_ptr(), data.len() as u32) } as usize)
    }

    fn close(&self, port: u32) {
        // SAFETY: see above.
        unsafe { wamr_uart_close(port) }
    }
}
