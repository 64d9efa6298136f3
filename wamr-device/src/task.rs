//! What the device asks of the executor, and what comes back.

use crate::trust::Standing;
use wamr_proto::{Autostart, Details, Excerpt, Name, Part, Receipt, Refusal, RunLimits, Trial, Values};

/// Work that takes as long as a guest may run.
#[expect(clippy::large_enum_variant, reason = "there is no allocator to put a request into")]
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Find out whether a module is whole, and what app it is.
    Verify(Stored),
    /// Verify a module once more and load it afresh, in place of what the slot holds.
    Load {
        /// The app's slot.
        slot: u8,
        /// Where its module lies.
        stored: Stored,
        /// The slot of the app that it replaces and that makes room for it where that is needed.
        replaces: Option<u8>,
    },
    /// Forget a loaded app.
    Unload {
        /// The app's slot.
        slot: u8,
    },
    /// Call the entry that the manifest of a loaded app names.
    Enter {
        /// The app's slot.
        slot: u8,
    },
    /// Call an export of a loaded app.
    Run(RunRequest),
    /// Read what a client wants to know.
    Read(ReadRequest),
}

/// The end of a [`Task`].
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// Of [`Task::Verify`].
    Verified(Result<Verified, Refusal>),
    /// Of [`Task::Load`].
    Loaded(Result<(), LoadError>),
    /// Of [`Task::Unload`].
    Unloaded,
    /// Of [`Task::Enter`] and [`Task::Run`].
    Ran {
        /// A trap is a receipt; what could not even start is a refusal.
        result: Result<Receipt, Refusal>,
        /// The app has called the host function `confirm`.
        confirmed: bool,
        /// What stopped it was a limit of the request, lower than the app's own.
        narrowed: bool,
    },
    /// Of [`Task::Read`].
    Read(Excerpt),
}

/// What a module is that may be started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verified {
    /// What clients are told.
    pub details: Details,
    /// Whether it starts with the device.
    pub autostart: Autostart,
    /// How it shows that it works.
    pub trial: Trial,
    /// What the ledger has to do with it.
    pub standing: Standing,
}

/// A module in the slots' partition, and what it is verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where the module lies.
    pub module: InFlash,
    /// Where the cell lies that holds its digest.
    pub opened: InFlash,
    /// Where the ledger lies.
    pub ledger: InFlash,
}

/// Bytes in the slots' partition.
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

/// A question of a client, and where the answer lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// What it is about.
    pub part: Part,
    /// From which byte on, or which key.
    pub at: u32,
    /// Where the app's module lies.
    pub module: InFlash,
    /// Where the cell lies that holds its digest.
    pub opened: InFlash,
    /// Where the ledger lies.
    pub ledger: InFlash,
}
