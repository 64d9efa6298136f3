//! A model of the installed apps, from requests and responses. It must agree with the device after every event.

use wamr_proto::Upload;

use crate::modules::{Id, Set};

/// A request that an interrupted device may or may not have carried out.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Install(Id),
    Remove(Id),
}

#[derive(Debug)]
pub struct Truth {
    /// The sets of apps that the device may hold. One set, unless it was interrupted.
    possible: Vec<Set>,
    /// Versions that may still be on trial, each with those of which one may come back.
    trials: Vec<(Id, Set)>,
    /// Apps of which a version was to be removed when the flash failed: nothing is promised of them.
    doubtful: Set,
    /// The device has reported its apps since it started.
    known: bool,
    pub asked: Option<Asked>,
    /// The upload with which the device must go on when it starts.
    pub upload: Option<Upload>,
}

impl Truth {
    pub fn new() -> Self {
        Self {
            possible: vec![Set::default()],
            trials: vec![],
            doubtful: Set::default(),
            known: false,
            asked: None,
            upload: None,
        }
    }

    /// The device has verified the apps that it found, and reports these.
    pub fn known(&mut self, told: Set) {
        if !self.known {
            let expected = self.possible.iter().any(|set| self.is_same(told, *set));
            assert!(expected, "{told:?} is installed after a restart: {self:?}");
            (self.possible, self.known) = (vec![told], true);
            (self.trials, self.doubtful) = (vec![], Set::default());
        }
    }

    fn is_same(&self, told: Set, set: Set) -> bool {
        told.without(self.doubtful) == set.without(self.doubtful)
    }

    /// The device reports this after an event that changes no app by itself, but a trial may have failed.
    pub fn unchanged(&mut self, told: Set) {
        if self.known && self.possible != [told] {
            let reverted = self.reverted(self.possible[0]);
            let expected = reverted.iter().any(|set| self.is_same(told, *set));
            assert!(expected, "{told:?} is installed without any cause: {self:?}");
            self.possible = vec![told];
            self.trials.retain(|(new, _)| told.has(*new));
        }
    }

    /// All that a set can become when trials fail.
    fn reverted(&self, set: Set) -> Vec<Set> {
        let mut sets = vec![set];
        for (new, before) in &self.trials {
            let failed = sets.iter().filter(|set| set.has(*new));
            let failed = failed.flat_map(|set| before.ids().map(|old| set.with_version(old)));
            sets.extend(failed.collect::<Vec<_>>());
        }
        sets
    }

    /// This version is started and not on trial.
    pub fn kept(&mut self, id: Id) {
        self.trials.retain(|(new, _)| *new != id);
    }

    /// The device reports this after a flash operation.
    pub fn flash_done(&mut self, told: Set, succeeded: bool) {
        if !self.known {
            return;
        }
        let before = self.possible[0];
        match self.asked {
            Some(Asked::Install(id)) if succeeded && told != before && told == before.with_version(id) => {
                self.begin_trial(before, id);
                self.doubtful = self.doubtful.without(Set::versions_of(id));
                self.possible = vec![told];
            }
            Some(Asked::Remove(id)) if succeeded && told != before && told == before.without_version(id) => {
                self.possible = vec![told];
            }
            Some(Asked::Remove(id)) if !succeeded => {
                self.doubtful = self.doubtful.and(Set::versions_of(id));
                self.unchanged(told);
            }
            _ => self.unchanged(told),
        }
    }

    fn begin_trial(&mut self, before: Set, id: Id) {
        let versions = Set::versions_of(id);
        let of_the_app = |(new, _): &(Id, Set)| versions.has(*new);
        let older = self.trials.iter().filter(|trial| of_the_app(trial)).fold(before, |set, (_, old)| set.and(*old));
        self.trials.retain(|trial| !of_the_app(trial));
        self.trials.push((id, older.only(versions)));
    }

    /// The power is cut: a request was carried out or not, and an app on trial is there or not.
    pub fn cut(&mut self) {
        if self.known {
            let before = self.possible[0];
            self.possible = self.reverted(before);
            match self.asked {
                Some(Asked::Install(id)) => {
                    self.begin_trial(before, id);
                    let done = self.possible.iter().map(|set| set.with_version(id)).collect::<Vec<_>>();
                    self.possible.extend(done.into_iter().flat_map(|set| self.reverted(set)).collect::<Vec<_>>());
                }
                Some(Asked::Remove(id)) => {
                    let done = self.possible.iter().map(|set| set.without_version(id)).collect::<Vec<_>>();
                    self.possible.extend(done);
                }
                None => {}
            }
        }
        (self.known, self.asked) = (false, None);
    }
}
