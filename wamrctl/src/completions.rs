//! `wamrctl completions`: what a shell needs to complete command lines.

use crate::Cli;
use crate::failure::Failure;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::io;
use std::process::ExitCode;

/// Print a shell completion script
///
/// Source the script in the shell's startup file, or save it in the directory from which the shell loads completions.
#[derive(clap::Args)]
pub struct Arguments {
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    generate(arguments.shell, &mut Cli::command(), "wamrctl", &mut io::stdout());
    Ok(ExitCode::SUCCESS)
}
