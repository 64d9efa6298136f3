//! The devices that this computer is paired with, and the keys for them, in a file.

use crate::failure::{Failure, Status};
use crate::key::{self, Readers, hex};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use trouble_host::prelude::{AddrKind, Address, BdAddr, SecurityLevel};
use trouble_host::{BondInformation, Identity, IdentityResolvingKey, LongTermKey};

/// A file of bonds.
pub struct Bonds {
    path: PathBuf,
    contents: Contents,
}

/// What the file holds. Numbers are in hexadecimal, as people write addresses.
#[derive(Serialize, Deserialize)]
struct Contents {
    /// This computer's address, by which devices know it.
    address: String,
    /// By the devices' addresses.
    devices: BTreeMap<String, Device>,
    /// Of a device that has bonds with clients: the owner's address. None is the next client that pairs, an empty one nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Device {
    /// Whether the address is one that the device chose itself.
    random: bool,
    long_term_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_resolving_key: Option<String>,
}

impl Bonds {
    /// Reads the file, by default that of the user. Where there is none it is made with the first bond.
    ///
    /// # Errors
    /// [`Status::Usage`] when it can't be read, or holds something else.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => default_path()?,
        };
        let own = || crate::ble::host::static_address(RandomState::new().hash_one(()).to_le_bytes());
        Self::open_for(path, own)
    }

    /// Reads the file. Where there is none it is made with the first bond, for the address `own`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for(path: PathBuf, own: impl FnOnce() -> Address) -> Result<Self, Failure> {
        let contents = match fs::read(&path) {
            Ok(bytes) => Contents::parse(&bytes).ok_or_else(|| {
                Failure::new(Status::Usage, format!("{} is not a file of bonds", path.display()))
                    .help("name another one with --bonds, or move it away: devices then have to be paired again")
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Contents { address: in_words(own()), devices: BTreeMap::new(), owner: None }
            }
            Err(error) => {
                return Err(Failure::new(Status::Usage, format!("cannot read {}: {error}", path.display()))
                    .help("name another file with --bonds"));
            }
        };
        Ok(Self { path, contents })
    }

    /// The address by which devices know this computer.
    pub fn own_address(&self) -> Address {
        address(&self.contents.address, true).expect("checked when it was read")
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

    /// The address of the client that owns this device. None is the next one that pairs, an empty one nobody.
    pub fn owner(&self) -> Option<&str> {
        self.contents.owner.as_deref()
    }

    /// Says who owns this device; kept with the next change of a bond.
    pub fn set_owner(&mut self, owner: Option<String>) {
        self.contents.owner = owner;
    }

    /// Forgets the bond with a device.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn remove(&mut self, device: Address) -> Result<(), Failure> {
        self.contents.devices.remove(&in_words(device));
        self.write()
    }

    /// Keeps a bond, instead of an older one with the same device.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn put(&mut self, bond: &BondInformation) -> Result<(), Failure> {
        let device = Device {
            random: bond.identity.addr.kind == AddrKind::RANDOM,
            long_term_key: hex(&bond.ltk.to_le_bytes()),
            identity_resolving_key: bond.identity.irk.map(|key| hex(&key.to_le_bytes())),
        };
        self.contents.devices.insert(in_words(bond.identity.addr), device);
        self.write()
    }

    /// Writes a new file and then gives it the name of the old one, so that there is always a whole one.
    fn write(&self) -> Result<(), Failure> {
        let failed = |error| Failure::new(Status::Usage, format!("cannot write {}: {error}", self.path.display()));
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        let mut new = self.path.clone().into_os_string();
        new.push(format!(".{}", std::process::id()));
        let new = PathBuf::from(new);
        let text = serde_json::to_string_pretty(&self.contents).expect("strings are JSON");
        key::create(&new, text.as_bytes(), Readers::Owner, true)?;
        fs::rename(&new, &self.path).map_err(failed)
    }
}

impl Contents {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let contents: Self = serde_json::from_slice(bytes).ok()?;
        address(&contents.address, true)?;
        contents.devices.iter().all(|(name, device)| device.decode(name).is_some()).then_some(contents)
    }
}

impl Device {
    fn decode(&self, name: &str) -> Option<BondInformation> {
        let irk = match &self.identity_resolving_key {
            Some(key) => Some(IdentityResolvingKey::from_le_bytes(unhex(key)?)?),
            None => None,
        };
        let identity = Identity { addr: address(name, self.random)?, irk };
        let key = LongTermKey::from_le_bytes(unhex(&self.long_term_key)?);
        // Others are never kept.
        Some(BondInformation::new(identity, key, SecurityLevel::EncryptedAuthenticated, true))
    }
}

fn default_path() -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy;
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::new(Status::Usage, format!("there is no place for bonds: {error}")).help("name a file with --bonds")
    })?;
    Ok(strategy.config_dir().join("wamrctl").join("bonds.json"))
}

fn in_words(address: Address) -> String {
    crate::ble::host::in_words(address)
}

/// An address from how people write it.
fn address(text: &str, random: bool) -> Option<Address> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':').rev();
    for byte in &mut bytes {
        [*byte] = unhex(parts.next()?)?;
    }
    let kind = if random { AddrKind::RANDOM } else { AddrKind::PUBLIC };
    parts.next().is_none().then_some(Address { kind, addr: BdAddr::new(bytes) })
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

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("wamrctl-bonds-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn bond(last: u8, key: u128) -> BondInformation {
        let addr = Address { kind: AddrKind::PUBLIC, addr: BdAddr::new([last, 2, 3, 4, 5, 0xc6]) };
        let identity = Identity { addr, irk: IdentityResolvingKey::new(7) };
        BondInformation::new(identity, LongTermKey::new(key), SecurityLevel::EncryptedAuthenticated, true)
    }

    #[test]
    fn bonds_outlive_the_process_and_are_the_owners_alone() {
        let directory = directory("outlive");
        let path = directory.join("below").join("bonds.json");
        let mut bonds = Bonds::open(Some(&path)).unwrap();
        let own = bonds.own_address();
        bonds.put(&bond(1, 42)).unwrap();
        bonds.put(&bond(2, u128::MAX)).unwrap();
        bonds.put(&bond(1, 43)).unwrap();

        let bonds = Bonds::open(Some(&path)).unwrap();
        assert_eq!(bonds.own_address(), own);
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
        Bonds::open(Some(&path)).unwrap();
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
            assert!(Bonds::open(Some(&path)).is_err(), "{text}");
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
