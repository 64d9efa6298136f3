//! Verifies a module whose bytes arrive in pieces.

use crate::format::{HASH_SIZE, SETS_MAX, head_end};
use crate::{Error, HEAD_MAX, PublicKey, Signatures};
use sha2::{Digest, Sha256};

/// Verifies a module whose bytes arrive in pieces. The bytes need not be stored.
///
/// A verifier has about 700 bytes. Checking a signature needs about 6 KB of stack.
#[derive(Clone)]
pub struct Verifier<K> {
    keys: K,
    state: State,
    /// The module up to the end of its signatures.
    head: [u8; HEAD_MAX],
    len: usize,
    /// For each set, the first trusted key that signed it.
    signers: [Option<u8>; SETS_MAX],
    /// The hash of the bytes after the head.
    hash: Sha256,
}

#[derive(Clone, Copy)]
enum State {
    Head,
    Body,
    Failed(Error),
}

impl<K: AsRef<[PublicKey]>> Verifier<K> {
    /// Creates a verifier that trusts these keys. It tries only the first 256.
    pub fn new(keys: K) -> Self {
        Self { keys, state: State::Head, head: [0; HEAD_MAX], len: 0, signers: [None; SETS_MAX], hash: Sha256::new() }
    }

    /// Processes the next bytes of the module.
    ///
    /// # Errors
    /// As soon as the bytes so far cannot be the start of an accepted module. Later calls return the same error.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(bytes).inspect_err(|error| self.state = State::Failed(*error))
    }

    /// Ends the module and returns the index of the key that signed it. If several did, it is the first one.
    ///
    /// # Errors
    /// The reason, if no key signed the module.
    pub fn finish(self) -> Result<usize, Error> {
        let signatures = match self.state {
            State::Failed(error) => return Err(error),
            State::Head | State::Body => Signatures::of(&self.head[..self.len])?,
        };
        let hash = self.hash.finalize();
        let mut sets = signatures.sets().zip(self.signers).filter(|(set, _)| set.cover(&hash));
        sets.find_map(|(_, signer)| signer).map(usize::from).ok_or(Error::Altered)
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        match self.state {
            State::Failed(error) => return Err(error),
            State::Body => {}
            State::Head => {
                // Byte by byte, until the end of the head is known. There is always space: a head longer than the buffer is an
                // error.
                while let Some((byte, rest)) = bytes.split_first() {
                    self.head[self.len] = *byte;
                    self.len += 1;
                    bytes = rest;
                    if head_end(&self.head[..self.len])? == Some(self.len) {
                        self.check_signatures()?;
                        self.state = State::Body;
                        break;
                    }
                }
            }
        }
        self.hash.update(bytes);
        Ok(())
    }

    fn check_signatures(&mut self) -> Result<(), Error> {
        let keys = &self.keys.as_ref();
        for (signer, set) in self.signers.iter_mut().zip(Signatures::of(&self.head[..self.len])?.sets()) {
            *signer = (0..=u8::MAX).zip(*keys).find(|(_, key)| key.signed(&set)).map(|(index, _)| index);
        }
        if self.signers.iter().all(Option::is_none) { Err(Error::UnknownKey) } else { Ok(()) }
    }
}

/// Verifies a module that is available as a whole, in flash for example. Returns the index of the key that signed it.
///
/// # Errors
/// The reason, if no key signed the module.
///
/// ```
/// use wamr_signature::{Error, SecretKey, sign, verify};
///
/// let key = SecretKey::from_seed([1; 32]);
/// let mut module = sign(&wat::parse_str("(module (memory 1))").unwrap(), &key).unwrap();
/// assert_eq!(verify(&module, &[key.public_key()]), Ok(0));
///
/// *module.last_mut().unwrap() = 2;
/// assert_eq!(verify(&module, &[key.public_key()]), Err(Error::Altered));
/// ```
// This does not use a `Verifier`, which would copy bytes that are in the module already: stacks are small.
pub fn verify(module: &[u8], keys: &[PublicKey]) -> Result<usize, Error> {
    let head = head_end(module)?.and_then(|end| module.split_at_checked(end));
    let (head, body) = head.unwrap_or((module, &[]));
    let signatures = Signatures::of(head)?;
    let mut error = Error::UnknownKey;
    for set in signatures.sets() {
        if let Some(index) = keys.iter().position(|key| key.signed(&set)) {
            if set.cover(&sha256(body)) {
                return Ok(index);
            }
            error = Error::Altered;
        }
    }
    Err(error)
}

/// Returns the SHA-256 of bytes. Users of this function share its code with the verification.
///
/// # Panics
/// If the PSA Crypto API computes it (`CONFIG_WAMR_ZEPHYR_PSA` in a Zephyr build) and fails.
#[inline(never)]
pub fn sha256(bytes: &[u8]) -> [u8; HASH_SIZE] {
    #[cfg(wamr_psa)]
    return crate::psa::sha256(bytes);
    #[cfg(not(wamr_psa))]
    return Sha256::digest(bytes).into();
}
