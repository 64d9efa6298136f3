//! `wamrctl keys`: the keys that a device trusts.

use crate::connection::Connection;
use crate::failure::Failure;
use crate::json;
use crate::key::hex;
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wamr_client::TrustedKey;
use wamr_signature::PublicKey;

/// List the signing keys that a device trusts
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let keys = arguments.connection.with(async |client| client.keys().await)?;
    if arguments.json {
        json::print(&Json::from_iter(keys.iter().map(to_json)));
    } else {
        print!("{}", to_text(&keys));
    }
    Ok(ExitCode::SUCCESS)
}

/// The id by which `wamrctl sign` and `inspect` know a key; of bytes that are none, nothing.
fn id(key: &TrustedKey) -> String {
    PublicKey::new(key.key).map(|key| hex(&key.id())).unwrap_or_default()
}

fn to_text(keys: &[TrustedKey]) -> String {
    if keys.is_empty() {
        return "The device trusts no key\n".into();
    }
    let line = |key: &TrustedKey| {
        let origin = if key.built_in { "of the firmware" } else { "trusted by a client" };
        let right = if key.native { ", may sign native code" } else { "" };
        format!("{:<24}  {origin}{right}\n", id(key))
    };
    keys.iter().map(line).collect()
}

fn to_json(key: &TrustedKey) -> Json {
    json!({ "key_id": id(key), "public_key": hex(&key.key), "built_in": key.built_in, "native": key.native })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_signature::SecretKey;

    #[test]
    fn keys_are_listed_by_their_ids() {
        let key = SecretKey::generate().public_key();
        let mut trusted = TrustedKey { key: *key.as_bytes(), built_in: true, native: false };
        let id = hex(&key.id());
        assert_eq!(to_text(std::slice::from_ref(&trusted)), format!("{id:<24}  of the firmware\n"));
        assert_eq!(
            to_json(&trusted),
            json!({ "key_id": id, "public_key": hex(key.as_bytes()), "built_in": true, "native": false })
        );
        trusted.native = true;
        assert_eq!(to_text(&[trusted]), format!("{id:<24}  of the firmware, may sign native code\n"));
        assert_eq!(to_text(&[]), "The device trusts no key\n");
    }
}
