//! SHA-256, instantiated only once in the firmware.

use sha2::{Digest as _, Sha256};
use wamr_proto::Digest;

#[inline(never)]
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}
