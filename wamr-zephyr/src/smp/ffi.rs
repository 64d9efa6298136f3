//! The interface to the C code in `zephyr/smp`, as its `smp.h` declares it.

use wamr_proto::{MESSAGE_MAX, Message, peek};

use super::Client;
use crate::raw::bytes;
use crate::service::transport;

/// `enum wamr_smp_command`.
const END: u8 = 0;
const DATA: u8 = 1;
const CONTROL: u8 = 2;
const STATUS: u8 = 3;
const RESULT: u8 = 4;
const LOG: u8 = 5;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
const MESSAGE: u8 = 6;

/// `struct wamr_smp_reply`.
#[repr(C)]
struct Reply {
    refusal: u16,
    len: u16,
    value: [u8; MESSAGE_MAX],
}

/// Registers the group with MCUmgr.
pub fn start() {
    unsafe extern "C" {
        fn wamr_smp_start();
    }
    // SAFETY: called once, on the device's thread.
    unsafe { wamr_smp_start() }
}

/// # Safety
/// `client` and `reply` must be valid, and `value` readable for `len` bytes. For an empty value, it may be anything.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_smp_perform(
    client: *const Client,
    command: u8,
    is_write: bool,
    seq: u32,
    value: *const u8,
    len: usize,
    reply: *mut Reply,
) -> bool {
    // SAFETY: the caller guarantees this.
    let (client, reply) = unsafe { (&*client, &mut *reply) };
    // SAFETY: the caller guarantees this.
    let value = unsafe { bytes(value, len) };
    if super::admit(client).is_err() {
        return false;
    }
    let answer = answer(client, command, is_write, seq, value);
    if command == CONTROL
        && let Some(code) = peek::refusal(&answer)
    {
        reply.refusal = code as u16;
    }
    reply.len = answer.len() as u16;
    reply.value[..answer.len()].copy_from_slice(&answer);
    true
}

#[cfg(CONFIG_WAMR_ZEPHYR_SMP_FILES)]
mod file {
    use super::super::files::{self, Part};
    use super::{Client, bytes};

    /// `struct wamr_smp_part`.
    #[repr(C)]
    struct RawPart {
        name: *const u8,
        name_len: usize,
        offset: u32,
        /// 0 if the client does not say.
        size: u32,
        bytes: *const u8,
        len: usize,
    }

    /// # Safety
    /// The pointers must be valid, those of the part for their lengths, and the name a part of a message.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn wamr_smp_write_file(client: *const Client, part: *const RawPart, next: *mut u32) -> i32 {
        // SAFETY: the caller guarantees this.
        let (client, raw, next) = unsafe { (&*client, &*part, &mut *next) };
        // SAFETY: the caller guarantees this.
        let (name, bytes) = unsafe { (bytes(raw.name, raw.name_len), bytes(raw.bytes, raw.len)) };
        if super::super::admit(client).is_err() {
            return -1;
        }
        let name = core::str::from_utf8(name).unwrap_or("a file");
        match files::write(name, raw.size, Part { offset: raw.offset, bytes }) {
            Ok(offset) => {
                *next = offset;
                0
            }
            Err(code) => code as i32 + 1,
        }
    }
}

fn answer(client: &Client, command: u8, is_write: bool, seq: u32, value: &[u8]) -> Message {
    match command {
        END => {
            super::end(|current| current == client);
            Message::new()
        }
        DATA => {
            transport::data(value);
            transport::status()
        }
        CONTROL if is_write => super::ask(value).unwrap_or_default(),
        CONTROL => super::response(seq).unwrap_or_default(),
        STATUS => transport::status(),
        RESULT => transport::receipt(),
        LOG => super::lines(),
        #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
        MESSAGE => super::message(),
        _ => Message::new(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn wamr_smp_expired() {
    super::end(|client| !client.is_admitted);
}

#[unsafe(no_mangle)]
extern "C" fn wamr_smp_link_ended(link: usize) {
    super::end(|client| client.link == link);
}
