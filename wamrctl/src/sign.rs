//! `wamrctl sign`: puts a signature into a module.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::key::{hex, read_secret};
use crate::module::{Module, write};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_signature::sign;

/// Sign a module for devices that trust the key
///
/// Keeps the signatures of other keys. A signature covers the whole module, so sign last, after `wamrctl manifest`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    /// Output file; may be the input file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Secret key file, made by `wamrctl keygen` or `wasmsign2`
    #[arg(short, long, value_name = "FILE")]
    key: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`] and [`read_secret`]; [`Status::InvalidModule`] when there is no room for one more signature;
/// [`Status::Usage`] when the output can't be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { file, output, key, json } = arguments;
    let module = Module::read(file)?;
    let key = read_secret(key)?;
    let signed = sign(&module.bytes, &key)
        .map_err(|why| Failure::new(Status::InvalidModule, format!("cannot sign {}: {why}", file.display())))?;
    write(output, &signed)?;

    let id = hex(&key.public_key().id());
    if *json {
        json::print(&json!({ "file": output.to_string_lossy(), "size": signed.len(), "key_id": id }));
    } else {
        println!("{} is signed with the key {id}", shown(output.display()));
    }
    Ok(ExitCode::SUCCESS)
}
