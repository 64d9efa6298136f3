//! The group `net`, on Zephyr's sockets and its DNS resolver.

use core::ffi::{c_char, c_int};

use wamr_host::Error;
use wamr_host::net::{Address, Datagram, Net, Network};
use zephyr::kconfig;

use super::errno::done;
use crate::EVENTS;

const PLACES: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_NET_SOCKETS as usize;

pub static GROUP: Net<Sockets, PLACES> = Net::new(Sockets, &EVENTS);

/// `NET_IPV6_ADDR_LEN` of `zephyr/net/net_ip.h`: an address as text, and the end.
type Text = [u8; 46];

unsafe extern "C" {
    // zephyr/host/net.c
    fn wamr_net_look_up(host: u32, name: *const c_char, length: usize) -> c_int;
    fn wamr_net_address(host: u32, text: *mut Text) -> c_int;
    fn wamr_net_forget(host: u32);
    fn wamr_net_connect(socket: u32, host: u32, port: u16) -> c_int;
    fn wamr_net_send(socket: u32, data: *const u8, length: usize) -> c_int;
    fn wamr_net_receive(socket: u32, buffer: *mut u8, length: usize) -> c_int;
    fn wamr_net_bind(socket: u32, port: u16) -> c_int;
    fn wamr_net_send_to(socket: u32, host: u32, port: u16, data: *const u8, length: usize) -> c_int;
    fn wamr_net_receive_from(socket: u32, buffer: *mut u8, length: usize, text: *mut Text, port: *mut u16) -> c_int;
    fn wamr_net_close(socket: u32);
}

/// A host of an app has changed.
#[unsafe(no_mangle)]
extern "C" fn wamr_net_host_changed(host: u32) {
    GROUP.host_changed(host);
}

/// A socket of an app has changed.
#[unsafe(no_mangle)]
extern "C" fn wamr_net_socket_changed(socket: u32) {
    GROUP.socket_changed(socket);
}

/// The text before the end.
fn address(text: &Text) -> Option<Address> {
    let text = text.split(|byte| *byte == 0).next()?;
    Address::new(core::str::from_utf8(text).ok()?).filter(|address| !address.as_str().is_empty())
}

pub struct Sockets;

// SAFETY of the calls: the group passes only numbers below that of its places. The C code uses the memory until a call returns.
impl Network for Sockets {
    fn look_up(&self, host: u32, name: &str) -> Result<(), Error> {
        // SAFETY: see above. A `HostName` has at most 64 bytes.
        done(unsafe { wamr_net_look_up(host, name.as_ptr().cast(), name.len()) }).map(drop)
    }

    fn address(&self, host: u32) -> Result<Address, Error> {
        let mut text = [0; 46];
        // SAFETY: see above.
        done(unsafe { wamr_net_address(host, &raw mut text) })?;
        address(&text).ok_or(Error::Io)
    }

    fn forget(&self, host: u32) {
        // SAFETY: see above.
        unsafe { wamr_net_forget(host) }
    }

    fn connect(&self, socket: u32, host: u32, port: u16) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_net_connect(socket, host, port) }).map(drop)
    }

    fn send(&self, socket: u32, data: &[u8]) -> Result<usize, Error> {
        // SAFETY: see above.
        done(unsafe { wamr_net_send(socket, data.as_ptr(), data.len()) }).map(|count| count as usize)
    }

    fn receive(&self, socket: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        // SAFETY: see above.
        done(unsafe { wamr_net_receive(socket, buffer.as_mut_ptr(), buffer.len()) }).map(|count| count as usize)
    }

    fn bind(&self, socket: u32, port: u16) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_net_bind(socket, port) }).map(drop)
    }

    fn send_to(&self, socket: u32, host: u32, port: u16, data: &[u8]) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_net_send_to(socket, host, port, data.as_ptr(), data.len()) }).map(drop)
    }

    fn receive_from(&self, socket: u32, buffer: &mut [u8]) -> Result<Option<Datagram>, Error> {
        let (mut text, mut port, mut byte) = ([0; 46], 0, [0]);
        // A datagram is taken also if there is no room for it.
        let buffer = if buffer.is_empty() { &mut byte } else { buffer };
        // SAFETY: see above.
        let length = done(unsafe {
            wamr_net_receive_from(socket, buffer.as_mut_ptr(), buffer.len(), &raw mut text, &raw mut port)
        })?;
        Ok(address(&text).map(|address| Datagram { length: length as usize, address, port }))
    }

    fn close(&self, socket: u32) {
        // SAFETY: see above.
        unsafe { wamr_net_close(socket) }
    }
}
