//! Checks signatures in software.

use ed25519_compact::{Error, PublicKey, Signature, VerifyingState};

/// Whether the key made this signature of a message, which is in two parts.
pub(crate) fn verify(key: &PublicKey, signature: &[u8; 64], message: [&[u8]; 2]) -> bool {
    // By reference: a copy would take as much stack again.
    match &mut begin(key, signature) {
        Ok(state) => {
            message.into_iter().for_each(|part| absorb(state, part));
            is_right(state)
        }
        Err(_) => false,
    }
}

// Each of these three needs much stack. As separate functions they use it one after the other.

#[inline(never)]
fn begin(key: &PublicKey, signature: &[u8; 64]) -> Result<VerifyingState, Error> {
    // Not converted, because a copy of the state would take stack.
    key.verify_incremental(&Signature::new(*signature))
}

#[inline(never)]
fn absorb(state: &mut VerifyingState, bytes: &[u8]) {
    state.absorb(bytes);
}

#[inline(never)]
fn is_right(state: &VerifyingState) -> bool {
    state.verify().is_ok()
}
