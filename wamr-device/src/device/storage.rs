//! What the device has done on flash.

use embedded_storage::nor_flash::NorFlashErrorKind;
use wamr_proto::ErrorCode;

use super::Device;
use super::work::Work;
use crate::apps::{App, Stage};
use crate::flash::{Block, FlashDone, FlashOp};
use crate::task::Task;
use crate::upload::put;

/// What the flash is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FlashUse {
    Idle,
    Upload,
    Record,
    /// The record of this slot goes.
    Erase(u8),
}

impl<'b> Device<'b> {
    pub(super) fn next_flash(&mut self) -> Option<FlashOp<'b>> {
        if self.flash != FlashUse::Idle {
            return None;
        }
        match (&self.work, &self.upload) {
            (Work::Recording, Some(upload)) => {
                let block: &'b mut Block = self.free.pop()?;
                let record = upload.record(self.records.next_generation());
                let len = record.encode(block);
                self.flash = FlashUse::Record;
                return Some(FlashOp::Write { at: self.geometry.record_at(upload.slot), block, len });
            }
            (Work::Removing { slot, unloaded: true }, _) => {
                // The app's own record goes last, as until then the app is there.
                let stale = |other: &u8| self.records.get(*other).is_some() && self.apps.get(*other).is_err();
                let slot = (0..self.geometry.slots()).find(stale).unwrap_or(*slot);
                let from = self.geometry.record_at(slot);
                self.flash = FlashUse::Erase(slot);
                return Some(FlashOp::Erase { from, to: from + self.geometry.page() });
            }
            _ => {}
        }
        let op = self.upload.as_mut()?.next_op(&self.geometry)?;
        self.flash = FlashUse::Upload;
        Some(op)
    }

    pub(super) fn flash_done(&mut self, FlashDone { block, result }: FlashDone<'b>) {
        if let Some(block) = block {
            put(&mut self.free, block);
        }
        match core::mem::replace(&mut self.flash, FlashUse::Idle) {
            FlashUse::Idle => {}
            FlashUse::Upload => self.uploaded(result),
            FlashUse::Record => self.recorded(result),
            FlashUse::Erase(slot) => self.erased(slot, result),
        }
    }

    fn uploaded(&mut self, result: Result<(), NorFlashErrorKind>) {
        let Some(upload) = &mut self.upload else { return };
        let durable = upload.durable();
        upload.flash_done(result.is_ok());
        self.status_changed |= upload.durable() != durable || upload.failed;
        if upload.failed && matches!(self.work, Work::Flushing) {
            self.drop_upload();
            self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.verify_when_durable();
    }

    fn recorded(&mut self, result: Result<(), NorFlashErrorKind>) {
        let replaced = self.replaced();
        if result.is_err() {
            self.restore_replaced();
        }
        let Some(upload) = self.upload.take() else { return };
        let slot = upload.slot;
        if result.is_ok() {
            if let Some(replaced) = replaced {
                self.apps.set(replaced, None);
            }
            self.records.set(slot, Some(upload.record(self.records.next_generation())));
            self.apps.set(slot, Some(App::new(upload.details.clone(), Stage::Started)));
            self.apps.loaded(slot);
            self.end_work(Ok(()));
        } else {
            self.begin(Work::Forgetting, Task::Unload { slot });
        }
        upload.release(&mut self.free);
    }

    fn erased(&mut self, slot: u8, result: Result<(), NorFlashErrorKind>) {
        if result.is_err() {
            return self.end_work(Err(ErrorCode::FlashFailed.into()));
        }
        self.records.set(slot, None);
        if matches!(self.work, Work::Removing { slot: removed, .. } if removed == slot) {
            self.apps.set(slot, None);
            self.end_work(Ok(()));
        }
    }
}
