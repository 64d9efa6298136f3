//! Finds WAMR's sources or, in a Zephyr build, its headers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file that makes a directory WAMR's root, and its headers' directory what we want.
const HEADER: &str = "core/iwasm/include/wasm_export.h";
/// Where `west.yml` puts WAMR.
const IN_WORKSPACE: &str = "modules/lib/wasm-micro-runtime";

/// The root of WAMR's sources: `WAMR_ROOT_DIR`, else a west workspace, else the crate that bundles them.
pub fn root() -> PathBuf {
    println!("cargo:rerun-if-env-changed=WAMR_ROOT_DIR");
    println!("cargo:rerun-if-env-changed=ZEPHYR_BASE");
    if let Some(root) = env::var_os("WAMR_ROOT_DIR").map(PathBuf::from) {
        assert!(
            root.join(HEADER).is_file(),
            "WAMR_ROOT_DIR is {}, but {HEADER} is not in it: name the root of a WAMR checkout, or unset the variable",
            root.display()
        );
        return root;
    }
    from_workspace().unwrap_or_else(from_registry)
}

/// In a Zephyr build the Zephyr module adds WAMR's headers to the include path, which zephyr-lang-rust hands to cargo.
pub fn include_dir_of_zephyr() -> PathBuf {
    println!("cargo:rerun-if-env-changed=INCLUDE_DIRS");
    let dirs = env::var("INCLUDE_DIRS").unwrap_or_default();
    dirs.split([' ', ';'])
        .map(|dir| PathBuf::from(dir.trim_matches('"')))
        .find(|dir| dir.join("wasm_export.h").is_file())
        .expect("no include directory of this Zephyr build holds wasm_export.h: set CONFIG_WAMR_ZEPHYR=y in prj.conf")
}

fn from_workspace() -> Option<PathBuf> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let zephyr = env::var_os("ZEPHYR_BASE").map(PathBuf::from);
    [Some(here), zephyr].into_iter().flatten().find_map(|start| {
        let workspace = start.ancestors().find(|dir| dir.join(".west").is_dir())?;
        let root = workspace.join(IN_WORKSPACE);
        root.join(HEADER).is_file().then_some(root)
    })
}

fn from_registry() -> PathBuf {
    let root = bundling_crate().map(|dir| dir.join("wasm-micro-runtime"));
    match root {
        Ok(root) if root.join(HEADER).is_file() => root,
        other => panic!(
            "WAMR's sources were not found ({other:?}). Set WAMR_ROOT_DIR to a checkout of WAMR, build inside a west \
             workspace, or let cargo reach its registry to fetch the crate wamrx-sys"
        ),
    }
}

/// The directory of the crate `wamrx-sys`, which `cargo metadata` downloads though it is never compiled.
fn bundling_crate() -> Result<PathBuf, String> {
    let here = env::current_dir().map_err(|error| error.to_string())?;
    // What pins WAMR is not to change on the way.
    let locked = here.ancestors().any(|dir| dir.join("Cargo.lock").is_file());
    let output = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .args(["metadata", "--format-version=1"])
        .args(locked.then_some("--locked"))
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "wamrx-sys")
        .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .map(Path::to_owned)
        .ok_or_else(|| "cargo metadata does not list wamrx-sys".to_owned())
}
