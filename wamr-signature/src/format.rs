//! The format of the signature section, as `wasmsign2` writes it.

use crate::read::Reader;
use crate::{Error, Fault, Field};

/// The signature section must end within this many bytes of a module. A verifier stores this many bytes.
pub const HEAD_MAX: usize = 512;

/// The header of a core module of version 1. It is not signed.
pub(crate) const HEADER: &[u8; 8] = b"\0asm\x01\0\0\0";
/// The identifier of a custom section.
pub(crate) const CUSTOM_SECTION: u8 = 0;
/// The name of the section.
pub const SIGNATURE_SECTION: &str = "signature";
/// The name after its length.
pub(crate) const SIGNATURE: &[u8; SIGNATURE_SECTION.len() + 1] = &{
    let mut name = [SIGNATURE_SECTION.len() as u8; _];
    name.split_at_mut(1).1.copy_from_slice(SIGNATURE_SECTION.as_bytes());
    name
};
/// The name, after its length, of the section that ends a part of a module.
#[cfg(feature = "sign")]
pub(crate) const DELIMITER: &[u8; 20] = b"\x13signature_delimiter";
/// The values before the sets. This version of the format fixes them.
pub(crate) const PREAMBLE: [(Field, u8); 3] = [(Field::Version, 1), (Field::ContentType, 1), (Field::HashFunction, 1)];
/// The start of a signed message, before the hashes: the domain and the preamble.
pub(crate) const MESSAGE_PREFIX: &[u8; 10] = b"wasmsig\x01\x01\x01";
/// The identifier of Ed25519 in signatures. Files with a public key start with it, too.
pub(crate) const ED25519: u8 = 1;
/// Size of a hash in bytes.
pub(crate) const HASH_SIZE: usize = 32;

/// The maximum number of sets in a section: each has at least a length, a hash and two counts.
pub(crate) const SETS_MAX: usize = (HEAD_MAX - HEADER.len() - SIGNATURE.len() - PREAMBLE.len()) / (HASH_SIZE + 3);

/// Returns the offset at which a module's signature section ends, given the first bytes of the module. Returns `None` if there are too few
/// bytes to know.
///
/// # Errors
/// [`Error::NotAModule`], [`Error::NotSigned`], and [`Error::TooLong`] beyond [`HEAD_MAX`]. [`Error::Malformed`] if the length of the section
/// is not well-formed.
pub fn head_end(bytes: &[u8]) -> Result<Option<usize>, Error> {
    if bytes.iter().zip(HEADER).any(|(is, should)| is != should) {
        return Err(Error::NotAModule);
    }
    let Some((&id, rest)) = bytes.get(HEADER.len()..).and_then(<[u8]>::split_first) else {
        return Ok(None);
    };
    if id != CUSTOM_SECTION {
        return Err(Error::NotSigned);
    }
    if rest.len() < 5 && rest.iter().all(|byte| byte & 0x80 != 0) {
        return Ok(None);
    }
    let mut reader = Reader::new(rest, HEADER.len() + 1);
    let size = reader.number()? as usize;
    if size < SIGNATURE.len() || reader.bytes.iter().zip(SIGNATURE).any(|(is, should)| is != should) {
        return Err(Error::NotSigned);
    }
    if reader.bytes.len() < SIGNATURE.len() {
        return Ok(None);
    }
    let end = reader.offset.saturating_add(size);
    if end > HEAD_MAX { Err(Error::TooLong { end }) } else { Ok(Some(end)) }
}

/// The signatures of a module, by any key.
///
/// ```
/// use wamr_signature::{Error, SecretKey, Signatures, sign};
///
/// let module = wat::parse_str("(module)").unwrap();
/// assert_eq!(Signatures::of(&module).unwrap_err(), Error::NotSigned);
///
/// let key = SecretKey::from_seed([1; 32]);
/// let signed = sign(&module, &key).unwrap();
/// let signatures = Signatures::of(&signed).unwrap();
/// let set = signatures.sets().next().unwrap();
/// assert!(set.signatures().map(|signature| signature.key_id()).eq([key.public_key().id()]));
/// assert_eq!(signatures.end(), signed.len(), "nothing else is in this module");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signatures<'a> {
    sets: Items<'a>,
    end: usize,
}

impl<'a> Signatures<'a> {
    /// Reads the signatures of a module, which must be present up to the end of its signature section. Checks their format, but
    /// not who made them.
    ///
    /// # Errors
    /// All except [`Error::UnknownKey`] and [`Error::Altered`].
    pub fn of(module: &'a [u8]) -> Result<Self, Error> {
        let truncated = Error::Truncated { offset: module.len() };
        let end = head_end(&module[..module.len().min(HEAD_MAX)])?.ok_or(match module.len() {
            8 => Error::NotSigned,
            _ => truncated,
        })?;
        let mut section = Reader::new(module.get(..end).ok_or(truncated)?, 0);
        section.take(HEADER.len() + 1)?;
        section.number()?;
        section.take(SIGNATURE.len())?;

        for (field, known) in PREAMBLE {
            let offset = section.offset;
            let value = section.byte()?;
            if value != known {
                return Err(Error::Unsupported { offset, field, value });
            }
        }
        let sets = Items::read(&mut section)?;
        sets.checked(|set| SignedHashes::parse(set)?.signatures.checked(|one| Signature::parse(one).map(drop)))?;
        Ok(Self { sets, end })
    }

    /// Returns the sets of hashes that are signed together.
    pub fn sets(&self) -> impl Iterator<Item = SignedHashes<'a>> {
        self.sets.map_while(|set| SignedHashes::parse(set).ok())
    }

    /// Returns the offset, from the start of the module, at which the signatures end and the signed bytes start.
    pub fn end(&self) -> usize {
        self.end
    }
}

/// Hashes of a module's parts, and the signatures that cover them.
#[derive(Clone, Copy, Debug)]
pub struct SignedHashes<'a> {
    hashes: &'a [u8],
    signatures: Items<'a>,
}

impl<'a> SignedHashes<'a> {
    fn parse(mut set: Reader<'a>) -> Result<Self, Error> {
        let start = set;
        let count = set.number()? as usize;
        if count == 0 {
            return Err(start.fault(Fault::NoHashes));
        }
        let hashes = set.take(count.saturating_mul(HASH_SIZE))?.bytes;
        Ok(Self { hashes, signatures: Items::read(&mut set)? })
    }

    /// Returns the SHA-256 hashes of the bytes from the end of the signatures to the end of each part, concatenated.
    pub fn hashes(&self) -> &'a [u8] {
        self.hashes
    }

    /// Whether the hashes cover a whole module. `hash` is the hash of everything after its signatures.
    pub fn cover(&self, hash: &[u8]) -> bool {
        self.hashes.ends_with(hash)
    }

    /// Returns the signatures.
    pub fn signatures(&self) -> impl Iterator<Item = Signature<'a>> {
        self.signatures.map_while(|one| Signature::parse(one).ok())
    }
}

/// A signature.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    pub(crate) key_id: &'a [u8],
    pub(crate) algorithm: u8,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Signature<'a> {
    fn parse(mut signature: Reader<'a>) -> Result<Self, Error> {
        let key_id = signature.sized()?.bytes;
        let algorithm = signature.byte()?;
        let value = signature.sized()?;
        if algorithm == ED25519 && value.bytes.len() != ed25519_compact::Signature::BYTES {
            return Err(value.fault(Fault::SignatureSize));
        }
        signature.end()?;
        Ok(Self { key_id, algorithm, bytes: value.bytes })
    }

    /// Returns the identifier of the key, as the signature gives it. It may be empty, and it may be wrong.
    pub fn key_id(&self) -> &'a [u8] {
        self.key_id
    }

    /// Returns the signature if its algorithm is Ed25519.
    pub(crate) fn ed25519(&self) -> Option<&'a [u8; 64]> {
        (self.algorithm == ED25519).then(|| self.bytes.try_into().ok())?
    }
}

/// A count of items, then the items, each after its length.
#[derive(Clone, Copy, Debug)]
struct Items<'a> {
    left: u32,
    reader: Reader<'a>,
}

impl<'a> Items<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let left = reader.number()?;
        Ok(Self { left, reader: reader.take(reader.bytes.len())? })
    }

    /// Checks each item, and that nothing follows.
    fn checked(mut self, check: impl Fn(Reader<'a>) -> Result<(), Error>) -> Result<(), Error> {
        while self.left > 0 {
            self.left -= 1;
            check(self.reader.sized()?)?;
        }
        self.reader.end()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Reader<'a>;

    fn next(&mut self) -> Option<Reader<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.reader.sized().ok()
    }
}
