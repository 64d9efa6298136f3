//! Records which starts of an app ended with a restart of the device.
//!
//! A host function that never returns makes the watchdog restart the device, and the app would be started again after each
//! restart. The device therefore records in flash when the start of an app begins and when it ends. The records of an app are in
//! the first page of its slot, one after the other. A record consists of two marks. Each is written once, because not every flash
//! can write the same place twice. The first mark contains the number of the start since the device started.
//!
//! | first mark | second mark | outcome |
//! |---|---|---|
//! | a number | written | the start ended |
//! | a number | erased | the start did not end |
//! | erased | written | a later start, which was not recorded, hung |
//!
//! There is space for a few hundred records ([`Geometry::starts`]). The device therefore records only the first starts of each
//! app after it starts itself. To detect that a later start hung, it needs RAM that survives the restart
//! ([`Records::hung`](crate::Records::hung)).

use embedded_storage::nor_flash::ReadNorFlash;

use crate::cell::CELL;
use crate::geometry::{Geometry, Mark};

/// The number of starts of an app that are recorded between two restarts of the device.
const RECORDED: u8 = 4;

/// The recorded starts of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Starts {
    /// The index of the next record.
    next: u16,
    /// The number of consecutive restarts of the device that the app caused.
    restarts: u8,
    /// The number of starts that were recorded since the device started.
    recorded: u8,
    /// Whether the last start is in progress.
    is_under_way: bool,
    /// Whether the last record says that a later start hung.
    has_hung: bool,
}

impl Starts {
    /// Reads the records in a slot.
    ///
    /// # Errors
    /// The error of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, slot: u8) -> Result<Self, F::Error> {
        let mut mark = |start, mark| {
            let mut bytes = [0xff; CELL];
            flash.read(geometry.start_at(slot, start, mark), &mut bytes[..geometry.writable(1)])?;
            // A torn mark counts, too.
            Ok((bytes != [0xff; CELL]).then_some(bytes[0]))
        };
        let mut record = |start| Ok((mark(start, Mark::First)?, mark(start, Mark::Second)?.is_some()));
        // The records follow each other without gaps, so a binary search finds the end.
        let (mut next, mut end) = (0, geometry.starts());
        while next < end {
            let middle = next.midpoint(end);
            if record(middle)? == (None, false) {
                end = middle;
            } else {
                next = middle + 1;
            }
        }
        let mut starts = Self { next, ..Self::default() };
        // Goes back from one restart of the device to the one before.
        let mut behind = next;
        while let Some(last) = behind.checked_sub(1) {
            let found = record(last)?;
            let before = match found {
                (Some(number), false) => number_of(number) - 1,
                (None, true) if last > 0 => match record(last - 1)? {
                    (Some(number), true) => number_of(number),
                    _ => 0,
                },
                (None, true) => 0,
                _ => break,
            };
            if last + 1 == next {
                starts.has_hung = found.0.is_none();
            }
            starts.restarts = starts.restarts.saturating_add(1);
            behind = last.saturating_sub(before.into());
        }
        Ok(starts)
    }

    /// Returns the number to write to a first mark. A second mark may contain any number.
    pub fn number(&self) -> u8 {
        self.recorded + 1
    }

    /// Returns the number of consecutive restarts of the device that the app caused.
    pub fn restarts(&self) -> u8 {
        self.restarts
    }

    /// Whether the last recorded start before the restart of the device did not end. Only valid right after [`read`](Self::read).
    pub fn is_last_unended(&self) -> bool {
        self.restarts > 0 && !self.has_hung
    }

    /// Whether a recorded start is in progress.
    pub fn is_recorded(&self) -> bool {
        self.is_under_way
    }

    /// Whether to record a start that begins now, if there is space for `room` records. Part of the space is reserved to record
    /// hangs.
    pub fn wants_record(&self, room: u16) -> bool {
        !self.is_under_way
            && self.recorded < RECORDED
            && self.next < if self.restarts > 0 { room } else { room - room / 8 }
    }

    /// Returns where to record the beginning of a start.
    pub fn begin_at(&self) -> (u16, Mark) {
        (self.next, Mark::First)
    }

    /// Returns where to record that a later start hung, if there is space for it.
    pub fn hang_at(&self, room: u16) -> Option<(u16, Mark)> {
        (self.next < room).then_some((self.next, Mark::Second))
    }

    /// Returns where to record that the last start ended, or that a client starts the app although it hung.
    pub fn end_at(&self) -> (u16, Mark) {
        (self.next.saturating_sub(1), if self.has_hung { Mark::First } else { Mark::Second })
    }

    /// The beginning of a start was recorded. If the flash failed, the mark may have been written.
    pub fn begun(&mut self) {
        self.next = self.next.saturating_add(1);
        self.recorded += 1;
        self.restarts = self.restarts.saturating_add(1);
        (self.is_under_way, self.has_hung) = (true, false);
    }

    /// The end of the last start was recorded, or the flash failed.
    pub fn ended(&mut self, is_written: bool) {
        self.is_under_way = false;
        if is_written {
            (self.restarts, self.has_hung) = (0, false);
        }
    }

    /// The app hung, and there is no space to record it.
    pub fn overflow(&mut self) {
        self.restarts = u8::MAX;
    }
}

/// Returns the number in a first mark. Earlier firmware wrote no number, and a torn mark can contain anything.
fn number_of(mark: u8) -> u8 {
    if mark <= RECORDED { mark.max(1) } else { 1 }
}
