//! An upload that resumes by itself when the connection ends.

use super::{Bases, Client, NO_BASES};
use crate::link::{Connect, Link};
use crate::{Error, Event};
use std::time::Duration;
use wamr_proto::{Digest, ErrorCode};

/// The first and the maximum delay before an attempt to connect again. It doubles after each attempt without progress.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Uploads a module, which the device then installs, and connects again as often as necessary. Returns the client of the last connection.
/// `denied` is that of [`Client::upload`].
///
/// # Errors
/// [`Error`]; an error of the link after `attempts_max` attempts in a row to connect again without progress.
pub async fn upload<C: Connect>(
    connector: &mut C,
    attempts_max: u32,
    module: &[u8],
    digest: Digest,
    denied: u16,
    report: impl FnMut(Event<'_>),
) -> Result<Client<C::Link>, Error> {
    upload_over(None, connector, attempts_max, NO_BASES, module, digest, denied, report).await
}

/// Like [`upload`], but uses this client first, and sends only the changes to one of these bases.
#[expect(clippy::too_many_arguments, reason = "the parts of an upload")]
pub(super) async fn upload_over<C: Connect>(
    mut connected: Option<Client<C::Link>>,
    connector: &mut C,
    attempts_max: u32,
    bases: Bases<'_>,
    module: &[u8],
    digest: Digest,
    denied: u16,
    mut report: impl FnMut(Event<'_>),
) -> Result<Client<C::Link>, Error> {
    let (mut best, mut attempts, mut began) = (0, 0, false);
    let mut bases = Some(bases);
    loop {
        let before = best;
        let client = match connected.take() {
            Some(client) => Ok(client),
            None => connector.connect().await.map(Client::new),
        };
        let error = match client {
            Ok(mut client) => {
                let mut first = true;
                let progress = |event: Event<'_>| match event {
                    Event::Progress(bytes) => {
                        (began, best) = (true, best.max(bytes));
                        report(if std::mem::replace(&mut first, false) {
                            Event::Started(bytes)
                        } else {
                            Event::Progress(bytes)
                        });
                    }
                    event => report(event),
                };
                let is_there = before as usize == module.len();
                match go_on(&mut client, is_there, bases, module, digest, denied, progress).await {
                    Ok(()) => return Ok(client),
                    // The device copied other bytes than this client has, or had some of an earlier upload, maybe of another process. The
                    // upload starts again, once.
                    Err(Error::Refused { refusal, .. })
                        if refusal.code == ErrorCode::DigestMismatch && bases.is_some() =>
                    {
                        (connected, bases, best) = (Some(client), None, 0);
                        continue;
                    }
                    Err(error @ Error::Lost(_)) => {
                        client.close().await;
                        error
                    }
                    Err(error) => {
                        client.close().await;
                        return Err(error);
                    }
                }
            }
            Err(error @ Error::Lost(_)) => error,
            // A device that restarts is absent for a while, and one that has not noticed the loss is still busy with this client.
            Err(error @ (Error::NotFound(_) | Error::Busy(_))) if began => error,
            Err(error) => return Err(error),
        };
        attempts = if best > before { 1 } else { attempts + 1 };
        if attempts > attempts_max {
            return Err(error);
        }
        let pause = PAUSE.saturating_mul(1 << (attempts - 1).min(16)).min(PAUSE_MAX);
        report(Event::Lost { error: &error, pause, attempts });
        tokio::time::sleep(pause).await;
    }
}

/// Uploads the module unless the device has installed it: the connection may have been lost after the last byte, before the answer.
async fn go_on(
    client: &mut Client<impl Link>,
    is_there: bool,
    bases: Option<Bases<'_>>,
    module: &[u8],
    digest: Digest,
    denied: u16,
    report: impl FnMut(Event<'_>),
) -> Result<(), Error> {
    if is_there && client.has_installed(&digest, denied).await? {
        return Ok(());
    }
    client.upload_from(bases, module, digest, denied, report).await.map(drop)
}
