//! What the device asks of the executor, and what comes back.

use wamr_proto::{Digest, Name, Receipt, Refusal, RunLimits, Values};

/// Work that takes as long as a guest may run.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Verify and load a module, and put it in the place of the current app.
    Activate(Activation),
    /// Call an export of the current app.
    Run(RunRequest),
}

/// The end of a [`Task`].
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// Of [`Task::Activate`].
    Activated(Result<(), ActivateError>),
    /// Of [`Task::Run`]. A trap is a receipt; what could not even start is a refusal.
    Ran(Result<Receipt, Refusal>),
}

/// A module that lies in the slot's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Its offset in the partition.
    pub at: u32,
    /// Its size in bytes.
    pub size: u32,
    /// The SHA-256 it must have.
    pub digest: Digest,
}

/// A module could not take the place of the current app.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivateError {
    /// What was wrong with it.
    pub refusal: Refusal,
    /// The app before it had to be unloaded on the way and is not running any more.
    pub displaced: bool,
}

/// A call of an exported function.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// The request's number, for the receipt.
    pub seq: u32,
    /// Name of the export.
    pub export: Name,
    /// Its arguments.
    pub args: Values,
    /// What the client lets it take, within the device's own limits.
    pub limits: RunLimits,
}
