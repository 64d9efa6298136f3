//! Queries about apps and keys that the status does not answer.

use super::Client;
use crate::Error;
use crate::link::{Characteristic, Link};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use wamr_proto::{
    APPS_MAX, Activity, AppLimits, AppPage, AppPool, AppState, AppStatus, Command, Digest, Excerpt, Failure,
    Fingerprint, Key, Part, PoolSummary, Receipt, Status, decode,
};

/// Interval at which the client checks whether a trial is over, in case no notification arrives.
const LOOK: Duration = Duration::from_secs(2);

/// A key that a device trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The Ed25519 public key.
    pub key: Key,
    /// Whether it is part of the firmware.
    pub built_in: bool,
    /// Whether it may sign native code.
    pub native: bool,
}

/// The state of the trial of a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It is over, and the version stays.
    Passed,
    /// It is not over yet.
    Under,
    /// The version is gone.
    Failed,
}

impl<L: Link> Client<L> {
    /// The SHA-256 of an app's module.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn digest(&mut self, app: u8) -> Result<Digest, Error> {
        let digest = self.excerpt(Part::Digest, app, 0).await?;
        <[u8; 32]>::try_from(&digest[..]).map(Digest).map_err(|_| Error::Version)
    }

    /// The SHA-256 of the WebAssembly module that an app's native code was compiled from; `None` for other apps. `digest` is that of the
    /// app's module.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn origin(&mut self, app: u8, digest: &Digest) -> Result<Option<Digest>, Error> {
        let origin = self.excerpt(Part::Digest, app, digest.0.len() as u32).await?;
        // A device that does not run native code returns the digest again.
        if origin.is_empty() || origin[..] == digest.0 {
            return Ok(None);
        }
        <[u8; 32]>::try_from(&origin[..]).map(|origin| Some(Digest(origin))).map_err(|_| Error::Version)
    }

    /// The limits of an app.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn limits(&mut self, app: u8) -> Result<AppLimits, Error> {
        let limits = self.excerpt(Part::Limits, app, 0).await?;
        decode(&limits).map_err(|_| Error::Version)
    }

    /// The use of the device's pool.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn pool(&mut self) -> Result<PoolSummary, Error> {
        let pool = self.excerpt(Part::Pool, 0, 0).await?;
        decode(&pool).map_err(|_| Error::Version)
    }

    /// What an app takes of the pool. `None` if it is not loaded.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn pool_of(&mut self, app: u8) -> Result<Option<AppPool>, Error> {
        let pool = self.excerpt(Part::Pool, app, 1).await?;
        if pool.is_empty() { Ok(None) } else { decode(&pool).map(Some).map_err(|_| Error::Version) }
    }

    /// The entries of an app's list of capabilities that it was denied when it was installed, one bit for each, the lowest for the first.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn denied(&mut self, app: u8) -> Result<u16, Error> {
        let denied = self.request("the question", Command::Describe { app }).await?.denied.unwrap_or(0);
        u16::try_from(denied).map_err(|_| Error::Version)
    }

    /// The content of one of an app's sections, as in its module; empty if it has none.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn section(&mut self, part: Part, app: u8) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        loop {
            let excerpt = self.excerpt(part, app, content.len() as u32).await?;
            content.extend_from_slice(&excerpt);
            if excerpt.len() < Excerpt::MAX {
                return Ok(content);
            }
        }
    }

    /// The keys that the device trusts, those of its firmware first.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn keys(&mut self) -> Result<Vec<TrustedKey>, Error> {
        let mut keys = Vec::new();
        loop {
            let excerpt = self.excerpt(Part::Key, 0, keys.len() as u32).await?;
            let Some((properties, key)) = excerpt.split_last() else { return Ok(keys) };
            let key = key.try_into().map_err(|_| Error::Version)?;
            keys.push(TrustedKey { key, built_in: properties & 1 != 0, native: properties & 2 != 0 });
        }
    }

    /// The last failure of an app, if no other app has failed since.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn failure(&mut self, app: u8) -> Result<Option<Failure>, Error> {
        Ok(self.request("the question", Command::Failure { app }).await?.failure)
    }

    /// The failure of an app since it was installed a moment ago: of its entry point, or of a call that the entry point led to. `None` also if
    /// an app runs until `deadline`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn failure_at_start(&mut self, app: u8, deadline: Instant) -> Result<Option<Failure>, Error> {
        while self.read_status().await?.activity == Activity::Running {
            match timeout_at(deadline, self.link.next()).await {
                Ok(notification) => self.sort(notification?)?,
                Err(_) => return Ok(None),
            }
        }
        self.failure(app).await
    }

    /// The last failure of any app, also of one that is gone.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn any_failure(&mut self) -> Result<Option<Failure>, Error> {
        for app in 0..APPS_MAX as u8 {
            if let Some(failure) = self.failure(app).await? {
                return Ok(Some(failure));
            }
        }
        Ok(None)
    }

    /// Whether the device has an unfinished upload.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn has_open_upload(&mut self) -> Result<bool, Error> {
        Ok(self.read_status().await?.upload.is_some())
    }

    /// The receipt of an app's last run, if no other app has run since.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn last_receipt(&mut self, app: u8) -> Result<Option<Receipt>, Error> {
        let value = self.link.read(Characteristic::Result).await?;
        if value.is_empty() {
            return Ok(None);
        }
        let receipt = decode::<Receipt>(&value).map_err(|_| Error::Version)?;
        Ok(Some(receipt).filter(|receipt| receipt.app == app))
    }

    /// The installed apps.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn installed_apps(&mut self) -> Result<Vec<AppStatus>, Error> {
        let status = self.read_status().await?;
        self.apps_of(&status).await
    }

    /// The installed apps after this status. A status has only the first of many.
    pub(super) async fn apps_of(&mut self, status: &Status) -> Result<Vec<AppStatus>, Error> {
        let mut apps = status.apps.to_vec();
        let mut next = status.more;
        while let Some(at) = next {
            let page = self.excerpt(Part::Apps, 0, at.into()).await?;
            let page = decode::<AppPage>(&page).map_err(|_| Error::Version)?;
            // An app that is gone meanwhile ends it, and so does a device that repeats itself.
            let last = page.last().filter(|last| page.len() == AppPage::MAX && last.number >= at);
            next = last.and_then(|last| last.number.checked_add(1));
            apps.extend(page.iter());
        }
        Ok(apps)
    }

    /// The app that was installed from a module with exactly this digest, if there is one.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn installed(&mut self, digest: &Digest) -> Result<Option<AppStatus>, Error> {
        let app = self.of_fingerprint(digest.into()).await?;
        // The status contains only the first bytes of the digest, and another module can be crafted to share them.
        let Some(app) = app else { return Ok(None) };
        Ok(if self.digest(app.number).await? == *digest { Some(app) } else { None })
    }

    /// Waits until the trial of an app is over, at most until `deadline`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn trial(&mut self, fingerprint: Fingerprint, deadline: Instant) -> Result<Trial, Error> {
        loop {
            match self.of_fingerprint(fingerprint).await?.map(|app| app.state) {
                None => return Ok(Trial::Failed),
                Some(AppState::OnTrial) => {}
                Some(_) => return Ok(Trial::Passed),
            }
            if Instant::now() >= deadline {
                return Ok(Trial::Under);
            }
            if let Ok(notification) = timeout_at(deadline.min(Instant::now() + LOOK), self.link.next()).await {
                self.sort(notification?)?;
            }
        }
    }

    pub(super) async fn of_fingerprint(&mut self, fingerprint: Fingerprint) -> Result<Option<AppStatus>, Error> {
        Ok(self.installed_apps().await?.into_iter().find(|app| app.fingerprint == fingerprint))
    }

    async fn excerpt(&mut self, part: Part, app: u8, at: u32) -> Result<Excerpt, Error> {
        let response = self.request("the question", Command::Read { part, app, at }).await?;
        response.excerpt.ok_or(Error::Version)
    }
}
