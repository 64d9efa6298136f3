//! The bytes of a module that are sent next.

use crate::Error;
use wamr_delta::Plan;
use wamr_proto::{DELTA_FRAME, DataFrame, Digest, FRAME_HEADER, Fingerprint, Status, Upload};

/// Half of the window that devices have, in bytes of the module.
const ENOUGH: u32 = 2_048;

/// The state of the sender of an upload.
pub(super) struct Sender<'a> {
    module: &'a [u8],
    /// How the module is made, if the device takes deltas.
    plan: Option<Plan<'a>>,
    /// The bytes that the device must accept, so that a frame with operations is worth it.
    enough: u32,
    fingerprint: Fingerprint,
    /// The next byte to send.
    pub next: u32,
    /// The bytes that the device has in flash, and the limit up to which it accepts more.
    pub durable: u32,
    pub granted: u32,
    /// The last reported gap. The data from there is sent again once.
    gap: Option<u32>,
    pub rewinds: u32,
}

impl<'a> Sender<'a> {
    pub fn new(module: &'a [u8], digest: &Digest) -> Self {
        Self {
            module,
            plan: None,
            enough: 0,
            fingerprint: digest.into(),
            next: 0,
            durable: 0,
            granted: 0,
            gap: None,
            rewinds: 0,
        }
    }

    pub fn size(&self) -> u32 {
        self.module.len() as u32 // checked when the upload began
    }

    /// Starts where the device has got to. From now on, sends operations of the plan, if there is one.
    pub fn start(&mut self, plan: Option<Plan<'a>>) {
        self.next = self.durable;
        // Of an upload that resumes, the device may already have more than the durable bytes.
        self.enough = (self.granted.saturating_sub(self.durable) / 2).min(ENOUGH);
        self.plan = plan;
    }

    /// The next frame, if the device takes one.
    pub fn frame<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        match &self.plan {
            None => self.plain_frame(buffer),
            Some(plan) => {
                let granted = self.granted.saturating_sub(self.next);
                // A frame makes many bytes, so a small part of the window is not worth one.
                let is_enough = granted >= self.enough || self.granted == self.size();
                if granted == 0 || !is_enough {
                    return None;
                }
                let mut operations = Vec::new();
                let end = plan.frame(self.next, self.granted, buffer.len() - FRAME_HEADER, &mut operations);
                let frame = DataFrame { offset: self.next | DELTA_FRAME, bytes: &operations }.encode(buffer)?;
                self.next = end;
                Some(frame)
            }
        }
    }

    fn plain_frame<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let room = (buffer.len() - FRAME_HEADER) as u32;
        let end = self.granted.min(self.next.saturating_add(room));
        let bytes = self.module.get(self.next as usize..end as usize).filter(|bytes| !bytes.is_empty())?;
        let frame = DataFrame { offset: self.next, bytes }.encode(buffer)?;
        self.next = end;
        Some(frame)
    }

    /// Processes a status of the upload.
    pub fn learn(&mut self, status: &Status) -> Result<(), Error> {
        match status.upload {
            Some(Upload { size, fingerprint, durable, granted, resend })
                if size == self.size() && fingerprint == self.fingerprint && granted <= size =>
            {
                // A value that was read may be newer than a notification that is still on its way.
                self.durable = self.durable.max(durable);
                self.granted = self.granted.max(granted);
                if let Some(offset) = resend.filter(|_| resend != self.gap) {
                    self.rewind(offset);
                }
                self.gap = resend;
                Ok(())
            }
            _ => Err(Error::Displaced),
        }
    }

    /// Continues from an earlier offset.
    pub fn rewind(&mut self, offset: u32) {
        if offset < self.next {
            log::debug!("sending again from {offset} instead of {}", self.next);
            self.next = offset;
            self.rewinds += 1;
        }
    }
}
