//! What the rig's executor makes of its tasks.

use arbitrary::Arbitrary;
use wamr_device::{Completion, InFlash, Stored, Task};
use wamr_proto::{ErrorCode, Excerpt, Outcome, Receipt, Refusal, TrapKind, Values};

use crate::modules::Id;
use crate::rig::Rig;

/// How the executor's task ends, where it can end in several ways.
#[derive(Clone, Copy, Debug, PartialEq, Arbitrary)]
pub enum End {
    Well,
    Badly,
    /// Badly, and the app that was to be replaced had to go.
    Displacing,
}

impl Rig<'_, '_> {
    pub fn completion(&mut self, task: &Task, end: End) -> Completion {
        match task {
            Task::Verify(Stored { module, opened, .. }) => Completion::Verified(match self.module(*module) {
                // The digest is somewhere in the cell.
                Some(id) if self.bytes(*opened).windows(32).any(|bytes| bytes == id.digest().0) => {
                    id.verified().ok_or_else(|| ErrorCode::BadManifest.into())
                }
                _ => Err(ErrorCode::DigestMismatch.into()),
            }),
            Task::Load { slot, stored, replaces } => {
                let verified = self.module(stored.module).and_then(Id::verified);
                assert!(verified.is_some(), "what is loaded was verified");
                let slot = *slot;
                let mut unloaded = self.unload(1 << slot);
                if matches!(end, End::Well | End::Displacing) {
                    unloaded |= self.unload(replaces.map_or(0, |replaced| 1 << replaced));
                }
                let result = if end == End::Well {
                    self.loaded |= 1 << slot;
                    Ok(())
                } else {
                    Err(ErrorCode::OutOfMemory.into())
                };
                Completion::Loaded { slot, result, unloaded }
            }
            Task::Unload { slot, .. } => Completion::Unloaded { unloaded: self.unload(1 << slot) },
            Task::Deliver { .. } => unreachable!("the device has no events"),
            Task::Write { .. } => Completion::Written(match end {
                End::Well => Ok(()),
                _ => Err(ErrorCode::BadArguments.into()),
            }),
            Task::Enter { slot } => {
                Completion::Ran { result: self.ran(0, *slot, end), confirmed: false, narrowed: false }
            }
            Task::Read(_) => Completion::Read(Excerpt::of(&[7; Excerpt::MAX])),
            Task::Run(run) => {
                let result = self.ran(run.seq, run.app, end);
                Completion::Ran { result, confirmed: end == End::Well, narrowed: run.seq % 2 == 0 }
            }
        }
    }

    /// Returns which of these slots had an app.
    fn unload(&mut self, slots: u32) -> u32 {
        let unloaded = self.loaded & slots;
        self.loaded &= !slots;
        unloaded
    }

    fn ran(&self, seq: u32, app: u8, end: End) -> Result<Receipt, Refusal> {
        assert!(self.loaded & 1 << app != 0, "app {app} runs and is not loaded");
        let outcome = match end {
            End::Well => Outcome::Returned(Values::default()),
            End::Badly => Outcome::Trapped { kind: TrapKind::Unreachable, message: Default::default() },
            End::Displacing => return Err(ErrorCode::NoSuchExport.into()),
        };
        Ok(Receipt { app, ..Receipt::new(seq, outcome) })
    }

    /// The module that lies there.
    fn module(&self, place: InFlash) -> Option<Id> {
        Id::of_bytes(self.bytes(place))
    }

    fn bytes(&self, place: InFlash) -> &[u8] {
        &self.flash.bytes()[place.range().start as usize..place.range().end as usize]
    }
}
