//! `wamrctl upload`: installs a module on a device over Bluetooth LE, and runs it there.

use crate::advice::advice_for;
use crate::connection::Connection;
use crate::denial::Denial;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocations};
use crate::json;
use crate::module::{Module, read_bytes};
use crate::names;
use crate::progress::Progress;
use crate::receipt;
use crate::shrink;
use serde_json::json;
use std::cell::Cell;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::Instant;
use wamr_client::proto::{Digest, Failure as LastFailure, Fingerprint, Manifest, Outcome, read};
use wamr_client::{Client, Connect, Error, Event, InstallOptions, Installed, Link};
use wamr_device::manifest;

/// Upload a module to a device over Bluetooth LE, and run it there
///
/// Skips the upload if the identical module is already installed. Waits for the trial of a new version to end. Exits with status 1 if the
/// device restored the previous version, or if the entry point of the app failed.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    invocations: Invocations,
    #[command(flatten)]
    upload: Upload,
    /// Deny the app this entry of its list of capabilities, or all entries for this capability; repeat to deny several. Applies to
    /// this version only
    #[arg(long, value_name = "GRANT")]
    deny: Vec<String>,
    /// Shrink the memory of the module to the bytes that it uses, as `wamrctl shrink` does
    #[arg(long)]
    shrink: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Maximum time to wait for the end of the entry point.
const ENTRY: Duration = Duration::from_secs(2);

/// How to upload.
#[derive(clap::Args)]
pub struct Upload {
    /// Maximum number of reconnection attempts in a row without progress
    #[arg(long, value_name = "TIMES", default_value_t = Self::default().retries)]
    retries: u32,
    /// Upload even if the identical module is already installed; the app restarts with fresh memory
    #[arg(long)]
    force: bool,
    /// A module that is installed on the device, to send only the changes to it. Without it, `wamrctl` uses the copies of the modules that
    /// it has uploaded
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Upload the whole module, even if the device has an older version
    #[arg(long, conflicts_with = "base")]
    whole: bool,
    /// Maximum time to wait for the end of the trial
    #[arg(long, value_name = "SECONDS", default_value_t = Self::default().trial)]
    trial: u64,
}

impl Default for Upload {
    fn default() -> Self {
        Self { retries: 8, force: false, base: None, whole: false, trial: 60 }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Status::InvalidModule`] for a module that the device or this computer finds invalid, [`Status::Device`] when the
/// device or the link to it fails, [`Status::Usage`] when the file can't be read or the call does not fit it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let module = if arguments.shrink { shrink::shrunk(&arguments.file, module)? } else { module };
    if let Some(saving) = shrink::saving(&module).filter(|_| !arguments.json) {
        let (file, saving) = (shown(arguments.file.display()), receipt::thousands(saving));
        eprintln!(
            "note: its memory can be {saving} bytes smaller: upload it with `--shrink`, or use `wamrctl shrink {file} -o {file}` before you sign it"
        );
    }
    let denial = Denial::of(&module, &arguments.deny)?;
    let calls = arguments.invocations.of(&module, &[])?;
    let digest = wamr_client::digest_of(&module.bytes);
    arguments.connection.with_connector(async |connector| {
        let (mut client, installed) = install(connector, &arguments.upload, &module, digest, denial.mask).await?;
        let failure = failure_at_start(&mut client, &installed, &module, digest).await?;
        let (outcome, text) = match installed {
            Installed::Unchanged => ("unchanged", "Already installed:"),
            Installed::New => ("installed", "Installed"),
            Installed::OnTrial => ("on trial", "Installed, and still on trial:"),
            Installed::Reverted(failure) => {
                client.close().await;
                print_reverted(arguments, &module, digest, failure.as_ref());
                return Ok(Status::Trapped.into());
            }
        };
        if !arguments.json {
            report(&denial, failure.as_ref(), &module);
        }
        let done = invoke(&mut client, &module, digest, calls, arguments.json).await;
        client.close().await;
        match done? {
            Some(status) => return Ok(status),
            None if arguments.json => {
                let failure = failure.as_ref().map(|failure| receipt::failure_to_json(failure, &module.bytes));
                json::print(&json!({
                    "outcome": outcome, "size": module.bytes.len(), "sha256": digest.to_string(), "denied": denial.entries().collect::<Vec<_>>(),
                    "failure": failure,
                }));
            }
            None => println!("{text} {} (SHA-256 {digest})", shown(arguments.file.display())),
        }
        Ok(if failure.is_some() { Status::Trapped.into() } else { ExitCode::SUCCESS })
    })
}

/// Prints what an app was denied, and how its entry point failed.
pub fn report(denial: &Denial<'_>, failure: Option<&LastFailure>, module: &Module) {
    if let Some(denied) = denial.to_text() {
        eprintln!("Denied: {denied}");
    }
    if let Some(failure) = failure {
        eprintln!("The entry point failed: {}", receipt::failure_in_words(failure, &module.bytes));
    }
}

/// How the entry point of an app that was just installed failed, if it did. Its first version has no trial.
///
/// # Errors
/// Those of [`run`].
pub async fn failure_at_start(
    client: &mut Client<impl Link>,
    installed: &Installed,
    module: &Module,
    digest: Digest,
) -> Result<Option<LastFailure>, Error> {
    let has_entry = manifest::of(&module.bytes).ok().flatten().is_some_and(|manifest| manifest.entry.is_some());
    match client.number_of(&digest).await? {
        Some(app) if has_entry && *installed == Installed::New => {
            client.failure_at_start(app, Instant::now() + ENTRY).await
        }
        _ => Ok(None),
    }
}

/// Installs the module and shows the progress.
///
/// # Errors
/// Those of [`run`].
pub async fn install<C: Connect>(
    connector: &mut C,
    upload: &Upload,
    module: &Module,
    digest: Digest,
    denied: u16,
) -> Result<(Client<C::Link>, Installed), Failure> {
    let Upload { retries, force, base, whole, trial } = upload;
    let (retries, force, trial) = (*retries, *force, *trial);
    let file = base.as_deref();
    let base = file.map(read_bytes).transpose()?;
    let base = base.map(|bytes| (Fingerprint::from(&wamr_client::digest_of(&bytes)), bytes));
    let (is_base_installed, mut is_delta) = (Cell::new(false), false);
    let bases = |fingerprint: &Fingerprint| match &base {
        _ if *whole => None,
        Some((of, bytes)) if of == fingerprint => {
            is_base_installed.set(true);
            Some(bytes.clone())
        }
        _ => names::of_fingerprint(fingerprint),
    };
    let options = InstallOptions { attempts_max: retries, force, trial: Duration::from_secs(trial), denied };
    let mut progress = Progress::new(module.bytes.len() as u64);
    let report = |event: Event<'_>| match event {
        Event::Delta(size) => {
            is_delta = true;
            eprintln!("Sending {} bytes: only the changes to the installed version", receipt::thousands(size.into()));
        }
        Event::Started(bytes) => progress.resume(bytes.into()),
        Event::Progress(bytes) => progress.reached(bytes.into()),
        Event::Denied { manifest, denied: before } => {
            if let Some(text) = regained(module, denied, manifest, before) {
                eprintln!(
                    "warning: this version gets entries that the installed version was denied: {text}\n  help: `--deny` applies to one version only"
                );
            }
        }
        Event::Uploaded => {
            progress.done();
            if let Some(file) = file.filter(|_| !is_base_installed.get()) {
                let instead = if is_delta { "another copy was used" } else { "the whole module was sent" };
                eprintln!("note: {} is not installed on the device, so {instead}", shown(file.display()));
            }
            names::keep(&module.bytes, &digest);
        }
        Event::Lost { error, pause, attempts } => progress.interrupt(&format!(
            "{error}; connecting again in {:.1} s (try {attempts} of {retries})",
            pause.as_secs_f32()
        )),
        _ => {}
    };
    let installed = wamr_client::install(connector, &options, &bases, &module.bytes, digest, report).await;
    if matches!(installed, Ok((_, Installed::Unchanged))) {
        names::keep(&module.bytes, &digest);
    }
    installed.map_err(|error| match error {
        Error::Refused { asked, refusal } => advice_for(module, &refusal, asked),
        error => error.into(),
    })
}

/// Returns the entries that a module gets, with this denied, and that its previous version was denied, if the installed app with this
/// manifest is that version.
fn regained(module: &Module, denied: u16, installed: &[u8], before: u16) -> Option<String> {
    let next = manifest::of(&module.bytes).ok()??;
    let is_next = read::<Manifest<'_>>(installed).is_ok_and(|installed| installed.name == next.name);
    is_next.then(|| Denial::reported(installed, before).regained(&next, denied).to_text())?
}

/// Reports that the previous version is restored.
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

/// Calls exports of the installed module, up to the first that does not return. Each is called once: if the end of a call is lost, its
/// effect is unknown.
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
