//! Holds an app to the capabilities that its manifest lists, so that who reads the list knows all that the app reaches.

use wamr::Linker;
use wamr_proto::{Capabilities, ErrorCode, Refusal};

/// Refuses a module that imports from what is not listed, and a list of what the device does not offer. Where nothing is listed, the
/// imports alone decide, when the module is loaded.
#[inline(never)]
pub(crate) fn check(listed: Option<Capabilities<'_>>, module: &[u8], linker: &Linker<'_>) -> Result<(), Refusal> {
    let Some(listed) = listed else { return Ok(()) };
    let beyond = |import: &Option<&str>| import.is_none_or(|import| listed.names().all(|name| name != import));
    let (code, name) = if let Some(import) = wamr::import_modules(module).find(beyond) {
        import.map_or((ErrorCode::InvalidModule, ""), |import| (ErrorCode::UndeclaredCapability, import))
    } else if let Some(name) = listed.names().find(|name| !linker.defines(name)) {
        (ErrorCode::UnknownCapability, name)
    } else {
        return Ok(());
    };
    Err(Refusal::new(code, name))
}
