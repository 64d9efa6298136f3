//! `wamrctl board`: the default simulated board.

use crate::failure::Failure;
use std::process::ExitCode;
use wamr_twin::board::EXAMPLE;

/// Print the default simulated board, a TOML file that explains itself
///
/// Change it, and pass it to `wamrctl twin --board` or `wamrctl run --board`.
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    print!("{EXAMPLE}");
    Ok(ExitCode::SUCCESS)
}
