//! Which starts of an app did not end: those at which the device restarted.
//!
//! What never returns from a host function ends with the watchdog, and would be started again after each restart. So the device marks in
//! flash that it is about to start an app by itself, and that this is over. The marks of an app lie behind each other in the first page
//! of its slot, two for each start, and are only written once, as not all flash takes more. There is room for some hundreds of starts
//! ([`Geometry::starts`]), so in the time between two starts of the device only the first ones of each app are marked.

use embedded_storage::nor_flash::ReadNorFlash;

use crate::cell::CELL;
use crate::slot::Geometry;

/// Starts of an app that are marked in the time between two starts of the device.
const MARKED: u8 = 4;

/// The marked starts of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Starts {
    /// The place of the next one.
    next: u16,
    /// How many of the last ones, in a row, have not ended.
    unended: u8,
    /// How many there were since the device started.
    marked: u8,
    /// The last one is under way.
    is_under_way: bool,
}

impl Starts {
    /// Reads what is marked in a slot.
    ///
    /// # Errors
    /// That of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, slot: u8) -> Result<Self, F::Error> {
        let mut is_written = |start, mark| {
            let mut bytes = [0xff; CELL];
            flash.read(geometry.start_at(slot, start, mark), &mut bytes[..geometry.writable(1)])?;
            // A torn one, too.
            Ok(bytes != [0xff; CELL])
        };
        // The first that is not marked lies in this range, as they follow each other.
        let (mut next, mut end) = (0, geometry.starts());
        while next < end {
            let middle = next.midpoint(end);
            if is_written(middle, Mark::Begun)? {
                next = middle + 1;
            } else {
                end = middle;
            }
        }
        let mut starts = Self { next, ..Self::default() };
        while starts.unended < u8::MAX
            && let Some(start) = next.checked_sub(u16::from(starts.unended) + 1)
            && !is_written(start, Mark::Ended)?
        {
            starts.unended += 1;
        }
        Ok(starts)
    }

    /// How many of the last ones, in a row, have not ended.
    pub fn unended(&self) -> u8 {
        self.unended
    }

    /// Whether one is under way of which that is marked.
    pub fn is_marked(&self) -> bool {
        self.is_under_way
    }

    /// Whether one that begins now is to be marked, where there is room for so many marks.
    pub fn wants_mark(&self, limit: u16) -> bool {
        !self.is_under_way && self.marked < MARKED && self.next < limit
    }

    /// Where it is to be marked that one begins.
    pub fn next(&self) -> u16 {
        self.next
    }

    /// Where it is to be marked that the last one is over.
    pub fn last(&self) -> u16 {
        self.next.saturating_sub(1)
    }

    /// It was marked that one begins. Flash that failed may have been written.
    pub fn begun(&mut self) {
        self.next = self.next.saturating_add(1);
        self.marked += 1;
        self.unended = self.unended.saturating_add(1);
        self.is_under_way = true;
    }

    /// It was marked that the last one is over, or flash failed.
    pub fn ended(&mut self, is_written: bool) {
        self.is_under_way = false;
        if is_written {
            self.unended = 0;
        }
    }
}

/// What is marked of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Begun,
    Ended,
}
