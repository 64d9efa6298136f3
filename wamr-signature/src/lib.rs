//! Signatures inside WebAssembly modules: Ed25519 over SHA-256, as the tool conventions define them in
//! [*Signatures*](https://github.com/WebAssembly/tool-conventions/blob/main/Signatures.md) and `wasmsign2` writes them.
//!
//! A device passes the bytes of a module to a [`Verifier`] in pieces of any size and does not store them. After the first
//! section, the verifier knows whether one of the device's keys signed the module, so a device can reject an untrusted module
//! before most of it has arrived. At the end, the verifier knows whether the bytes are the signed ones.
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
//! # Format
//!
//! The custom section `signature` comes first. It contains sets of hashes, each with signatures. A hash covers everything from
//! the end of that section to the end of a *part*. A part ends with a section `signature_delimiter`, and the last part ends with
//! the module. A signature covers all hashes of its set. Each set and each signature follows its length: `wasmsign2` writes it,
//! although the tool conventions do not mention it.
//!
//! # Supported features
//!
//! The crate supports embedded signatures of the whole module: any number of parts, several sets, and several signatures per set,
//! by any of the trusted keys. A module runs as a whole or not at all, so only the last hash of a set counts. A module that was
//! truncated at a delimiter is rejected, and so are signatures of only some parts. The header of a module cannot be signed; only
//! the header of a core module is accepted. Signatures with algorithms other than Ed25519 are ignored. Key identifiers are not
//! signed and therefore only hints: they are displayed, and every signature is tried with every key.
//!
//! The signature section must end within the first [`HEAD_MAX`] bytes, which is enough for five signatures by this project's
//! tools. This limits the work: Ed25519 is computed at most six times per key.
#![no_std]
#![cfg_attr(not(wamr_psa), forbid(unsafe_code))]

#[cfg(feature = "sign")]
extern crate alloc;

#[cfg(not(wamr_psa_ed25519))]
mod ed25519;
mod error;
mod format;
mod key;
#[cfg(wamr_psa)]
mod psa;
mod read;
#[cfg(feature = "sign")]
mod sign;
mod verify;

pub use error::{Error, Fault, Field};
pub use format::{HEAD_MAX, SIGNATURE_SECTION, Signature, Signatures, SignedHashes, head_end};
pub use key::{InvalidKey, KEY_ID_SIZE, PublicKey};
#[cfg(feature = "sign")]
pub use sign::{SecretKey, sign};
pub use verify::{Verifier, sha256, verify};
