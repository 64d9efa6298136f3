//! The thread that runs apps.

use wamr::{Instance, Runtime};
use wamr_device::{
    APPS_MAX, AppData, BaseGroup, Completion, Event, Executor, ExecutorConfig, Host, HostGroup, Observer, Task,
};
use wamr_proto::LogLine;
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::{kconfig, printkln};

use super::policy::SIGNATURES;
use super::shared::{event, lock};
use super::transport;
use crate::slot::Mapped;
use crate::{LIMITS, clock};

/// The executor's task. The device never requests a second one.
static TASK: Mutex<Option<&'static mut Task>> = Mutex::new(None);
static READY: Semaphore = Semaphore::new(0, 1);

/// The option is for up to 8 slots: the executor is on this stack, and has a place for each.
const APP_STACK: usize = kconfig::CONFIG_WAMR_ZEPHYR_THREAD_STACK_SIZE as usize
    + APPS_MAX.saturating_sub(8) * size_of::<Option<Instance<'static, AppData>>>().next_multiple_of(8);

/// The priority of the thread that runs apps, a preemptive one of Zephyr, where 0 is the most urgent. The thread of the device must be
/// more urgent: a guest must not keep the device from answering.
pub const APP_PRIORITY: i32 = 10;

/// The groups of the firmware, for apps to use.
type Groups = &'static [&'static dyn HostGroup];

/// What every device offers.
pub static BASE: BaseGroup<fn(&LogLine<'_>), fn() -> i64> = BaseGroup::new(log, clock::uptime_ms);

/// Starts the thread.
pub fn start(pool: &'static mut [u8], groups: Groups, observer: &'static dyn Observer) {
    let thread = run(pool, groups, observer);
    thread.set_priority(APP_PRIORITY);
    thread.start();
}

/// Requests a task. Its end is an event.
pub fn begin(task: &'static mut Task) {
    *lock(&TASK) = Some(task);
    READY.give();
}

#[zephyr::thread(stack_size = APP_STACK)]
fn run(pool: &'static mut [u8], groups: Groups, observer: &'static dyn Observer) {
    if let Some(runtime) = or_report(|| Runtime::new(pool)) {
        runtime.set_clock(deadline);
        if let Some(host) = or_report(|| Host::new(&runtime, groups)) {
            // Not before: a restart does not mend what failed above.
            #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
            crate::watchdog::start();
            run_apps(&host, observer);
        }
    }
    observer.failed();
}

/// In flash, to save stack.
static CONFIG: ExecutorConfig = ExecutorConfig {
    limits: LIMITS,
    signatures: SIGNATURES,
    now: clock::micros,
    #[cfg(CONFIG_WAMR_ZEPHYR_EVENTS)]
    events: Some(&super::EVENTS),
    #[cfg(not(CONFIG_WAMR_ZEPHYR_EVENTS))]
    events: None,
};

fn run_apps(host: &Host<'_>, observer: &dyn Observer) -> ! {
    let mut executor = Executor::new(host, &CONFIG);
    // SAFETY: only `Device::run` writes to the slots, at the device's request, and the ranges are those of its tasks.
    let image = unsafe { Mapped::new() };
    loop {
        wait_for_task();
        work(&mut executor, &image, observer);
    }
}

/// The clock for deadlines. A running guest reads it regularly, which shows the watchdog that the thread is alive.
fn deadline() -> u64 {
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    crate::watchdog::feed_if_due();
    clock::deadline()
}

/// Log lines of apps go to the console and to the client. No line of the firmware starts like this.
fn log(line: &LogLine<'_>) {
    printkln!("app {line}");
    transport::log(line);
}

// These functions are not inlined, so that their stack frames do not exist at the same time.

#[inline(never)]
fn or_report<T>(make: impl FnOnce() -> Result<T, wamr::Error>) -> Option<T> {
    make()
        .inspect_err(|error| {
            printkln!("wamr: cannot run apps, CONFIG_WAMR_ZEPHYR_POOL_SIZE may be too small: {error}");
        })
        .ok()
}

/// Performs the pending task.
#[inline(never)]
fn work(executor: &mut Executor<'_, '_>, image: &Mapped, observer: &dyn Observer) {
    let task = lock(&TASK).take();
    if let Some(task) = task {
        #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
        crate::starting::set(task.app());
        let done = executor.perform(task, image);
        #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
        {
            crate::starting::set(None);
            crate::watchdog::feed();
        }
        done.report(observer);
        report(task, done);
    }
}

/// Reports the end of the task to the device.
#[inline(never)]
fn report(task: &'static mut Task, done: Completion) {
    event(Event::Executed(task, done));
}

fn wait_for_task() {
    #[cfg(not(CONFIG_WAMR_ZEPHYR_WATCHDOG))]
    // Without a timeout this cannot fail.
    let _ = READY.take(zephyr::time::Forever);
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    crate::watchdog::wait(&READY);
}
