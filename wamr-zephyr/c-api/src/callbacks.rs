//! Receipts and events for callbacks in C.

use core::ffi::c_char;
use core::mem::offset_of;

use heapless::Vec;
use wamr_proto::{Outcome, Receipt, Values};
use wamr_zephyr::Observer;

use crate::host::Value;
use crate::section;

/// `struct wamr_zephyr_callbacks` of `wamr_zephyr.h`.
#[repr(C)]
struct Entry {
    receipt: Option<unsafe extern "C" fn(receipt: *const CReceipt)>,
    event: Option<unsafe extern "C" fn(event: *const CEvent)>,
}

unsafe extern "C" {
    // Made by the linker, see zephyr/c_api/sections.ld.
    static _wamr_zephyr_callbacks_list_start: Entry;
    static _wamr_zephyr_callbacks_list_end: Entry;
}

fn entries() -> &'static [Entry] {
    // SAFETY: entries come from WAMR_ZEPHYR_CALLBACKS_DEFINE only.
    unsafe {
        section::entries(&raw const _wamr_zephyr_callbacks_list_start, &raw const _wamr_zephyr_callbacks_list_end)
    }
}

/// `enum wamr_zephyr_outcome` of `wamr_zephyr.h`.
const RETURNED: i32 = 0;
const TRAPPED: i32 = 1;
const STOPPED: i32 = 2;

/// `struct wamr_zephyr_receipt` of `wamr_zephyr.h`.
#[repr(C)]
struct CReceipt {
    outcome: i32,
    slot: u8,
    supervised: bool,
    result_count: u8,
    result_types: *const c_char,
    results: *const Value,
    message: *const u8,
    message_length: usize,
    fuel: u64,
    micros: u64,
    memory: u32,
    host_calls: u32,
}

// The same as in zephyr/c_api/rust.c.
const _: () = {
    let pointer = size_of::<*const u8>();
    assert!(offset_of!(CReceipt, slot) == 4 && offset_of!(CReceipt, result_types) == 8);
    assert!(offset_of!(CReceipt, fuel) == 8 + 4 * pointer && size_of::<CReceipt>() == 32 + 4 * pointer);
    assert!(offset_of!(CEvent, slot) == 4 && size_of::<CEvent>() == 8);
};

/// `enum wamr_zephyr_event_type` of `wamr_zephyr.h`.
const LOADED: i32 = 0;
const LOAD_FAILED: i32 = 1;
const UNLOADED: i32 = 2;
const FAILED: i32 = 3;

/// `struct wamr_zephyr_event` of `wamr_zephyr.h`.
#[repr(C)]
struct CEvent {
    kind: i32,
    slot: u8,
}

fn event(kind: i32, slot: u8) {
    let event = CEvent { kind, slot };
    for callback in entries().iter().filter_map(|entry| entry.event) {
        // SAFETY: a function of the application that keeps to the header.
        unsafe { callback(&event) }
    }
}

/// Calls the callbacks of the application.
pub struct Callbacks;

impl Observer for Callbacks {
    #[inline(never)]
    fn receipt(&self, receipt: &Receipt) {
        let mut types = Vec::<c_char, { Values::MAX }>::new();
        let mut results = Vec::<Value, { Values::MAX }>::new();
        let (outcome, message) = match &receipt.outcome {
            Outcome::Returned(values) => {
                for value in values.iter() {
                    let (letter, value) = result(value);
                    let _ = types.push(letter as c_char);
                    let _ = results.push(value);
                }
                (RETURNED, "")
            }
            Outcome::Trapped { message, .. } => (TRAPPED, message.as_str()),
            // `Stopped`, the only other one.
            _ => (STOPPED, ""),
        };
        let receipt = CReceipt {
            outcome,
            slot: receipt.app,
            supervised: receipt.seq == 0,
            result_count: results.len() as u8,
            result_types: types.as_ptr(),
            results: results.as_ptr(),
            message: message.as_ptr(),
            message_length: message.len(),
            fuel: receipt.fuel,
            micros: receipt.micros,
            memory: receipt.memory,
            host_calls: receipt.host_calls,
        };
        for callback in entries().iter().filter_map(|entry| entry.receipt) {
            // SAFETY: a function of the application that keeps to the header. The pointers are good for the call.
            unsafe { callback(&receipt) }
        }
    }

    fn loaded(&self, slot: u8, is_loaded: bool) {
        event(if is_loaded { LOADED } else { LOAD_FAILED }, slot);
    }

    fn unloaded(&self, slot: u8) {
        event(UNLOADED, slot);
    }

    fn failed(&self) {
        event(FAILED, 0);
    }
}

/// The letter of a result's type, and the result.
fn result(value: &wamr_proto::Value) -> (u8, Value) {
    match *value {
        wamr_proto::Value::I32(value) => (b'i', Value::from_i32(value)),
        wamr_proto::Value::I64(value) => (b'I', Value::from_i64(value)),
        wamr_proto::Value::F32(value) => (b'f', Value::from_f32(value)),
        wamr_proto::Value::F64(value) => (b'F', Value::from_f64(value)),
    }
}
