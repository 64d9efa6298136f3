//! Raw bindings to [WAMR], the WebAssembly Micro Runtime: everything in `wasm_export.h` whose name starts with `wasm_`.
//!
//! Use the safe crate `wamr` unless it lacks a feature that you need. On a host, the build script compiles WAMR. In a Zephyr build, the
//! Zephyr module of this repository compiles it, and this crate contains only the bindings. `UPGRADE.md` explains how to change the revision
//! of WAMR.
//!
//! | Sources on a host, in this order | |
//! |---|---|
//! | `WAMR_ROOT_DIR` | a checkout of your own |
//! | `modules/lib/wasm-micro-runtime` of the west workspace around this crate or `ZEPHYR_BASE` | the pinned revision |
//! | the crate `wamrx-sys` from the registry | a revision close to the pinned one |
//!
//! [WAMR]: https://github.com/wasm-micro-runtime/wasm-micro-runtime
#![no_std]

mod call;
pub mod heap;
mod hooks;
mod host;
pub mod meter;

pub use bindings::*;
#[cfg(wamr_native)]
pub use call::processor;
pub use call::{call, set_native_stack};
pub use hooks::StartStack;
pub use host::{Call, HostFunction};

/// WAMR's version according to its `core/version.h`.
pub const WAMR_VERSION: &str = env!("WAMR_VERSION");

/// The revision of WAMR that these bindings are made for: the first hexadecimal digits of the commit.
pub const WAMR_REVISION: &str = env!("WAMR_REVISION");

/// Whether WAMR runs WebAssembly. Without its interpreter, it only runs native code.
pub const INTERPRETER: bool = cfg!(wamr_interpreter);

/// Whether WAMR runs the classic interpreter, which rewrites a module's bytes and keeps pointers into them.
pub const CLASSIC_INTERP: bool = cfg!(wamr_classic_interp);

/// Whether WAMR executes native code from AOT files.
pub const NATIVE: bool = cfg!(wamr_native);

#[allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, unnecessary_transmutes)]
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{format, fs, path::Path};

    /// `west.yml` selects the revision for devices; the version of this crate names the revision of the bindings.
    #[test]
    fn version_names_the_revision_of_the_west_manifest() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../west.yml");
        let text = fs::read_to_string(manifest).expect("west.yml stands beside this crate");
        let project = text.split("- name: wasm-micro-runtime").nth(1).expect("west.yml lists WAMR");
        let revision = project.lines().find_map(|line| line.trim().strip_prefix("revision: ")).expect("a revision");
        assert!(revision.starts_with(crate::WAMR_REVISION), "{revision} in west.yml, {}", env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn version_names_the_version_of_the_sources() {
        let (mut major, mut minor, mut patch) = (0, 0, 0);
        // SAFETY: three valid pointers.
        unsafe { crate::wasm_runtime_get_version(&mut major, &mut minor, &mut patch) };
        assert_eq!(format!("{major}.{minor}.{patch}"), crate::WAMR_VERSION);
    }
}
