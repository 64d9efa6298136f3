//! Why a command failed: what the person reads, what a program reads, and the exit status that a script reads.

use crate::escape::shown;
use crate::json;
use miette::{Diagnostic, GraphicalTheme, MietteHandlerOpts, Report};
use serde_json::json;
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
    /// The module is invalid, does not fit, or is not signed by a trusted key.
    InvalidModule = 3,
    /// The device refused, or the link to it failed.
    Device = 4,
}

impl Status {
    /// The kind of failure that it stands for, if no more is known.
    fn kind(self) -> &'static str {
        match self {
            Self::Done => "none",
            Self::Trapped => "trapped",
            Self::Usage => "usage",
            Self::InvalidModule => "invalid-module",
            Self::Device => "device",
        }
    }
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
    kind: &'static str,
}

impl Failure {
    /// What happened, in one line. It may quote modules and devices.
    pub fn new(status: Status, message: impl Display) -> Self {
        Self { message: shown(message), help: None, status, kind: status.kind() }
    }

    /// Adds what the user can do next, where the message does not say so itself.
    pub fn help(mut self, help: impl Display) -> Self {
        self.help = Some(shown(help));
        self
    }

    /// Says more precisely for programs what kind of failure it is, by one of the names that do not change.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// Says it, and returns its exit status. For programs it is JSON on standard output, where they read. For people it goes to
    /// standard error, in the look of the command line's parser and without breaking lines.
    pub fn report(self, for_programs: bool) -> ExitCode {
        let status = self.status;
        if for_programs {
            let Self { message, help, kind, .. } = self;
            json::print(&json!({
                "outcome": "failed", "status": status as u8, "kind": kind, "error": message, "help": help,
            }));
            return status.into();
        }
        let reporter = |_: &_| {
            let mut theme = GraphicalTheme::default();
            theme.characters.error = "error:".into();
            Box::new(MietteHandlerOpts::new().graphical_theme(theme).wrap_lines(false).build()) as _
        };
        // Fails if a failure was reported before, which has set it.
        let _ = miette::set_hook(Box::new(reporter));
        eprint!("{:?}", Report::new(self));
        status.into()
    }
}
