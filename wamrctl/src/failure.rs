//! Why a command failed: what the person reads, and the exit status that a script reads.

use miette::{Diagnostic, GraphicalTheme, MietteHandlerOpts, Report};
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
    /// The module is invalid, or not signed by a trusted key.
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

    /// Prints it on stderr, in the look of the command line's parser and without breaking lines, and returns its exit status.
    pub fn report(self) -> ExitCode {
        let status = self.status;
        let reporter = |_: &_| {
            let mut theme = GraphicalTheme::default();
            theme.characters.error = "error:".into();
            Box::new(MietteHandlerOpts::new().graphical_theme(theme).wrap_lines(false).build()) as _
        };
        miette::set_hook(Box::new(reporter)).expect("only one failure ends a command");
        eprint!("{:?}", Report::new(self));
        status.into()
    }
}
