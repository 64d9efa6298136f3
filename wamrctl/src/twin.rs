//! `wamrctl twin`: a device on this computer, with a file as its flash.

use crate::Groups;
use crate::block_on::block_on;
use crate::console::{self, Inputs};
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::key::read_public;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wamr::Limits;
use wamr_client::Port;
use wamr_client::hci::{Bonds, in_words, static_address};
use wamr_device::SignaturePolicy;
use wamr_twin::hci::{Admission, Pairing, PairingEvent, Peripheral};
use wamr_twin::stream::TcpPort;
use wamr_twin::{Error, Flash, Folder, Transport, Twin};

/// The size of the file with the values of apps.
const KV_SIZE: usize = 64 * 1024;

/// The name that scanning clients see.
const NAME: &str = "wamr twin";

/// Simulate a device, with a file as flash and a Bluetooth controller as radio, or a TCP port
///
/// Prints `ready ADDRESS` when clients can find it, and runs until interrupted. Prints the changes of the outputs of a simulated board.
/// Commands on standard input change its inputs, such as `button0 on`; `wamrctl board` lists them.
#[derive(clap::Args)]
pub struct Arguments {
    /// Bluetooth controller: tcp:HOST:PORT or serial:DEVICE[:BAUD]
    #[arg(long, value_name = "PORT", required_unless_present = "tcp")]
    hci: Option<Port>,
    /// Listen for clients on this TCP address instead of Bluetooth. They are not authenticated, and own the device; port 0 is any free one
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["hci", "pairing"])]
    tcp: Option<String>,
    /// Flash file; created if it does not exist. The file of values that apps store is next to it
    #[arg(long, value_name = "FILE")]
    flash: PathBuf,
    /// Flash size, a multiple of 4096; a slot holds a module in its part of the flash, less one page
    #[arg(long, value_name = "BYTES", default_value_t = 512 * 1024)]
    flash_size: usize,
    /// Number of slots: one more than the number of apps, so that each can be replaced
    #[arg(long, default_value_t = 4)]
    slots: u8,
    /// Memory for all apps and their runtime
    #[arg(long, value_name = "BYTES", default_value_t = 512 * 1024)]
    pool: usize,
    /// Maximum memory per app
    #[arg(long, value_name = "BYTES", default_value_t = 128 * 1024)]
    app_pool: u32,
    /// Which modules to run
    #[arg(long, value_enum, default_value_t = Policy::Optional)]
    signatures: Policy,
    /// Public key file to trust; repeat for more keys
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Who may use the device; the file of bonds is next to the flash file
    #[arg(long, value_enum, default_value_t = Clients::Passkey)]
    pairing: Clients,
    /// Maximum number of instructions per invocation
    #[arg(long, value_name = "INSTRUCTIONS", default_value_t = 10_000_000_000)]
    fuel: u64,
    /// Maximum duration of an invocation
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5_000)]
    time: u64,
    #[command(flatten)]
    board: console::Options,
    /// Print one line of JSON per event
    #[arg(long)]
    json: bool,
}

/// Who may use a device.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Clients {
    /// Clients that paired with the printed passkey within a minute after the start
    Passkey,
    /// Every client, for development
    Open,
}

/// Which modules a device runs.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Policy {
    /// Modules signed by a trusted key
    Required,
    /// Modules signed by a trusted key, and unsigned modules
    Optional,
    /// All modules
    Off,
}

impl Arguments {
    fn signatures(&self) -> Result<SignaturePolicy, Failure> {
        let key = |path: &PathBuf| read_public(path).map(|key| *key.as_bytes());
        let keys: Result<Vec<_>, _> = self.trust.iter().map(key).collect();
        // For the life of the process, as those of a firmware.
        let keys = Vec::leak(keys?);
        Ok(match self.signatures {
            Policy::Required => SignaturePolicy::required(keys),
            Policy::Optional => SignaturePolicy::optional(keys),
            Policy::Off => SignaturePolicy::OFF,
        })
    }

    fn print_ready(&self, address: &str) {
        if self.json {
            json::print(&json!({ "ready": address }));
        } else {
            println!("ready {address}");
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when the TCP address, the flash file, a key or the board can't be used, [`Status::Device`] when the controller fails.
pub fn run(arguments: &Arguments, groups: Groups<'_>) -> Result<ExitCode, Failure> {
    let path = &arguments.flash;
    let signatures = arguments.signatures()?;
    let board = arguments.board.board(arguments.json)?;
    let flash = Flash::file(path, arguments.flash_size)?;
    let beside = |extension: &str| {
        let mut beside = path.clone().into_os_string();
        beside.push(extension);
        PathBuf::from(beside)
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
    let twin = Twin::new(flash).slots(arguments.slots).pool(arguments.pool).limits(limits).signatures(signatures);
    let twin = twin.log(log).board(board);
    let twin = twin.kv(Flash::file(&beside(".kv"), KV_SIZE)?).files(Folder::directory(beside(".files"))?);
    let twin = groups.iter().fold(twin, |twin, &group| twin.host(group));
    block_on(async {
        let mut endpoint = twin.start()?;
        if let Some(tcp) = &arguments.tcp {
            let port = TcpPort::listen(tcp).await.map_err(|error| {
                Failure::new(Status::Usage, format!("cannot listen on {}: {error}", shown(tcp)))
                    .help("choose another address with --tcp")
            })?;
            arguments.print_ready(&port.address().to_string());
            let _inputs = Inputs::start(board, arguments.json);
            port.serve(&mut endpoint).await?;
        }
        if let Some(hci) = &arguments.hci {
            // The same flash, the same device: clients find it again at its address.
            let path = std::path::absolute(path).unwrap_or(path.clone());
            let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
            let address = static_address(*digest.first_chunk().expect("a digest is longer"));
            let say: fn(PairingEvent) = match arguments.json {
                true => |event| json::print(&json!({ "message": event.to_string() })),
                false => |event| println!("{}", shown(event)),
            };
            let admission = match arguments.pairing {
                Clients::Open => Admission::Open,
                Clients::Passkey => Admission::Paired(Pairing::new(Bonds::open(beside(".bonds"), || address)?, say)),
            };
            let peripheral = Peripheral::start(hci, address, NAME, admission).await?;
            arguments.print_ready(&in_words(address));
            let _inputs = Inputs::start(board, arguments.json);
            peripheral.serve(&mut endpoint).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let help = match error {
            Error::NoController(why) => return wamr_client::Error::NoController(why).into(),
            Error::Transport(why) => return wamr_client::Error::Host(why).into(),
            Error::FlashFile { .. } => "choose another file with --flash, or pass its size with --flash-size",
            Error::Folder { .. } => "choose another file with --flash",
            Error::Geometry(_) => "pass a different --flash-size or --slots",
            Error::Pool(_) => "pass a different --pool",
            _ => return Self::new(Status::Device, error),
        };
        Self::new(Status::Usage, error).help(help)
    }
}
