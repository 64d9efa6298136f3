//! The device on the air: [`wamr_device::Device`] between Zephyr's Bluetooth host, the slot in flash and the executor.
//!
//! Three threads meet in one [`Device`]. Zephyr's Bluetooth thread brings what the client writes; the thread that calls
//! [`run`] does what the device asks for (flash operations, notifications) and may block on it; the *app* thread loads and
//! runs the guest. Each holds the lock only for a step of the state machine, never while it waits.

mod ffi;

use core::convert::Infallible;
use core::fmt;

use heapless::Deque;
use static_cell::{ConstStaticCell, StaticCell};
use wamr::{Linker, Runtime};
use wamr_device::{
    Action, Buffers, Completion, Confirmation, Device, Event, Executor, ExecutorConfig, FlashBudget, Permissions,
    Records, Supervision, Task, define_host_functions,
};
use wamr_proto::{LogLine, Message};
use zephyr::kconfig;
use zephyr::printkln;
use zephyr::sync::{Mutex, MutexGuard};
use zephyr::sys::sync::Semaphore;
use zephyr::time::{Duration, Forever, NoWait};

use crate::signature::SIGNATURES;
use crate::slot::{self, GEOMETRY, Mapped, Slot};
use crate::{LIMITS, clock};

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
static STORAGE: StaticCell<Device<'static>> = StaticCell::new();
/// A reference, as a static that begins with a `None` of `Option<Device>` would lie in flash, too.
static DEVICE: Mutex<Option<&'static mut Device<'static>>> = Mutex::new(None);
/// Given after every event: the device may want something done.
static CHANGED: Semaphore = Semaphore::new(0, 1);
/// The executor's task; the device never asks for a second one.
static TASK: Mutex<Deque<Task, 1>> = Mutex::new(Deque::new());
static TASK_READY: Semaphore = Semaphore::new(0, 1);

/// The device could not be started.
#[derive(Debug)]
pub enum StartError {
    /// [`run`] was called before.
    Started,
    /// The records of the slot could not be read.
    Flash(slot::Error),
    /// Zephyr's Bluetooth host did not start.
    Bluetooth(zephyr::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("the device was started before"),
            Self::Flash(error) => write!(f, "cannot read the slot: {error}"),
            Self::Bluetooth(error) => write!(f, "cannot start Bluetooth, check the board's controller: {error}"),
        }
    }
}

impl core::error::Error for StartError {}

/// Runs the device: loads the installed apps, advertises, and serves clients. Returns only when it could not start.
///
/// The calling thread should be more urgent than priority 10, that of the thread that runs apps, and has a stack of at
/// least 3072 bytes; Zephyr's main thread will do.
///
/// # Errors
/// [`StartError`]; the pool and the slot are lost then.
pub fn run(pool: &'static mut [u8], mut slot: Slot) -> Result<Infallible, StartError> {
    make_device()?;
    start_device(&mut slot).map_err(StartError::Flash)?;
    let app = app(pool);
    app.set_priority(APP_PRIORITY);
    app.start();
    ffi::start().map_err(StartError::Bluetooth)?;
    printkln!("wamr: ready for uploads as {}", kconfig::CONFIG_BT_DEVICE_NAME);
    serve(slot)
}

/// Opens pairing mode, in which a client that is not paired yet can pair. Refuses a number that waits to be compared. For
/// applications that have more than a button; from any thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn pair() {
    ffi::pair();
}

/// Confirms that the client shows the same number as the device. Does nothing before the number was shown for
/// `CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS` milliseconds. For applications that have more than a button; from any thread.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON)]
pub fn agree() {
    ffi::agree();
}

/// Removes the bonds of all clients, so that the next one that pairs owns the device. For applications that let a user who holds the
/// device say so by other means than a button that is held at the start; from any thread but that of an interrupt, once the device runs.
#[cfg(CONFIG_WAMR_ZEPHYR_BLE_PAIRING)]
pub fn forget_clients() {
    ffi::forget_clients();
}

// These are not inlined, so that what one of them keeps on the stack is not there while another runs.

/// Does what the device wants done.
#[inline(never)]
fn serve(mut slot: Slot) -> ! {
    loop {
        match with_device(next).flatten() {
            None => wait_for_change(),
            Some(Action::Flash(op)) => event(Event::Flash(op.perform(&mut slot))),
            Some(Action::Execute(task)) => {
                assert!(lock(&TASK).push_back(task).is_ok(), "one task at a time");
                TASK_READY.give();
            }
            Some(Action::Interrupt) => wamr::interrupt(),
            Some(Action::Bonds(op)) => event(Event::Bonds(ffi::perform(op))),
            // Without a subscriber there is nobody to tell; a client that subscribes later can read.
            Some(Action::Notify(characteristic, message)) => drop(ffi::notify(characteristic, &message)),
        }
    }
}

#[inline(never)]
fn make_device() -> Result<(), StartError> {
    let buffers = BUFFERS.try_take().ok_or(StartError::Started)?;
    let device = STORAGE.try_init_with(|| Device::new(GEOMETRY, SUPERVISION, SIGNATURES, buffers));
    let device = device.ok_or(StartError::Started)?;
    *lock(&DEVICE) = Some(device);
    Ok(())
}

#[inline(never)]
fn start_device(slot: &mut Slot) -> Result<(), slot::Error> {
    let records = Records::read(slot, &GEOMETRY)?;
    with_device(|device| {
        device.set_permissions(PERMISSIONS);
        device.set_flash_budget(FLASH_BUDGET);
        device.start(&records);
    });
    Ok(())
}

/// How apps that fail are treated, from Kconfig.
const SUPERVISION: Supervision = Supervision {
    failures: kconfig::CONFIG_WAMR_ZEPHYR_FAILURES as u8,
    pause: kconfig::CONFIG_WAMR_ZEPHYR_RESTART_MS as u32,
    pause_max: kconfig::CONFIG_WAMR_ZEPHYR_RESTART_MAX_MS as u32,
    resets: kconfig::CONFIG_WAMR_ZEPHYR_RESETS as u8,
    clients_first: kconfig::CONFIG_WAMR_ZEPHYR_CLIENTS_FIRST_MS as u32,
};

/// What operators may do, from Kconfig.
const PERMISSIONS: Permissions = Permissions {
    trust: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_TRUST),
    revoke: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_REVOKE),
    unpair: cfg!(CONFIG_WAMR_ZEPHYR_BLE_OPERATORS_UNPAIR),
};

/// How often clients may have flash erased, from Kconfig.
const FLASH_BUDGET: FlashBudget = FlashBudget {
    per_hour: kconfig::CONFIG_WAMR_ZEPHYR_ERASE_CYCLES_PER_HOUR as u16,
    per_connection: kconfig::CONFIG_WAMR_ZEPHYR_ERASE_CYCLES_PER_CONNECTION as u16,
};

/// What the device wants done.
fn next(device: &mut Device<'static>) -> Option<Action<'static>> {
    device.handle(Event::Time(now()));
    device.poll()
}

/// Milliseconds since the start, as the device counts them.
fn now() -> u32 {
    clock::uptime_ms() as u32
}

/// Waits for an event, or until the device wants to know the time.
fn wait_for_change() {
    let time = with_device(|device| device.next_time()).flatten();
    // Without a timeout nothing can fail, and with one the device looks at the time.
    let _ = match time.map(|time| time.wrapping_sub(now()).cast_signed()) {
        None => CHANGED.take(Forever),
        Some(..=0) => CHANGED.take(NoWait),
        Some(millis) => CHANGED.take(Duration::millis_at_least(millis as u64)),
    };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let Ok(guard) = mutex.lock();
    guard
}

/// Runs `step` on the device. `None` before [`run`].
fn with_device<R>(step: impl FnOnce(&mut Device<'static>) -> R) -> Option<R> {
    lock(&DEVICE).as_deref_mut().map(step)
}

fn event(event: Event<'_, 'static>) {
    with_device(|device| {
        device.handle(Event::Time(now()));
        device.handle(event);
    });
    CHANGED.give();
}

fn status() -> Message {
    with_device(|device| device.status()).unwrap_or_default()
}

fn receipt() -> Message {
    with_device(|device| device.receipt()).unwrap_or_default()
}

const APP_STACK: usize = kconfig::CONFIG_WAMR_ZEPHYR_THREAD_STACK_SIZE as usize;

/// A preemptive priority of Zephyr, where 0 is the most urgent: a guest must not keep the device from answering.
const APP_PRIORITY: i32 = 10;

#[zephyr::thread(stack_size = APP_STACK)]
fn app(pool: &'static mut [u8]) {
    let Err(error) = run_apps(pool);
    printkln!("wamr: cannot run apps, CONFIG_WAMR_ZEPHYR_POOL_SIZE may be too small: {error}");
}

/// In flash: it would take stack.
static CONFIG: ExecutorConfig = ExecutorConfig { limits: LIMITS, signatures: SIGNATURES, now: clock::micros };

fn run_apps(pool: &'static mut [u8]) -> Result<Infallible, wamr::Error> {
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    crate::watchdog::start();
    wamr::set_clock(clock::deadline);
    let runtime = Runtime::new(pool)?;
    let confirmation = Confirmation::new();
    let mut linker = Linker::new(&runtime);
    define_host_functions(&mut linker, log, clock::uptime_ms, &confirmation)?;
    let mut executor = Executor::new(&runtime, &linker, &confirmation, &CONFIG);
    // SAFETY: only `run` writes to the slot, as the device says, and the ranges are those of its tasks.
    let image = unsafe { Mapped::new() };
    loop {
        wait_for_task();
        work(&mut executor, &image);
    }
}

/// What an app logs goes to the console and to the client. No line of the firmware begins like that.
fn log(line: &LogLine<'_>) {
    printkln!("app {line}");
    #[cfg(CONFIG_WAMR_ZEPHYR_BLE_LOG)]
    ffi::log(line);
}

/// Does the task that waits.
#[inline(never)]
fn work(executor: &mut Executor<'_, '_>, image: &Mapped) {
    // Where it is, as a copy takes stack. Nobody else wants the lock: the device asks for the next task when this one has ended.
    let mut tasks = lock(&TASK);
    if let Some(task) = tasks.front() {
        let done = executor.perform(task, image);
        tasks.clear();
        drop(tasks);
        report(done);
    }
}

/// Tells the device how the task ended.
#[inline(never)]
fn report(done: Completion) {
    event(Event::Executed(done));
}

fn wait_for_task() {
    #[cfg(not(CONFIG_WAMR_ZEPHYR_WATCHDOG))]
    // Without a timeout nothing can fail.
    let _ = TASK_READY.take(Forever);
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    crate::watchdog::wait(&TASK_READY);
}
