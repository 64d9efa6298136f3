//! Verification of a module before it is loaded.

use wamr_proto::{AppName, ErrorCode, Manifest, Refusal};

use crate::cell::Cell;
use crate::digest::sha256;
use crate::manifest;
use crate::slot::Opened;
use crate::trust::{SignaturePolicy, Standing};

/// When a module is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// After its upload.
    Install,
    /// Before it is loaded.
    Start,
}

// These run one after the other and are not inlined, so the check does not need the stack of the first two as well.
/// Returns the relation of the ledger to a module, if the module is complete and the device may run it.
#[inline(never)]
pub(crate) fn verify(
    signatures: &SignaturePolicy,
    module: &[u8],
    opened: &[u8],
    ledger: &[u8],
    occasion: Occasion,
) -> Result<Standing, Refusal> {
    // The digest is cheap, compared with a signature.
    let is_announced = occasion == Occasion::Install && is_whole(module, opened);
    if occasion == Occasion::Install && !is_announced && !is_begun(module, opened) {
        return Err(ErrorCode::DigestMismatch.into());
    }
    let standing = standing(signatures, module, ledger);
    // A signature covers the module, so a start hashes a signed module once.
    let is_covered = !matches!(standing, Ok(Standing::Unsigned) | Err(_));
    let is_known = is_announced || is_covered || occasion == Occasion::Start && is_whole(module, opened);
    // Without a signature, nothing covers what follows a head. What is wrong with a signature is a better reason than the digest.
    if !is_known && (standing.is_ok() || !is_begun(module, opened)) {
        return Err(ErrorCode::DigestMismatch.into());
    }
    standing
}

fn standing(signatures: &SignaturePolicy, module: &[u8], ledger: &[u8]) -> Result<Standing, Refusal> {
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

/// Whether the module was announced by its head, as a [file](crate::head()).
#[cfg(wamr_files)]
#[inline(never)]
fn is_begun(module: &[u8], opened: &[u8]) -> bool {
    matches!(crate::head(module), Ok(Some(head)) if is_whole(&module[..head], opened))
}

/// Files are no way into this device.
#[cfg(not(wamr_files))]
fn is_begun(_: &[u8], _: &[u8]) -> bool {
    false
}

/// The app and its version: all of the manifest that the check needs, because it takes the most stack.
#[inline(never)]
fn version(module: &[u8]) -> Result<(AppName, u32), Refusal> {
    manifest::or_default(module).map(|Manifest { name, counter, .. }| (name, counter))
}
