//! `wamrctl upload`: brings a module to a device over Bluetooth LE, and runs it there.

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
use wamr_proto::{Digest, ErrorCode, Receipt};

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

/// What a refusal means for scripts, and what people can do about it.
fn advice(code: ErrorCode) -> (Status, &'static str) {
    match code {
        ErrorCode::Busy => (Status::Device, "wait until the device has finished what it is doing, and try again"),
        ErrorCode::TooLarge => (Status::Device, "make the module smaller, or the device's slot larger"),
        ErrorCode::NoUpload | ErrorCode::Incomplete | ErrorCode::DigestMismatch => (Status::Device, "upload it again"),
        ErrorCode::InvalidModule => (Status::InvalidModule, "`wamrctl inspect` shows what devices do not support"),
        ErrorCode::UnknownImport => {
            (Status::InvalidModule, "`wamrctl inspect` lists what it imports; build it for what the device offers")
        }
        ErrorCode::UndeclaredCapability => (
            Status::InvalidModule,
            "`wamrctl manifest` lists what it imports from; or build it without, if it was not meant to reach that",
        ),
        ErrorCode::UnknownCapability => (
            Status::InvalidModule,
            "`wamrctl inspect` shows what its manifest lists; build it for what the device offers",
        ),
        ErrorCode::OutOfMemory => (
            Status::Device,
            "stop or remove another app, make the module's memory smaller (linker option --initial-memory), or the device's \
             pool or the app's share of it larger",
        ),
        ErrorCode::NoSlot => (Status::Device, "`wamrctl apps` lists what is installed, `wamrctl remove` makes room"),
        ErrorCode::NotStarted | ErrorCode::Disabled => (Status::Device, "`wamrctl start` starts it afresh"),
        ErrorCode::NoApp => (Status::Usage, "`wamrctl apps` lists what is installed"),
        ErrorCode::LimitExceeded => {
            (Status::Device, "docs/limits.md lists the limits; make the module smaller, or the device's limit larger")
        }
        ErrorCode::BadManifest => (Status::InvalidModule, "make its manifest anew with `wamrctl manifest`"),
        ErrorCode::StartFailed => {
            (Status::Trapped, "the app before it is still installed; `wamrctl run` shows the same fault here")
        }
        ErrorCode::NoSuchExport | ErrorCode::BadArguments => {
            (Status::Usage, "`wamrctl inspect` lists the exports with their types")
        }
        ErrorCode::FlashFailed => (Status::Device, "try again; if it stays, the device's flash is worn out"),
        ErrorCode::NotSigned => {
            (Status::InvalidModule, "sign it with `wamrctl sign`, with a key that the device trusts")
        }
        ErrorCode::UnknownKey => (
            Status::InvalidModule,
            "`wamrctl trust` has the device trust a key, `wamrctl inspect` shows who signed the module",
        ),
        ErrorCode::BadSignature => (Status::InvalidModule, "`wamrctl verify` shows what is wrong; sign it anew"),
        ErrorCode::OlderVersion => (
            Status::InvalidModule,
            "build the newest version; `wamrctl manifest --counter` says which it is, before it is signed",
        ),
        ErrorCode::LedgerFull => {
            (Status::Device, "the device has seen too many names of apps and keys: use known ones")
        }
        _ => (Status::Device, "check that the device's firmware and this program are of the same version"),
    }
}
