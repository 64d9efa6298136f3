//! An upload that goes on by itself when the connection ends.

use super::Client;
use crate::link::{Connect, Link};
use crate::{Error, Event};
use std::time::Duration;
use wamr_proto::Digest;

/// How long to wait before the first try to connect again, and at most; it doubles with each try in vain.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Uploads a module and has it installed, over as many connections as it takes. Returns the client of the last one.
///
/// # Errors
/// [`Error`]; a link error when connecting again has not brought the upload any further for so many attempts in a row.
pub async fn upload<C: Connect>(
    connector: &mut C,
    attempts_max: u32,
    module: &[u8],
    digest: Digest,
    mut report: impl FnMut(Event<'_>),
) -> Result<Client<C::Link>, Error> {
    let (mut best, mut attempts, mut began) = (0, 0, false);
    loop {
        let before = best;
        let error = match connector.connect().await {
            Ok(link) => {
                let mut client = Client::new(link);
                let mut first = true;
                let progress = |bytes| {
                    (began, best) = (true, best.max(bytes));
                    report(if std::mem::replace(&mut first, false) {
                        Event::Started(bytes)
                    } else {
                        Event::Progress(bytes)
                    });
                };
                match go_on(&mut client, before as usize == module.len(), module, digest, progress).await {
                    Ok(()) => return Ok(client),
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
            // A device that restarts is not there for a while, and one that has not noticed the loss is still busy with this client.
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

/// Uploads the module unless the device has it since the connection was lost: after the last byte, before the answer came.
async fn go_on(
    client: &mut Client<impl Link>,
    is_there: bool,
    module: &[u8],
    digest: Digest,
    progress: impl FnMut(u32),
) -> Result<(), Error> {
    if is_there && client.has_installed(&digest).await? {
        return Ok(());
    }
    client.upload(module, digest, progress).await.map(drop)
}
