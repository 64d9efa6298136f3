//! What is installed, by what the device has said and was asked for: the truth that must survive everything.

use crate::modules::{Id, Set};

/// What a device that was asked for one of these may have done when it is interrupted.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Install(Id),
    Remove(Id),
}

#[derive(Debug)]
pub struct Truth {
    /// What the device must hold, one of these sets. One, unless it was interrupted.
    possible: Vec<Set>,
    /// What should have been removed when the flash failed: it may be gone after a restart.
    doubtful: Set,
    /// The device has told what it holds since it started.
    known: bool,
    pub asked: Option<Asked>,
}

impl Truth {
    pub fn new() -> Self {
        Self { possible: vec![Set::default()], doubtful: Set::default(), known: false, asked: None }
    }

    /// The device has verified what it found, and tells this.
    pub fn known(&mut self, told: Set) {
        if self.known {
            return;
        }
        let doubtful = self.doubtful;
        let same = |set: &Set| told.without(doubtful) == set.without(doubtful) && told.without(*set) == Set::default();
        assert!(self.possible.iter().any(same), "{told:?} is installed after a restart: {self:?}");
        (self.possible, self.doubtful, self.known) = (vec![told], Set::default(), true);
    }

    /// The device tells this after something that ends no operation on flash.
    pub fn unchanged(&self, told: Set) {
        assert!(!self.known || self.possible == [told], "{told:?} is installed without any cause: {self:?}");
    }

    /// The device tells this after the end of an operation on flash.
    pub fn flash_done(&mut self, told: Set, succeeded: bool) {
        let [before] = self.possible[..] else { return };
        if !self.known {
            return;
        }
        if succeeded && told != before {
            assert_eq!(Some(told), self.asked.map(|asked| asked.done_to(before)), "{self:?}");
            if let Some(Asked::Install(id)) = self.asked {
                self.doubtful = self.doubtful.without(Set::versions_of(id));
            }
            self.possible = vec![told];
        } else {
            self.unchanged(told);
            if let (false, Some(Asked::Remove(id))) = (succeeded, self.asked) {
                self.doubtful = self.doubtful.with(id);
            }
        }
    }

    /// The power is cut: what was asked for is done or not.
    pub fn cut(&mut self) {
        if let ([before], Some(asked), true) = (&self.possible[..], self.asked, self.known) {
            self.possible = vec![*before, asked.done_to(*before)];
        }
        (self.known, self.asked) = (false, None);
    }
}

impl Asked {
    fn done_to(self, before: Set) -> Set {
        match self {
            Self::Install(id) => before.with_version(id),
            Self::Remove(id) => before.without(Set::default().with(id)),
        }
    }
}
