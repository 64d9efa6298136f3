//! `wamrctl trust` and `revoke`: whose modules a device runs.

use crate::connection::Connection;
use crate::failure::Failure;
use crate::json;
use crate::key::{hex, read_public};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::proto::{Command, Key};

/// A key and a device.
#[derive(clap::Args)]
pub struct Arguments {
    /// Public key file
    key: PathBuf,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `wamrctl trust`.
///
/// # Errors
/// [`Status::Usage`](crate::failure::Status::Usage) when the file holds no public key,
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn trust(arguments: &Arguments) -> Result<ExitCode, Failure> {
    tell(arguments, "trusted", |key| Command::Trust { key })
}

/// Runs `wamrctl revoke`.
///
/// # Errors
/// As [`trust`].
pub fn revoke(arguments: &Arguments) -> Result<ExitCode, Failure> {
    tell(arguments, "revoked", |key| Command::Revoke { key })
}

fn tell(arguments: &Arguments, done: &str, command: impl Fn(Key) -> Command) -> Result<ExitCode, Failure> {
    let key = read_public(&arguments.key)?;
    arguments.connection.with(async |client| client.manage(command(*key.as_bytes())).await)?;
    let id = hex(&key.id());
    if arguments.json {
        json::print(&json!({ "outcome": done, "key": id }));
    } else {
        println!("The key {id} is {done}");
    }
    Ok(ExitCode::SUCCESS)
}
