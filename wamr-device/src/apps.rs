//! The installed apps, and the work that is due for each.

use wamr_proto::{AppState, AppStatus, Autostart, Details, ErrorCode, Refusal, Restart, Trial};

use crate::APPS_MAX;
use crate::slot::Records;
use crate::starts::Starts;
use crate::supervision::Supervision;
use crate::task::Verified;
use crate::trust::Standing;

/// An installed app.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// Known after the module was verified.
    pub details: Details,
    pub stage: Stage,
    /// The number of failures in a row.
    pub failures: u8,
    /// Whether the executor holds the app.
    pub loaded: bool,
    /// Whether the loaded app receives events. Then it has not shown that it works when its entry point returns.
    pub gets_events: bool,
    pub trial: Probation,
    /// Whether a key that the device trusts signed the app.
    pub is_signed: bool,
    /// Whether the ledger needs no entry for the app.
    pub is_noted: bool,
    pub starts: Starts,
}

impl App {
    pub fn new(verified: &Verified, stage: Stage) -> Self {
        let (is_signed, is_noted) = match verified.standing {
            Standing::Unsigned => (false, true),
            Standing::Noted(_) => (true, true),
            Standing::New(_) => (true, false),
            Standing::Full(_) => (true, true),
        };
        let details = verified.details.clone();
        let (failures, loaded, trial, starts) = (0, false, Probation::Over, Starts::default());
        Self { details, stage, failures, loaded, gets_events: false, trial, is_signed, is_noted, starts }
    }

    /// The app was started.
    fn succeeded(&mut self) {
        if !self.gets_events {
            self.failures = 0;
        }
    }

    /// The app failed. If it was on trial, it failed the trial.
    fn fail_trial(&mut self) {
        if matches!(self.trial, Probation::On(_)) {
            self.trial = Probation::Failed;
        }
    }

    /// Returns what must be written for the app.
    fn settling(&self) -> Option<Step> {
        match self.trial {
            Probation::Failed => Some(Step::Revert),
            Probation::Passed => Some(Step::Keep),
            Probation::Over if !self.is_noted && !matches!(self.stage, Stage::Found | Stage::Replaced(_)) => {
                Some(Step::Note)
            }
            // Between two tasks, only an app that was just loaded is still starting. The start of a replaced app ends when the
            // device goes back to it.
            _ if self.starts.is_recorded() && !matches!(self.stage, Stage::Entering | Stage::Replaced(_)) => {
                Some(Step::Unmark)
            }
            _ => None,
        }
    }
}

/// Whether an app has shown that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probation {
    /// It has, or there was no previous version.
    Over,
    /// It must still show that it works. The previous version is kept in case it fails.
    On(Trial),
    /// It has, which must be recorded.
    Passed,
    /// It failed, and the device must go back to the previous version.
    Failed,
}

/// The stage of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its record was found when the device started.
    Found,
    /// A newer version is on trial in its place. If that version fails, this app continues in this stage.
    Replaced(Before),
    Stopped,
    /// Must be loaded.
    Starting,
    /// Loaded; its entry point must be called.
    Entering,
    Started,
    /// Will be started at this time.
    Waiting(u32),
    Disabled,
    /// Disabled, because the device restarted too often in a row while it started the app.
    Hung,
}

/// How a replaced app continues if the device goes back to it: an app that was stopped or disabled is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Starting,
    Stopped,
    Disabled,
    Hung,
}

impl From<Stage> for Before {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Stopped => Self::Stopped,
            Stage::Disabled => Self::Disabled,
            Stage::Hung => Self::Hung,
            _ => Self::Starting,
        }
    }
}

impl From<Before> for Stage {
    fn from(before: Before) -> Self {
        match before {
            Before::Starting => Self::Starting,
            Before::Stopped => Self::Stopped,
            Before::Disabled => Self::Disabled,
            Before::Hung => Self::Hung,
        }
    }
}

/// Work that is due for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It failed its trial.
    Revert,
    /// It passed its trial.
    Keep,
    /// The ledger needs an entry for it.
    Note,
    /// Its start has ended.
    Unmark,
    Verify,
    /// It is about to start.
    Mark,
    Load,
    Unload,
    Enter,
}

/// The installed apps by their slots.
pub(crate) struct Apps {
    apps: [Option<App>; APPS_MAX],
    supervision: Supervision,
}

impl Apps {
    /// Creates an empty set of apps.
    pub fn new(supervision: Supervision) -> Self {
        Self { apps: [const { None }; APPS_MAX], supervision }
    }

    /// The ledger may have forgotten which keys own the names of signed apps.
    pub fn note_again(&mut self) {
        self.apps.iter_mut().flatten().filter(|app| app.is_signed).for_each(|app| app.is_noted = false);
    }

    /// Adds the apps that have records.
    pub fn find(&mut self, records: &Records) {
        for (slot, app) in (0..).zip(&mut self.apps) {
            *app = records.get(slot).map(|_| App::new(&Verified::default(), Stage::Found));
        }
    }

    /// Returns the app in a slot, unless a newer version is on trial in its place.
    pub fn get(&self, slot: u8) -> Result<&App, Refusal> {
        let app = self.apps.get(usize::from(slot)).and_then(Option::as_ref);
        app.filter(|app| !matches!(app.stage, Stage::Replaced(_))).ok_or_else(|| ErrorCode::NoApp.into())
    }

    /// Like [`get`](Self::get).
    pub fn get_mut(&mut self, slot: u8) -> Result<&mut App, Refusal> {
        let app = self.apps.get_mut(usize::from(slot)).and_then(Option::as_mut);
        app.filter(|app| !matches!(app.stage, Stage::Replaced(_))).ok_or_else(|| ErrorCode::NoApp.into())
    }

    /// Whether nothing in a slot is needed.
    pub fn is_free(&self, slot: u8) -> bool {
        self.apps.get(usize::from(slot)).is_some_and(Option::is_none)
    }

    /// Whether a key that the device trusts signed the app in a slot, even if a newer version is on trial in its place.
    pub fn is_signed(&self, slot: u8) -> bool {
        self.iter().any(|(place, app)| place == slot && app.is_signed)
    }

    /// Returns the slot of the version that an app on trial replaces.
    pub fn replaced_by(&self, slot: u8) -> Option<u8> {
        let name = &self.get(slot).ok()?.details.name;
        self.iter()
            .find(|(_, app)| matches!(app.stage, Stage::Replaced(_)) && app.details.name == *name)
            .map(|(slot, _)| slot)
    }

    /// Goes back to the previous version of the app in a slot.
    pub fn bring_back(&mut self, slot: u8) {
        if let Some(app) = self.replaced_by(slot).and_then(|slot| self.apps.get_mut(usize::from(slot))?.as_mut())
            && let Stage::Replaced(before) = app.stage
        {
            (app.stage, app.loaded) = (before.into(), false);
        }
    }

    /// Puts an app into a slot, or removes it.
    #[inline(never)]
    pub fn set(&mut self, slot: u8, app: Option<App>) {
        if let Some(place) = self.apps.get_mut(usize::from(slot)) {
            *place = app;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u8, &App)> {
        (0..).zip(&self.apps).filter_map(|(slot, app)| Some((slot, app.as_ref()?)))
    }

    /// Whether all apps that were found have been verified.
    pub fn are_known(&self) -> bool {
        self.iter().all(|(_, app)| app.stage != Stage::Found)
    }

    /// Returns the verified app with the same name as a module.
    pub fn of_name(&self, details: &Details) -> Option<u8> {
        let is_known = |app: &App| !matches!(app.stage, Stage::Found | Stage::Replaced(_));
        self.iter().find(|(_, app)| is_known(app) && app.details.name == details.name).map(|(slot, _)| slot)
    }

    /// Whether something must be written before the device accepts commands of clients.
    pub fn is_unsettled(&self) -> bool {
        self.iter().any(|(_, app)| app.settling().is_some())
    }

    /// Returns the work that is due first. Writes come first. Then come apps that were found at the start, before all other apps;
    /// the newest first, because it may be the new version of another. `limit` is how many starts of an app can be recorded.
    pub fn next_step(&self, records: &Records, limit: u16, now: u32) -> Option<(u8, Step)> {
        if let Some(step) = self.iter().find_map(|(slot, app)| Some((slot, app.settling()?))) {
            return Some(step);
        }
        let found = |slot| self.get(slot).is_ok_and(|app| app.stage == Stage::Found);
        if let Some(slot) = records.latest(found) {
            return Some((slot, Step::Verify));
        }
        self.iter().find_map(|(slot, app)| {
            let step = match app.stage {
                Stage::Starting => Step::Load,
                Stage::Waiting(time) if is_past(time, now) => Step::Load,
                Stage::Entering => Step::Enter,
                Stage::Waiting(_) | Stage::Stopped | Stage::Disabled | Stage::Hung if app.loaded => Step::Unload,
                _ => return None,
            };
            // A version on trial is not started again after a restart of the device.
            let marks = matches!(step, Step::Load | Step::Enter) && app.trial == Probation::Over;
            Some((slot, if marks && app.starts.wants_record(limit) { Step::Mark } else { step }))
        })
    }

    /// Returns the time of the next start of an app.
    pub fn next_time(&self, now: u32) -> Option<u32> {
        let times =
            self.iter().filter_map(|(_, app)| if let Stage::Waiting(time) = app.stage { Some(time) } else { None });
        times.min_by_key(|time| time.wrapping_sub(now).cast_signed())
    }

    /// The app was loaded.
    pub fn loaded(&mut self, slot: u8, gets_events: bool) {
        if let Ok(app) = self.get_mut(slot) {
            (app.loaded, app.gets_events) = (true, gets_events);
            app.stage = if app.details.entry {
                Stage::Entering
            } else {
                app.succeeded();
                Stage::Started
            };
        }
    }

    /// The executor has unloaded the app.
    pub fn unloaded(&mut self, slot: u8) {
        if let Ok(app) = self.get_mut(slot) {
            app.loaded = false;
        }
    }

    /// The app has called the host function `confirm`.
    pub fn confirmed(&mut self, slot: u8) {
        if let Ok(App { trial: trial @ Probation::On(Trial::Confirm), .. }) = self.get_mut(slot) {
            *trial = Probation::Passed;
        }
    }

    /// An app that was found at the start of the device is verified. It starts after the time for clients, unless it caused too
    /// many restarts of the device.
    pub fn found(&mut self, slot: u8, verified: &Verified, starts: Starts, now: u32) {
        let stage = match verified.autostart {
            Autostart::No => Stage::Stopped,
            Autostart::Yes if starts.restarts() >= self.supervision.resets => Stage::Hung,
            Autostart::Yes => Stage::Waiting(now.wrapping_add(self.supervision.pause_at_boot(starts.restarts()))),
        };
        self.set(slot, Some(App { starts, ..App::new(verified, stage) }));
    }

    /// The app's entry point has returned.
    pub fn ended(&mut self, slot: u8, now: u32) {
        let pause = self.supervision.pause_after(0);
        let Ok(app) = self.get_mut(slot) else { return };
        app.succeeded();
        if app.trial == Probation::On(Trial::Entry) {
            app.trial = Probation::Passed;
        }
        app.stage = match app.details.restart {
            Restart::Always => Stage::Waiting(now.wrapping_add(pause)),
            Restart::Never | Restart::OnFailure => Stage::Started,
        };
    }

    /// The app has handled an event.
    pub fn delivered(&mut self, slot: u8) {
        if let Ok(app) = self.get_mut(slot) {
            app.failures = 0;
        }
    }

    /// The app trapped or exceeded a limit in a call by the device, or could not be loaded.
    pub fn failed(&mut self, slot: u8, now: u32) {
        let most = self.supervision.failures;
        let Ok(app) = self.get_mut(slot) else { return };
        app.failures = app.failures.saturating_add(1);
        app.fail_trial();
        if app.failures >= most {
            app.stage = Stage::Disabled;
        } else {
            self.restart(slot, now);
        }
    }

    /// The app trapped or exceeded a limit in a client's call. This does not count, because the client may have passed arguments
    /// that cause it. `narrowed` means that only the client had set that limit, which says nothing about a new version.
    pub fn failed_client(&mut self, slot: u8, narrowed: bool, now: u32) {
        let Ok(app) = self.get_mut(slot) else { return };
        if !narrowed {
            app.fail_trial();
        }
        self.restart(slot, now);
    }

    /// Restarts the app after a failure if its manifest says so.
    fn restart(&mut self, slot: u8, now: u32) {
        let supervision = self.supervision;
        let Ok(app) = self.get_mut(slot) else { return };
        app.stage = match app.details.restart {
            Restart::OnFailure | Restart::Always => {
                Stage::Waiting(now.wrapping_add(supervision.pause_after(app.failures)))
            }
            Restart::Never if app.loaded => Stage::Started,
            Restart::Never => Stage::Stopped,
        };
    }

    /// Returns the apps as clients see them.
    pub fn statuses<'a>(&'a self, records: &'a Records) -> impl Iterator<Item = AppStatus> + 'a {
        self.iter().filter_map(|(number, app)| {
            let state = match app.stage {
                Stage::Replaced(_) => return None,
                Stage::Entering | Stage::Started if app.trial != Probation::Over => AppState::OnTrial,
                Stage::Entering | Stage::Started => AppState::Started,
                Stage::Found | Stage::Starting | Stage::Waiting(_) => AppState::Waiting,
                Stage::Stopped => AppState::Stopped,
                Stage::Disabled => AppState::Disabled,
                Stage::Hung => AppState::RestartedDevice,
            };
            let failures = if app.stage == Stage::Hung { app.starts.restarts() } else { app.failures };
            let fingerprint = records.get(number)?.fingerprint;
            Some(AppStatus { number, state, failures, fingerprint })
        })
    }
}

/// Times are milliseconds and may wrap.
pub(crate) fn is_past(time: u32, now: u32) -> bool {
    now.wrapping_sub(time).cast_signed() >= 0
}
