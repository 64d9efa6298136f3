//! Uploads that are announced by the head of a module, because its digest is not known before the end: files.
//!
//! The *head* of a signed module is everything up to the end of its section `signature`. It contains the hashes of the rest, which the device
//! verifies with the signature. The digest of the head therefore identifies the module as well as the digest of all of it, and is known
//! from the first bytes. Such an upload resumes like any other, and a module that is not signed cannot be announced like this.

use wamr_proto::{Digest, ErrorCode};
use wamr_signature::{Error, head_end};

/// The largest head in bytes.
pub const HEAD_MAX: usize = wamr_signature::HEAD_MAX;

/// Returns the length of a module's head, given its first bytes: at least the head, or [`HEAD_MAX`]. `None` if there are too few to know.
///
/// # Errors
/// [`ErrorCode::NotSigned`] if the module has no signature, [`ErrorCode::InvalidModule`] if it is no module, and
/// [`ErrorCode::BadSignature`] if the section cannot be read.
pub fn head(bytes: &[u8]) -> Result<Option<usize>, ErrorCode> {
    match head_end(bytes) {
        Ok(end) => Ok(end.filter(|end| *end <= bytes.len())),
        Err(Error::NotSigned) => Err(ErrorCode::NotSigned),
        Err(Error::NotAModule) => Err(ErrorCode::InvalidModule),
        Err(_) => Err(ErrorCode::BadSignature),
    }
}

/// Returns the digest that announces the module with this head, for [`Command::Begin`](wamr_proto::Command::Begin).
pub fn announced(head: &[u8]) -> Digest {
    crate::digest::sha256(head)
}
