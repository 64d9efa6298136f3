//! Verification of a module before it is loaded.

use wamr_proto::{AppName, ErrorCode, Manifest, Refusal};

use crate::cell::Cell;
use crate::digest::sha256;
use crate::manifest;
use crate::slot::Opened;
use crate::trust::{SignaturePolicy, Standing};

// These run one after the other and are not inlined, so the check does not need the stack of the first two as well.
/// Returns the relation of the ledger to a module, if the module is complete and the device may run it.
#[inline(never)]
pub(crate) fn verify(
    signatures: &SignaturePolicy,
    module: &[u8],
    opened: &[u8],
    ledger: &[u8],
) -> Result<Standing, Refusal> {
    if !is_whole(module, opened) {
        return Err(ErrorCode::DigestMismatch.into());
    }
    match signatures.trust() {
        Some(trust) => {
            let (name, counter) = version(module)?;
            trust.check(signatures, module, (&name, counter), ledger)
        }
        // There is no ledger to update.
        None => Ok(Standing::Unsigned),
    }
}

/// Whether it is the announced module.
#[inline(never)]
fn is_whole(module: &[u8], opened: &[u8]) -> bool {
    Opened::decode(&Cell::at(opened, 0)).is_some_and(|opened| opened.digest == sha256(module))
}

/// The app and its version: all of the manifest that the check needs, because it takes the most stack.
#[inline(never)]
fn version(module: &[u8]) -> Result<(AppName, u32), Refusal> {
    manifest::or_default(module).map(|Manifest { name, counter, .. }| (name, counter))
}
