//! Signatures inside of WebAssembly modules: Ed25519 over SHA-256, as the tool conventions'
//! [*Signatures*](https://github.com/WebAssembly/tool-conventions/blob/main/Signatures.md) describe and `wasmsign2` writes them.
//!
//! A device gives the bytes of a module to a [`Verifier`] in pieces of any size and keeps none of them. Once the first section
//! is there, the verifier knows whether one of the device's keys signed the module, so a stranger's is refused before most of it has come;
//! at the end it knows whether these are the bytes that were signed.
//!
//! ```
//! use wamr_signature::{Error, PublicKey, SecretKey, Verifier, sign};
//!
//! let (mine, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
//! let module = sign(&wat::parse_str("(module)").unwrap(), &mine).unwrap();
//!
//! let keys = [other.public_key(), mine.public_key()];
//! let mut verifier = Verifier::new(&keys);
//! for chunk in module.chunks(20) {
//!     verifier.update(chunk)?;
//! }
//! assert_eq!(verifier.finish(), Ok(1), "the index of the key");
//!
//! let mut stranger = Verifier::new(&keys[..1]);
//! assert_eq!(stranger.update(&module), Err(Error::UnknownKey));
//! # Ok::<(), Error>(())
//! ```
//!
//! # The bytes
//!
//! The custom section `signature` comes first. It holds sets of hashes, each with signatures. A hash covers everything from the end of
//! that section to the end of a *part*; a part ends with a section `signature_delimiter`, the last one with the module. A
//! signature covers all hashes of its set. As `wasmsign2` does and the tool conventions do not say, a length stands before
//! every set and before every signature.
//!
//! # What is supported
//!
//! Embedded signatures of the whole module: of any number of parts, several sets, several signatures a set, by any of the
//! trusted keys. Because a module runs as a whole or not at all, only the last hash of a set counts: a module that was cut
//! at a delimiter is refused, and so are signatures of some parts only. The header of a module cannot be signed; only that of a
//! core module is accepted. Signatures by algorithms other than Ed25519 are passed over. Key ids are hints that nobody
//! signed: they are shown, and every signature is tried with every key.
//!
//! The signature section ends within the first [`HEAD_MAX`] bytes, which is room for five signatures of this project's tools. This bounds
//! the work: Ed25519 is computed at most six times a key.
#![no_std]

#[cfg(feature = "sign")]
extern crate alloc;

mod error;
mod format;
mod key;
mod read;
#[cfg(feature = "sign")]
mod sign;
mod verify;

pub use error::{Error, Fault, Field};
pub use format::{HEAD_MAX, SIGNATURE_SECTION, Signature, Signatures, SignedHashes};
pub use key::{InvalidKey, KEY_ID_SIZE, PublicKey};
#[cfg(feature = "sign")]
pub use sign::{SecretKey, sign};
pub use verify::{Verifier, verify};
