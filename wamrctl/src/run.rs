//! `wamrctl run`: runs a module on this computer, as a device would.

use crate::advice::advice;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocation};
use crate::module::Module;
use crate::receipt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use wamr::{Limits, Linker, Runtime};
use wamr_device::{Confirmation, Executor, ExecutorConfig, RunRequest, Signatures};
use wamr_proto::{ErrorCode, Receipt, Refusal};

/// Run a module on this computer, as a device would
///
/// Calls the function of --invoke, else `_start` or `main`. Without --fuel it may execute 1,000,000,000 instructions.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    invocation: Invocation,
    /// Give it this much memory for everything: code, stack and linear memory
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    pool: usize,
    /// Print JSON for other programs
    #[arg(long)]
    json: bool,
}

/// What runs when no function is named, in this order.
const ENTRY_POINTS: [&str; 2] = ["_start", "main"];

/// The limit where the user sets none: some seconds of work.
const FUEL: u64 = 1_000_000_000;

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`] and [`Invocation::of`]; [`Status::Trapped`] when the module's start function is stopped or the
/// pool is too small, [`Status::InvalidModule`] when it needs what devices don't offer.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let file = arguments.file.display();
    if let Some(why) = &module.unsupported {
        return Err(Failure::new(Status::InvalidModule, format!("{file} needs what devices do not support: {why}")));
    }
    let Some(call) = arguments.invocation.of(&module, &ENTRY_POINTS)? else {
        let message = format!("{file} exports neither {}", ENTRY_POINTS.join(" nor "));
        return Err(
            Failure::new(Status::Usage, message).help(format!("name one with --invoke; {}", module.list_functions()))
        );
    };
    let receipt = execute(&module.bytes, call, arguments.pool)?;
    Ok(receipt::print(&receipt, &module.bytes, arguments.json))
}

fn execute(module: &[u8], call: Call, size: usize) -> Result<Receipt, Failure> {
    let small = |error| Failure::new(Status::Usage, error).help("pass another --pool");
    // One runtime for the life of the process.
    let runtime = Runtime::new(Vec::leak(vec![0; size])).map_err(small)?;
    let confirmation = Confirmation::new();
    let mut linker = Linker::new(&runtime);
    let uptime_ms = || (microseconds() / 1000) as i64;
    wamr_device::define_host_functions(&mut linker, |line| eprintln!("log: {line}"), uptime_ms, &confirmation)
        .map_err(small)?;

    // The start function runs before any request, within the limits of the call.
    let limits = Limits {
        fuel: Some(call.limits.fuel.unwrap_or(FUEL)),
        deadline: call.limits.millis.map(|millis| Duration::from_millis(millis.into())),
        ..Limits::DEFAULT
    };
    let config = ExecutorConfig { limits, signatures: Signatures::OFF, now: microseconds };
    let mut executor = Executor::new(&runtime, &linker, &confirmation, &config);
    executor.load(0, 0..module.len() as u32, module, None).map_err(|error| match error.refusal.code {
        ErrorCode::UnknownImport => missing(&runtime, &linker, module),
        ErrorCode::OutOfMemory => {
            let message = format!("the module does not fit into a pool of {size} bytes");
            Failure::new(Status::Trapped, message)
                .help("pass a larger --pool, or make the module's memory and stack smaller")
        }
        _ => refused(&error.refusal),
    })?;
    executor
        .run(&RunRequest { seq: 0, app: 0, export: call.export, args: call.args, limits: call.limits })
        .map_err(|refusal| refused(&refusal))
}

/// Tells what the module imports and devices don't offer.
fn missing(runtime: &Runtime, linker: &Linker<'_>, module: &[u8]) -> Failure {
    let module = match wamr::Module::new(runtime, module) {
        Ok(module) => module,
        Err(error) => return Failure::new(Status::InvalidModule, error),
    };
    let imports: Vec<_> = linker.unresolved(&module).collect();
    let list = imports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let help = if imports.iter().any(|import| import.module.starts_with("wasi")) {
        "devices do not offer WASI: build the module for a target without an operating system, such as wasm32-unknown-unknown"
    } else {
        "guest/README.md lists what devices offer"
    };
    Failure::new(Status::InvalidModule, format!("the module imports what devices do not offer: {list}")).help(help)
}

/// Tells why the module did not start or its function could not be called.
fn refused(refusal: &Refusal) -> Failure {
    let (status, help) = match refusal.code {
        ErrorCode::StartFailed => {
            (Status::Trapped, "its start function runs before any other, within the limits of --fuel and --time")
        }
        code => advice(code),
    };
    Failure::new(status, refusal).help(help)
}

/// Time since it was first asked for.
pub fn microseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_micros() as u64
}
