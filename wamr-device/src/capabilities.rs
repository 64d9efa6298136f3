//! Holds an app to the capabilities that its manifest lists, so that who reads the list knows all that the app reaches.

use wamr::Linker;
use wamr_proto::{Capabilities, ErrorCode, Refusal};

/// Refuses a module that imports from what is not listed, and a list of what the device does not offer. Where nothing is listed, the
/// imports alone decide, when the module is loaded.
#[inline(never)]
pub(crate) fn check(listed: Option<Capabilities<'_>>, module: &[u8], linker: &Linker<'_>) -> Result<(), Refusal> {
    let Some(listed) = listed else { return Ok(()) };
    for import in wamr::import_modules(module) {
        let import = import.ok_or(ErrorCode::InvalidModule)?;
        if listed.names().all(|name| name != import) {
            return Err(Refusal::new(ErrorCode::UndeclaredCapability, import));
        }
    }
    match listed.names().find(|name| !linker.defines(name)) {
        Some(name) => Err(Refusal::new(ErrorCode::UnknownCapability, name)),
        None => Ok(()),
    }
}
