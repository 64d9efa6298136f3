//! `wamrctl twin`: a device on this computer.

use crate::failure::{Failure, Status};
use std::process::ExitCode;

/// Play a device
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs the command.
pub fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::new(Status::Device, "not yet"))
}
