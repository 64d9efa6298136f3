//! What the device asks of the executor, and what comes back.

use wamr_proto::{Details, Digest, Name, Receipt, Refusal, RunLimits, Values};

/// Work that takes as long as a guest may run.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Find out whether a module is whole, and what app it is.
    Verify {
        /// Where it lies.
        module: InFlash,
        /// The SHA-256 it must have.
        digest: Digest,
    },
    /// Load a verified module afresh, in place of what the slot holds.
    Load {
        /// The app's slot.
        slot: u8,
        /// Where its module lies.
        module: InFlash,
        /// The slot of the app that it replaces and that makes room for it where that is needed.
        replaces: Option<u8>,
    },
    /// Forget a loaded app.
    Unload {
        /// The app's slot.
        slot: u8,
    },
    /// Call the entry that the manifest names.
    Enter {
        /// The app's slot.
        slot: u8,
        /// Where its module lies.
        module: InFlash,
    },
    /// Call an export of a loaded app.
    Run(RunRequest),
}

/// The end of a [`Task`].
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// Of [`Task::Verify`].
    Verified(Result<Details, Refusal>),
    /// Of [`Task::Load`].
    Loaded(Result<(), LoadError>),
    /// Of [`Task::Unload`].
    Unloaded,
    /// Of [`Task::Enter`] and [`Task::Run`]. A trap is a receipt; what could not even start is a refusal.
    Ran(Result<Receipt, Refusal>),
}

/// A module in the slots' partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlash {
    /// Its offset in the partition.
    pub at: u32,
    /// Its size in bytes.
    pub size: u32,
}

impl InFlash {
    /// Where its bytes lie in the partition.
    pub fn range(&self) -> core::ops::Range<u32> {
        self.at..self.at + self.size
    }
}

/// A module could not be loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadError {
    /// What was wrong with it.
    pub refusal: Refusal,
    /// The app that it should have replaced had to be unloaded on the way.
    pub displaced: bool,
}

/// A call of an exported function.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// The request's number, for the receipt.
    pub seq: u32,
    /// The app's slot.
    pub app: u8,
    /// Name of the export.
    pub export: Name,
    /// Its arguments.
    pub args: Values,
    /// What the client lets it take, within the limits of the device and the app.
    pub limits: RunLimits,
}
