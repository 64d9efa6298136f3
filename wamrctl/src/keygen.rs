//! `wamrctl keygen`: makes a key to sign modules with.

use crate::escape::shown;
use crate::failure::Failure;
use crate::json;
use crate::key::{Readers, create, exists, hex};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_signature::SecretKey;

/// Generate a key pair for signing modules
///
/// Keep FILE secret: anyone who has it can sign apps for the devices that trust the key. FILE.pub is public.
#[derive(clap::Args)]
pub struct Arguments {
    /// Output file for the secret key; the public key goes to FILE.pub
    #[arg(value_name = "FILE")]
    secret: PathBuf,
    /// Overwrite existing files; the old secret key is lost
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`](crate::failure::Status::Usage) when one of the files exists, or can't be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { secret, force, json } = arguments;
    let mut public = secret.clone().into_os_string();
    public.push(".pub");
    let public = PathBuf::from(public);
    // Both or none, as far as that can be told before.
    if let Some(path) = [secret, &public].into_iter().find(|path| !force && path.exists()) {
        return Err(exists(path));
    }
    let key = SecretKey::generate();
    create(secret, &*key.to_file(), Readers::Owner, *force)?;
    create(&public, &key.public_key().to_file(), Readers::All, *force)?;

    let id = hex(&key.public_key().id());
    if *json {
        json::print(
            &json!({ "secret_key": secret.to_string_lossy(), "public_key": public.to_string_lossy(), "key_id": id }),
        );
    } else {
        let (secret, public) = (shown(secret.display()), shown(public.display()));
        println!("Secret key  {secret}\nPublic key  {public}\nKey id      {id}");
    }
    Ok(ExitCode::SUCCESS)
}
