//! `wamrctl upload`: brings a module to a device over Bluetooth LE, and runs it there.

use crate::advice::advice;
use crate::client::again::{self, Connect, News};
use crate::client::{Client, ClientError};
use crate::connection::Connection;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocation};
use crate::link::{Link, LinkError};
use crate::module::Module;
use crate::progress::Progress;
use crate::receipt;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_proto::{Digest, Receipt};

/// Upload a module to a device over Bluetooth LE, and run it there
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    invocation: Invocation,
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
    let call = arguments.invocation.of(&module, &[])?;
    let digest = Digest(Sha256::digest(&module.bytes).into());
    let receipt = arguments.connection.with_connector(async |connector| {
        let mut client = transfer(connector, arguments.retries, &module.bytes, digest).await?;
        let done = invoke(&mut client, digest, call).await;
        client.close().await;
        Ok(done?)
    })?;
    match receipt {
        Some(receipt) => Ok(receipt::print(&receipt, &module.bytes, arguments.json)),
        None if arguments.json => {
            println!(
                "{}",
                serde_json::json!({ "outcome": "installed", "size": module.bytes.len(), "sha256": digest.to_string() })
            );
            Ok(ExitCode::SUCCESS)
        }
        None => {
            println!("Installed {} (SHA-256 {digest})", arguments.file.display());
            Ok(ExitCode::SUCCESS)
        }
    }
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
    progress.done(module.len() as u64);
    Ok(client)
}

/// Calls an export of the module that was installed. Once only: nobody knows what a call has done whose end is lost.
async fn invoke(
    client: &mut Client<impl Link>,
    digest: Digest,
    call: Option<Call>,
) -> Result<Option<Receipt>, ClientError> {
    let Some(Call { export, args, limits }) = call else { return Ok(None) };
    let app = client.number_of(&digest).await?.ok_or(ClientError::Displaced)?;
    client.run(app, export, args, limits).await.map(Some)
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
