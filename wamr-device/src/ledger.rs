//! The ledger: data that a device never forgets, whatever is removed from it. It contains keys, the key that owns the name of
//! each app, and the security counter of its versions.
//!
//! It consists of two pages before the slots. Entries are appended to one of them, and the last entry about a subject is valid.
//! When the page is full, the entries that are still needed are copied to the other page. The first cell of that page is written
//! last and makes it the active one.

use embedded_storage::nor_flash::NorFlashErrorKind;
use wamr_proto::{AppName, Key};

use crate::built_in::BuiltIn;
use crate::cell::{CELL, Cell, Kind, number};
use crate::pages::{FlashError, Pages};

/// The first cell of a page.
const HEADER: Kind = *b"WAMRLGR\x01";
/// All other cells.
const ENTRY: Kind = *b"WAMRENT\x01";

const CELL_SIZE: u32 = CELL as u32;

/// The subject of an entry. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    /// An app's name, for every signer. The value is the lowest accepted security counter. Earlier firmware wrote these entries.
    Counter = 1,
    /// A public key. The value is one of the constants below.
    Key = 2,
    /// An app's name and its signer. The value is the lowest accepted security counter. The last entry for a name belongs to the
    /// owner of the name.
    App = 3,
}

/// Values of keys. Trusted are those with the lowest bit.
const REVOKED: u32 = 0;
const TRUSTED: u32 = 1;
/// Like [`REVOKED`], for a key that the firmware had at that time: it stays revoked even if later firmware does not have it.
const REVOKED_BUILT_IN: u32 = 2;
/// Like [`TRUSTED`], for a key that may also sign native code. Firmware from before this value does not trust the key.
const TRUSTED_NATIVE: u32 = 3;

const SIGNER: usize = 16;

/// The signer of an app: the first half of the public key. Nobody can find another key with the same first 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer([u8; SIGNER]);

impl Signer {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; SIGNER] {
        &self.0
    }
}

impl From<&Key> for Signer {
    fn from(key: &Key) -> Self {
        let [front, _] = halves(key);
        Self(*front)
    }
}

fn halves(key: &Key) -> [&[u8; SIGNER]; 2] {
    let (front, back) = key.split_at(SIGNER);
    [front, back].map(|half| half.first_chunk().unwrap_or(&[0; SIGNER]))
}

/// An entry of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    topic: u8,
    key: Key,
    value: u32,
}

impl Entry {
    /// Gives the name to this signer, and rejects this signer's versions with a lower security counter.
    pub(crate) fn app(name: &AppName, signer: Signer, counter: u32) -> Self {
        let mut entry = Self::counter(name);
        entry.key[SIGNER..].copy_from_slice(&signer.0);
        Self { topic: Topic::App as u8, value: counter, ..entry }
    }

    /// Trusts or revokes a key, which may be a key of the firmware.
    pub(crate) fn key(key: &Key, trusted: bool, built_in: bool) -> Self {
        let value = match (trusted, built_in) {
            (true, _) => TRUSTED,
            (false, false) => REVOKED,
            (false, true) => REVOKED_BUILT_IN,
        };
        Self { topic: Topic::Key as u8, key: *key, value }
    }

    /// Trusts a key that may also sign native code.
    #[cfg(wamr_native)]
    pub(crate) fn native_key(key: &Key) -> Self {
        Self { value: TRUSTED_NATIVE, ..Self::key(key, true, false) }
    }

    fn counter(name: &AppName) -> Self {
        let mut key = [0; 32];
        key.iter_mut().zip(name.as_str().bytes()).for_each(|(place, byte)| *place = byte);
        Self { topic: Topic::Counter as u8, key, value: 0 }
    }

    fn encode(&self) -> Cell {
        Cell::new(&ENTRY, &[&self.value.to_le_bytes(), &self.key, &[self.topic]])
    }

    fn decode(fields: &[u8]) -> Option<Self> {
        let (value, rest) = number(fields)?;
        let (key, rest) = rest.split_first_chunk()?;
        Some(Self { topic: *rest.first()?, key: *key, value })
    }

    fn is(&self, topic: Topic) -> bool {
        self.topic == topic as u8
    }

    fn is_about_the_same_as(&self, other: &Self) -> bool {
        self.topic == other.topic && self.key == other.key
    }

    fn signer(&self) -> Signer {
        let [_, back] = halves(&self.key);
        Signer(*back)
    }

    /// Whether it says that a key is trusted.
    pub(crate) fn trusts_key(&self) -> bool {
        self.is(Topic::Key) && self.trusts()
    }

    /// For an entry about a key.
    fn trusts(&self) -> bool {
        self.value & TRUSTED != 0
    }

    /// For an entry about a key.
    fn permits_native(&self) -> bool {
        cfg!(wamr_native) && self.value == TRUSTED_NATIVE
    }

    /// Whether it makes earlier entries for this signer's apps invalid, because it revokes a client's key.
    fn makes_forget(&self, signer: Signer) -> bool {
        self.is(Topic::Key) && self.value == REVOKED && Signer::from(&self.key) == signer
    }
}

/// Returns the cell at an offset in the partition.
type Read<'r> = &'r mut dyn FnMut(u32) -> Cell;

/// The ledger, for reading.
pub(crate) struct Ledger<'r> {
    read: Read<'r>,
    page: u32,
    /// The keys of the firmware.
    built_in: BuiltIn,
    /// The offset of the active page, and the number in its header.
    active: Option<(u32, u32)>,
}

impl<'r> Ledger<'r> {
    /// Determines which of the two pages is active.
    pub fn new(page: u32, built_in: BuiltIn, read: Read<'r>) -> Self {
        let mut header = |at| Some((at, number(read(at).fields(&HEADER)?)?.0));
        let active = match (header(0), header(page)) {
            (Some(first), Some(second)) if first.1.wrapping_sub(second.1).cast_signed() > 0 => Some(first),
            (first, second) => second.or(first),
        };
        Self { read, page, built_in, active }
    }

    /// Reads the ledger in these bytes.
    pub fn of<R>(pages: &[u8], built_in: BuiltIn, look: impl FnOnce(&mut Ledger<'_>) -> R) -> R {
        let mut read = |at| Cell::at(pages, at);
        look(&mut Ledger::new(pages.len() as u32 / 2, built_in, &mut read))
    }

    /// Whether modules that this key signed are accepted.
    pub fn is_trusted(&mut self, key: &Key) -> bool {
        let built_in = self.built_in.contains(key);
        self.find(&Entry::key(key, true, built_in)).map_or(built_in, |entry| entry.trusts())
    }

    /// Whether native code that this key signed is accepted.
    pub fn may_sign_native(&mut self, key: &Key) -> bool {
        cfg!(wamr_native)
            && self
                .find(&Entry::key(key, true, false))
                .map_or(self.built_in.may_sign_native(key), |entry| entry.permits_native())
    }

    /// Returns the first key at or after an index that a client added and nobody revoked, and the next index. Keys of the
    /// firmware are skipped.
    pub fn next_trusted(&mut self, from: u32) -> Option<(Key, u32)> {
        (from..self.cells()).find_map(|index| {
            let entry = self.entry(index, &|entry| entry.is(Topic::Key) && entry.trusts())?;
            let counts = !self.built_in.contains(&entry.key) && self.is_last(index, &entry);
            counts.then_some((entry.key, index + 1))
        })
    }

    /// Whether an app's name belongs to a signer other than this one that is still trusted.
    pub fn is_taken(&mut self, name: &AppName, signer: Option<Signer>) -> bool {
        let owner = self.owner(&Entry::app(name, Signer([0; SIGNER]), 0)).map(|entry| entry.signer());
        owner.is_some_and(|owner| Some(owner) != signer && self.trusts(owner))
    }

    /// Returns the lowest accepted security counter for an app with this name and signer.
    pub fn lowest_counter(&mut self, app: &Entry, name: &AppName) -> u32 {
        let [own, earlier] =
            [*app, Entry::counter(name)].map(|wanted| self.find(&wanted).map_or(0, |entry| entry.value));
        own.max(earlier)
    }

    /// Whether the ledger contains this entry already.
    pub fn is_noted(&mut self, new: &Entry) -> bool {
        if new.is(Topic::Key) {
            self.is_trusted(&new.key) == new.trusts() && self.may_sign_native(&new.key) == new.permits_native()
        } else {
            self.owner(new) == Some(*new)
        }
    }

    /// Whether there is space for one more entry. Space to revoke each key of the firmware is reserved.
    pub fn has_room_for(&mut self, new: &Entry) -> bool {
        let is_revocation = new.is(Topic::Key) && !new.trusts();
        let takes_a_place = new.is(Topic::App) && self.find(new).is_some();
        let reserved = if is_revocation || takes_a_place {
            0
        } else {
            self.built_in.iter().filter(|key| self.is_trusted(key)).count()
        };
        let used = (1..self.cells()).filter(|index| self.kept_beside(*index, new).is_some()).count();
        // One cell is the header.
        used + reserved + usize::from(self.is_needed(new, new)) < self.cells() as usize
    }

    /// Returns the entry at an index if it is still needed together with a new entry.
    fn kept_beside(&mut self, index: u32, new: &Entry) -> Option<Entry> {
        let entry = self.entry(index, &|_| true)?;
        let kept = !entry.is_about_the_same_as(new) && self.is_last(index, &entry) && self.is_needed(&entry, new);
        kept.then_some(entry)
    }

    /// Whether an entry is needed together with a new entry: without it, something else would be true.
    fn is_needed(&self, entry: &Entry, new: &Entry) -> bool {
        if entry.is(Topic::Key) {
            let built_in = self.built_in.contains(&entry.key);
            entry.value == REVOKED_BUILT_IN
                || built_in != entry.trusts()
                || self.built_in.may_sign_native(&entry.key) != entry.permits_native()
        } else {
            !(entry.is(Topic::App) && new.makes_forget(entry.signer()))
        }
    }

    /// Whether a signer is trusted.
    fn trusts(&mut self, signer: Signer) -> bool {
        let found = self.last(&|entry| entry.is(Topic::Key) && Signer::from(&entry.key) == signer);
        match found {
            Some(entry) => entry.trusts(),
            None => self.built_in.iter().any(|key| Signer::from(key) == signer),
        }
    }

    /// Returns the last entry for the name in an entry.
    fn owner(&mut self, app: &Entry) -> Option<Entry> {
        let [name, _] = halves(&app.key);
        self.last(&|entry| entry.is(Topic::App) && entry.key.starts_with(name))
    }

    /// Returns the valid entry about a subject.
    fn find(&mut self, wanted: &Entry) -> Option<Entry> {
        self.last(&|entry| entry.is_about_the_same_as(wanted))
    }

    fn last(&mut self, is_wanted: &dyn Fn(&Entry) -> bool) -> Option<Entry> {
        (1..self.cells()).rev().find_map(|index| self.entry(index, is_wanted))
    }

    /// Whether no later entry is about the same subject.
    fn is_last(&mut self, index: u32, entry: &Entry) -> bool {
        !self.is_any_behind(index, &|later| later.is_about_the_same_as(entry))
    }

    /// Returns the entry at an index if it is wanted and valid.
    fn entry(&mut self, index: u32, is_wanted: &dyn Fn(&Entry) -> bool) -> Option<Entry> {
        let entry = self.entry_or_forgotten(index, is_wanted)?;
        let is_forgotten =
            entry.is(Topic::App) && self.is_any_behind(index, &|later| later.makes_forget(entry.signer()));
        (!is_forgotten).then_some(entry)
    }

    fn is_any_behind(&mut self, index: u32, is_wanted: &dyn Fn(&Entry) -> bool) -> bool {
        (index + 1..self.cells()).any(|later| self.entry_or_forgotten(later, is_wanted).is_some())
    }

    /// Computes the checksum only of wanted entries.
    #[inline(never)]
    fn entry_or_forgotten(&mut self, index: u32, is_wanted: &dyn Fn(&Entry) -> bool) -> Option<Entry> {
        let (start, _) = self.active?;
        let cell = (self.read)(start + index * CELL_SIZE);
        let entry = Entry::decode(cell.unchecked_fields()).filter(is_wanted)?;
        cell.fields(&ENTRY).map(|_| entry)
    }

    /// Returns the offset for the next entry, if there is space.
    fn end(&mut self) -> Option<u32> {
        let (start, _) = self.active?;
        (1..self.cells()).map(|index| start + index * CELL_SIZE).find(|at| (self.read)(*at) == Cell::ERASED)
    }

    fn cells(&self) -> u32 {
        self.page / CELL_SIZE
    }
}

/// The ledger, for writing.
pub(crate) struct Journal<'f> {
    pub flash: &'f mut dyn Pages,
    pub page: u32,
    pub built_in: BuiltIn,
}

impl Journal<'_> {
    /// Appends an entry, and moves the ledger to the other page if necessary and if `may_erase` is set. Returns whether a page
    /// was erased.
    ///
    /// # Errors
    /// [`FlashError`]. If the entry does not fit or may not be written, flash does not change.
    pub fn note(&mut self, entry: &Entry, may_erase: bool) -> Result<bool, FlashError> {
        if self.look(|ledger| ledger.is_noted(entry))? {
            return Ok(false);
        }
        if !self.look(|ledger| ledger.has_room_for(entry))? {
            return Err(FlashError::Full);
        }
        match self.look(|ledger| ledger.end())? {
            Some(end) => Ok(self.flash.write(end, &entry.encode()).map(|()| false)?),
            None if !may_erase => Err(FlashError::Budget),
            None => self.compact(entry).map(|()| true),
        }
    }

    /// Copies the entries that are still needed to the other page, followed by the new entry.
    fn compact(&mut self, new: &Entry) -> Result<(), FlashError> {
        let active = self.look(|ledger| ledger.active)?;
        let to = if matches!(active, Some((0, _))) { self.page } else { 0 };
        let end = to + self.page;
        self.flash.erase(to, end)?;
        let mut at = to + CELL_SIZE;
        for index in 1..=self.page / CELL_SIZE {
            let kept = self.look(|ledger| match index {
                _ if index < ledger.cells() => ledger.kept_beside(index, new),
                // The new entry follows all others.
                _ => ledger.is_needed(new, new).then_some(*new),
            })?;
            if let Some(entry) = kept {
                if at == end {
                    return Err(FlashError::Full);
                }
                self.flash.write(at, &entry.encode())?;
                at += CELL_SIZE;
            }
        }
        let number = active.map_or(0, |(_, number)| number.wrapping_add(1));
        Ok(self.flash.write(to, &Cell::new(&HEADER, &[&number.to_le_bytes()]))?)
    }

    /// Reads the ledger. An unreadable cell is an error, not a missing entry.
    fn look<R>(&mut self, look: impl FnOnce(&mut Ledger<'_>) -> R) -> Result<R, NorFlashErrorKind> {
        let (flash, mut result) = (&mut *self.flash, Ok(()));
        let mut read = |at| {
            let mut cell = Cell::ERASED;
            result = result.and(flash.read(at, &mut cell));
            cell
        };
        let seen = look(&mut Ledger::new(self.page, self.built_in, &mut read));
        result.map(|()| seen)
    }
}
