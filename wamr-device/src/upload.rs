//! An upload: moves bytes from the radio into blocks and from blocks into flash.

#[cfg(wamr_delta)]
mod delta;

use heapless::Deque;
use wamr_proto::DataFrame;

use crate::cell::{CELL, Cell};
use crate::erased::{self, AHEAD, Erased};
use crate::flash::{BLOCK, BLOCKS, Block, FlashOp};
use crate::geometry::Geometry;
use crate::slot::{Opened, Unfinished};
use crate::task::{InFlash, Verified};

/// Frames that are longer are granted in parts. If one of them had to fit, the client could wait for the device, which would wait for the
/// rest of a block.
const FRAME_MAX: usize = BLOCKS * BLOCK / 2;

/// Empty blocks.
pub(crate) type FreeBlocks<'b> = heapless::Vec<&'b mut Block, BLOCKS>;

/// Adds a block to the empty ones.
pub(crate) fn put<'b>(free: &mut FreeBlocks<'b>, block: &'b mut Block) {
    // Of an upload that was discarded.
    #[cfg(wamr_delta)]
    {
        block.copies = wamr_delta::Copies::NONE;
    }
    let put = free.push(block);
    assert!(put.is_ok(), "room for every block there is");
}

pub(crate) struct Upload<'b> {
    pub slot: u8,
    pub opened: Opened,
    /// Bytes before this offset have been received.
    received: u32,
    /// Bytes before this offset are in flash. It is a multiple of `BLOCK`, or the size.
    written: u32,
    /// Bytes before this offset survive a loss of power: whole pages that have their marks, or all.
    durable: u32,
    /// Whether the start of the upload is recorded in flash.
    is_opened: bool,
    /// The flash of the slot that is erased.
    erased: Erased,
    /// The block that is being filled, and the full blocks before it in the queue.
    filling: Option<&'b mut Block>,
    full: Deque<&'b mut Block, BLOCKS>,
    /// The flash operation in progress for this upload.
    pending: Option<Pending>,
    /// A frame after a gap, or before the window allowed it, was dropped and has not arrived again.
    dropped: bool,
    /// The length of the client's longest frame, or [`FRAME_MAX`]. 0 if the client has sent none since it opened the upload.
    frame: u32,
    /// The granted offset when the last frame arrived. It never goes back: bytes before it may be on their way.
    granted: u32,
    /// Bytes have arrived since the device learned of the upload. Nothing is erased or written before that.
    pub is_fed: bool,
    /// Flash was erased or written for it since then.
    pub is_paid: bool,
    /// A flash operation failed. Nothing can be added any more.
    pub failed: bool,
    /// Which app it is, once this is known.
    pub verified: Verified,
    /// The bytes that frames copy from, if the client may send deltas.
    #[cfg(wamr_delta)]
    sources: Option<delta::Sources>,
}

#[derive(Clone, Copy)]
enum Pending {
    Erase(erased::Step),
    Open,
    Write { len: u32 },
    Mark { to: u32 },
}

impl<'b> Upload<'b> {
    pub(crate) fn new(slot: u8, opened: Opened, erased: Erased) -> Self {
        Self {
            slot,
            opened,
            received: 0,
            written: 0,
            durable: 0,
            is_opened: false,
            erased,
            filling: None,
            full: Deque::new(),
            pending: None,
            dropped: false,
            frame: 0,
            granted: 0,
            is_fed: false,
            is_paid: false,
            failed: false,
            verified: Verified::default(),
            #[cfg(wamr_delta)]
            sources: None,
        }
    }

    /// Resumes an upload that was interrupted by a loss of power. The flash after its durable bytes is erased again.
    pub(crate) fn resumed(unfinished: &Unfinished, geometry: &Geometry) -> Self {
        let durable = unfinished.durable;
        let erased = Erased::resumed(durable, geometry);
        Self {
            received: durable,
            written: durable,
            durable,
            is_opened: true,
            ..Self::new(unfinished.slot, unfinished.opened, erased)
        }
    }

    pub(crate) fn size(&self) -> u32 {
        self.opened.size
    }

    pub(crate) fn received(&self) -> u32 {
        self.received
    }

    pub(crate) fn durable(&self) -> u32 {
        self.durable
    }

    /// Returns the offset up to which there is room: the bytes in flash, plus the blocks.
    pub(crate) fn room(&self) -> u32 {
        self.size().min(self.written.saturating_add((BLOCKS * BLOCK) as u32))
    }

    /// Returns the offset up to which the client may send. From the second window on, this is a whole number of frames: most clients send
    /// all that they may, and a short frame takes nearly as long on the air as a full one.
    pub(crate) fn granted(&self) -> u32 {
        let room = self.room();
        let rest = (room - self.received).checked_rem(self.frame).unwrap_or(0);
        let granted = if room == self.size() { room } else { room - rest };
        granted.max(self.granted)
    }

    /// A client opened the upload again. The length of its frames is not known.
    pub(crate) fn reopen(&mut self) {
        self.frame = 0;
    }

    /// Returns the offset from which the client must send again, if it must.
    pub(crate) fn resend(&self) -> Option<u32> {
        self.dropped.then_some(self.received)
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.durable == self.size()
    }

    /// The location of its module.
    pub(crate) fn module(&self, geometry: &Geometry) -> InFlash {
        InFlash { at: geometry.module_at(self.slot), size: self.size() }
    }

    /// Takes the next bytes of a frame in order. Skips bytes that are already there and drops bytes after a gap.
    pub(crate) fn accept(&mut self, frame: DataFrame<'_>, free: &mut FreeBlocks<'b>) {
        if frame.bytes.is_empty() {
            return;
        }
        let before = self.received;
        self.granted = self.granted();
        let whole = self.take(frame, free);
        // Bytes that are already there say nothing about missing bytes.
        if !whole || self.received != before {
            self.dropped = !whole;
        }
    }

    /// Whether every byte of the frame is there now.
    fn take(&mut self, frame: DataFrame<'_>, free: &mut FreeBlocks<'b>) -> bool {
        #[cfg(wamr_delta)]
        if let Some(offset) = frame.offset.checked_sub(wamr_proto::DELTA_FRAME) {
            return self.take_delta(offset, frame.bytes, free);
        }
        let end = frame.offset as u64 + frame.bytes.len() as u64;
        if frame.offset > self.received || end > self.size() as u64 || self.failed {
            return false;
        }
        self.frame = self.frame.max(frame.bytes.len().min(FRAME_MAX) as u32);
        let known = (self.received - frame.offset) as usize;
        let mut bytes = frame.bytes.get(known..).unwrap_or_default();
        while !bytes.is_empty() {
            let Some(block) = self.filling.take().or_else(|| free.pop()) else {
                return false;
            };
            let filled = self.received as usize % BLOCK;
            let room = &mut block.bytes[filled..];
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.filled(block, now.len());
            bytes = later;
        }
        true
    }

    /// The next bytes are in the block.
    fn filled(&mut self, block: &'b mut Block, bytes: usize) {
        self.received += bytes as u32;
        self.is_fed = true;
        if (self.received as usize).is_multiple_of(BLOCK) || self.received == self.size() {
            self.full.push_back(block).ok().expect("room for every block there is");
        } else {
            self.filling = Some(block);
        }
    }

    /// Whether the start of the upload is recorded in flash, or is being recorded.
    pub(crate) fn is_in_flash(&self) -> bool {
        self.is_opened || matches!(self.pending, Some(Pending::Open))
    }

    /// Returns the next flash operation. If no block waits to be written, pages are erased ahead of the data, up to the granted
    /// offset.
    pub(crate) fn next_op(&mut self, geometry: &Geometry) -> Option<FlashOp<'b>> {
        if self.failed {
            return None;
        }
        let first = self.mark(geometry).or_else(|| self.open(geometry)).or_else(|| self.erase(geometry));
        let (op, pending) = first.or_else(|| {
            let block = self.full.pop_front()?;
            let len = (self.size() - self.written).min(BLOCK as u32);
            let writable = geometry.writable(len as usize);
            block.bytes[len as usize..writable].fill(0xff);
            let at = geometry.module_at(self.slot) + self.written;
            Some((FlashOp::Write { at, block, len: writable }, Pending::Write { len }))
        })?;
        self.pending = Some(pending);
        Some(op)
    }

    /// A complete page gets its mark before anything else is written.
    fn mark(&self, geometry: &Geometry) -> Option<(FlashOp<'b>, Pending)> {
        let to = self.size().min(self.durable + geometry.page());
        if self.written == self.durable || self.written < to {
            return None;
        }
        let at = geometry.mark_at(self.slot, self.durable / geometry.page());
        Some((FlashOp::Cell { at, cell: Cell::WRITTEN, len: geometry.writable(1) }, Pending::Mark { to }))
    }

    /// After the first page is erased, it records the upload.
    fn open(&self, geometry: &Geometry) -> Option<(FlashOp<'b>, Pending)> {
        if self.is_opened || AHEAD && !self.is_fed || !self.erased.has_first() {
            return None;
        }
        let op = FlashOp::Cell { at: geometry.opened_at(self.slot), cell: self.opened.encode(), len: CELL };
        Some((op, Pending::Open))
    }

    fn erase(&self, geometry: &Geometry) -> Option<(FlashOp<'b>, Pending)> {
        // The first page holds the marks of the pages that are written, so it is erased before any of them.
        let is_needed = self.full.is_empty() || !self.erased.has_first() || !self.erased.has(self.written, geometry);
        if !self.is_fed || !is_needed {
            return None;
        }
        let (op, step) = self.erased.for_upload(self.slot, self.room(), self.size(), geometry)?;
        Some((op, Pending::Erase(step)))
    }

    /// The operation from [`Upload::next_op`] has completed.
    pub(crate) fn flash_done(&mut self, succeeded: bool) {
        match self.pending.take() {
            Some(_) if !succeeded => self.failed = true,
            Some(Pending::Erase(step)) => self.erased.complete(step),
            Some(Pending::Open) => self.is_opened = true,
            Some(Pending::Write { len }) => self.written += len,
            Some(Pending::Mark { to }) => self.durable = to,
            None => {}
        }
    }

    /// Returns the blocks.
    pub(crate) fn release(self, free: &mut FreeBlocks<'b>) {
        for block in self.full.into_iter().chain(self.filling) {
            put(free, block);
        }
    }
}
