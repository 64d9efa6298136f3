//! `wamrctl twin`: a device on this computer, with a file as its flash.

use crate::block_on::block_on;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::groups::Groups;
use crate::json;
use crate::key::read_public;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wamr::Limits;
use wamr_client::hci::{Bonds, Port, in_words, static_address};
use wamr_device::Signatures;
use wamr_twin::hci::{Admission, Pairing, PairingEvent, Peripheral};
use wamr_twin::{Error, Flash, Transport, Twin};

/// The name that scanning clients see.
const NAME: &str = "wamr twin";

/// Play a device: a file is its flash, a Bluetooth controller its radio
///
/// Prints `ready ADDRESS` when clients can find it, and runs until it is interrupted.
#[derive(clap::Args)]
pub struct Arguments {
    /// The Bluetooth controller: tcp:HOST:PORT or serial:DEVICE[:BAUD]
    #[arg(long, value_name = "PORT")]
    hci: Port,
    /// The file; made if it is not there
    #[arg(long, value_name = "FILE")]
    flash: PathBuf,
    /// Bytes of flash, a multiple of 4096: each slot's part of it, less a page, holds a module
    #[arg(long, value_name = "BYTES", default_value_t = 512 * 1024)]
    flash_size: usize,
    /// Slots for apps: one more than there are to be apps, so that each can be replaced
    #[arg(long, default_value_t = 4)]
    slots: u8,
    /// Bytes of memory for all apps and their runtime
    #[arg(long, value_name = "BYTES", default_value_t = 512 * 1024)]
    pool: usize,
    /// The most bytes of it for each app
    #[arg(long, value_name = "BYTES", default_value_t = 128 * 1024)]
    app_pool: u32,
    /// Which modules it runs
    #[arg(long, value_enum, default_value_t = Policy::Optional)]
    signatures: Policy,
    /// A public key whose modules it runs; more with further --trust
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Who may use it; bonds lie in a file beside that of the flash
    #[arg(long, value_enum, default_value_t = Clients::Passkey)]
    pairing: Clients,
    /// The most instructions that one call may execute
    #[arg(long, value_name = "INSTRUCTIONS", default_value_t = 10_000_000_000)]
    fuel: u64,
    /// The most milliseconds that one call may take
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5_000)]
    time: u64,
    /// Print a line of JSON for each thing that happens, for other programs
    #[arg(long)]
    json: bool,
}

/// Who may use a device.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Clients {
    /// Those that were paired with the passkey that it prints, within a minute after it was started
    Passkey,
    /// Everybody, for development
    Open,
}

/// Which modules a device runs.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Policy {
    /// Those that a trusted key signed
    Required,
    /// Those that a trusted key signed, and unsigned ones
    Optional,
    /// All
    Off,
}

impl Arguments {
    fn signatures(&self) -> Result<Signatures, Failure> {
        let key = |path: &PathBuf| read_public(path).map(|key| *key.as_bytes());
        let keys: Result<Vec<_>, _> = self.trust.iter().map(key).collect();
        // For the life of the process, as those of a firmware.
        let keys = Vec::leak(keys?);
        Ok(match self.signatures {
            Policy::Required => Signatures::required(keys),
            Policy::Optional => Signatures::optional(keys),
            Policy::Off => Signatures::OFF,
        })
    }
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when the flash file or a key can't be used, [`Status::Device`] when the controller fails.
pub fn run(arguments: &Arguments, groups: Groups<'_>) -> Result<ExitCode, Failure> {
    let path = &arguments.flash;
    let signatures = arguments.signatures()?;
    let flash = Flash::file(path, arguments.flash_size)?;
    // The same flash, the same device: clients find it again at its address.
    let digest = Sha256::digest(std::path::absolute(path).unwrap_or(path.clone()).as_os_str().as_encoded_bytes());
    let address = static_address(*digest.first_chunk().expect("a digest is longer"));

    let admission = match arguments.pairing {
        Clients::Open => Admission::Open,
        Clients::Passkey => {
            let mut bonds = path.clone().into_os_string();
            bonds.push(".bonds");
            let say: fn(PairingEvent) = match arguments.json {
                true => |event| json::print(&json!({ "message": event.to_string() })),
                false => |event| println!("{}", shown(event)),
            };
            Admission::Paired(Pairing::new(Bonds::open(bonds.into(), || address)?, say))
        }
    };

    // A computer's stacks do not fit into the pool of a small device.
    let limits = Limits {
        fuel: Some(arguments.fuel),
        deadline: Some(Duration::from_millis(arguments.time)),
        stack_size: Limits::MCU.stack_size,
        pool: Some(arguments.app_pool),
        ..Limits::MPU
    };
    let log: fn(&str) = match arguments.json {
        true => |line| json::print(&json!({ "log": line })),
        false => |line| println!("log: {}", shown(line)),
    };
    let twin =
        Twin::new(flash).slots(arguments.slots).pool(arguments.pool).limits(limits).signatures(signatures).log(log);
    let twin = groups.iter().fold(twin, |twin, &group| twin.host(group));
    block_on(async {
        let mut endpoint = twin.start()?;
        let peripheral = Peripheral::start(&arguments.hci, address, NAME, admission).await?;
        let address = in_words(address);
        if arguments.json {
            json::print(&json!({ "ready": address }));
        } else {
            println!("ready {address}");
        }
        peripheral.serve(&mut endpoint).await?;
        Ok(ExitCode::SUCCESS)
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let help = match error {
            Error::NoController(why) => return wamr_client::Error::NoController(why).into(),
            Error::Transport(why) => return wamr_client::Error::Host(why).into(),
            Error::FlashFile { .. } => "name another file with --flash, or its size with --flash-size",
            Error::Geometry(_) => "pass another --flash-size or --slots",
            Error::Pool(_) => "pass another --pool",
            _ => return Self::new(Status::Device, error),
        };
        Self::new(Status::Usage, error).help(help)
    }
}
