//! The layout of apps in flash, and the records that describe them.
//!
//! One partition holds the ledger and all slots, which have the same size. A new version never overwrites the installed one: an
//! upload is written to a slot without an app. The slot's first page records its state, in cells and marks that are written one
//! after the other. They disappear only when the page is erased for the next upload to the slot:
//!
//! ```text
//! ledger: | page | page |
//! slot 0: | opened, installed, kept, a mark for each page, two for each start, erased, gone | module ...  |
//! slot 1: | opened, installed, kept, a mark for each page, two for each start, erased, gone | module ...  |
//! ...
//! ```

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use wamr_proto::{Digest, Fingerprint};

use crate::APPS_MAX;
use crate::cell::{CELL, Cell, Kind, number};
use crate::erased::{AHEAD, Erased};
use crate::geometry::Geometry;
use crate::starts::Starts;

/// An upload to this slot has started: its generation, size and digest, and what is granted to the app.
const OPENED: Kind = *b"WAMROPN\x01";
/// The upload is an app now, and whether it is on trial.
const INSTALLED: Kind = *b"WAMRAPP\x02";
/// The app has passed its trial.
const KEPT: Kind = *b"WAMRKPT\x01";

/// An upload that has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Counts the uploads, to identify the latest. Wraps after four billion uploads.
    pub generation: u32,
    pub size: u32,
    pub digest: Digest,
    /// Entries of the list in the manifest that the app gets nothing of, one bit for each.
    pub denied: u16,
}

impl Opened {
    pub fn encode(&self) -> Cell {
        // What is not denied, because earlier firmware left these bytes erased and denied nothing.
        let granted = !self.denied;
        let numbers = [self.generation.to_le_bytes(), self.size.to_le_bytes()];
        Cell::new(&OPENED, &[numbers.as_flattened(), &self.digest.0, &granted.to_le_bytes()])
    }

    pub fn decode(cell: &Cell) -> Option<Self> {
        let (generation, rest) = number(cell.fields(&OPENED)?)?;
        let (size, rest) = number(rest)?;
        let (digest, rest) = rest.split_first_chunk()?;
        Some(Self { generation, size, digest: Digest(*digest), denied: !u16::from_le_bytes(*rest.first_chunk()?) })
    }
}

/// Returns the cell that turns an upload into an app.
pub(crate) fn installed(on_trial: bool) -> Cell {
    Cell::new(&INSTALLED, &[&[on_trial.into()]])
}

/// Returns the cell that ends the trial of an app.
pub(crate) fn kept() -> Cell {
    Cell::new(&KEPT, &[])
}

/// The record of an app in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub generation: u32,
    pub size: u32,
    pub fingerprint: Fingerprint,
    /// As in [`Opened`].
    pub denied: u16,
    /// The recorded starts, when the device started.
    pub starts: Starts,
}

impl From<&Opened> for Record {
    fn from(opened: &Opened) -> Self {
        let &Opened { generation, size, digest, denied } = opened;
        Self { generation, size, fingerprint: (&digest).into(), denied, starts: Starts::default() }
    }
}

/// An upload that was in progress when the power was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub slot: u8,
    pub opened: Opened,
    /// The number of bytes of the module that are certainly in flash.
    pub durable: u32,
}

/// The contents of the first pages of all slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    apps: [Option<Record>; APPS_MAX],
    /// One bit for each slot to mark as invalid: its app was on trial when the power was cut.
    pub(crate) unwanted: u32,
    pub(crate) unfinished: Option<Unfinished>,
    /// The latest generation.
    generation: u32,
    /// Which flash of each slot is erased.
    erased: [Erased; if AHEAD { APPS_MAX } else { 0 }],
}

impl Records {
    /// Reads the records from flash that holds the partition at offset 0.
    ///
    /// # Errors
    /// The error of the flash driver.
    pub fn read<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry) -> Result<Self, F::Error> {
        let mut records = Self::default();
        for slot in 0..geometry.slots() {
            records.read_slot(flash, geometry, slot)?;
        }
        Ok(records)
    }

    fn read_slot<F: ReadNorFlash>(&mut self, flash: &mut F, geometry: &Geometry, slot: u8) -> Result<(), F::Error> {
        let first = cell(flash, geometry.opened_at(slot))?;
        let is_gone = is_marked(flash, geometry, geometry.gone_at(slot))?;
        let opened = Opened::decode(&first).filter(|opened| opened.size <= geometry.capacity());
        #[cfg(wamr_erase_ahead)]
        let erased = Erased::read(flash, geometry, slot, opened.map(|opened| opened.size))?;
        let Some(opened) = opened else {
            #[cfg(wamr_erase_ahead)]
            if first == Cell::ERASED && !is_gone {
                self.set_erased(slot, erased);
            } else if !is_gone && erased.is_all() {
                // The cell is torn. Its page will be erased, and must not seem to be erased before it is.
                self.unwanted |= 1 << slot;
            }
            return Ok(());
        };
        #[cfg(wamr_erase_ahead)]
        self.set_erased(slot, erased);
        let latest = self.generation == 0 || is_later(opened.generation, self.generation);
        if latest {
            self.generation = opened.generation;
            if let Some(stale) = self.unfinished.take()
                && AHEAD
            {
                self.unwanted |= 1 << stale.slot;
            }
        }
        if is_gone {
            return Ok(());
        }
        if let Some(on_trial) =
            cell(flash, geometry.installed_at(slot))?.fields(&INSTALLED).map(|it| it.first() == Some(&1))
        {
            if on_trial && cell(flash, geometry.kept_at(slot))?.fields(&KEPT).is_none() {
                self.unwanted |= 1 << slot;
            } else {
                let starts = Starts::read(flash, geometry, slot)?;
                self.set(slot, Some(Record { starts, ..(&opened).into() }));
            }
        } else {
            let durable = durable(flash, geometry, slot, opened.size)?;
            // If a page that has its mark was erased, the first page was being erased too.
            let is_erased = AHEAD && durable > 0 && !is_marked(flash, geometry, geometry.module_at(slot))?;
            if latest && !is_erased {
                self.unfinished = Some(Unfinished { slot, opened, durable });
            } else if AHEAD {
                self.unwanted |= 1 << slot;
            }
        }
        Ok(())
    }

    /// Records that this app hung, so that the watchdog restarted the device. For platforms with RAM that survives a restart: they keep
    /// the [app of the task](crate::Task::app) there that the executor performs. Call it after [`read`](Self::read), before the device
    /// starts.
    ///
    /// Ignores an app that has no record, and a hang that is recorded already. If the hang cannot be recorded, the device does not start
    /// the app by itself until the next restart.
    pub fn hung<F: NorFlash>(&mut self, flash: &mut F, geometry: &Geometry, app: u8) {
        let Some(Some(record)) = self.apps.get_mut(usize::from(app)) else { return };
        let starts = match record.starts.hang_at(geometry.starts()) {
            Some(_) if record.starts.is_last_unended() => return,
            Some((start, mark)) => flash
                .write(geometry.start_at(app, start, mark), &Cell::WRITTEN.0[..geometry.writable(1)])
                .and_then(|()| Starts::read(flash, geometry, app))
                .ok(),
            None => None,
        };
        match starts {
            Some(starts) => record.starts = starts,
            None => record.starts.overflow(),
        }
    }

    pub(crate) fn get(&self, slot: u8) -> Option<&Record> {
        self.apps.get(usize::from(slot))?.as_ref()
    }

    pub(crate) fn set(&mut self, slot: u8, record: Option<Record>) {
        if let Some(place) = self.apps.get_mut(usize::from(slot)) {
            *place = record;
        }
    }

    /// Returns which flash of a slot is erased.
    pub(crate) fn erased(&self, slot: u8) -> Erased {
        self.erased.get(usize::from(slot)).copied().unwrap_or_default()
    }

    #[cfg(wamr_erase_ahead)]
    pub(crate) fn set_erased(&mut self, slot: u8, erased: Erased) {
        if let Some(place) = self.erased.get_mut(usize::from(slot)) {
            *place = erased;
        }
    }

    /// Returns the slot with the newest app among the slots that `wanted` selects.
    pub(crate) fn latest(&self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let mut latest: Option<(u8, u32)> = None;
        for slot in 0..APPS_MAX as u8 {
            if let Some(record) = self.get(slot)
                && wanted(slot)
                && latest.is_none_or(|(_, generation)| is_later(record.generation, generation))
            {
                latest = Some((slot, record.generation));
            }
        }
        latest.map(|(slot, _)| slot)
    }

    /// Returns the generation of the next upload.
    pub(crate) fn next_generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }
}

/// Returns the number of module bytes that are in flash: whole pages, each with its mark, or all.
fn durable<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, slot: u8, size: u32) -> Result<u32, F::Error> {
    let mut durable = 0;
    // A torn mark also counts: its page was in flash when it was written.
    while durable < size && is_marked(flash, geometry, geometry.mark_at(slot, durable / geometry.page()))? {
        durable = size.min(durable + geometry.page());
    }
    Ok(durable)
}

/// Whether there is a mark. A torn mark counts: its statement was true when it was written.
fn is_marked<F: ReadNorFlash>(flash: &mut F, geometry: &Geometry, at: u32) -> Result<bool, F::Error> {
    let mut mark = [0xff; CELL];
    flash.read(at, &mut mark[..geometry.writable(1)])?;
    Ok(mark != [0xff; CELL])
}

fn cell<F: ReadNorFlash>(flash: &mut F, at: u32) -> Result<Cell, F::Error> {
    let mut cell = Cell::ERASED;
    flash.read(at, &mut cell.0).map(|()| cell)
}

fn is_later(generation: u32, other: u32) -> bool {
    generation.wrapping_sub(other).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_comes_back() {
        let opened = Opened { generation: 7, size: 9, digest: Digest([9; 32]), denied: 0x8001 };
        assert_eq!(Opened::decode(&opened.encode()), Some(opened));
        assert_eq!(Opened::decode(&kept()), None);
    }

    #[test]
    fn what_earlier_firmware_opened_is_granted_everything() {
        let cell = Cell::new(&OPENED, &[&7u32.to_le_bytes(), &9u32.to_le_bytes(), &[9; 32]]);
        assert_eq!(Opened::decode(&cell).unwrap().denied, 0);
    }

    #[test]
    fn the_latest_counts_even_when_generations_wrap() {
        let record = |generation| {
            let fingerprint = Fingerprint([0; 8]);
            Some(Record { generation, size: 1, fingerprint, denied: 0, starts: Starts::default() })
        };
        let mut records = Records::default();
        assert_eq!(records.latest(|_| true), None);
        records.set(2, record(u32::MAX));
        records.set(0, record(1));
        assert_eq!(records.latest(|_| true), Some(0));
        assert_eq!(records.latest(|slot| slot != 0), Some(2));
    }
}
