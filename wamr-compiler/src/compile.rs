//! Calls WAMR's compiler.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::note::Note;
use crate::relocation::is_relocated;
use crate::{Goal, SCHEME, Target, instrument};

/// What devices support; see `wamr-sys/cmake/wamr.cmake`.
const FEATURES: wasmparser::WasmFeatures = wasmparser::WasmFeatures::WASM2.difference(wasmparser::WasmFeatures::SIMD);

/// The name of WAMR's compiler.
const NAME: &str = if cfg!(windows) { "wamrc.exe" } else { "wamrc" };

/// Why a module was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The module is invalid, or uses what devices or the compiler do not support.
    #[error("the module cannot be compiled: {0}")]
    Module(String),
    /// There is no compiler.
    #[error("WAMR's compiler `wamrc` was not found")]
    NoCompiler,
    /// The compiler could not be started, or its files not be written or read.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The compiler failed. With its own words.
    #[error("wamrc failed: {0}")]
    Failed(String),
}

/// Finds WAMR's compiler: the environment variable `WAMRC`, else `wamrc` on the path.
///
/// # Errors
/// [`Error::NoCompiler`]
pub fn find_wamrc() -> Result<PathBuf, Error> {
    if let Some(path) = env::var_os("WAMRC").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|directory| directory.join(NAME)).find(|file| file.is_file()).ok_or(Error::NoCompiler)
}

/// Compiles a module to an AOT file that counts its instructions, and says what it was made from.
///
/// # Errors
/// [`Error`]
pub fn compile(wamrc: &Path, module: &[u8], target: Target, goal: Goal) -> Result<Vec<u8>, Error> {
    let invalid = |error: &dyn std::fmt::Display| Error::Module(error.to_string());
    let types = wasmparser::Validator::new_with_features(FEATURES).validate_all(module);
    let types = types.map_err(|error| invalid(&error))?;
    if let Some(kind) = imported(module) {
        return Err(Error::Module(format!("it imports a {kind}, which no device offers")));
    }
    let counting = instrument(module, false).map_err(|error| invalid(&error))?;
    let mut file = compile_uncounted(wamrc, &counting, target, goal)?;
    if target != Target::Host && is_relocated(&file) {
        return Err(Error::Failed("it made code that does not run in place".into()));
    }
    let types = types.as_ref();
    let memory = (types.memory_count() > 0).then(|| types.memory_at(0));
    let note = Note { scheme: SCHEME, processor: target.processor(), module: Sha256::digest(module).into(), memory };
    note.append(&mut file);
    Ok(file)
}

/// The kind of an import that WAMR's loader of native code would replace by an object of the module's own.
fn imported(module: &[u8]) -> Option<&'static str> {
    let imports = wasmparser::Parser::new(0).parse_all(module).find_map(|payload| match payload {
        Ok(wasmparser::Payload::ImportSection(imports)) => Some(imports),
        _ => None,
    });
    imports?.into_imports().find_map(|import| match import.ok()?.ty {
        wasmparser::TypeRef::Memory(_) => Some("memory"),
        wasmparser::TypeRef::Table(_) => Some("table"),
        _ => None,
    })
}

/// Compiles a module to an AOT file as [`compile`] does, but adds no counting. Devices reject the file. It is for measurements.
///
/// # Errors
/// [`Error`]
pub fn compile_uncounted(wamrc: &Path, module: &[u8], target: Target, goal: Goal) -> Result<Vec<u8>, Error> {
    let directory =
        tempfile::tempdir().map_err(|error| Error::Io("cannot make a temporary directory".into(), error))?;
    let at = |name: &str| directory.path().join(name);
    let (input, output) = (at("module.wasm"), at("module.aot"));
    std::fs::write(&input, module).map_err(|error| Error::Io(format!("cannot write {}", input.display()), error))?;
    // It also writes files where it runs.
    let wamrc = if wamrc.components().count() > 1 { std::path::absolute(wamrc) } else { Ok(wamrc.into()) };
    let wamrc = wamrc.map_err(|error| Error::Io("there is no current directory".into(), error))?;
    let done = Command::new(&wamrc)
        .current_dir(directory.path())
        .args(target.arguments(goal))
        .args([OsStr::new("-o"), output.as_os_str(), input.as_os_str()])
        .output()
        .map_err(|error| Error::Io(format!("cannot run {}", wamrc.display()), error))?;
    if !done.status.success() {
        let text = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
        return Err(Error::Failed(text.lines().last().unwrap_or("it says nothing").trim().into()));
    }
    std::fs::read(&output).map_err(|error| Error::Io(format!("cannot read {}", output.display()), error))
}
