//! Files with keys, in the format of `wasmsign2`.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use wamr_signature::{InvalidKey, PublicKey, SecretKey};
use zeroize::Zeroizing;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody, as far as the user's umask allows.
    All,
    /// Its owner alone.
    Owner,
}

/// Writes a file that does not exist yet, or any with `force`. Nobody else can open it for a moment either.
///
/// # Errors
/// [`Status::Usage`] when it exists, or can't be written.
pub fn create(path: &Path, contents: &[u8], readers: Readers, force: bool) -> Result<(), Failure> {
    let create = || {
        if force {
            // Another file of the same name: the old one may be open to others.
            fs::remove_file(path)
                .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if readers == Readers::Owner {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options.open(path)?.write_all(contents)
    };
    create().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Failure::new(Status::Usage, format!("cannot write {}: {error}", path.display())),
    })
}

/// That there is a file where a key should go.
pub fn exists(path: &Path) -> Failure {
    Failure::new(Status::Usage, format!("{} exists already", path.display()))
        .help("choose another name, or pass --force to overwrite both key files; modules that the old key signed are not changed")
}

/// Reads a public key.
///
/// # Errors
/// [`Status::Usage`] when there is none in the file.
pub fn read_public(path: &Path) -> Result<PublicKey, Failure> {
    PublicKey::from_file(&read(path)?).map_err(|why| invalid(path, why))
}

/// Reads a secret key, and warns when other users of the computer could do so as well.
///
/// # Errors
/// [`Status::Usage`] when there is none in the file.
pub fn read_secret(path: &Path) -> Result<SecretKey, Failure> {
    let key = SecretKey::from_file(&read(path)?).map_err(|why| invalid(path, why))?;
    #[cfg(unix)]
    if fs::metadata(path).is_ok_and(|file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0) {
        let path = shown(path.display());
        eprintln!("warning: other users of this computer may read the secret key: chmod 600 {path}");
    }
    Ok(key)
}

/// The file's contents, or as much as is more than any key has.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for all of it: growing would leave copies behind.
    const MORE: usize = SecretKey::FILE_SIZE + 1;
    let mut contents = Zeroizing::new(Vec::with_capacity(MORE));
    let read = File::open(path).and_then(|file| file.take(MORE as u64).read_to_end(&mut contents));
    read.map_err(|error| {
        Failure::new(Status::Usage, format!("cannot read {}: {error}", path.display()))
            .help("check the path, or generate a key with `wamrctl keygen`")
    })?;
    Ok(contents)
}

fn invalid(path: &Path, why: InvalidKey) -> Failure {
    Failure::new(Status::Usage, format!("{} is not a key of the expected kind: {why}", path.display()))
}

/// Bytes in hexadecimal digits, as people and JSON read them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
