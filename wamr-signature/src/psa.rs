//! The PSA Crypto API of a Zephyr build, with `CONFIG_WAMR_ZEPHYR_PSA`.

use crate::format::HASH_SIZE;
#[cfg(wamr_psa_ed25519)]
use crate::format::{HEAD_MAX, MESSAGE_PREFIX};

// zephyr/psa/psa.c
unsafe extern "C" {
    fn wamr_psa_sha256(bytes: *const u8, length: usize, hash: *mut [u8; HASH_SIZE]) -> i32;
    #[cfg(wamr_psa_ed25519)]
    fn wamr_psa_verify(key: *const [u8; 32], message: *const u8, length: usize, signature: *const [u8; 64]) -> i32;
}

/// # Panics
/// If the PSA Crypto API fails, because any hash could then pass for that of other bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; HASH_SIZE] {
    let mut hash = [0; HASH_SIZE];
    // SAFETY: `bytes` has this length, and `hash` the size of a hash.
    let status = unsafe { wamr_psa_sha256(bytes.as_ptr(), bytes.len(), &mut hash) };
    assert!(status == 0, "the PSA Crypto API cannot compute SHA-256: {status}");
    hash
}

/// Whether the key made this signature of a message, which is in two parts. With an empty first part, the second must be in RAM. False
/// if the PSA Crypto API fails.
#[cfg(wamr_psa_ed25519)]
pub(crate) fn verify(key: &[u8; 32], signature: &[u8; 64], [prefix, rest]: [&[u8]; 2]) -> bool {
    let mut joined = [0; MESSAGE_PREFIX.len() + HEAD_MAX];
    let message = if prefix.is_empty() {
        rest
    } else {
        let joined = &mut joined[..prefix.len() + rest.len()];
        joined[..prefix.len()].copy_from_slice(prefix);
        joined[prefix.len()..].copy_from_slice(rest);
        joined
    };
    // SAFETY: `message` has this length, and the others have these sizes.
    unsafe { wamr_psa_verify(key, message.as_ptr(), message.len(), signature) == 0 }
}
