//! The client's side of the protocol (`docs/protocol.md`): uploads a module over a [`Link`] and runs it.

mod delta;
mod install;
mod queries;
mod resume;
mod sender;
#[cfg(test)]
mod tests;

pub use delta::{Bases, NO_BASES};
pub use install::{InstallOptions, Installed, install};
pub use queries::{Trial, TrustedKey};
pub use resume::upload;

use crate::link::{Characteristic, Link, Notification};
use crate::{Error, Event};
use futures::FutureExt;
use sender::Sender;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::timeout;
use wamr_proto::{
    Activity, AppMessage, AppStatus, Bond, Command, Details, Digest, ErrorCode, Fingerprint, MessageFrame, Name,
    PROTOCOL_VERSION, Receipt, Request, Response, RunLimits, Status, Values, decode, encode,
};

/// Maximum time without a message from a device that is idle.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait for a status before data is sent again. Erasing a page of flash takes less than a tenth of it.
const RESEND_AFTER: Duration = Duration::from_secs(1);

/// How often data is sent again without progress.
const RESEND_TIMES: u32 = 10;

/// How often a request to a busy device is repeated, and the time between.
const BUSY_TIMES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Statistics of an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Bytes that the device had from an earlier attempt.
    pub resumed_at: u32,
    /// How often data had to be sent again.
    pub rewinds: u32,
}

/// Receives log lines of apps.
type Log = Box<dyn FnMut(&str)>;

/// Receives messages of apps, with the numbers of the apps.
type Messages = Box<dyn FnMut(u8, &[u8])>;

/// A client of the device behind a link.
pub struct Client<L> {
    link: L,
    seq: u32,
    /// Received responses that no request has taken yet.
    responses: VecDeque<Response>,
    receipt: Option<Receipt>,
    status: Option<Status>,
    log: Option<Log>,
    messages: Option<Messages>,
}

impl<L: Link> Client<L> {
    /// A client that owns this link.
    pub fn new(link: L) -> Self {
        Self { link, seq: 0, responses: VecDeque::new(), receipt: None, status: None, log: None, messages: None }
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.link.close().await;
    }

    /// Uploads a module, which the device then installs. Calls `progress` with the number of bytes that the device has in flash. `denied`
    /// has a bit for each entry of the list of capabilities that the app gets nothing of, the lowest for the first.
    ///
    /// # Errors
    /// [`Error`]. The previous version then stays installed.
    pub async fn upload(
        &mut self,
        module: &[u8],
        digest: Digest,
        denied: u16,
        mut progress: impl FnMut(u32),
    ) -> Result<Uploaded, Error> {
        let report = |event: Event<'_>| {
            if let Event::Progress(bytes) = event {
                progress(bytes);
            }
        };
        self.upload_from(None, module, digest, denied, report).await
    }

    /// Like [`upload`](Self::upload). With bases, sends only the changes to one of them, if the device takes that.
    async fn upload_from(
        &mut self,
        bases: Option<Bases<'_>>,
        module: &[u8],
        digest: Digest,
        denied: u16,
        mut report: impl FnMut(Event<'_>),
    ) -> Result<Uploaded, Error> {
        let size = u32::try_from(module.len()).map_err(|_| Error::Impossible("a module has at most 4 GiB"))?;
        self.request("the upload", Command::Begin { size, digest, denied }).await?;
        let mut sender = Sender::new(module, &digest);
        // Discard a status from before `Begin`.
        self.status = None;
        let status = self.read_status().await?;
        sender.learn(&status)?;
        let installed = match bases {
            Some(bases) => delta::installed(bases, &self.apps_of(&status).await?),
            None => vec![],
        };
        sender.start(self.plan(&installed, module, &mut report).await?);
        let resumed_at = sender.durable;
        report(Event::Progress(resumed_at));
        let stuck = match self.send(&mut sender, &mut |bytes| report(Event::Progress(bytes))).await {
            Ok(()) => None,
            // A device whose flash failed accepts no bytes, and reports the failure at `Commit`.
            Err(stuck @ Error::Stuck { .. }) => Some(stuck),
            Err(error) => return Err(error),
        };
        match (self.request("the module", Command::Commit).await, stuck) {
            (Ok(_), _) => Ok(Uploaded { resumed_at, rewinds: sender.rewinds }),
            (Err(Error::Refused { refusal, .. }), Some(stuck)) if refusal.code == ErrorCode::Incomplete => Err(stuck),
            (Err(error), _) => Err(error),
        }
    }

    /// The installed apps and their details.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn apps(&mut self) -> Result<Vec<(AppStatus, Details)>, Error> {
        let mut apps = Vec::new();
        for app in self.installed_apps().await? {
            let response = self.request("the question", Command::Describe { app: app.number }).await?;
            apps.push((app, response.details.ok_or(Error::Version)?));
        }
        Ok(apps)
    }

    /// The number of the app that was installed from this module, if there is one.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn number_of(&mut self, digest: &Digest) -> Result<Option<u8>, Error> {
        Ok(self.of_fingerprint(digest.into()).await?.map(|app| app.number))
    }

    /// Calls `log` with each line that an app logs from now on, while the client performs a request or [waits](Self::wait).
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unsuitable`] when the device has no log.
    pub async fn listen(&mut self, log: impl FnMut(&str) + 'static) -> Result<(), Error> {
        self.log = Some(Box::new(log));
        self.link.listen(Characteristic::Log).await
    }

    /// Calls `messages` with each message that an app sends from now on and the number of the app, while the client performs a request or
    /// [waits](Self::wait). Apps learn that a client receives their messages.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unsuitable`] when the apps of the device cannot send messages.
    pub async fn listen_to_messages(&mut self, messages: impl FnMut(u8, &[u8]) + 'static) -> Result<(), Error> {
        self.messages = Some(Box::new(messages));
        self.link.listen(Characteristic::Message).await
    }

    /// Sends a message to an app. It then waits for the app, which may receive it later or never.
    ///
    /// # Errors
    /// [`Error::Impossible`] when the message is longer than [`AppMessage::MAX`], and other [`Error`]s.
    pub async fn send_message(&mut self, app: u8, message: &[u8]) -> Result<(), Error> {
        let message = AppMessage::new(message).ok_or(Error::Impossible("a message to an app has at most 128 bytes"))?;
        self.request("the message", Command::Send { app, message }).await.map(drop)
    }

    /// Receives notifications until the connection ends.
    ///
    /// # Errors
    /// Always an [`Error`]: it only ends with the connection.
    pub async fn wait(&mut self) -> Result<Infallible, Error> {
        loop {
            let notification = self.link.next().await?;
            self.sort(notification)?;
        }
    }

    /// Waits until no installation is in progress. Returns whether the device has the app of this module, denies it just this, and has no
    /// open upload of it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn has_installed(&mut self, digest: &Digest, denied: u16) -> Result<bool, Error> {
        let fingerprint = Fingerprint::from(digest);
        loop {
            let status = self.read_status().await?;
            if status.activity != Activity::Installing {
                let is_open = status.upload.is_some_and(|upload| upload.fingerprint == fingerprint);
                let apps = self.apps_of(&status).await?;
                let app = apps.iter().find(|app| app.fingerprint == fingerprint && !is_open);
                return match app {
                    Some(app) => Ok(self.denied(app.number).await? == denied),
                    None => Ok(false),
                };
            }
            tokio::time::sleep(BUSY_PAUSE).await;
        }
    }

    /// Starts, stops or removes an app, as the command says.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn manage(&mut self, command: Command) -> Result<(), Error> {
        self.request("that", command).await.map(drop)
    }

    /// The clients that the device is paired with.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bonds(&mut self) -> Result<Vec<Bond>, Error> {
        let mut bonds = Vec::new();
        for index in 0..=u8::MAX {
            match self.request("to tell its bonds", Command::Bond { index }).await {
                Ok(response) => bonds.push(response.bond.ok_or(Error::Version)?),
                Err(Error::Refused { refusal, .. }) if refusal.code == ErrorCode::NoBond => break,
                Err(error) => return Err(error),
            }
        }
        Ok(bonds)
    }

    /// Delivers no events to an app for some milliseconds, at most 10,000, so that its memory stays as it is between calls. 0 ends the hold.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hold(&mut self, app: u8, millis: u16) -> Result<(), Error> {
        self.request("the hold", Command::Hold { app, millis }).await.map(drop)
    }

    /// Calls an export of an app.
    ///
    /// # Errors
    /// [`Error`]. A trap is not an error: the receipt describes it.
    pub async fn run(&mut self, app: u8, export: Name, args: Values, limits: RunLimits) -> Result<Receipt, Error> {
        self.receipt = None;
        let seq = self.request("the call", Command::Run { app, export, args, limits }).await?.seq;
        if let Some(receipt) = self.receipt.take_if(|receipt| receipt.seq == seq) {
            return Ok(receipt);
        }
        // The notification was lost on the way; the value is still there.
        let value = self.link.read(Characteristic::Result).await?;
        let receipt = decode::<Receipt>(&value).map_err(|_| Error::Version)?;
        if receipt.seq == seq { Ok(receipt) } else { Err(Error::Silent("with a receipt")) }
    }

    /// Sends data until the device has all of it in flash.
    async fn send(&mut self, sender: &mut Sender<'_>, progress: &mut impl FnMut(u32)) -> Result<(), Error> {
        let mut frame = vec![0; self.link.room()];
        let mut idle_rewinds = 0;
        while sender.durable < sender.size() {
            let before = (sender.durable, sender.granted);
            let news = if let Some(frame) = sender.frame(&mut frame) {
                self.link.write_data(frame).await?;
                // A notification that has already arrived.
                self.link.next().now_or_never()
            } else if let Ok(news) = timeout(RESEND_AFTER, self.link.next()).await {
                Some(news)
            } else {
                sender.learn(&self.read_status().await?)?;
                sender.rewind(sender.durable);
                idle_rewinds += 1;
                None
            };
            if let Some(notification) = news {
                self.sort(notification?)?;
                if let Some(status) = self.status.take() {
                    // An error is a late status of another upload, or means that this upload has ended: then no more statuses of it come.
                    let _ = sender.learn(&status);
                }
            }
            if (sender.durable, sender.granted) != before {
                idle_rewinds = 0;
                progress(sender.durable);
            }
            if idle_rewinds > RESEND_TIMES {
                return Err(Error::Stuck { durable: sender.durable, size: sender.size() });
            }
        }
        Ok(())
    }

    /// Sends a request, again while the device is busy, and waits for its end.
    pub(crate) async fn request(&mut self, asked: &'static str, command: Command) -> Result<Response, Error> {
        for _ in 0..BUSY_TIMES {
            let response = self.ask(asked, command.clone()).await?;
            match response.refusal {
                None => return Ok(response),
                Some(refusal) if refusal.code == ErrorCode::Busy => tokio::time::sleep(BUSY_PAUSE).await,
                Some(refusal) => return Err(Error::Refused { asked, refusal }),
            }
        }
        Err(Error::Refused { asked, refusal: ErrorCode::Busy.into() })
    }

    /// Sends a request and waits for the response, without a timeout as long as the device reports that it is working.
    async fn ask(&mut self, asked: &'static str, command: Command) -> Result<Response, Error> {
        self.seq += 1;
        let seq = self.seq;
        let request = encode(&Request { seq, command })
            .ok_or(Error::Impossible("the request is too long: pass fewer or smaller arguments"))?;
        self.link.write_control(&request).await?;
        let mut idle = 0;
        loop {
            if let Some(response) = self.responses.pop_front() {
                match response.seq {
                    0 => return Ok(Response { seq, ..response }), // the device could not decode the request
                    answered if answered == seq => return Ok(response),
                    _ => continue,
                }
            }
            match timeout(PATIENCE, self.link.next()).await {
                Ok(notification) => self.sort(notification?)?,
                Err(_) => {
                    // Only if it is idle twice in a row: a response that was on its way arrives in between.
                    idle = if self.read_status().await?.activity == Activity::Idle { idle + 1 } else { 0 };
                    if idle == 2 {
                        return Err(Error::Silent(asked));
                    }
                }
            }
        }
    }

    /// The device's name for messages, usually its address.
    pub fn name(&self) -> String {
        self.link.name()
    }

    /// The device's status.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn status(&mut self) -> Result<Status, Error> {
        self.read_status().await
    }

    async fn read_status(&mut self) -> Result<Status, Error> {
        let value = self.link.read(Characteristic::Status).await?;
        let status = decode::<Status>(&value).map_err(|_| Error::Version)?;
        if status.version == PROTOCOL_VERSION { Ok(status) } else { Err(Error::Version) }
    }

    /// Stores a notification by its characteristic.
    fn sort(&mut self, Notification { from, value }: Notification) -> Result<(), Error> {
        let version = |_| Error::Version;
        match from {
            Characteristic::Control => self.responses.push_back(decode(&value).map_err(version)?),
            Characteristic::Status => self.status = Some(decode(&value).map_err(version)?),
            Characteristic::Result => self.receipt = Some(decode(&value).map_err(version)?),
            Characteristic::Log => {
                if let Some(log) = &mut self.log {
                    log(&String::from_utf8_lossy(&value));
                }
            }
            Characteristic::Message => {
                let MessageFrame { app, bytes } = MessageFrame::decode(&value).ok_or(Error::Version)?;
                if let Some(messages) = &mut self.messages {
                    messages(app, bytes);
                }
            }
        }
        Ok(())
    }
}
