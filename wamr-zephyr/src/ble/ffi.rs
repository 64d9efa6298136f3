//! The interface to the C code in `zephyr/ble`, as its `ble.h` declares it: the functions that each side calls.

use core::ffi::c_int;

use wamr_device::{Characteristic, Role};
use wamr_proto::{ATT_MTU_MIN, Message, uuid};
use zephyr::error::{Result, to_result_void};
use zephyr::kconfig::CONFIG_BT_L2CAP_TX_MTU;

use super::Bluetooth;
use crate::raw::bytes;
use crate::service::transport;

const _: () = assert!(
    CONFIG_BT_L2CAP_TX_MTU as usize >= ATT_MTU_MIN,
    "a message must fit into one notification: set CONFIG_BT_L2CAP_TX_MTU to 185 at least"
);

/// `struct bt_uuid_128` of `zephyr/bluetooth/uuid.h`.
#[repr(C)]
pub struct Uuid {
    kind: u8,
    value: [u8; 16],
}

/// `BT_UUID_TYPE_128`.
const KIND_128: u8 = 2;

impl Uuid {
    const fn new(value: u128) -> Self {
        Self { kind: KIND_128, value: value.to_le_bytes() }
    }
}

#[unsafe(no_mangle)]
static wamr_ble_service_uuid: Uuid = Uuid::new(uuid::SERVICE);
#[unsafe(no_mangle)]
static wamr_ble_data_uuid: Uuid = Uuid::new(uuid::DATA);
#[unsafe(no_mangle)]
static wamr_ble_control_uuid: Uuid = Uuid::new(uuid::CONTROL);
#[unsafe(no_mangle)]
static wamr_ble_status_uuid: Uuid = Uuid::new(uuid::STATUS);
#[unsafe(no_mangle)]
static wamr_ble_result_uuid: Uuid = Uuid::new(uuid::RESULT);
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
#[unsafe(no_mangle)]
static wamr_ble_log_uuid: Uuid = Uuid::new(uuid::LOG);
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
#[unsafe(no_mangle)]
static wamr_ble_message_uuid: Uuid = Uuid::new(uuid::MESSAGE);

#[unsafe(no_mangle)]
static wamr_ble_att_mtu_min: u16 = ATT_MTU_MIN as u16;

unsafe extern "C" {
    fn wamr_ble_start() -> c_int;
    fn wamr_ble_notify(uuid: *const Uuid, value: *const u8, len: u16) -> c_int;
    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
    fn wamr_ble_log(text: *const u8, len: u16);
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    fn wamr_ble_message(value: *const u8, len: u16) -> c_int;
}

/// Starts Zephyr's Bluetooth host and advertising.
pub fn start() -> Result<()> {
    // SAFETY: the function has no preconditions; a second call only fails.
    to_result_void(unsafe { wamr_ble_start() })
}

/// Notifies the client. Waits for a free buffer. Fails if no client has subscribed.
pub fn notify(characteristic: Characteristic, message: &Message) -> Result<()> {
    let uuid = match characteristic {
        Characteristic::Control => &wamr_ble_control_uuid,
        Characteristic::Status => &wamr_ble_status_uuid,
        Characteristic::Result => &wamr_ble_result_uuid,
    };
    // SAFETY: both pointers are valid during the call; Zephyr copies the value.
    to_result_void(unsafe { wamr_ble_notify(uuid, message.as_ptr(), message.len() as u16) })
}

/// Notifies the client of a log line, if this is possible without waiting.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
pub fn log(line: &wamr_proto::LogLine<'_>) {
    let value = line.to_message();
    // SAFETY: the pointer is valid during the call; Zephyr copies the value.
    unsafe { wamr_ble_log(value.as_ptr(), value.len() as u16) }
}

/// Notifies the client of a message of an app, if this is possible without waiting.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
pub fn message(value: &Message) -> core::result::Result<(), transport::NotSent> {
    // SAFETY: the pointer is valid during the call; Zephyr copies the value.
    match unsafe { wamr_ble_message(value.as_ptr(), value.len() as u16) } {
        0 => Ok(()),
        error if error < 0 => Err(transport::NotSent::NoClient),
        _ => Err(transport::NotSent::Busy),
    }
}

#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub use pairing::{forget_clients, pair, perform};

/// See [`crate::ble::agree`].
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON)]
pub fn agree() {
    unsafe extern "C" {
        fn wamr_ble_agree(since: i64);
    }
    // SAFETY: the function has no preconditions.
    unsafe { wamr_ble_agree(crate::clock::uptime_ms()) }
}

#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
mod pairing {
    use wamr_device::BondsOp;
    use wamr_proto::{Bond, ClientAddress};

    /// `struct wamr_ble_bond` of `zephyr/ble/ble.h`.
    #[repr(C)]
    #[derive(Default)]
    struct RawBond {
        random: u8,
        address: [u8; 6],
        current: u8,
        owner: u8,
    }

    impl RawBond {
        fn of(client: &ClientAddress) -> Self {
            let mut address = client.bytes;
            address.reverse();
            Self { random: client.random.into(), address, ..Self::default() }
        }

        fn told(&self) -> Bond {
            let mut bytes = self.address;
            bytes.reverse();
            let client = ClientAddress { random: self.random != 0, bytes };
            Bond { client, current: self.current != 0, owner: self.owner != 0 }
        }
    }

    unsafe extern "C" {
        fn wamr_ble_bond(index: u8, bond: *mut RawBond) -> bool;
        fn wamr_ble_find_bond(bond: *mut RawBond) -> bool;
        fn wamr_ble_unpair(bond: *const RawBond) -> bool;
        fn wamr_ble_forget_clients();
        fn wamr_ble_pair();
    }

    /// Performs an operation on the bonds for the device.
    pub fn perform(op: BondsOp) -> Option<Bond> {
        match op {
            BondsOp::Tell { index } => {
                let mut raw = RawBond::default();
                // SAFETY: the function only writes to the bond.
                unsafe { wamr_ble_bond(index, &mut raw) }.then(|| raw.told())
            }
            BondsOp::Remove { client, scope } => {
                let mut raw = RawBond::of(&client);
                // SAFETY: the function reads the address and writes the rest.
                let found = unsafe { wamr_ble_find_bond(&mut raw) }.then(|| raw.told());
                // SAFETY: the function only reads the bond.
                found.filter(|bond| scope.permits(bond) && unsafe { wamr_ble_unpair(&raw) })
            }
        }
    }

    /// See [`crate::ble::forget_clients`].
    pub fn forget_clients() {
        // SAFETY: the function requires only that Bluetooth has started; before that, there are no bonds.
        unsafe { wamr_ble_forget_clients() }
    }

    /// See [`crate::ble::pair`].
    pub fn pair() {
        // SAFETY: the function only submits work, which Zephyr allows at any time.
        unsafe { wamr_ble_pair() }
    }
}

#[unsafe(no_mangle)]
extern "C" fn wamr_ble_connected(owner: bool) -> bool {
    transport::connected(&Bluetooth, if owner { Role::Owner } else { Role::Operator })
}

#[unsafe(no_mangle)]
extern "C" fn wamr_ble_disconnected() {
    transport::disconnected();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_ble_data(value: *const u8, len: usize) {
    // SAFETY: `write_data` passes Zephyr's buffer, which is valid during the call.
    transport::data(unsafe { bytes(value, len) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_ble_control(value: *const u8, len: usize) {
    // SAFETY: `write_control` passes Zephyr's buffer, which is valid during the call.
    transport::control(unsafe { bytes(value, len) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_ble_status(buf: *mut u8, size: usize, offset: usize) -> isize {
    // SAFETY: `read_status` passes Zephyr's buffer.
    unsafe { copy(&transport::status(), buf, size, offset) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_ble_receipt(buf: *mut u8, size: usize, offset: usize) -> isize {
    // SAFETY: `read_result` passes Zephyr's buffer.
    unsafe { copy(&transport::receipt(), buf, size, offset) }
}

/// Copies as much of `message` as fits, from `offset`. Returns -1 if the message ends before that.
///
/// # Safety
/// `buf` must be writable for `size` bytes.
unsafe fn copy(message: &Message, buf: *mut u8, size: usize, offset: usize) -> isize {
    let Some(rest) = message.get(offset..) else { return -1 };
    let len = rest.len().min(size);
    // SAFETY: `len` does not exceed either side, and Zephyr's buffer is not part of this crate's memory.
    unsafe { buf.copy_from_nonoverlapping(rest.as_ptr(), len) };
    len as isize
}
