//! Tasks of every kind and pace leave the watchdog alone, and so does a guest that spins and is stopped; a host function that never
//! returns ends in a restart.
#![no_std]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

use wamr::{Error, Instance, Linker, Module, Runtime, Trap};
use wamr_zephyr::{LIMITS, POOL, clock, include_wasm, starting, watchdog};
use zephyr::kconfig::CONFIG_WAMR_ZEPHYR_WATCHDOG_MS as PERIOD;
use zephyr::printkln;
use zephyr::sys::sync::Semaphore;

static GUEST: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/guest.wasm"));

/// Together they take longer than the watchdog waits.
const SPINS: u32 = 5;

/// Milliseconds between the end of a task and the next one: around the quarter of its time after which a thread without work feeds the
/// watchdog, and above all of it.
const PACES: [u32; 5] = [1, PERIOD as u32 / 5, PERIOD as u32 / 4 - 1, PERIOD as u32 / 4 + 1, PERIOD as u32 * 2];

/// What takes time on the thread that runs apps.
#[derive(Clone, Copy, Debug)]
enum Task {
    /// As good as none.
    Nothing,
    /// What is neither a guest nor a host function, such as to verify a signature. As long as a tenth of what the watchdog waits.
    Native,
    /// A guest spins until its deadline.
    Spin,
    /// A host function waits, for almost as long as the deadline.
    Wait,
}

/// A task waits.
static READY: Semaphore = Semaphore::new(0, 1);
/// A task has been done.
static DONE: Semaphore = Semaphore::new(0, 1);
/// Milliseconds between two tasks.
static PACE: AtomicU32 = AtomicU32::new(0);

/// The thread that wants tasks done.
#[zephyr::thread(stack_size = 1024)]
fn client() {
    loop {
        clock::sleep(Duration::from_millis(PACE.load(Relaxed).into()));
        READY.give();
        let _ = DONE.take(zephyr::time::Forever);
    }
}

/// A host function with a fault.
fn hang() {
    loop {
        clock::sleep(Duration::from_secs(1));
    }
}

fn wait() {
    clock::sleep(LIMITS.deadline.unwrap_or_default() * 9 / 10);
}

fn spin(guest: &mut Instance<'_>) -> Result<(), Error> {
    match guest.get_typed_func::<(), ()>("spin")?.call(guest, ()) {
        Err(Error::Trap(Trap::DeadlineExceeded)) => Ok(()),
        other => other,
    }
}

fn perform(task: Task, guest: &mut Instance<'_>) -> Result<(), Error> {
    match task {
        Task::Nothing => Ok(()),
        Task::Native => {
            clock::sleep(Duration::from_millis(PERIOD as u64 / 10));
            Ok(())
        }
        Task::Spin => spin(guest),
        Task::Wait => guest.get_typed_func::<(), ()>("wait")?.call(guest, ()),
    }
}

/// Does tasks of a kind at a pace for longer than the watchdog waits.
fn work(task: Task, pace: u32, guest: &mut Instance<'_>) -> Result<(), Error> {
    PACE.store(pace, Relaxed);
    let end = clock::uptime_ms() + PERIOD as i64 * 5 / 4;
    while clock::uptime_ms() < end {
        watchdog::wait(&READY);
        let done = perform(task, guest);
        watchdog::feed();
        DONE.give();
        done?;
    }
    Ok(())
}

/// An app's number.
const APP: u8 = 5;

fn run() -> Result<(), Error> {
    match starting::take() {
        Some(app) => printkln!("restarted by app {app}"),
        None => printkln!("restarted by no app"),
    }
    watchdog::start();
    let runtime = Runtime::new(POOL.take().expect("nobody else takes the pool"))?;
    runtime.set_clock(|| {
        watchdog::feed_if_due();
        clock::deadline()
    });
    let mut linker = Linker::<()>::new(&runtime);
    linker.func_wrap("test", "hang", hang)?;
    linker.func_wrap("test", "wait", wait)?;
    let module = Module::with_limits(&runtime, GUEST, &LIMITS)?;
    let mut guest = linker.instantiate(&module, ())?;
    guest.set_fuel(None);

    for _ in 0..SPINS {
        spin(&mut guest)?;
    }
    printkln!("spinning: stopped {SPINS} times, the device runs");

    client().start();
    for task in [Task::Nothing, Task::Native, Task::Spin, Task::Wait] {
        for pace in PACES {
            work(task, pace, &mut guest)?;
        }
        printkln!("{task:?}: done at every pace, the device runs");
    }
    starting::set(Some(APP));
    guest.get_typed_func::<(), ()>("hang")?.call(&mut guest, ())
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    match run() {
        Ok(()) => printkln!("the watchdog slept"),
        Err(error) => printkln!("failed: {error}"),
    }
}
