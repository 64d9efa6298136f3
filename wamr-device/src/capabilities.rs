//! Holds an app to the capabilities that its manifest lists, so that who reads the list knows all that the app reaches.

use crate::host::AppData;
use wamr::{Linker, Module};
use wamr_proto::{Capabilities, ErrorCode, Refusal};

/// Refuses a module that imports from what is not listed, and a list of what the device does not offer. Where nothing is listed, the
/// imports alone decide, when they are linked.
#[inline(never)]
pub(crate) fn check(
    listed: Option<Capabilities<'_>>,
    module: &Module<'_>,
    linker: &Linker<'_, AppData>,
) -> Result<(), Refusal> {
    let Some(listed) = listed else { return Ok(()) };
    let beyond = |import: &&str| listed.names().all(|name| name != *import);
    if let Some(import) = module.imports().map(|import| import.module).find(beyond) {
        return Err(Refusal::new(ErrorCode::UndeclaredCapability, import));
    }
    if let Some(name) = listed.names().find(|name| !linker.defines(name)) {
        return Err(Refusal::new(ErrorCode::UnknownCapability, name));
    }
    Ok(())
}
