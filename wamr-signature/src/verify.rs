//! Verifies a module whose bytes come one after the other.

use crate::format::{HASH_SIZE, SETS_MAX, head_end};
use crate::{Error, HEAD_MAX, PublicKey, Signatures};
use sha2::{Digest, Sha256};

/// Verifies a module whose bytes come one after the other; they need not be kept.
///
/// It has about 700 bytes. While a signature is checked, the stack needs some 6 KB.
#[derive(Clone)]
pub struct Verifier<K> {
    keys: K,
    state: State,
    /// The module up to the end of its signatures.
    head: [u8; HEAD_MAX],
    len: usize,
    /// The first trusted key that signed each of the sets.
    signers: [Option<u8>; SETS_MAX],
    /// Of what follows.
    hash: Sha256,
}

#[derive(Clone, Copy)]
enum State {
    Head,
    Body,
    Failed(Error),
}

impl<K: AsRef<[PublicKey]>> Verifier<K> {
    /// Trusts these keys, of which 256 can be told apart: further ones are not tried.
    pub fn new(keys: K) -> Self {
        Self { keys, state: State::Head, head: [0; HEAD_MAX], len: 0, signers: [None; SETS_MAX], hash: Sha256::new() }
    }

    /// Takes the next bytes of the module.
    ///
    /// # Errors
    /// As soon as the bytes so far cannot be the start of a module that is accepted; the same error from then on.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(bytes).inspect_err(|error| self.state = State::Failed(*error))
    }

    /// The module ends here: which of the keys signed it, by its index. The first one, where several did.
    ///
    /// # Errors
    /// When none did, with the reason.
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
                // Byte by byte, until their end is known. There is room: if it lay behind the buffer's, it would be an error.
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

/// Verifies a module that is at hand as a whole, in flash for example: which of the keys signed it, by its index.
///
/// # Errors
/// When none did, with the reason.
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
// Not by a `Verifier`: what that keeps lies in the module, and stacks are small.
pub fn verify(module: &[u8], keys: &[PublicKey]) -> Result<usize, Error> {
    let head = head_end(module)?.and_then(|end| module.split_at_checked(end));
    let (head, body) = head.unwrap_or((module, &[]));
    let signatures = Signatures::of(head)?;
    let mut error = Error::UnknownKey;
    for set in signatures.sets() {
        if let Some(index) = keys.iter().position(|key| key.signed(&set)) {
            if set.cover(&hash(body)) {
                return Ok(index);
            }
            error = Error::Altered;
        }
    }
    Err(error)
}

#[inline(never)]
fn hash(bytes: &[u8]) -> [u8; HASH_SIZE] {
    Sha256::digest(bytes).into()
}
