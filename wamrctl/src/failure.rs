//! Why a command failed: what the person reads, and the exit status that a script reads.

use miette::Diagnostic;
use std::fmt::Display;
use std::process::ExitCode;

/// How `wamrctl` ends. The numbers are its interface for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done = 0,
    /// The module trapped or hit a limit.
    Trapped = 1,
    /// The command line asks for what cannot be.
    Usage = 2,
    /// The module is invalid.
    InvalidModule = 3,
    /// The device refused, or the link to it failed.
    Device = 4,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// A command that could not do its job: one line that says what happened, and what to do next.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Failure {
    message: String,
    #[help]
    help: Option<String>,
    status: Status,
}

impl Failure {
    /// What happened, in one line.
    pub fn new(status: Status, message: impl Display) -> Self {
        Self { message: message.to_string(), help: None, status }
    }

    /// Adds what the user can do next, where the message does not say so itself.
    pub fn help(mut self, help: impl Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// The exit status that goes with it.
    pub fn status(&self) -> Status {
        self.status
    }
}
