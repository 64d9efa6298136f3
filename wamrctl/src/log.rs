//! `wamrctl log`: what apps log, as it arrives.

use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::Failure;
use crate::json;
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;
use wamr_client::Link;
use wamr_client::{Client, Error};

/// Print what a device's apps log, as it arrives
///
/// Runs until interrupted. A device accepts one client at a time, so no other client can connect meanwhile.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Print one line of JSON per log line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    let wait = async |client: &mut Client<_>| {
        listen(client, json).await?;
        client.wait().await
    };
    match arguments.connection.with(wait)? {}
}

/// Prints what arrives from now on.
///
/// # Errors
/// Those of [`Client::listen`].
pub async fn listen(client: &mut Client<impl Link>, json: bool) -> Result<(), Error> {
    client
        .listen(move |text| {
            let line = if json { json::line(&json!({ "log": text })) } else { shown(text) };
            // Who reads it may have gone; whoever interrupts that interrupts this.
            let _ = writeln!(io::stdout().lock(), "{line}");
        })
        .await?;
    eprintln!("Listening; press Ctrl-C to stop");
    Ok(())
}
