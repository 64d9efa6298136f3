//! The file with the bonds of this computer.

use crate::failure::{Failure, Status};
use etcetera::BaseStrategy;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use wamr_client::hci::{Bonds, BondsError, static_address};

/// Opens the file, by default that of the user.
///
/// # Errors
/// [`Status::Usage`] when it can't be read, or holds something else.
pub fn open(path: Option<&Path>) -> Result<Bonds, Failure> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => default_path()?,
    };
    Ok(Bonds::open(path, || static_address(RandomState::new().hash_one(()).to_le_bytes()))?)
}

fn default_path() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::new(Status::Usage, format!("cannot find the configuration directory for the file of bonds: {error}"))
            .help("choose a file with --bonds")
    })?;
    Ok(strategy.config_dir().join("wamrctl").join("bonds.json"))
}

impl From<BondsError> for Failure {
    fn from(error: BondsError) -> Self {
        let failure = Self::new(Status::Usage, &error);
        match error {
            BondsError::Invalid(_) => {
                failure.help("choose another file with --bonds, or move this one away; devices then have to pair again")
            }
            BondsError::Read(..) => failure.help("choose another file with --bonds"),
            BondsError::Write(..) => failure,
        }
    }
}
