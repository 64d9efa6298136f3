//! A receiver of frames, as strict as a device.

use wamr_delta::{BLOCK, Copies, Run, Runs};

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
                if self.received() + part.len() as usize > max || !self.has(&part) {
                    return false;
                }
                if !self.copies.put(&mut self.block, self.filled, part) {
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

    /// Whether the source of a run is known.
    fn has(&self, run: &Run<'_>) -> bool {
        let source = self.base.len() + self.written.len();
        run.from().is_none_or(|from| from as usize + run.len() as usize <= source)
    }

    /// Writes what the block contains.
    pub fn flush(&mut self) {
        let source = [self.base, &self.written].concat();
        let read = |from: u32, bytes: &mut [u8]| {
            bytes.copy_from_slice(&source[from as usize..][..bytes.len()]);
            Ok::<_, ()>(())
        };
        self.copies.perform(&mut self.block, read).expect("the source is in memory");
        self.written.extend(&self.block[..self.filled]);
        self.filled = 0;
    }
}
