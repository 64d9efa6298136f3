//! The service: connects [`wamr_device::Device`] to the transports, the slots in flash and the executor.
//!
//! The threads of the transports, such as Zephyr's Bluetooth thread, report what clients write. The thread that calls
//! [`Device::run`] performs the device's actions (flash operations, notifications) and may block on them. The thread in `apps`
//! loads and runs guests. Each thread holds the lock on the device only for one step of the state machine, and never while it
//! waits.

mod apps;
#[cfg(CONFIG_WAMR_ZEPHYR_EVENTS)]
mod events;
mod policy;
mod shared;
pub mod transport;

use core::convert::Infallible;
use core::fmt;

use heapless::Vec;
use static_cell::{ConstStaticCell, StaticCell};
use wamr_device::{Action, BondsOp, Buffers, Event, FlashDone, GROUPS_MAX, HostGroup, Observer, Records};

use crate::slot::{self, GEOMETRY, Slot};
pub use apps::APP_PRIORITY;
#[cfg(CONFIG_WAMR_ZEPHYR_EVENTS)]
pub use events::EVENTS;
use policy::{CALL_BYTES, FLASH_BUDGET, PERMISSIONS, SIGNATURES, SUPERVISION};
use shared::{event, wait_for_change, with_device};
use transport::{Transport, Transports};

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
static GROUPS: ConstStaticCell<Groups> = ConstStaticCell::new(Vec::new());
static STORAGE: StaticCell<wamr_device::Device<'static>> = StaticCell::new();

/// The largest number of groups that a firmware adds to those of its Kconfig options.
pub const OWN_GROUPS_MAX: usize = 10;

/// The group `wamr`, those of the options, and those of the firmware. Each place takes eight bytes.
type Groups = Vec<&'static dyn HostGroup, { 1 + crate::host::GROUPS.len() + OWN_GROUPS_MAX }>;

const _: () = assert!(1 + crate::host::GROUPS.len() + OWN_GROUPS_MAX <= GROUPS_MAX);

/// Why the device could not be started.
#[derive(Debug)]
pub enum StartError {
    /// A device has been started already.
    Started,
    /// The records of the slots could not be read.
    Flash(slot::Error),
    /// A transport did not start.
    Transport {
        /// Its name.
        name: &'static str,
        /// What its driver reported.
        error: zephyr::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("the device was started before"),
            Self::Flash(error) => write!(f, "cannot read the slots: {error}"),
            Self::Transport { name, error } => write!(f, "cannot start {name}, check the board's driver: {error}"),
        }
    }
}

impl core::error::Error for StartError {}

/// A device that runs apps from flash and receives new ones over the transports of this build. Without a transport, it runs the
/// installed apps. A firmware image has only one.
///
/// ```ignore
/// static LEDS: Leds = Leds::new(); // a HostGroup
///
/// let pool = POOL.take().expect("nobody else takes the pool");
/// let slot = Slot::take().expect("the flash is ready");
/// let Err(error) = Device::new(pool, slot).host(&LEDS).run();
/// printkln!("{error}");
/// ```
pub struct Device {
    pool: &'static mut [u8],
    slot: Slot,
    /// In a static, as the stack is small. `None` for a second device.
    groups: Option<&'static mut Groups>,
    observer: &'static dyn Observer,
    transports: &'static Transports,
}

impl Device {
    /// A device whose apps run in `pool` and are stored in `slot`. They can use the group `wamr`, and those of the options
    /// `CONFIG_WAMR_ZEPHYR_HOST_…`.
    pub fn new(pool: &'static mut [u8], slot: Slot) -> Self {
        let groups = GROUPS.try_take();
        let device = Self { pool, slot, groups, observer: &(), transports: &[] }.host(&apps::BASE);
        crate::host::GROUPS.iter().fold(device, |device, group| device.host(*group))
    }

    /// Offers a group of functions to apps.
    ///
    /// # Panics
    /// If there would be more than [`OWN_GROUPS_MAX`] groups besides those of Kconfig options.
    pub fn host(mut self, group: &'static dyn HostGroup) -> Self {
        if let Some(groups) = &mut self.groups {
            assert!(groups.push(group).is_ok(), "a firmware adds at most 10 host groups");
        }
        self
    }

    /// Reports receipts and events to the firmware.
    pub fn observer(mut self, observer: &'static dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Serves clients also over these transports, beside those of the build. The device serves one client at a time.
    pub fn transports(mut self, transports: &'static [&'static dyn Transport]) -> Self {
        self.transports = transports;
        self
    }

    /// Runs the device: starts the installed apps and serves clients. Returns only if it cannot start.
    ///
    /// The calling thread should be more urgent than priority 10, which the thread that runs apps has, and needs a stack of at
    /// least 2496 bytes. Zephyr's main thread is suitable.
    ///
    /// # Errors
    /// [`StartError`]. The pool and the slot cannot be used again.
    pub fn run(self) -> Result<Infallible, StartError> {
        let Self { pool, mut slot, groups, observer, transports } = self;
        let groups = groups.ok_or(StartError::Started)?;
        make_device()?;
        start_device(&mut slot).map_err(StartError::Flash)?;
        apps::start(pool, groups, observer);
        transport::start(transports)?;
        serve(slot, transports)
    }
}

// These functions are not inlined, so that their stack frames do not exist at the same time.

/// Performs the device's actions.
#[inline(never)]
fn serve(mut slot: Slot, transports: &Transports) -> ! {
    loop {
        match next() {
            None => wait_for_change(),
            Some(Action::Flash(op)) => report(op.perform(&mut slot)),
            Some(Action::Execute(task)) => apps::begin(task),
            Some(Action::Interrupt) => wamr::interrupt(),
            Some(Action::Bonds(op)) => perform(transports, op),
            Some(Action::Notify(characteristic, ref message)) => transport::notify(characteristic, message),
        }
    }
}

#[inline(never)]
fn make_device() -> Result<(), StartError> {
    let buffers = BUFFERS.try_take().ok_or(StartError::Started)?;
    let device = STORAGE.try_init_with(|| wamr_device::Device::new(GEOMETRY, SUPERVISION, SIGNATURES, buffers));
    shared::set_device(device.ok_or(StartError::Started)?);
    Ok(())
}

#[inline(never)]
fn start_device(slot: &mut Slot) -> Result<(), slot::Error> {
    #[cfg_attr(not(CONFIG_WAMR_ZEPHYR_WATCHDOG), expect(unused_mut, reason = "no app is known to have hung"))]
    let mut records = Records::read(slot, &GEOMETRY)?;
    #[cfg(CONFIG_WAMR_ZEPHYR_WATCHDOG)]
    if let Some(app) = crate::starting::take() {
        records.hung(slot, &GEOMETRY, app);
    }
    with_device(|device| {
        device.set_permissions(PERMISSIONS);
        device.set_flash_budget(FLASH_BUDGET);
        device.set_call_bytes(CALL_BYTES);
        #[cfg(CONFIG_WAMR_ZEPHYR_EVENTS)]
        device.set_events(&EVENTS);
        #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
        device.set_mailbox(&crate::host::message::GROUP);
        device.start(&records);
    });
    Ok(())
}

#[inline(never)]
fn report(done: FlashDone<'static>) {
    event(Event::Flash(done));
}

#[inline(never)]
fn perform(transports: &Transports, op: BondsOp) {
    event(Event::Bonds(transport::perform(transports, op)));
}

/// Returns the next action of the device.
#[inline(never)]
fn next() -> Option<Action<'static>> {
    with_device(|device| device.poll(shared::now())).flatten()
}
