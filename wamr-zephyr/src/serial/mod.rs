//! The serial transport: the frames and sessions of `wamr-stream` on the UART that the devicetree chooses as `wamr,uart`.

mod ffi;

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use static_cell::ConstStaticCell;
use wamr_device::Role;
use wamr_proto::{Characteristic, LogLine, Message};
use wamr_stream::{Deframer, Service, Session, TO_CLIENT_MAX, ToClient, ToDevice};
use zephyr::printkln;
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::time::{Duration, Forever};

use crate::clock::uptime_ms;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
use crate::service::transport::NotSent;
use crate::service::transport::{self, Transport};

/// The transport.
pub(crate) struct Serial;

/// More urgent than apps, less than the device.
const PRIORITY: i32 = crate::APP_PRIORITY - 1;

const ROLE: Role = if cfg!(CONFIG_WAMR_ZEPHYR_SERIAL_OWNER) { Role::Owner } else { Role::Operator };

/// Given when bytes have arrived.
static ARRIVED: Semaphore = Semaphore::new(0, 1);

/// In a static, to save stack.
static DEFRAMER: ConstStaticCell<Deframer> = ConstStaticCell::new(Deframer::new());

/// The memory for frames to clients, which several threads send.
static OUTPUT: Mutex<[u8; TO_CLIENT_MAX]> = Mutex::new([0; TO_CLIENT_MAX]);

static HEARS_LOG: AtomicBool = AtomicBool::new(false);
static HEARS_MESSAGES: AtomicBool = AtomicBool::new(false);

/// Number of attempts to send while the buffer is full, and milliseconds between them. A line without a reader must not stop the device.
const TRIES: u32 = 100;
const PAUSE_MS: u64 = 2;

fn wake() {
    ARRIVED.give();
}

/// Sends a frame, if there is room.
fn try_send(frame: ToClient<'_>) -> bool {
    let Ok(mut output) = OUTPUT.lock();
    let encoded = frame.encode(&mut output);
    // SAFETY: this thread has the lock.
    unsafe { ffi::send(encoded) }
}

/// Sends a frame. Waits for room, for a while.
fn send(frame: ToClient<'_>) {
    for _ in 0..TRIES {
        if try_send(frame) {
            return;
        }
        zephyr::time::sleep(Duration::millis_at_least(PAUSE_MS));
    }
}

#[zephyr::thread(stack_size = zephyr::kconfig::CONFIG_WAMR_ZEPHYR_SERIAL_STACK_SIZE as usize)]
fn serve() {
    let (mut session, mut bytes) = (Session::new(), [0; 64]);
    let deframer = DEFRAMER.take();
    loop {
        let now = uptime_ms() as u32;
        // Without a timeout this cannot fail. With one, the session checks the time.
        let _ = match session.time_out(now, &mut Client) {
            None => ARRIVED.take(Forever),
            Some(time) => ARRIVED.take(Duration::millis_at_least(time.wrapping_sub(now).into())),
        };
        loop {
            // Lost bytes damage a frame, which the deframer drops.
            let mut arrived = ffi::read(&mut bytes);
            if arrived.is_empty() {
                break;
            }
            while !arrived.is_empty() {
                if let Some(frame) = deframer.next(&mut arrived).and_then(ToDevice::decode) {
                    session.handle(uptime_ms() as u32, frame, &mut Client, send);
                }
            }
        }
    }
}

impl Transport for Serial {
    fn name(&self) -> &'static str {
        "the serial line"
    }

    fn start(&self) -> zephyr::error::Result<()> {
        ffi::open()?;
        let thread = serve();
        thread.set_priority(PRIORITY);
        thread.start();
        printkln!("wamr: ready for uploads on the serial line");
        Ok(())
    }

    fn notify(&self, characteristic: transport::Characteristic, message: &Message) {
        send(ToClient::Notification(characteristic.into(), message));
    }

    fn log(&self, line: &LogLine<'_>) {
        if HEARS_LOG.load(Relaxed) {
            // A full buffer drops the line.
            try_send(ToClient::Notification(Characteristic::Log, &line.to_message()));
        }
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    fn message(&self, value: &Message) -> Result<(), NotSent> {
        if !HEARS_MESSAGES.load(Relaxed) {
            return Err(NotSent::NoClient);
        }
        if try_send(ToClient::Notification(Characteristic::Message, value)) { Ok(()) } else { Err(NotSent::Busy) }
    }
}

/// The device for the session of the line.
struct Client;

impl Service for Client {
    fn connected(&mut self) -> bool {
        HEARS_LOG.store(false, Relaxed);
        HEARS_MESSAGES.store(false, Relaxed);
        transport::connected(&Serial, ROLE)
    }

    fn disconnected(&mut self) {
        transport::disconnected();
    }

    fn data(&mut self, value: &[u8]) {
        transport::data(value);
    }

    fn control(&mut self, value: &[u8]) {
        transport::control(value);
    }

    fn value(&mut self, of: Characteristic) -> Message {
        match of {
            Characteristic::Status => transport::status(),
            Characteristic::Result => transport::receipt(),
            _ => Message::new(),
        }
    }

    fn listens(&mut self, to: Characteristic) {
        match to {
            Characteristic::Log => HEARS_LOG.store(true, Relaxed),
            Characteristic::Message => HEARS_MESSAGES.store(true, Relaxed),
            _ => {}
        }
    }
}
