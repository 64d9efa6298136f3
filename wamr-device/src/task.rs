//! The tasks that a device gives to the executor, and their results.

use crate::trust::Standing;
use wamr_proto::{AppName, Autostart, Details, Excerpt, Name, Part, Receipt, Refusal, RunLimits, Trial, Values};

/// A task. It can take as long as a guest may run. The only one is part of the [`Buffers`](crate::Buffers): the device lends it to
/// the executor.
#[derive(Clone, Debug, PartialEq)]
// With this representation, `NONE` is all zero.
#[repr(u8)]
pub enum Task {
    /// Unload an app.
    Unload {
        /// The app's slot.
        slot: u8,
        /// The name of the app if it is being removed: the host groups delete what they have stored for it.
        removes: Option<AppName>,
    },
    /// Check whether a module is complete, and which app it is.
    Verify(Stored),
    /// Verify a module again and load it into a slot, in place of the loaded app.
    Load {
        /// The app's slot.
        slot: u8,
        /// The location of its module.
        stored: Stored,
        /// The slot of the app that it replaces, which is unloaded to make space if necessary.
        replaces: Option<u8>,
    },
    /// Call the entry point in the manifest of a loaded app.
    Enter {
        /// The app's slot.
        slot: u8,
    },
    /// Call the export `on-event` of a loaded app with its next event.
    Deliver {
        /// The app's slot.
        slot: u8,
    },
    /// Call an export of a loaded app.
    Run(RunRequest),
    /// Read data for a client.
    Read(ReadRequest),
    /// Write arguments of a client into the memory of a loaded app.
    Write {
        /// The app's slot.
        slot: u8,
        /// The address.
        at: u32,
        /// What to write there.
        bytes: Excerpt,
    },
}

impl Task {
    /// The content of memory for a task before the first one.
    pub(crate) const NONE: Self = Self::Unload { slot: 0, removes: None };

    /// Returns the app that the device starts with this task. If the task hangs, the app is the cause: see
    /// [`Records::hung`](crate::Records::hung). This does not apply to a client's call.
    pub fn app(&self) -> Option<u8> {
        match *self {
            Self::Load { slot, .. } | Self::Enter { slot } | Self::Deliver { slot } => Some(slot),
            _ => None,
        }
    }
}

/// The result of a [`Task`].
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// The result of [`Task::Verify`].
    Verified(Result<Verified, Refusal>),
    /// The result of [`Task::Load`].
    Loaded {
        /// The app's slot.
        slot: u8,
        /// Whether the app is loaded now.
        result: Result<(), Refusal>,
        /// The slots whose apps were unloaded, one bit for each. Apps can be unloaded even if the new one could not be loaded: an
        /// app in the same slot, and the app that it replaces.
        unloaded: u32,
    },
    /// The result of [`Task::Unload`].
    Unloaded {
        /// The slots whose apps were unloaded, one bit for each: none if the app was not loaded.
        unloaded: u32,
    },
    /// The result of [`Task::Enter`], [`Task::Deliver`] and [`Task::Run`].
    Ran {
        /// A receipt, even if the app trapped. A refusal means that the call could not start.
        result: Result<Receipt, Refusal>,
        /// Whether the app has called the host function `confirm`.
        confirmed: bool,
        /// Whether a limit of the request stopped the app that is lower than the app's own.
        narrowed: bool,
    },
    /// The result of [`Task::Read`].
    Read(Excerpt),
    /// The result of [`Task::Write`].
    Written(Result<(), Refusal>),
}

/// A verified module, which may be started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verified {
    /// The details for clients.
    pub details: Details,
    /// Whether it starts with the device.
    pub autostart: Autostart,
    /// How a new version shows that it works.
    pub trial: Trial,
    /// Whether the ledger needs an entry for it.
    pub standing: Standing,
}

/// A module in the slots' partition, and the data that it is verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The location of the module.
    pub module: InFlash,
    /// The location of the cell that contains its digest.
    pub opened: InFlash,
    /// The location of the ledger.
    pub ledger: InFlash,
    /// Entries of its list of capabilities that do not count, one bit for each: see [`Command::Begin`](wamr_proto::Command::Begin).
    pub denied: u16,
}

/// A range of bytes in the slots' partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlash {
    /// Its offset in the partition.
    pub at: u32,
    /// Its size in bytes.
    pub size: u32,
}

impl InFlash {
    /// Returns the range of offsets in the partition.
    pub fn range(&self) -> core::ops::Range<u32> {
        self.at..self.at + self.size
    }
}

/// A call of an exported function.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// The request's number, for the receipt.
    pub seq: u32,
    /// The app's slot.
    pub app: u8,
    /// Name of the exported function.
    pub export: Name,
    /// Its arguments.
    pub args: Values,
    /// The client's limits, within those of the device and the app.
    pub limits: RunLimits,
}

/// Data that a client requests, and its location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// Which data.
    pub part: Part,
    /// The app's slot.
    pub app: u8,
    /// The first byte or the address to read, or the index of the key.
    pub at: u32,
    /// The location of the app's module.
    pub module: InFlash,
    /// The location of the cell that contains its digest.
    pub opened: InFlash,
    /// The location of the ledger.
    pub ledger: InFlash,
}
