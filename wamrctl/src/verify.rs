//! `wamrctl verify`: checks who signed a module.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::key::{hex, read_public};
use crate::module::read_bytes;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_signature::{Error, verify};

/// Verify a module's signature as a device that trusts these keys does
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    /// Public key file; repeat for more keys. One matching signature is enough
    #[arg(short, long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::InvalidModule`] when none of the keys signed the module; [`Status::Usage`] when a file can't be read.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { file, keys, json } = arguments;
    let module = read_bytes(file)?;
    let keys: Vec<_> = keys.iter().map(|path| Ok((path, read_public(path)?))).collect::<Result<_, Failure>>()?;
    let all: Vec<_> = keys.iter().map(|(_, key)| *key).collect();
    verify(&module, &all).map_err(|why| {
        let failure = Failure::new(Status::InvalidModule, format!("{}: {why}", file.display()));
        match why {
            Error::NotSigned | Error::Altered => failure.help("sign it with `wamrctl sign`"),
            Error::UnknownKey => failure.help("`wamrctl inspect` shows the ids of the keys that signed it"),
            Error::Truncated { .. } | Error::Malformed { .. } => failure.help("copy or build it again"),
            _ => failure,
        }
    })?;

    let signed_by = keys.iter().filter(|(_, key)| verify(&module, &[*key]).is_ok());
    let signed_by = signed_by.map(|(path, key)| (path.display(), hex(&key.id())));
    if *json {
        let signed_by = signed_by.map(|(path, id)| json!({ "public_key": path.to_string(), "key_id": id }));
        json::print(&json!({ "file": file.to_string_lossy(), "signed_by": Json::from_iter(signed_by) }));
    } else {
        signed_by
            .for_each(|(path, id)| println!("{} is signed with {}, the key {id}", shown(file.display()), shown(path)));
    }
    Ok(ExitCode::SUCCESS)
}
