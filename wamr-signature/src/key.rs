//! Public keys, in files as `wasmsign2` writes them.

use crate::format::{ED25519, MESSAGE_PREFIX, SignedHashes};
use core::fmt;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// Size of a key identifier in bytes.
pub const KEY_ID_SIZE: usize = 12;

/// Files with an Ed25519 key pair start with this byte.
pub(crate) const ED25519_PAIR: u8 = 0x81;

/// An Ed25519 public key. A key that is not on the curve, or that anybody could sign for, has signed nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_compact::PublicKey);

/// Why bytes are not a valid key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidKey {
    /// A key pair was given instead of a public key.
    #[error("it is a secret key: give the public one")]
    Secret,
    /// A public key was given instead of a key pair.
    #[error("it is a public key: give the secret one")]
    Public,
    /// They are not an Ed25519 key in the format of `wasmsign2`.
    #[error("it is not a key in the format of `wasmsign2`")]
    Format,
    /// The key is invalid: it is not on the curve, anybody could sign for it, or its public half belongs to another secret half.
    #[error("it is damaged")]
    Damaged,
}

impl PublicKey {
    /// Size of its file in bytes.
    pub const FILE_SIZE: usize = 1 + ed25519_compact::PublicKey::BYTES;

    /// Creates a key from its bytes.
    ///
    /// # Errors
    /// [`InvalidKey::Damaged`] if no signature could be verified with it.
    // Not inlined: the caller can then reuse this stack space to verify with the key.
    #[inline(never)]
    pub fn new(bytes: [u8; 32]) -> Result<Self, InvalidKey> {
        let key = ed25519_compact::PublicKey::new(bytes);
        key.validate().map(|()| Self(key)).map_err(|_| InvalidKey::Damaged)
    }

    /// Creates a key from its bytes without checking it first, for a key that only verifies: each signature is checked together with
    /// the key, and to check the key alone takes another 5 % of that time.
    ///
    /// ```
    /// use wamr_signature::{InvalidKey, PublicKey};
    ///
    /// // Without the check below, this signature of any message by this weak key would be valid.
    /// let (weak, mut signature) = ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0; 64]);
    /// signature[0] = 1;
    /// assert_eq!(PublicKey::new(weak), Err(InvalidKey::Damaged));
    /// assert!(!PublicKey::unchecked(weak).verifies(b"message", &signature));
    /// ```
    pub fn unchecked(bytes: [u8; 32]) -> Self {
        Self(ed25519_compact::PublicKey::new(bytes))
    }

    /// Reads the contents of a public key file.
    ///
    /// ```
    /// use wamr_signature::{InvalidKey, PublicKey, SecretKey};
    ///
    /// let secret = SecretKey::from_seed([1; 32]);
    /// let public = secret.public_key();
    /// assert_eq!(PublicKey::from_file(&public.to_file()), Ok(public));
    /// assert_eq!(PublicKey::from_file(&secret.to_file()[..]), Err(InvalidKey::Secret));
    /// assert_eq!(PublicKey::from_file(b"ssh-ed25519"), Err(InvalidKey::Format));
    /// ```
    ///
    /// # Errors
    /// All except [`InvalidKey::Public`].
    pub fn from_file(contents: &[u8]) -> Result<Self, InvalidKey> {
        match contents {
            [ED25519, key @ ..] => Self::new(key.try_into().map_err(|_| InvalidKey::Format)?),
            [ED25519_PAIR, pair @ ..] if pair.len() == ed25519_compact::SecretKey::BYTES => Err(InvalidKey::Secret),
            _ => Err(InvalidKey::Format),
        }
    }

    /// Returns the contents of a public key file.
    pub fn to_file(&self) -> [u8; Self::FILE_SIZE] {
        let mut file = [ED25519; Self::FILE_SIZE];
        file[1..].copy_from_slice(self.as_bytes());
        file
    }

    /// Returns the bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the identifier of the key in signatures, which is `wasmsign2`'s default.
    pub fn id(&self) -> [u8; KEY_ID_SIZE] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.as_bytes()).expect("keys of any size will do");
        mac.update(b"key_id");
        let mut id = [0; KEY_ID_SIZE];
        id.copy_from_slice(&mac.finalize().into_bytes()[..KEY_ID_SIZE]);
        id
    }

    /// Whether the key made this signature of a message.
    ///
    /// ```
    /// use wamr_signature::PublicKey;
    ///
    /// let key = PublicKey::new([1; 32]).unwrap();
    /// assert!(!key.verifies(b"message", &[2; 64]));
    /// ```
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.made(signature, [&[], message])
    }

    /// Whether the key made one of the signatures of these hashes.
    pub(crate) fn signed(&self, set: &SignedHashes<'_>) -> bool {
        let is_made = |signature| self.made(signature, [MESSAGE_PREFIX, set.hashes()]);
        set.signatures().any(|signature| signature.ed25519().is_some_and(is_made))
    }

    /// Whether the key made this signature of a message, which is in two parts.
    fn made(&self, signature: &[u8; 64], message: [&[u8]; 2]) -> bool {
        #[cfg(wamr_psa_ed25519)]
        // An implementation of PSA need not reject keys that anybody could sign for.
        return Self::new(*self.as_bytes()).is_ok() && crate::psa::verify(self.as_bytes(), signature, message);
        #[cfg(not(wamr_psa_ed25519))]
        return crate::ed25519::verify(&self.0, signature, message);
    }
}

/// Displays the [`id`](PublicKey::id) in hexadecimal digits.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
