//! The capabilities that a manifest lists, beside what its module imports.

use crate::failure::{Failure, Status};
use crate::module::Module;
use wamr_client::proto::{
    Capability, CapabilityList, MANIFEST_MAX, Manifest, capability_of, encode_within, resource_of,
};

/// The capabilities that the imports of a module need, each once, in the order of the imports.
pub fn imported(module: &Module) -> Vec<&str> {
    let mut names = Vec::new();
    for import in &module.imports {
        let capability = capability_of(&import.module);
        if !names.contains(&capability) {
            names.push(capability);
        }
    }
    names
}

/// The capabilities that a module needs: those of its imports, and `file` for a program for WASI that opens files.
fn needed(module: &Module) -> Vec<&str> {
    let mut names = imported(module);
    let opens_files =
        module.imports.iter().any(|import| import.module == "wasi_snapshot_preview1" && import.name == "path_open");
    if opens_files && !names.contains(&"file") {
        names.push("file");
    }
    names
}

/// The list of a manifest, encoded: these entries, or else what the module imports from.
///
/// # Errors
/// [`Status::Usage`] when the module imports from another one, or when a manifest has no room for them.
pub fn list(module: &Module, named: Option<&[String]>) -> Result<Vec<u8>, Failure> {
    let usage = |message: String| Failure::new(Status::Usage, message);
    let names = match named {
        Some(names) => names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect(),
        None => needed(module),
    };
    if let Some(missing) =
        imported(module).into_iter().find(|name| names.iter().all(|entry| resource_of(entry, name).is_none()))
    {
        return Err(usage(format!("the module imports from `{missing}`, which is not in its list of capabilities"))
            .help("remove the import, or add the name to --capabilities"));
    }
    if names.len() > CapabilityList::MAX {
        return Err(usage(format!(
            "{} entries are too many for the capabilities of a manifest, which has at most {}",
            names.len(),
            CapabilityList::MAX
        )));
    }
    let capability = |name: &&str| {
        let long =
            || usage(format!("`{name}` is too long for a capability, which has at most {} bytes", Capability::MAX));
        Capability::new(name).ok_or_else(long)
    };
    let capabilities: Vec<_> = names.iter().map(capability).collect::<Result<_, _>>()?;
    let list = CapabilityList::first(capabilities.into_iter());
    Ok(encode_within::<MANIFEST_MAX>(&list).expect("the longest list fits").to_vec())
}

/// Why devices refuse a module with this manifest, if its imports go beyond what that lists.
pub fn beyond(module: &Module, manifest: &Manifest<'_>) -> Option<String> {
    let listed = manifest.capabilities?;
    let beyond: Vec<_> = imported(module).into_iter().filter(|name| !listed.cover(name)).collect();
    (!beyond.is_empty())
        .then(|| format!("it imports from {}, which its manifest does not list as a capability", beyond.join(", ")))
}
