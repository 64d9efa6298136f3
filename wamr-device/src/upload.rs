//! One upload: bytes from the radio into blocks, blocks into flash.

use heapless::Deque;
use wamr_proto::{DataFrame, Details, Digest};

use crate::flash::{BLOCK, BLOCKS, Block, FlashOp};
use crate::slot::{Geometry, Record};
use crate::task::InFlash;

/// Blocks that hold nothing.
pub(crate) type FreeBlocks<'b> = heapless::Vec<&'b mut Block, BLOCKS>;

/// Puts a block to the others.
pub(crate) fn put<'b>(free: &mut FreeBlocks<'b>, block: &'b mut Block) {
    let put = free.push(block);
    assert!(put.is_ok(), "room for every block there is");
}

pub(crate) struct Upload<'b> {
    pub slot: u8,
    pub size: u32,
    pub digest: Digest,
    /// Bytes before this offset were received.
    received: u32,
    /// Bytes before this offset lie in flash. A multiple of `BLOCK`, or all.
    durable: u32,
    /// Flash of the slot before this offset is erased, counted from the slot's start.
    erased: u32,
    /// The block that is being filled, and the full ones behind which it will queue.
    filling: Option<&'b mut Block>,
    full: Deque<&'b mut Block, BLOCKS>,
    /// What the flash is doing for this upload.
    pending: Option<Pending>,
    /// A frame behind a gap, or too early for the window, was dropped and has not come again.
    dropped: bool,
    /// A flash operation failed; nothing can be added any more.
    pub failed: bool,
    /// What app it is, once that is known.
    pub details: Details,
}

#[derive(Clone, Copy)]
enum Pending {
    Erase { to: u32 },
    Write { len: u32 },
}

impl<'b> Upload<'b> {
    pub(crate) fn new(slot: u8, size: u32, digest: Digest) -> Self {
        Self {
            slot,
            size,
            digest,
            received: 0,
            durable: 0,
            erased: 0,
            filling: None,
            full: Deque::new(),
            pending: None,
            dropped: false,
            failed: false,
            details: Details::default(),
        }
    }

    pub(crate) fn received(&self) -> u32 {
        self.received
    }

    pub(crate) fn durable(&self) -> u32 {
        self.durable
    }

    /// The offset up to which the client may send: what is in flash, and all blocks full behind it.
    pub(crate) fn granted(&self) -> u32 {
        self.size.min(self.durable.saturating_add((BLOCKS * BLOCK) as u32))
    }

    /// The offset from which the client has to send again, where it has to.
    pub(crate) fn resend(&self) -> Option<u32> {
        self.dropped.then_some(self.received)
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.durable == self.size
    }

    /// Where its module lies.
    pub(crate) fn module(&self, geometry: &Geometry) -> InFlash {
        InFlash { at: geometry.module_at(self.slot), size: self.size }
    }

    pub(crate) fn record(&self, generation: u32) -> Record {
        Record { generation, size: self.size, digest: self.digest }
    }

    /// Takes the bytes of a frame that come next; those that are there already are skipped, and what lies behind a gap
    /// is dropped.
    pub(crate) fn accept(&mut self, frame: DataFrame<'_>, free: &mut FreeBlocks<'b>) {
        self.dropped = !self.take(frame, free);
    }

    /// Whether every byte of the frame is there now.
    fn take(&mut self, frame: DataFrame<'_>, free: &mut FreeBlocks<'b>) -> bool {
        let end = frame.offset as u64 + frame.bytes.len() as u64;
        if frame.offset > self.received || end > self.size as u64 || self.failed {
            return false;
        }
        let known = (self.received - frame.offset) as usize;
        let mut bytes = frame.bytes.get(known..).unwrap_or_default();
        while !bytes.is_empty() {
            let Some(block) = self.filling.take().or_else(|| free.pop()) else {
                return false;
            };
            let filled = self.received as usize % BLOCK;
            let room = &mut block.0[filled..];
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.received += now.len() as u32;
            if filled + now.len() == BLOCK || self.received == self.size {
                self.full.push_back(block).ok().expect("room for every block there is");
            } else {
                self.filling = Some(block);
            }
            bytes = later;
        }
        true
    }

    /// The next operation on flash. Erasing runs ahead of the data, page by page, where nothing waits to be written.
    pub(crate) fn next_op(&mut self, geometry: &Geometry) -> Option<FlashOp<'b>> {
        if self.failed {
            return None;
        }
        let start = geometry.record_at(self.slot);
        let from_start = geometry.page() + self.durable;
        if self.full.is_empty() || from_start >= self.erased {
            // The page of the record goes first: from there on the slot holds no app.
            let to = self.erased + geometry.page();
            if self.erased < geometry.page() + self.size {
                self.pending = Some(Pending::Erase { to });
                return Some(FlashOp::Erase { from: start + self.erased, to: start + to });
            }
        }
        let block = self.full.pop_front()?;
        let len = (self.size - self.durable).min(BLOCK as u32);
        let writable = geometry.writable(len as usize);
        block.0[len as usize..writable].fill(0xff);
        self.pending = Some(Pending::Write { len });
        Some(FlashOp::Write { at: geometry.module_at(self.slot) + self.durable, block, len: writable })
    }

    /// The operation from [`Upload::next_op`] has ended.
    pub(crate) fn flash_done(&mut self, succeeded: bool) {
        match self.pending.take() {
            Some(_) if !succeeded => self.failed = true,
            Some(Pending::Erase { to }) => self.erased = to,
            Some(Pending::Write { len }) => self.durable += len,
            None => {}
        }
    }

    /// Gives the blocks back.
    pub(crate) fn release(self, free: &mut FreeBlocks<'b>) {
        for block in self.full.into_iter().chain(self.filling) {
            put(free, block);
        }
    }
}
