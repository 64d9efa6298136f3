//! The devices that this computer is paired with, and the keys for them, in a file.

use super::address::{in_words, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use tempfile::NamedTempFile;
use trouble_host::prelude::{AddrKind, Address, SecurityLevel};
use trouble_host::{BondInformation, Identity, IdentityResolvingKey, LongTermKey};

/// The error of a file of bonds.
#[derive(Debug, thiserror::Error)]
pub enum BondsError {
    /// It is not a file of bonds. Name another file, or move this one away and pair the devices again.
    #[error("{} is not a file of bonds", .0.display())]
    Invalid(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    /// It cannot be written.
    #[error("cannot write {}: {}", .0.display(), .1)]
    Write(PathBuf, io::Error),
}

/// A file of bonds.
#[derive(Debug)]
pub struct Bonds {
    path: PathBuf,
    contents: Contents,
}

/// The content of the file. Numbers are in hexadecimal, like addresses.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// This computer's address, which devices identify it by.
    address: String,
    /// The bonds by the addresses of the devices.
    devices: BTreeMap<String, Device>,
    /// If this is a device's file: the owner's address. With none, the next client that pairs is the owner; if empty, there is no owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Device {
    /// Whether the address is one that the device chose itself.
    random: bool,
    long_term_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_resolving_key: Option<String>,
}

impl Bonds {
    /// Reads the file. If there is none, the first bond makes it, for the address `own`.
    ///
    /// # Errors
    /// [`BondsError::Read`] and [`BondsError::Invalid`].
    pub fn open(path: PathBuf, own: impl FnOnce() -> Address) -> Result<Self, BondsError> {
        let contents = match fs::read(&path) {
            Ok(bytes) => match Contents::parse(&bytes) {
                Some(contents) => contents,
                None => return Err(BondsError::Invalid(path)),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Contents { address: in_words(own()), devices: BTreeMap::new(), owner: None }
            }
            Err(error) => return Err(BondsError::Read(path, error)),
        };
        Ok(Self { path, contents })
    }

    /// The address that devices identify this computer by.
    pub fn own_address(&self) -> Address {
        parse(&self.contents.address, true).expect("checked when it was read")
    }

    /// The bond with a device.
    pub fn get(&self, device: Address) -> Option<BondInformation> {
        let name = in_words(device);
        self.contents.devices.get(&name).and_then(|bond| bond.decode(&name)).filter(|bond| bond.identity.addr == device)
    }

    /// All bonds, in the order of the addresses.
    pub fn all(&self) -> impl Iterator<Item = BondInformation> {
        self.contents.devices.iter().filter_map(|(name, bond)| bond.decode(name))
    }

    /// The address of the client that owns this device. With none, the next client that pairs is the owner; if empty, there is no owner.
    pub fn owner(&self) -> Option<&str> {
        self.contents.owner.as_deref()
    }

    /// Sets the owner of this device. It is saved with the next change of a bond.
    pub fn set_owner(&mut self, owner: Option<String>) {
        self.contents.owner = owner;
    }

    /// Removes the bond with a device.
    ///
    /// # Errors
    /// [`BondsError::Write`].
    pub fn remove(&mut self, device: Address) -> Result<(), BondsError> {
        self.contents.devices.remove(&in_words(device));
        self.write()
    }

    /// Saves a bond, which replaces an older one with the same device.
    ///
    /// # Errors
    /// [`BondsError::Write`].
    pub fn put(&mut self, bond: &BondInformation) -> Result<(), BondsError> {
        let device = Device {
            random: bond.identity.addr.kind == AddrKind::RANDOM,
            long_term_key: hex(&bond.ltk.to_le_bytes()),
            identity_resolving_key: bond.identity.irk.map(|key| hex(&key.to_le_bytes())),
        };
        self.contents.devices.insert(in_words(bond.identity.addr), device);
        self.write()
    }

    /// Writes a new file that only its owner can read, and then renames it to the old one, so that there is always a complete file.
    fn write(&self) -> Result<(), BondsError> {
        let write = || {
            let directory = self.path.parent().filter(|directory| !directory.as_os_str().is_empty());
            if let Some(directory) = directory {
                fs::create_dir_all(directory)?;
            }
            let mut new = NamedTempFile::new_in(directory.unwrap_or(".".as_ref()))?;
            new.write_all(serde_json::to_string_pretty(&self.contents)?.as_bytes())?;
            new.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|error| BondsError::Write(self.path.clone(), error))
    }
}

impl Contents {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let contents: Self = serde_json::from_slice(bytes).ok()?;
        parse(&contents.address, true)?;
        contents.devices.iter().all(|(name, device)| device.decode(name).is_some()).then_some(contents)
    }
}

impl Device {
    fn decode(&self, name: &str) -> Option<BondInformation> {
        let irk = match &self.identity_resolving_key {
            Some(key) => Some(IdentityResolvingKey::from_le_bytes(unhex(key)?)?),
            None => None,
        };
        let identity = Identity { addr: parse(name, self.random)?, irk };
        let key = LongTermKey::from_le_bytes(unhex(&self.long_term_key)?);
        // Others are never kept.
        Some(BondInformation::new(identity, key, SecurityLevel::EncryptedAuthenticated, true))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = [digits[0], digits[1]].map(|digit| (digit as char).to_digit(16));
        *byte = (high? << 4 | low?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trouble_host::prelude::BdAddr;

    fn own() -> Address {
        super::super::static_address([7; 8])
    }

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("wamr-bonds-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn bond(last: u8, key: u128) -> BondInformation {
        let addr = Address { kind: AddrKind::PUBLIC, addr: BdAddr::new([last, 2, 3, 4, 5, 0xc6]) };
        let identity = Identity { addr, irk: IdentityResolvingKey::new(7) };
        BondInformation::new(identity, LongTermKey::new(key), SecurityLevel::EncryptedAuthenticated, true)
    }

    #[test]
    fn bonds_survive_the_process_and_only_their_owner_can_read_them() {
        let directory = directory("outlive");
        let path = directory.join("below").join("bonds.json");
        let mut bonds = Bonds::open(path.clone(), own).unwrap();
        assert_eq!(bonds.own_address(), own());
        bonds.put(&bond(1, 42)).unwrap();
        bonds.put(&bond(2, u128::MAX)).unwrap();
        bonds.put(&bond(1, 43)).unwrap();

        let bonds = Bonds::open(path.clone(), own).unwrap();
        assert_eq!(bonds.own_address(), own());
        assert_eq!(bonds.get(bond(1, 0).identity.addr), Some(bond(1, 43)));
        assert_eq!(bonds.get(bond(2, 0).identity.addr), Some(bond(2, u128::MAX)));
        assert_eq!(bonds.get(bond(3, 0).identity.addr), None);
        let other_kind = Address { kind: AddrKind::RANDOM, ..bond(1, 0).identity.addr };
        assert_eq!(bonds.get(other_kind), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no other file stays");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn without_a_bond_there_is_no_file() {
        let path = directory("none").join("bonds.json");
        Bonds::open(path.clone(), own).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn other_files_are_refused() {
        let directory = directory("refused");
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("bonds.json");
        let device = r#"{"random":false,"long_term_key":"00"}"#;
        for text in [
            "",
            "{}",
            r#"{"address":"C1:02:03:04:05","devices":{}}"#,
            r#"{"address":"C1:02:03:04:05:0é","devices":{}}"#,
            &format!(r#"{{"address":"C1:02:03:04:05:06","devices":{{"C1:02:03:04:05:07":{device}}}}}"#),
        ] {
            fs::write(&path, text).unwrap();
            assert!(Bonds::open(path.clone(), own).is_err(), "{text}");
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
