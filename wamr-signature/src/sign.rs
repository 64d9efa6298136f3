//! Key pairs and signing.

use crate::format::{
    CUSTOM_SECTION, DELIMITER, ED25519, HASH_SIZE, HEAD_MAX, HEADER, MESSAGE_PREFIX, PREAMBLE, SIGNATURE,
};
use crate::key::ED25519_PAIR;
use crate::read::Reader;
use crate::{Error, InvalidKey, PublicKey, Signature, Signatures};
use alloc::vec::Vec;
use core::fmt;
use ed25519_compact::{KeyPair, Seed};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The signatures end at an offset divisible by this, as the header does.
const ALIGN: usize = 4;

/// An Ed25519 key pair. It is overwritten when it is dropped.
pub struct SecretKey(KeyPair);

impl SecretKey {
    /// Size of its file in bytes.
    pub const FILE_SIZE: usize = 1 + KeyPair::BYTES;

    /// Generates a new key from the system's random number generator.
    ///
    /// # Panics
    /// If the system cannot provide random numbers.
    pub fn generate() -> Self {
        Self(KeyPair::generate())
    }

    /// Creates the key of a seed. The seed must be as secret as the key.
    ///
    /// # Panics
    /// If all bytes are 0, which usually means that the seed was never filled.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(KeyPair::from_seed(Seed::new(seed)))
    }

    /// Reads the contents of a secret key file.
    ///
    /// # Errors
    /// All except [`InvalidKey::Secret`].
    pub fn from_file(contents: &[u8]) -> Result<Self, InvalidKey> {
        match contents {
            [ED25519_PAIR, pair @ ..] => {
                let pair = KeyPair::from_slice(pair).map_err(|_| InvalidKey::Format)?;
                pair.validate().map_err(|_| InvalidKey::Damaged)?;
                Ok(Self(pair))
            }
            [ED25519, ..] if contents.len() == PublicKey::FILE_SIZE => Err(InvalidKey::Public),
            _ => Err(InvalidKey::Format),
        }
    }

    /// Returns the contents of a secret key file.
    pub fn to_file(&self) -> Zeroizing<[u8; Self::FILE_SIZE]> {
        let mut file = Zeroizing::new([ED25519_PAIR; Self::FILE_SIZE]);
        file[1..].copy_from_slice(&*self.0);
        file
    }

    /// Returns the public key, which devices need to trust it.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(*self.0.pk).expect("made of a secret key")
    }
}

/// Shows only the public half.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretKey").field(&self.public_key()).finish()
    }
}

/// Returns the module with a signature by this key at its start. Signatures by other keys are kept. If this key has already
/// signed the same bytes, the module is returned unchanged. The signed bytes never change, and their offset in the module stays
/// the same modulo 4.
///
/// # Errors
/// [`Error::NotAModule`]. [`Error::TooLong`] if there are too many signatures. [`Error::Malformed`] if the signatures or the
/// sections are not well-formed.
pub fn sign(module: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    let old = match Signatures::of(module) {
        Ok(signatures) => Some(signatures),
        Err(Error::NotSigned) => None,
        Err(error) => return Err(error),
    };
    let start = old.map_or(HEADER.len(), |signatures| signatures.end());
    let hashes = hashes_of_parts(Reader::new(&module[start..], start))?;

    let message = [MESSAGE_PREFIX, &hashes[..]].concat();
    let (id, signature) = (key.public_key().id(), key.0.sk.sign(message, None));
    let new = Signature::new(&id, &signature);

    let mut sets: Vec<(&[u8], Vec<Signature<'_>>)> =
        old.iter().flat_map(Signatures::sets).map(|set| (set.hashes(), set.signatures().collect())).collect();
    match sets.iter_mut().find(|(others, _)| *others == hashes) {
        Some((_, signatures)) if signatures.iter().any(|old| old.ed25519() == new.ed25519()) => {
            return Ok(module.into());
        }
        Some((_, signatures)) => signatures.push(new),
        None => sets.push((&hashes, alloc::vec![new])),
    }

    let mut section = SIGNATURE.to_vec();
    section.extend(PREAMBLE.map(|(_, value)| value));
    put_items(&mut section, &sets, |set, (hashes, signatures)| {
        put_number(set, hashes.len() / HASH_SIZE);
        set.extend(*hashes);
        put_items(set, signatures, |bytes, signature| signature.put(bytes));
    });
    let mut signed = HEADER.to_vec();
    signed.push(CUSTOM_SECTION);
    // What follows stays at offsets divisible by 4: native code is executed where it is.
    put_long_number(&mut signed, section.len(), |end| (end + section.len()).is_multiple_of(ALIGN));
    signed.extend(section);
    if signed.len() > HEAD_MAX {
        return Err(Error::TooLong { end: signed.len() });
    }
    signed.extend(&module[start..]);
    Ok(signed)
}

/// Returns the hashes of these sections, up to each delimiter and up to the end.
fn hashes_of_parts(mut sections: Reader<'_>) -> Result<Vec<u8>, Error> {
    let mut hash = Sha256::new();
    let mut hashes = Vec::new();
    let mut open = true;
    while !sections.bytes.is_empty() {
        let before = sections.bytes;
        let id = sections.byte()?;
        let content = sections.sized()?.bytes;
        hash.update(&before[..before.len() - sections.bytes.len()]);
        open = id != CUSTOM_SECTION || !content.starts_with(DELIMITER);
        if !open {
            hashes.extend(hash.clone().finalize());
        }
    }
    if open {
        hashes.extend(hash.finalize());
    }
    Ok(hashes)
}

impl<'a> Signature<'a> {
    fn new(key_id: &'a [u8], signature: &'a ed25519_compact::Signature) -> Self {
        Self { key_id, algorithm: ED25519, bytes: signature.as_ref() }
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        put_sized(bytes, self.key_id);
        bytes.push(self.algorithm);
        put_sized(bytes, self.bytes);
    }
}

/// Counterpart of [`Reader::number`].
fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Like [`put_number`], with more bytes than needed until the end of the number is acceptable. A number has at most five.
fn put_long_number(bytes: &mut Vec<u8>, number: usize, is_acceptable: impl Fn(usize) -> bool) {
    let start = bytes.len();
    put_number(bytes, number);
    while !is_acceptable(bytes.len()) && bytes.len() < start + 5 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push(0);
    }
}

/// Counterpart of [`Reader::sized`].
fn put_sized(bytes: &mut Vec<u8>, content: &[u8]) {
    put_number(bytes, content.len());
    bytes.extend(content);
}

/// Writes a count of items, then the items, each after its length.
fn put_items<T>(bytes: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_number(bytes, items.len());
    for item in items {
        let mut content = Vec::new();
        put(&mut content, item);
        put_sized(bytes, &content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_fewest_bytes() {
        for (number, expected) in [(0, &[0][..]), (0x7f, &[0x7f]), (0x80, &[0x80, 1]), (0x4000, &[0x80, 0x80, 1])] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            assert_eq!(bytes, expected);
        }
    }
}
