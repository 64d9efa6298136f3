//! A receiver of frames, as strict as a device.

use wamr_delta::{BLOCK, Copies, Run, Runs};

/// Where the module's own bytes are in flash: not behind the base, which is at 0.
const OWN: u32 = 1 << 20;

/// Receives a module.
pub struct Receiver<'a> {
    base: &'a [u8],
    /// The blocks that are written.
    pub written: Vec<u8>,
    block: [u8; BLOCK],
    filled: usize,
    copies: Copies,
}

impl<'a> Receiver<'a> {
    /// A receiver that has this base.
    pub fn new(base: &'a [u8]) -> Self {
        assert!(base.len() < OWN as usize, "there is no room for the base");
        Self { base, written: Vec::new(), block: [0; BLOCK], filled: 0, copies: Copies::NONE }
    }

    /// The number of bytes so far.
    pub fn received(&self) -> usize {
        self.written.len() + self.filled
    }

    /// Takes a frame that starts at `offset`. Returns whether all of it was taken, and it was as short as `max` bytes of the module.
    pub fn take(&mut self, offset: u32, frame: &[u8], max: usize) -> bool {
        let mut runs = Runs::new(offset, frame);
        let mut known = self.received() - offset as usize;
        loop {
            let run = match runs.next() {
                Ok(Some(run)) => run,
                ended => return ended.is_ok(),
            };
            let mut rest = run.split(known as u32).1;
            known -= (run.len() - rest.len()) as usize;
            while !rest.is_empty() {
                let (part, later) = rest.split((BLOCK - self.filled) as u32);
                if self.received() + part.len() as usize > max {
                    return false;
                }
                let located = self.locate(part);
                if !located.is_some_and(|run| self.copies.put(&mut self.block, self.filled, run)) {
                    return false;
                }
                self.filled += part.len() as usize;
                if self.filled == BLOCK {
                    self.flush();
                }
                rest = later;
            }
        }
    }

    /// Returns the run with its place in flash, if all of its bytes are in the base or all of them are written.
    fn locate<'r>(&self, run: Run<'r>) -> Option<Run<'r>> {
        let Some(from) = run.from() else { return Some(run) };
        let end = from.checked_add(run.len())?;
        match from.checked_sub(self.base.len() as u32) {
            None => (end as usize <= self.base.len()).then_some(run),
            Some(own) => (end as usize - self.base.len() <= self.written.len()).then(|| run.at(OWN + own)),
        }
    }

    /// Writes what the block contains.
    pub fn flush(&mut self) {
        let read = |from: u32, bytes: &mut [u8]| {
            let source = match from.checked_sub(OWN) {
                None => &self.base[from as usize..],
                Some(own) => &self.written[own as usize..],
            };
            bytes.copy_from_slice(&source[..bytes.len()]);
            Ok::<_, ()>(())
        };
        self.copies.perform(&mut self.block, read).expect("the source is in memory");
        self.written.extend(&self.block[..self.filled]);
        self.filled = 0;
    }
}
