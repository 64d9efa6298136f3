//! `wamrctl trust` and `revoke`: whose modules a device runs.

use crate::connection::Connection;
use crate::failure::Failure;
use crate::json;
use crate::key::{hex, read_public};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::Error;
use wamr_client::proto::{Command, ErrorCode, Key};

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

/// A key, a right, and a device.
#[derive(clap::Args)]
pub struct TrustArguments {
    #[command(flatten)]
    key: Arguments,
    /// Let the key sign native code, too, which can do whatever the firmware can. Without this option, it may not, even if it could before
    #[arg(long)]
    native: bool,
}

/// Runs `wamrctl trust`.
///
/// # Errors
/// [`Status::Usage`](crate::failure::Status::Usage) when the file holds no public key,
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn trust(TrustArguments { key, native }: &TrustArguments) -> Result<ExitCode, Failure> {
    if *native {
        tell(key, "trusted, also for native code", |key| Command::TrustNative { key })
    } else {
        tell(key, "trusted", |key| Command::Trust { key })
    }
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
    let command = command(*key.as_bytes());
    arguments.connection.with(async |client| {
        let is_native = matches!(command, Command::TrustNative { .. });
        client.manage(command).await.map_err(|error| match &error {
            Error::Refused { refusal, .. } if is_native && refusal.code == ErrorCode::Malformed => {
                Failure::from(error).help("this firmware has no runtime for native code: leave out --native")
            }
            _ => error.into(),
        })
    })?;
    let id = hex(&key.id());
    if arguments.json {
        json::print(&json!({ "outcome": done, "key": id }));
    } else {
        println!("The key {id} is {done}");
    }
    Ok(ExitCode::SUCCESS)
}
