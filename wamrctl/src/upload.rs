//! `wamrctl upload`: brings a module to a device over Bluetooth LE, and runs it there.

use crate::advice::{advice, advice_for};
use crate::client::again::{self, Connect, News};
use crate::client::{Client, ClientError};
use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocations};
use crate::json;
use crate::link::{Link, LinkError};
use crate::module::Module;
use crate::progress::Progress;
use crate::receipt;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_proto::{Digest, Outcome};

/// Upload a module to a device over Bluetooth LE, and run it there
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    invocations: Invocations,
    /// How often in a row to connect again when the connection ends and the upload gets no further
    #[arg(long, value_name = "TIMES", default_value_t = 8)]
    retries: u32,
    /// Print JSON for other programs
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::InvalidModule`] for a module that the device or this computer finds invalid, [`Status::Device`] when the
/// device or the link to it fails, [`Status::Usage`] when the file can't be read or the call does not fit it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let calls = arguments.invocations.of(&module, &[])?;
    let digest = Digest(Sha256::digest(&module.bytes).into());
    let status = arguments.connection.with_connector(async |connector| {
        let transferred = transfer(connector, arguments.retries, &module.bytes, digest).await;
        let mut client = transferred.map_err(|error| match error {
            ClientError::Refused { asked, refusal } => advice_for(&module, &refusal, asked),
            error => error.into(),
        })?;
        let done = invoke(&mut client, &module, digest, calls, arguments.json).await;
        client.close().await;
        Ok(done?)
    })?;
    match status {
        Some(status) => return Ok(status),
        None if arguments.json => {
            json::print(&json!({ "outcome": "installed", "size": module.bytes.len(), "sha256": digest.to_string() }));
        }
        None => println!("Installed {} (SHA-256 {digest})", shown(arguments.file.display())),
    }
    Ok(ExitCode::SUCCESS)
}

async fn transfer<C: Connect>(
    connector: &mut C,
    retries: u32,
    module: &[u8],
    digest: Digest,
) -> Result<Client<C::Link>, ClientError> {
    let mut progress = Progress::new(module.len() as u64);
    let client = again::upload(connector, retries, module, digest, |news| match news {
        News::From(bytes) => progress.resume(bytes.into()),
        News::Reached(bytes) => progress.reached(bytes.into()),
        News::Lost { error, pause, tries } => progress.interrupt(&format!(
            "{error}; connecting again in {:.1} s (try {tries} of {retries})",
            pause.as_secs_f32()
        )),
    });
    let client = client.await?;
    progress.done();
    Ok(client)
}

/// Calls exports of the module that was installed, up to the first that does not return. Once only: nobody knows what a call has done
/// whose end is lost.
async fn invoke(
    client: &mut Client<impl Link>,
    module: &Module,
    digest: Digest,
    calls: Vec<Call>,
    json: bool,
) -> Result<Option<ExitCode>, ClientError> {
    let mut status = None;
    for Call { export, args, limits } in calls {
        let app = client.number_of(&digest).await?.ok_or(ClientError::Displaced)?;
        let receipt = client.run(app, export, args, limits).await?;
        status = Some(receipt::print(&receipt, &module.bytes, json));
        if !matches!(receipt.outcome, Outcome::Returned(_)) {
            break;
        }
    }
    Ok(status)
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        Self::new(Status::Device, &error).help(error.help())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (status, help) = match &error {
            ClientError::Link(error) => return error.clone().into(),
            ClientError::Refused { refusal, .. } => advice(refusal.code),
            ClientError::Silent(_) => (Status::Device, "restart the device and try again"),
            ClientError::Stuck { .. } => (Status::Device, "try again: the upload goes on from there"),
            ClientError::Displaced => (Status::Device, "try again when no other client is connected"),
            ClientError::Version => (Status::Device, "update the device's firmware or this program"),
            ClientError::Impossible(_) => return Self::new(Status::Usage, error),
        };
        Self::new(status, error).help(help)
    }
}
