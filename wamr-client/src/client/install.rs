//! Installing a module: the upload, if one is needed, and the trial of a new version.

use super::resume::upload_over;
use super::{Bases, Client, Trial};
use crate::link::{Connect, Link};
use crate::{Error, Event};
use std::time::Duration;
use tokio::time::Instant;
use wamr_proto::{AppState, Digest, Failure, Part};

/// How long a device has to restart before the client connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// How [`install`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallOptions {
    /// Maximum number of attempts in a row to connect again that bring the upload no further; the same number applies to all attempts
    /// during the trial. Default: 8.
    pub attempts_max: u32,
    /// Upload even if the identical module is installed and runs; the app restarts with fresh memory. Default: false.
    pub force: bool,
    /// Maximum time to wait for the end of the trial. Default: 60 seconds.
    pub trial: Duration,
    /// What the app gets nothing of, although its manifest lists it: a bit for each entry of the list of capabilities, the lowest for the
    /// first. If the identical module is installed with others, it is uploaded again. Default: nothing.
    pub denied: u16,
}

impl Default for InstallOptions {
    fn default() -> Self {
        Self { attempts_max: 8, force: false, trial: Duration::from_secs(60), denied: 0 }
    }
}

/// How [`install`] ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Installed {
    /// The identical module was installed already and runs. Nothing was uploaded.
    Unchanged,
    /// The module was uploaded and stays installed.
    New,
    /// The module was uploaded. Its trial was not over when the client stopped waiting.
    OnTrial,
    /// The module was uploaded and failed its trial, so the device restored the previous version. The failure is `None` if the device
    /// restarted before the trial ended.
    Reverted(Option<Failure>),
}

/// Installs a module: [uploads](super::upload) it, unless the device has it byte for byte, and waits for the end of its trial. Returns the client
/// of the last connection. If an app on the device is one of the bases, sends only the changes to it.
///
/// # Errors
/// Those of [`upload`](super::upload), and an error of the link if the connection ends too often during the trial. The device decides the trial in any
/// case.
pub async fn install<C: Connect>(
    connector: &mut C,
    options: &InstallOptions,
    bases: Bases<'_>,
    module: &[u8],
    digest: Digest,
    mut report: impl FnMut(Event<'_>),
) -> Result<(Client<C::Link>, Installed), Error> {
    let mut first = None;
    let mut client = Client::new(connector.connect().await?);
    match look(&mut client, options, &digest, &mut report).await {
        Ok(true) => return Ok((client, Installed::Unchanged)),
        Ok(false) => first = Some(client),
        // The upload connects again.
        Err(Error::Lost(_)) => client.close().await,
        Err(error) => {
            client.close().await;
            return Err(error);
        }
    }
    let mut client =
        upload_over(first, connector, options.attempts_max, bases, module, digest, options.denied, &mut report).await?;
    report(Event::Uploaded);
    let deadline = Instant::now() + options.trial;
    let (mut app, mut attempts) = (None, 0);
    loop {
        match trial(&mut client, &mut app, &digest, deadline).await {
            Ok(installed) => return Ok((client, installed)),
            Err(error) => {
                client.close().await;
                client = reconnect(connector, options.attempts_max, error, &mut attempts, &mut report).await?;
            }
        }
    }
}

/// Returns whether nothing has to be uploaded. If something has, reports what the apps on the device are denied.
async fn look(
    client: &mut Client<impl Link>,
    options: &InstallOptions,
    digest: &Digest,
    report: &mut impl FnMut(Event<'_>),
) -> Result<bool, Error> {
    if !options.force && is_running(client, digest, options.denied).await? {
        return Ok(true);
    }
    for app in client.installed_apps().await? {
        let denied = client.denied(app.number).await?;
        if denied != 0 {
            report(Event::Denied { manifest: &client.section(Part::Manifest, app.number).await?, denied });
        }
    }
    Ok(false)
}

/// Whether the module is installed with this denied and runs, and the device waits for no upload, which this one would replace. An upload
/// starts an app that is disabled or waits for its restart.
async fn is_running(client: &mut Client<impl Link>, digest: &Digest, denied: u16) -> Result<bool, Error> {
    let Some(app) = client.installed(digest).await? else { return Ok(false) };
    let runs = matches!(app.state, AppState::Started | AppState::OnTrial);
    Ok(runs && client.denied(app.number).await? == denied && !client.has_open_upload().await?)
}

/// Waits for the end of the trial. Sets the number of the app, under which its failure is found later.
async fn trial(
    client: &mut Client<impl Link>,
    app: &mut Option<u8>,
    digest: &Digest,
    deadline: Instant,
) -> Result<Installed, Error> {
    if app.is_none() {
        *app = client.number_of(digest).await?;
    }
    Ok(match client.trial(digest.into(), deadline).await? {
        Trial::Passed => Installed::New,
        Trial::Under => Installed::OnTrial,
        Trial::Failed => Installed::Reverted(match *app {
            Some(app) => client.failure(app).await?,
            // It failed at once, before it had a number for this client.
            None => client.any_failure().await?,
        }),
    })
}

/// Connects again after this error of the link.
async fn reconnect<C: Connect>(
    connector: &mut C,
    attempts_max: u32,
    mut error: Error,
    attempts: &mut u32,
    report: &mut impl FnMut(Event<'_>),
) -> Result<Client<C::Link>, Error> {
    loop {
        // A device that restarts is absent for a while, and one that has not noticed the loss is still busy with this client.
        let is_transient = matches!(error, Error::Lost(_) | Error::NotFound(_) | Error::Busy(_));
        if !is_transient || *attempts >= attempts_max {
            return Err(error);
        }
        *attempts += 1;
        report(Event::Lost { error: &error, pause: RECONNECT, attempts: *attempts });
        tokio::time::sleep(RECONNECT).await;
        match connector.connect().await {
            Ok(link) => return Ok(Client::new(link)),
            Err(again) => error = again,
        }
    }
}
