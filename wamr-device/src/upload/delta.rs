//! Data frames that contain deltas: see the crate `wamr-delta`.

use wamr_delta::{Run, Runs};

use super::{FreeBlocks, Upload};
use crate::flash::BLOCK;
use crate::geometry::Geometry;
use crate::task::InFlash;

/// The bytes that frames copy from: the module of another app, followed by the part of the uploaded module that is in flash.
#[derive(Clone, Copy)]
pub(super) struct Sources {
    base: InFlash,
    /// The offset of the uploaded module in the partition.
    module: u32,
}

impl Sources {
    /// Returns the run with its offset in the partition, if its bytes are in flash when the block is written that starts at this offset of
    /// the module.
    fn locate<'a>(&self, run: Run<'a>, block: u32) -> Option<Run<'a>> {
        let Some(from) = run.from() else { return Some(run) };
        let end = from.checked_add(run.len())?;
        let size = self.base.size;
        match from.checked_sub(size) {
            None if end <= size => Some(run.at(self.base.at + from)),
            Some(own) if end - size <= block => Some(run.at(self.module + own)),
            _ => None,
        }
    }
}

impl<'b> Upload<'b> {
    /// From now on, frames may copy from this module.
    ///
    /// Its bytes stay in flash even if its app is removed: as long as an upload is open, the device erases no slot but that of the upload.
    pub(crate) fn take_deltas(&mut self, base: InFlash, geometry: &Geometry) {
        self.sources = Some(Sources { base, module: geometry.module_at(self.slot) });
    }

    /// Like [`take`](Self::take), for operations that make the bytes from this offset on.
    pub(super) fn take_delta(&mut self, offset: u32, operations: &[u8], free: &mut FreeBlocks<'b>) -> bool {
        let (Some(sources), Some(mut known)) = (self.sources, self.received.checked_sub(offset)) else { return false };
        if self.failed {
            return false;
        }
        let mut runs = Runs::new(offset, operations);
        loop {
            let run = match runs.next() {
                Ok(Some(run)) => run,
                ended => return ended.is_ok(),
            };
            let (skipped, mut rest) = run.split(known);
            known -= skipped.len();
            if rest.len() > self.size() - self.received {
                return false;
            }
            while !rest.is_empty() {
                let Some(block) = self.filling.take().or_else(|| free.pop()) else { return false };
                let filled = self.received as usize % BLOCK;
                let (now, later) = rest.split((BLOCK - filled) as u32);
                let located = sources.locate(now, self.received - filled as u32);
                if !located.is_some_and(|run| block.copies.put(&mut block.bytes, filled, run)) {
                    self.filling = Some(block);
                    return false;
                }
                self.filled(block, now.len() as usize);
                rest = later;
            }
        }
    }
}
