//! The installed apps, and what is due for each.

use wamr_proto::{APPS_MAX, App as Told, AppState, Details, ErrorCode, Refusal, Restart};

use crate::slot::Records;
use crate::supervision::Supervision;

/// An installed app.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// Known once the module was verified.
    pub details: Details,
    pub stage: Stage,
    /// In a row.
    pub failures: u8,
    /// The executor holds it.
    pub loaded: bool,
}

impl App {
    pub fn new(details: Details, stage: Stage) -> Self {
        Self { details, stage, failures: 0, loaded: false }
    }
}

/// How far an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its record was found when the device started.
    Found,
    Stopped,
    /// To be loaded.
    Starting,
    /// Loaded, and its entry to be called.
    Entering,
    Started,
    /// To be started at this time.
    Waiting(u32),
    Disabled,
}

/// What is to be done for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Verify,
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
    /// None.
    pub fn new(supervision: Supervision) -> Self {
        Self { apps: [const { None }; APPS_MAX], supervision }
    }

    /// Those that have records.
    pub fn find(&mut self, records: &Records) {
        for (slot, app) in (0..).zip(&mut self.apps) {
            *app = records.get(slot).map(|_| App::new(Details::default(), Stage::Found));
        }
    }

    pub fn get(&self, slot: u8) -> Result<&App, Refusal> {
        self.apps.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(|| ErrorCode::NoApp.into())
    }

    pub fn get_mut(&mut self, slot: u8) -> Result<&mut App, Refusal> {
        self.apps.get_mut(usize::from(slot)).and_then(Option::as_mut).ok_or_else(|| ErrorCode::NoApp.into())
    }

    /// Puts an app into a slot, or takes it out.
    pub fn set(&mut self, slot: u8, app: Option<App>) {
        if let Some(place) = self.apps.get_mut(usize::from(slot)) {
            *place = app;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u8, &App)> {
        (0..).zip(&self.apps).filter_map(|(slot, app)| Some((slot, app.as_ref()?)))
    }

    /// Whether all that were found have been verified.
    pub fn are_known(&self) -> bool {
        self.iter().all(|(_, app)| app.stage != Stage::Found)
    }

    /// The verified app of the same name as a module.
    pub fn of_name(&self, details: &Details) -> Option<u8> {
        self.iter().find(|(_, app)| app.stage != Stage::Found && app.details.name == details.name).map(|(slot, _)| slot)
    }

    /// What is due first. Apps that were found go before all others, the latest first: it may be the new version of another.
    pub fn next_step(&self, records: &Records, now: u32) -> Option<(u8, Step)> {
        let found = |slot| self.get(slot).is_ok_and(|app| app.stage == Stage::Found);
        if let Some(slot) = records.latest(found) {
            return Some((slot, Step::Verify));
        }
        self.iter().find_map(|(slot, app)| {
            let step = match app.stage {
                Stage::Starting => Step::Load,
                Stage::Waiting(time) if is_past(time, now) => Step::Load,
                Stage::Entering => Step::Enter,
                Stage::Waiting(_) | Stage::Stopped | Stage::Disabled if app.loaded => Step::Unload,
                _ => return None,
            };
            Some((slot, step))
        })
    }

    /// When the next app is to be started.
    pub fn next_time(&self, now: u32) -> Option<u32> {
        let times =
            self.iter().filter_map(|(_, app)| if let Stage::Waiting(time) = app.stage { Some(time) } else { None });
        times.min_by_key(|time| time.wrapping_sub(now).cast_signed())
    }

    /// The app was loaded.
    pub fn loaded(&mut self, slot: u8) {
        if let Ok(app) = self.get_mut(slot) {
            app.loaded = true;
            app.stage = if app.details.entry { Stage::Entering } else { Stage::Started };
        }
    }

    /// The executor does not hold the app.
    pub fn unloaded(&mut self, slot: u8) {
        if let Ok(app) = self.get_mut(slot) {
            app.loaded = false;
        }
    }

    /// A function of the app has returned; maybe its entry.
    pub fn succeeded(&mut self, slot: u8, entry: bool, now: u32) {
        let pause = self.supervision.pause_after(0);
        let Ok(app) = self.get_mut(slot) else { return };
        app.failures = 0;
        if entry {
            app.stage = match app.details.restart {
                Restart::Always => Stage::Waiting(now.wrapping_add(pause)),
                Restart::Never | Restart::OnFailure => Stage::Started,
            };
        }
    }

    /// The app trapped, hit a limit or could not be loaded.
    pub fn failed(&mut self, slot: u8, now: u32) {
        let supervision = self.supervision;
        let Ok(app) = self.get_mut(slot) else { return };
        app.failures = app.failures.saturating_add(1);
        app.stage = match app.details.restart {
            _ if app.failures >= supervision.failures => Stage::Disabled,
            Restart::OnFailure | Restart::Always => {
                Stage::Waiting(now.wrapping_add(supervision.pause_after(app.failures)))
            }
            Restart::Never if app.loaded => Stage::Started,
            Restart::Never => Stage::Stopped,
        };
    }

    /// What clients are told.
    pub fn told<'a>(&'a self, records: &'a Records) -> impl Iterator<Item = Told> + 'a {
        self.iter().filter_map(|(number, app)| {
            let state = match app.stage {
                Stage::Entering | Stage::Started => AppState::Started,
                Stage::Found | Stage::Starting | Stage::Waiting(_) => AppState::Waiting,
                Stage::Stopped => AppState::Stopped,
                Stage::Disabled => AppState::Disabled,
            };
            let fingerprint = (&records.get(number)?.digest).into();
            Some(Told { number, state, failures: app.failures, fingerprint })
        })
    }
}

/// Times are milliseconds and may wrap.
pub(crate) fn is_past(time: u32, now: u32) -> bool {
    now.wrapping_sub(time).cast_signed() >= 0
}
