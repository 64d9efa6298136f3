//! The service: connects [`wamr_device::Device`] to the transports, the slots in flash and the executor.
//!
//! The threads of the transports, such as Zephyr's Bluetooth thread, report what clients write. The thread that calls
//! [`Device::run`] performs the device's actions (flash operations, notifications) and may block on them. The thread in `apps`
//! loads and runs guests. Each thread holds the lock on the device only for one step of the state machine, and never while it
//! waits.

mod apps;
mod observer;
mod policy;
mod shared;
pub(crate) mod transport;

use core::convert::Infallible;
use core::fmt;

use heapless::Vec;
use static_cell::{ConstStaticCell, StaticCell};
use wamr_device::{Action, Buffers, Event, GROUPS_MAX, HostGroup, Records};

use crate::slot::{self, GEOMETRY, Slot};
pub use apps::APP_PRIORITY;
pub use observer::Observer;
use policy::{FLASH_BUDGET, PERMISSIONS, SIGNATURES, SUPERVISION};
use shared::{event, wait_for_change, with_device};

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
static GROUPS: ConstStaticCell<Groups> = ConstStaticCell::new(Vec::new());
static STORAGE: StaticCell<wamr_device::Device<'static>> = StaticCell::new();

type Groups = Vec<&'static dyn HostGroup, GROUPS_MAX>;

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
}

impl Device {
    /// A device whose apps run in `pool` and are stored in `slot`. They can use the group `wamr`.
    pub fn new(pool: &'static mut [u8], slot: Slot) -> Self {
        Self { pool, slot, groups: GROUPS.try_take(), observer: &observer::Nobody }.host(&apps::BASE)
    }

    /// Offers a group of functions to apps.
    ///
    /// # Panics
    /// If there would be more than [`GROUPS_MAX`] groups, `wamr` included.
    pub fn host(mut self, group: &'static dyn HostGroup) -> Self {
        if let Some(groups) = &mut self.groups {
            assert!(groups.push(group).is_ok(), "a device has at most 16 host groups");
        }
        self
    }

    /// Reports receipts and events to the firmware.
    pub fn observer(mut self, observer: &'static dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Runs the device: starts the installed apps and serves clients. Returns only if it cannot start.
    ///
    /// The calling thread should be more urgent than priority 10, which the thread that runs apps has, and needs a stack of at
    /// least 3072 bytes. Zephyr's main thread is suitable.
    ///
    /// # Errors
    /// [`StartError`]. The pool and the slot cannot be used again.
    pub fn run(self) -> Result<Infallible, StartError> {
        let Self { pool, mut slot, groups, observer } = self;
        let groups = groups.ok_or(StartError::Started)?;
        make_device()?;
        start_device(&mut slot).map_err(StartError::Flash)?;
        apps::start(pool, groups, observer);
        transport::start()?;
        serve(slot)
    }
}

// These functions are not inlined, so that their stack frames do not exist at the same time.

/// Performs the device's actions.
#[inline(never)]
fn serve(mut slot: Slot) -> ! {
    loop {
        match with_device(next).flatten() {
            None => wait_for_change(),
            Some(Action::Flash(op)) => event(Event::Flash(op.perform(&mut slot))),
            Some(Action::Execute(task)) => apps::begin(task),
            Some(Action::Interrupt) => wamr::interrupt(),
            Some(Action::Bonds(op)) => event(Event::Bonds(transport::perform(op))),
            Some(Action::Notify(characteristic, message)) => transport::notify(characteristic, &message),
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
        device.start(&records);
    });
    Ok(())
}

/// Performs one action of the device.
fn next(device: &mut wamr_device::Device<'static>) -> Option<Action<'static>> {
    device.poll(shared::now())
}
