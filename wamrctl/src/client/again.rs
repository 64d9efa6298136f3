//! An upload that goes on by itself when the connection ends.

use super::{Client, ClientError};
use crate::link::{Link, LinkError};
use std::time::Duration;
use wamr_proto::Digest;

/// How long to wait before the first try to connect again, and at most; it doubles with each try in vain.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Makes connections to one device.
pub trait Connect {
    /// What it makes.
    type Link: Link;

    /// Connects. The connection before must have ended.
    ///
    /// # Errors
    /// [`LinkError`], every kind of it.
    async fn connect(&mut self) -> Result<Self::Link, LinkError>;
}

/// What happens in an upload.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// It begins, or goes on after an interruption: the device has this many bytes.
    From(u32),
    /// The device has this many bytes.
    Reached(u32),
    /// The connection is lost.
    Lost {
        /// Why.
        error: &'a LinkError,
        /// When it is tried again.
        pause: Duration,
        /// How many tries that makes in a row.
        tries: u32,
    },
}

/// Uploads a module and has it installed, over as many connections as it takes. Returns the client of the last one.
///
/// # Errors
/// [`ClientError`]; a link error when connecting again has not brought the upload any further for so many tries in a row.
pub async fn upload<C: Connect>(
    connector: &mut C,
    tries_max: u32,
    module: &[u8],
    digest: Digest,
    mut news: impl FnMut(News<'_>),
) -> Result<Client<C::Link>, ClientError> {
    let (mut best, mut tries, mut began) = (0, 0, false);
    loop {
        let before = best;
        let error = match connector.connect().await {
            Ok(link) => {
                let mut client = Client::new(link);
                let mut first = true;
                let progress = |bytes| {
                    (began, best) = (true, best.max(bytes));
                    news(if std::mem::replace(&mut first, false) { News::From(bytes) } else { News::Reached(bytes) });
                };
                match go_on(&mut client, before as usize == module.len(), module, digest, progress).await {
                    Ok(()) => return Ok(client),
                    Err(ClientError::Link(error @ LinkError::Lost(_))) => {
                        client.close().await;
                        error
                    }
                    Err(error) => {
                        client.close().await;
                        return Err(error);
                    }
                }
            }
            Err(error @ LinkError::Lost(_)) => error,
            // A device that restarts is not there for a while.
            Err(error @ LinkError::NotFound(_)) if began => error,
            Err(error) => return Err(error.into()),
        };
        tries = if best > before { 1 } else { tries + 1 };
        if tries > tries_max {
            return Err(error.into());
        }
        let pause = PAUSE.saturating_mul(1 << (tries - 1).min(16)).min(PAUSE_MAX);
        news(News::Lost { error: &error, pause, tries });
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
) -> Result<(), ClientError> {
    if is_there && client.has_installed(&digest).await? {
        return Ok(());
    }
    client.upload(module, digest, progress).await.map(drop)
}
