//! SHA-256 of modules and cells.

use wamr_proto::Digest;

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(wamr_signature::sha256(bytes))
}
