//! `wamrctl upload`: brings a module to a device over Bluetooth LE, and runs it there.

use crate::advice::advice_for;
use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocations};
use crate::json;
use crate::module::Module;
use crate::names;
use crate::progress::Progress;
use crate::receipt;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::Instant;
use wamr_client::proto::{AppState, Digest, Failure as LastFailure, Outcome};
use wamr_client::{Client, Connect, Error, Event, Link, Trial};

/// Upload a module to a device over Bluetooth LE, and run it there
///
/// Skips the upload if the identical module is already installed. Waits for the trial of a new version to end, and exits with status 1
/// if the device restored the previous version.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    invocations: Invocations,
    /// Maximum number of reconnection attempts in a row without progress
    #[arg(long, value_name = "TIMES", default_value_t = 8)]
    retries: u32,
    /// Upload even if the identical module is already installed; the app restarts with fresh memory
    #[arg(long)]
    force: bool,
    /// Maximum time to wait for the end of the trial
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    trial: u64,
    /// Print JSON
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
    let digest = wamr_client::digest_of(&module.bytes);
    arguments.connection.with_connector(async |connector| {
        let (mut client, installed) = install(connector, arguments, &module, digest).await?;
        names::keep(&module.bytes, &digest);
        let end = match installed {
            Installed::Anew(app) => trial(connector, client, arguments, app, &digest).await?,
            Installed::Before => (client, Ok("unchanged")),
        };
        client = end.0;
        let outcome = match end.1 {
            Ok(outcome) => outcome,
            Err(failure) => {
                client.close().await;
                print_reverted(arguments, &module, digest, failure.as_ref());
                return Ok(Status::Trapped.into());
            }
        };
        let done = invoke(&mut client, &module, digest, calls, arguments.json).await;
        client.close().await;
        match done? {
            Some(status) => return Ok(status),
            None if arguments.json => {
                json::print(&json!({ "outcome": outcome, "size": module.bytes.len(), "sha256": digest.to_string() }));
            }
            None => {
                let said = match outcome {
                    "unchanged" => "Already installed:",
                    "on trial" => "Installed, and still on trial:",
                    _ => "Installed",
                };
                println!("{said} {} (SHA-256 {digest})", shown(arguments.file.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What was done so that a module is installed.
enum Installed {
    /// It was uploaded, and is the app with this number.
    Anew(u8),
    /// Nothing: it was there.
    Before,
}

/// Brings the module to the device unless that has it.
async fn install<C: Connect>(
    connector: &mut C,
    arguments: &Arguments,
    module: &Module,
    digest: Digest,
) -> Result<(Client<C::Link>, Installed), Failure> {
    if !arguments.force {
        let mut client = Client::new(connector.connect().await?);
        let found = client.installed(&digest).await;
        let open = client.has_open_upload().await;
        match (found, open) {
            // An app that is disabled, or waits for its restart, is started by an upload.
            (Ok(Some(app)), Ok(false)) if matches!(app.state, AppState::Started | AppState::OnTrial) => {
                return Ok((client, Installed::Before));
            }
            (Err(error), _) | (_, Err(error)) if !matches!(error, Error::Lost(_)) => {
                client.close().await;
                return Err(error.into());
            }
            _ => client.close().await,
        }
    }
    let transferred = transfer(connector, arguments.retries, &module.bytes, digest).await;
    let mut client = transferred.map_err(|error| match error {
        Error::Refused { asked, refusal } => advice_for(module, &refusal, asked),
        error => error.into(),
    })?;
    // A version that fails at once may be gone.
    let number = client.number_of(&digest).await?;
    Ok((client, Installed::Anew(number.unwrap_or(GONE))))
}

/// Waits for the end of the trial of what was installed. A device that restarts meanwhile has ended it.
async fn trial<C: Connect>(
    connector: &mut C,
    mut client: Client<C::Link>,
    arguments: &Arguments,
    app: u8,
    digest: &Digest,
) -> Result<(Client<C::Link>, Result<&'static str, Option<LastFailure>>), Failure> {
    let deadline = Instant::now() + Duration::from_secs(arguments.trial);
    let mut lost = 0;
    loop {
        match client.trial(digest.into(), deadline).await {
            Ok(Trial::Passed) => return Ok((client, Ok("installed"))),
            Ok(Trial::Under) => return Ok((client, Ok("on trial"))),
            Ok(Trial::Failed) => {
                let failure = if app == GONE { client.any_failure().await? } else { client.failure(app).await? };
                return Ok((client, Err(failure)));
            }
            Err(error @ Error::Lost(_)) if lost < arguments.retries => {
                lost += 1;
                eprintln!("{}; the new version is on trial, connecting again", shown(&error));
                client.close().await;
                client = loop {
                    tokio::time::sleep(RECONNECT).await;
                    match connector.connect().await {
                        Ok(link) => break Client::new(link),
                        // It still restarts, or has not noticed yet that this client was lost.
                        Err(Error::NotFound(_) | Error::Busy(_) | Error::Lost(_)) if lost < arguments.retries => {
                            lost += 1
                        }
                        Err(error) => return Err(error.into()),
                    }
                };
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// How long a device has to restart before it is looked for.
const RECONNECT: Duration = Duration::from_secs(1);

/// The number of an app that was gone before anybody asked for it.
const GONE: u8 = u8::MAX;

/// Says that the version before the new one is back.
fn print_reverted(arguments: &Arguments, module: &Module, digest: Digest, failure: Option<&LastFailure>) {
    if arguments.json {
        let failure = failure.map(|failure| receipt::failure_to_json(failure, &module.bytes));
        json::print(&json!({
            "outcome": "reverted", "size": module.bytes.len(), "sha256": digest.to_string(), "failure": failure,
        }));
        return;
    }
    let why = match failure {
        Some(failure) => receipt::failure_in_words(failure, &module.bytes),
        None => "the device restarted before the trial ended".into(),
    };
    println!("The previous version is restored, because {} failed its trial: {why}", shown(arguments.file.display()));
}

async fn transfer<C: Connect>(
    connector: &mut C,
    retries: u32,
    module: &[u8],
    digest: Digest,
) -> Result<Client<C::Link>, Error> {
    let mut progress = Progress::new(module.len() as u64);
    let client = wamr_client::upload(connector, retries, module, digest, |event| match event {
        Event::Started(bytes) => progress.resume(bytes.into()),
        Event::Progress(bytes) => progress.reached(bytes.into()),
        Event::Lost { error, pause, attempts } => progress.interrupt(&format!(
            "{error}; connecting again in {:.1} s (try {attempts} of {retries})",
            pause.as_secs_f32()
        )),
        _ => {}
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
) -> Result<Option<ExitCode>, Error> {
    let mut status = None;
    for Call { export, args, limits } in calls {
        let app = client.number_of(&digest).await?.ok_or(Error::Displaced)?;
        let receipt = client.run(app, export, args, limits).await?;
        status = Some(receipt::print(&receipt, &module.bytes, json));
        if !matches!(receipt.outcome, Outcome::Returned(_)) {
            break;
        }
    }
    Ok(status)
}
