//! Which starts of an app ended with a restart of the device.
//!
//! A host function that never returns ends with the watchdog, and the app would be started again after each restart. So the device records
//! in flash that it is about to start an app, and that the start has ended. The records of an app lie one after the other in the first page
//! of its slot. A record is two marks, each written once, because not every flash can write the same place twice. The first mark holds the
//! number of the start since the device started.
//!
//! | first mark | second mark | outcome |
//! |---|---|---|
//! | a number | written | the start ended |
//! | a number | erased | the start did not end |
//! | erased | written | a later start hung, one that was not recorded |
//!
//! There is room for some hundreds of records ([`Geometry::starts`]), so only the first starts of each app after a restart of the device are
//! recorded as they happen. For later ones the device needs RAM that survives the restart ([`Records::hung`](crate::Records::hung)).

use embedded_storage::nor_flash::ReadNorFlash;

use crate::cell::CELL;
use crate::slot::Geometry;

/// Starts of an app that are recorded between two restarts of the device.
const RECORDED: u8 = 4;

/// The recorded starts of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Starts {
    /// The place of the next record.
    next: u16,
    /// Consecutive restarts of the device that the app caused, up to now.
    restarts: u8,
    /// Starts that were recorded since the device started.
    recorded: u8,
    /// The last one is under way.
    is_under_way: bool,
    /// The last record says that a later start hung.
    has_hung: bool,
}

impl Starts {
    /// Reads the records in a slot.
    ///
    /// # Errors
    /// That of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, slot: u8) -> Result<Self, F::Error> {
        let mut mark = |start, mark| {
            let mut bytes = [0xff; CELL];
            flash.read(geometry.start_at(slot, start, mark), &mut bytes[..geometry.writable(1)])?;
            // A torn mark counts, too.
            Ok((bytes != [0xff; CELL]).then_some(bytes[0]))
        };
        let mut record = |start| Ok((mark(start, Mark::First)?, mark(start, Mark::Second)?.is_some()));
        // The records follow each other without gaps, so the end is found by halving.
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
            let before = match record(last)? {
                (Some(number), false) => number_of(number) - 1,
                (None, true) if last > 0 => match record(last - 1)? {
                    (Some(number), true) => number_of(number),
                    _ => 0,
                },
                (None, true) => 0,
                _ => break,
            };
            if last + 1 == next {
                starts.has_hung = record(last)?.0.is_none();
            }
            starts.restarts = starts.restarts.saturating_add(1);
            behind = last.saturating_sub(before.into());
        }
        Ok(starts)
    }

    /// The number to write to a first mark. A second mark may have any.
    pub fn number(&self) -> u8 {
        self.recorded + 1
    }

    /// Consecutive restarts of the device that the app caused.
    pub fn restarts(&self) -> u8 {
        self.restarts
    }

    /// Whether the last start that was recorded before the device restarted did not end. Only right after [`read`](Self::read).
    pub fn is_last_unended(&self) -> bool {
        self.restarts > 0 && !self.has_hung
    }

    /// Whether a start is under way that is recorded.
    pub fn is_recorded(&self) -> bool {
        self.is_under_way
    }

    /// Whether a start that begins now is to be recorded, if there is room for so many records. Some of the room is kept for hangs.
    pub fn wants_record(&self, room: u16) -> bool {
        !self.is_under_way && self.recorded < RECORDED && self.next < room - room / 8
    }

    /// Where to record that a start begins.
    pub fn begin_at(&self) -> (u16, Mark) {
        (self.next, Mark::First)
    }

    /// Where to record that a later start hung, if there is room for so many records.
    pub fn hang_at(&self, room: u16) -> Option<(u16, Mark)> {
        (self.next < room).then_some((self.next, Mark::Second))
    }

    /// Where to record that the last start ended, or that the client wants the app started although it hung.
    pub fn end_at(&self) -> (u16, Mark) {
        (self.next.saturating_sub(1), if self.has_hung { Mark::First } else { Mark::Second })
    }

    /// The beginning of a start was recorded. Flash that failed may have been written.
    pub fn begun(&mut self) {
        self.next = self.next.saturating_add(1);
        self.recorded += 1;
        self.restarts = self.restarts.saturating_add(1);
        (self.is_under_way, self.has_hung) = (true, false);
    }

    /// The end of the last start was recorded, or flash failed.
    pub fn ended(&mut self, is_written: bool) {
        self.is_under_way = false;
        if is_written {
            (self.restarts, self.has_hung) = (0, false);
        }
    }

    /// The app hung and there is no room to record it.
    pub fn overflow(&mut self) {
        self.restarts = u8::MAX;
    }
}

/// The number in a first mark. Earlier firmware wrote none, and a torn mark can hold anything.
fn number_of(mark: u8) -> u8 {
    if mark <= RECORDED { mark.max(1) } else { 1 }
}

/// One of the two marks of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    First,
    Second,
}
