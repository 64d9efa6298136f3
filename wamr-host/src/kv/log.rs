//! The values of apps in flash: a log of records in one half of a partition.
//!
//! When the half is full, the records that are still needed are copied to the other half, which makes it the active one: its header is
//! written last. So both halves are erased equally often, and a loss of power leaves either the old half or the new one.
//!
//! A record that a loss of power has cut off fails its checksum and does not count. If its header is cut off, nobody knows where the record
//! ends, and the next record goes to the other half.

use embedded_storage::nor_flash::NorFlash;

use super::record::{CRC, HEADER, Kind, Record, Subject, VALUE_MAX, crc};
use super::writer::{CHUNK, Chunk, ERASED, Writer, padded};
use crate::Error;

/// The start of a half: the layout of what follows. Then come a number, which is higher in the half that was written later, and a checksum.
const MAGIC: [u8; 8] = *b"WAMRKV\x00\x01";

/// A value to write.
enum Source<'a> {
    Ram(&'a [u8]),
    /// That of a record.
    Flash(Record),
}

/// Visits items of a log. The log can be used meanwhile.
type Visit<'v, F, T> = &'v mut dyn FnMut(&mut Log<F>, &T) -> Result<(), Error>;

/// The log. It erases and writes all of its flash.
pub struct Log<F> {
    flash: F,
    /// The active half and the number in its header. `None` before anything was written.
    active: Option<(u32, u32)>,
    /// The offset behind the last record.
    end: u32,
    /// Whether another record can follow.
    is_open: bool,
    /// Whether all this is known.
    is_known: bool,
}

impl<F: NorFlash> Log<F> {
    /// Reads nothing yet.
    pub const fn new(flash: F) -> Self {
        const { assert!(F::READ_SIZE == 1 && F::WRITE_SIZE <= HEADER as usize && CHUNK.is_multiple_of(F::WRITE_SIZE)) }
        Self { flash, active: None, end: 0, is_open: false, is_known: false }
    }

    /// Returns the length of a value.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`].
    pub fn len(&mut self, subject: &Subject) -> Result<u32, Error> {
        self.learn()?;
        self.find(subject)?.map(|record| record.value.into()).ok_or(Error::NotFound)
    }

    /// Reads a value into a buffer of its length.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`].
    pub fn get(&mut self, subject: &Subject, value: &mut [u8]) -> Result<(), Error> {
        self.learn()?;
        let record = self.find(subject)?.filter(|record| usize::from(record.value) == value.len());
        let at = record.ok_or(Error::NotFound)?.value_at();
        self.read(at, value)
    }

    /// Stores a value. Returns whether that takes the erasure of half the flash, which it does only if `may_erase` is set.
    ///
    /// # Errors
    /// [`Error::NoSpace`] beyond the quota or if the flash is full, [`Error::InvalidArgument`] if the value is too long, [`Error::Busy`] if
    /// something must be erased, [`Error::Io`]. The key then has its old value.
    pub fn set(&mut self, subject: &Subject, value: &[u8], quota: u32, may_erase: bool) -> Result<bool, Error> {
        if value.len() > VALUE_MAX {
            return Err(Error::InvalidArgument);
        }
        self.learn()?;
        if let Some(record) = self.find(subject)?
            && self.has(&record, value)?
        {
            return Ok(false);
        }
        if Self::size(subject, value.len()) + self.used(subject)? > quota {
            return Err(Error::NoSpace);
        }
        self.append(Kind::Set, subject, value, may_erase)
    }

    /// Removes a key. Returns whether something was erased, as for [`set`](Self::set).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Busy`], [`Error::Io`].
    pub fn delete(&mut self, subject: &Subject, may_erase: bool) -> Result<bool, Error> {
        self.learn()?;
        self.find(subject)?.ok_or(Error::NotFound)?;
        self.append(Kind::Delete, subject, &[], may_erase)
    }

    /// Removes all keys of all apps with this name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&mut self, name: &str) -> Result<(), Error> {
        self.learn()?;
        let apps = Subject::apps(name);
        let mut at = self.first();
        while let Some(record) = self.next(&mut at)? {
            let Some(subject) = self.subject(&record)? else { continue };
            if record.kind == Kind::Set && subject.name() == apps.name() && self.is_valid_set(&record, &subject)? {
                return self.append(Kind::Clear, &apps, &[], true).map(drop);
            }
        }
        Ok(())
    }

    fn half(&self) -> u32 {
        half::<F>(self.flash.capacity() as u32)
    }

    fn first(&self) -> u32 {
        self.active.map_or(0, |(half, _)| half + HEADER)
    }

    /// Finds the active half and its end, if they are not known.
    fn learn(&mut self) -> Result<(), Error> {
        if self.is_known {
            return Ok(());
        }
        let halves =
            [self.number(0)?.map(|number| (0, number)), self.number(self.half())?.map(|number| (self.half(), number))];
        self.active = match halves {
            [Some(first), Some(second)] if first.1.wrapping_sub(second.1).cast_signed() > 0 => Some(first),
            [first, second] => second.or(first),
        };
        if let Some((half, _)) = self.active {
            self.find_end(half)?;
        }
        self.is_known = true;
        Ok(())
    }

    /// Finds the end of a half's records. No record can follow one of which nobody knows where it ends.
    fn find_end(&mut self, half: u32) -> Result<(), Error> {
        let behind = half + self.half();
        self.end = behind;
        let mut at = half + HEADER;
        while self.next(&mut at)?.is_some() {}
        (self.end, self.is_open) = (at, true);
        while at < behind {
            let mut chunk = Chunk([ERASED; CHUNK]);
            let bytes = chunk.front(behind - at);
            self.read(at, bytes)?;
            self.is_open &= bytes.iter().all(|byte| *byte == ERASED);
            at += bytes.len() as u32;
        }
        Ok(())
    }

    /// Returns the number of a half, if it is complete.
    fn number(&mut self, half: u32) -> Result<Option<u32>, Error> {
        let mut header = [0; HEADER as usize];
        self.read(half, &mut header)?;
        let [front @ .., a, b, c, d] = header;
        let is_whole = front.starts_with(&MAGIC) && crc(&[&front]) == u32::from_le_bytes([a, b, c, d]);
        let number = front.last_chunk().map(|number| u32::from_le_bytes(*number));
        Ok(number.filter(|_| is_whole))
    }

    /// Returns the record at an offset, and moves the offset behind it. `None` at the end of the log.
    #[inline(never)]
    fn next(&mut self, at: &mut u32) -> Result<Option<Record>, Error> {
        if self.active.is_none() || *at + HEADER > self.end {
            return Ok(None);
        }
        let mut header = [0; HEADER as usize];
        self.read(*at, &mut header)?;
        // What is known was checked.
        let record = Record::decode(*at, &header, !self.is_known);
        let behind = record.map_or(u32::MAX, |record| *at + padded::<F>(record.len()));
        if behind > self.end {
            return Ok(None);
        }
        *at = behind;
        Ok(record)
    }

    /// Returns the subject of a record, if the record is complete.
    #[inline(never)]
    fn subject(&mut self, record: &Record) -> Result<Option<Subject>, Error> {
        let mut subject = Subject::of([&[], &[], &[]]);
        (subject.name, subject.signer, subject.key) = (record.name, record.signer, record.key);
        let len = subject.len();
        self.read(record.at + HEADER, subject.bytes.get_mut(..len).unwrap_or_default())?;
        let mut check = CRC.digest();
        check.update(&record.fields());
        check.update(subject.bytes());
        self.each_piece(record, &mut |_, bytes| {
            check.update(bytes);
            Ok(())
        })?;
        Ok((check.finalize() == record.check).then_some(subject))
    }

    /// Visits the value of a record in pieces.
    fn each_piece(&mut self, record: &Record, visit: Visit<'_, F, [u8]>) -> Result<(), Error> {
        let mut at = record.value_at();
        let behind = at + u32::from(record.value);
        while at < behind {
            let mut chunk = Chunk([0; CHUNK]);
            let bytes = chunk.front(behind - at);
            self.read(at, bytes)?;
            at += bytes.len() as u32;
            visit(self, bytes)?;
        }
        Ok(())
    }

    /// Returns the record with the value of a key.
    fn find(&mut self, wanted: &Subject) -> Result<Option<Record>, Error> {
        let mut found = None;
        let hash = wanted.hash();
        let mut at = self.first();
        while let Some(record) = self.next(&mut at)? {
            if (record.kind == Kind::Clear || record.hash == hash)
                && let Some(subject) = self.subject(&record)?
            {
                match record.kind {
                    Kind::Set if subject.is(wanted) => found = Some(record),
                    Kind::Delete if subject.is(wanted) => found = None,
                    Kind::Clear if subject.name() == wanted.name() => found = None,
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// Whether a record is the one with the value of its key.
    fn is_valid_set(&mut self, record: &Record, subject: &Subject) -> Result<bool, Error> {
        if record.kind != Kind::Set {
            return Ok(false);
        }
        // Only a later record can replace it. Most records that were replaced were so soon after.
        let mut at = record.at + padded::<F>(record.len());
        while let Some(later) = self.next(&mut at)? {
            if (later.kind == Kind::Clear || later.hash == record.hash)
                && let Some(other) = self.subject(&later)?
                && if later.kind == Kind::Clear { other.name() == subject.name() } else { other.is(subject) }
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The bytes of flash that a record takes.
    fn size(subject: &Subject, value: usize) -> u32 {
        padded::<F>(HEADER + (subject.len() + value) as u32)
    }

    /// What an app uses of its quota, besides a key: all of its records, because small values take more flash for these than for themselves.
    fn used(&mut self, besides: &Subject) -> Result<u32, Error> {
        let mut used = 0;
        self.each_beside(besides, &mut |_, (record, subject)| {
            if subject.is_same_app(besides) {
                used += padded::<F>(record.len());
            }
            Ok(())
        })?;
        Ok(used)
    }

    /// Visits each record with a value, except for that of a key.
    fn each_beside(&mut self, besides: &Subject, visit: Visit<'_, F, (Record, Subject)>) -> Result<(), Error> {
        let mut at = self.first();
        while let Some(record) = self.next(&mut at)? {
            if record.kind == Kind::Set
                && let Some(subject) = self.subject(&record)?
                && !subject.is(besides)
                && self.is_valid_set(&record, &subject)?
            {
                visit(self, &(record, subject))?;
            }
        }
        Ok(())
    }

    /// Whether a record has this value.
    fn has(&mut self, record: &Record, value: &[u8]) -> Result<bool, Error> {
        if usize::from(record.value) != value.len() {
            return Ok(false);
        }
        let (mut rest, mut is_same) = (value, true);
        self.each_piece(record, &mut |_, bytes| {
            let (expected, behind) = rest.split_at_checked(bytes.len()).unwrap_or_default();
            is_same &= bytes == expected;
            rest = behind;
            Ok(())
        })?;
        Ok(is_same)
    }

    /// Adds a record. If there is no space, moves the log to the other half first.
    fn append(&mut self, kind: Kind, subject: &Subject, value: &[u8], may_erase: bool) -> Result<bool, Error> {
        let size = Self::size(subject, value.len());
        let behind = self.active.map_or(0, |(half, _)| half + self.half());
        if self.is_open && self.end + size <= behind {
            // After a failure, the end must be found again.
            self.is_known = false;
            let end = self.write_record(self.end, kind, subject, &Source::Ram(value))?;
            (self.end, self.is_known) = (end, true);
            return Ok(false);
        }
        self.compact(kind, subject, (value, size), may_erase)
    }

    /// Copies the records that are needed beside a new one to the other half, followed by the new one.
    #[inline(never)]
    fn compact(
        &mut self,
        kind: Kind,
        new: &Subject,
        (value, size): (&[u8], u32),
        may_erase: bool,
    ) -> Result<bool, Error> {
        let goes = |subject: &Subject| kind == Kind::Clear && subject.name() == new.name();
        let mut needed = HEADER + if kind == Kind::Set { size } else { 0 };
        self.each_beside(new, &mut |_, (record, subject)| {
            needed += if goes(subject) { 0 } else { padded::<F>(record.len()) };
            Ok(())
        })?;
        if needed > self.half() {
            return Err(Error::NoSpace);
        }
        if !may_erase {
            return Err(Error::Busy);
        }
        let to = if matches!(self.active, Some((0, _))) { self.half() } else { 0 };
        self.flash.erase(to, to + self.half()).map_err(|_| Error::Io)?;
        let mut at = to + HEADER;
        self.each_beside(new, &mut |log, (record, subject)| {
            if !goes(subject) {
                at = log.write_record(at, Kind::Set, subject, &Source::Flash(*record))?;
            }
            Ok(())
        })?;
        if kind == Kind::Set {
            at = self.write_record(at, kind, new, &Source::Ram(value))?;
        }
        let number = self.active.map_or(0, |(_, number)| number.wrapping_add(1));
        self.is_known = false;
        self.write_header(to, number)?;
        (self.active, self.end, self.is_open, self.is_known) = (Some((to, number)), at, true, true);
        Ok(true)
    }

    fn write_header(&mut self, half: u32, number: u32) -> Result<(), Error> {
        let number = number.to_le_bytes();
        let check = crc(&[&MAGIC, &number]).to_le_bytes();
        let mut writer = Writer::new(half);
        [&MAGIC[..], &number, &check].iter().try_for_each(|field| writer.add(&mut self.flash, field))?;
        writer.finish(&mut self.flash).map(drop)
    }

    /// Writes a record to erased flash, and returns the offset behind it.
    #[inline(never)]
    fn write_record(&mut self, at: u32, kind: Kind, subject: &Subject, value: &Source<'_>) -> Result<u32, Error> {
        let &Subject { name, signer, key, .. } = subject;
        let len = match value {
            Source::Ram(bytes) => bytes.len() as u16,
            Source::Flash(old) => old.value,
        };
        let mut record = Record { at, kind, name, signer, key, value: len, hash: subject.hash(), check: 0 };
        let fields = record.fields();
        record.check = match value {
            // It has the same fields.
            Source::Flash(old) => old.check,
            Source::Ram(bytes) => crc(&[&fields, subject.bytes(), bytes]),
        };
        let (own, check) = (crc(&[&fields]).to_le_bytes(), record.check.to_le_bytes());
        let mut writer = Writer::new(at);
        [&fields[..], &own, &check, subject.bytes()].iter().try_for_each(|part| writer.add(&mut self.flash, part))?;
        match value {
            Source::Ram(bytes) => writer.add(&mut self.flash, bytes)?,
            Source::Flash(old) => self.each_piece(old, &mut |log, bytes| writer.add(&mut log.flash, bytes))?,
        }
        writer.finish(&mut self.flash)
    }

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Error> {
        self.flash.read(at, bytes).map_err(|_| Error::Io)
    }
}

/// The bytes of each half of this much flash.
pub const fn half<F: NorFlash>(size: u32) -> u32 {
    let page = F::ERASE_SIZE as u32;
    size / page / 2 * page
}

#[cfg(test)]
mod tests;
