//! The records of the log: what each is about, and how it lies in flash.

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use wamr_device::Signer;

use crate::Error;

/// The most bytes of a key.
pub const KEY_MAX: usize = 64;

/// The most bytes of a value.
pub const VALUE_MAX: usize = 1024;

/// The most bytes of an app's name.
const NAME_MAX: usize = 16;
const SIGNER: usize = 16;

/// The header of a half or a record, in bytes.
pub(super) const HEADER: u32 = 16;

/// Without a table, which takes 1 KB of flash.
pub(super) const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// The checksum of these bytes, one after the other.
#[inline(never)]
pub(super) fn crc(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC.digest();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize()
}

/// What a record says.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The key has this value.
    Set = 1,
    /// The key has no value.
    Delete = 2,
    /// No key of the apps with this name has a value, whoever signed them.
    Clear = 3,
}

/// What a record is about: an app and one of its keys.
pub struct Subject {
    /// Name, signer and key.
    pub(super) bytes: [u8; NAME_MAX + SIGNER + KEY_MAX],
    pub(super) name: u8,
    pub(super) signer: u8,
    pub(super) key: u8,
}

impl Subject {
    /// A key of an app with this name and signer.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the key is empty or too long, [`Error::NotSupported`] if the app has no name.
    pub fn new(name: &str, signer: Option<Signer>, key: &str) -> Result<Self, Error> {
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(Error::NotSupported);
        }
        if key.is_empty() || key.len() > KEY_MAX {
            return Err(Error::InvalidArgument);
        }
        let signer = signer.as_ref().map_or(&[][..], |signer| &signer.as_bytes()[..]);
        Ok(Self::of([name.as_bytes(), signer, key.as_bytes()]))
    }

    /// All apps with a name.
    pub(super) fn apps(name: &str) -> Self {
        Self::of([name.as_bytes(), &[], &[]])
    }

    /// The parts have at most the lengths of the buffer's.
    pub(super) fn of(parts: [&[u8]; 3]) -> Self {
        let mut bytes = [0; NAME_MAX + SIGNER + KEY_MAX];
        let mut places = bytes.iter_mut();
        parts.iter().copied().flatten().zip(&mut places).for_each(|(byte, place)| *place = *byte);
        let [name, signer, key] = parts.map(|part| part.len() as u8);
        Self { bytes, name, signer, key }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.name) + usize::from(self.signer) + usize::from(self.key)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.name)).unwrap_or_default()
    }

    /// Name and signer.
    pub(super) fn app(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.name) + usize::from(self.signer)).unwrap_or_default()
    }

    pub(super) fn is_same_app(&self, other: &Self) -> bool {
        (self.name, self.app()) == (other.name, other.app())
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.is_same_app(other) && self.bytes() == other.bytes()
    }

    pub(super) fn hash(&self) -> u16 {
        crc(&[self.bytes()]) as u16
    }
}

/// A record in flash: a header, the subject and the value.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// Its offset in the partition.
    pub(super) at: u32,
    pub(super) kind: Kind,
    pub(super) name: u8,
    pub(super) signer: u8,
    pub(super) key: u8,
    pub(super) value: u16,
    /// Part of a checksum of the subject: records of other subjects are most often known by it.
    pub(super) hash: u16,
    /// The checksum of the fields above, the subject and the value.
    pub(super) check: u32,
}

/// Bytes of a header before its own checksum, which is followed by that of the record.
pub(super) const FIELDS: usize = 8;

impl Record {
    pub(super) fn fields(&self) -> [u8; FIELDS] {
        let ([low, high], [hash, behind]) = (self.value.to_le_bytes(), self.hash.to_le_bytes());
        [self.kind as u8, self.name, self.signer, self.key, low, high, hash, behind]
    }

    /// Decodes a header. `None` if there is no record of a known kind, or if the checksum of the header is to be `checked` and is wrong.
    pub(super) fn decode(at: u32, header: &[u8; HEADER as usize], checked: bool) -> Option<Self> {
        let (fields, rest) = header.split_first_chunk::<FIELDS>()?;
        let (own, rest) = rest.split_first_chunk()?;
        if checked && crc(&[fields]).to_le_bytes() != *own {
            return None;
        }
        let [kind, name, signer, key, low, high, hash, behind] = *fields;
        let kind = match kind {
            1 => Kind::Set,
            2 => Kind::Delete,
            3 => Kind::Clear,
            _ => return None,
        };
        let fits = usize::from(name) <= NAME_MAX && usize::from(signer) <= SIGNER && usize::from(key) <= KEY_MAX;
        let (value, hash) = (u16::from_le_bytes([low, high]), u16::from_le_bytes([hash, behind]));
        let check = u32::from_le_bytes(*rest.first_chunk()?);
        fits.then_some(Self { at, kind, name, signer, key, value, hash, check })
    }

    pub(super) fn subject_len(&self) -> u32 {
        u32::from(self.name) + u32::from(self.signer) + u32::from(self.key)
    }

    pub(super) fn value_at(&self) -> u32 {
        self.at + HEADER + self.subject_len()
    }

    pub(super) fn len(&self) -> u32 {
        HEADER + self.subject_len() + u32::from(self.value)
    }
}
