//! `wamrctl run`: runs a module on this computer, as a device would.

use crate::Groups;
use crate::advice::advice;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocations};
use crate::module::Module;
use crate::receipt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wamr::{Limits, Runtime};
use wamr_client::proto::{ErrorCode, LogLine, Outcome, Refusal};
use wamr_device::{Executor, ExecutorConfig, Host, RunRequest, SignaturePolicy, manifest};
use wamr_twin::{microseconds, with_host};

/// Run a module on this computer, as a device would
///
/// Calls the functions of --invoke in order, on one instance, until one traps or exceeds a limit. Without --invoke, calls the entry
/// point that the manifest names, or else `_start` or `main`. The limits of the manifest and of the options apply; the lowest limit
/// wins. Without --fuel, an invocation may execute 1,000,000,000 instructions.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    invocations: Invocations,
    /// Memory for code, stack and linear memory together
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    pool: usize,
    /// Print one line of JSON per invocation
    #[arg(long)]
    json: bool,
}

/// What runs when no function is named, in this order, behind the manifest's entry.
const ENTRY_POINTS: [&str; 2] = ["_start", "main"];

/// The limit where the user sets none: some seconds of work.
const FUEL: u64 = 1_000_000_000;

/// The largest pool for which it is found out whether a module fits: as much as a runtime can have.
const POOL_MAX: usize = u32::MAX as usize;

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`] and [`Invocations::of`]; [`Status::Trapped`] when the module's start function is stopped;
/// [`Status::InvalidModule`] when it needs what devices don't offer, or more than the pool.
pub fn run(arguments: &Arguments, groups: Groups<'_>) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let file = arguments.file.display();
    if let Some(why) = &module.unsupported {
        return Err(Failure::new(
            Status::InvalidModule,
            format!("{file} uses a feature that devices do not support: {why}"),
        ));
    }
    let entry = manifest::of(&module.bytes).ok().flatten().and_then(|manifest| manifest.entry);
    let entry_points: Vec<_> = entry.iter().map(|entry| entry.as_str()).chain(ENTRY_POINTS).collect();
    let calls = arguments.invocations.of(&module, &entry_points)?;
    if calls.is_empty() {
        let message = format!("{file} exports neither {}", entry_points.join(" nor "));
        return Err(
            Failure::new(Status::Usage, message).help(format!("name one with --invoke; {}", module.list_functions()))
        );
    }
    let mut status = ExitCode::SUCCESS;
    let ran = with_pool(&module.bytes, arguments.pool, limits(&calls), groups, |executor| {
        for Call { export, args, limits } in calls {
            let receipt = executor
                .run(&RunRequest { seq: 0, app: 0, export, args, limits })
                .map_err(|refusal| refused(&refusal))?;
            status = receipt::print(&receipt, &module.bytes, arguments.json);
            if !matches!(receipt.outcome, Outcome::Returned(_)) {
                break;
            }
        }
        Ok(())
    })?;
    ran.map_err(|full| unfit(&module.bytes, arguments.pool, full.missing, groups))?;
    Ok(status)
}

/// The limits within which the start function and the calls run: of each the most that one of the calls may.
fn limits(calls: &[Call]) -> Limits {
    let most = |limit: fn(&Call) -> Option<u64>, without: Option<u64>| {
        calls.iter().map(|call| limit(call).or(without)).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).flatten()
    };
    let millis = most(|call| call.limits.millis.map(u64::from), None);
    Limits {
        fuel: most(|call| call.limits.fuel, Some(FUEL)),
        deadline: millis.map(Duration::from_millis),
        ..Limits::DEFAULT
    }
}

/// The pool has no room for the module.
struct Full {
    /// Bytes that are missing at least.
    missing: usize,
}

/// Loads a module in a pool of so many bytes, and does some work with it.
fn with_pool(
    module: &[u8],
    size: usize,
    limits: Limits,
    groups: Groups<'_>,
    work: impl FnOnce(&mut Executor<'_, '_>) -> Result<(), Failure>,
) -> Result<Result<(), Full>, Failure> {
    let small = |error| Failure::new(Status::Usage, error).help("pass a different --pool");
    // As long as the process lives: a runtime wants it.
    let runtime = Runtime::new(Vec::leak(vec![0; size])).map_err(small)?;
    let log: fn(&LogLine<'_>) = |line| eprintln!("log: {}", shown(line.text));
    let config = ExecutorConfig { limits, signatures: SignaturePolicy::OFF, now: microseconds };
    let done = with_host(&runtime, groups, log, |host| {
        let mut executor = Executor::new(host, &config);
        match executor.load(0, 0..module.len() as u32, module, None).map_err(|error| error.refusal) {
            Ok(()) => work(&mut executor).map(Ok),
            Err(Refusal { code: ErrorCode::OutOfMemory, bound, .. }) => {
                Ok(Err(Full { missing: bound.unwrap_or(0) as usize }))
            }
            Err(Refusal { code: ErrorCode::UnknownImport, .. }) => Err(missing(host, module)),
            Err(refusal) => Err(refused(&refusal)),
        }
    });
    done.map_err(small)?
}

/// Reports how much the module needs: pools that grow by the missing bytes are tried until it fits, then smaller ones.
fn unfit(module: &[u8], size: usize, missing: usize, groups: Groups<'_>) -> Failure {
    /// Pools are rounded up to this, and so many are tried: a module whose manifest asks for too small a share fits none.
    const STEP: usize = 1024;
    const TRIES: usize = 64;
    let failure = Failure::new(Status::InvalidModule, format!("the module does not fit into a pool of {size} bytes"));
    // A start function ends at its first instruction, which is a failure of another kind.
    let limits = Limits { fuel: Some(0), ..Limits::DEFAULT };
    let missing_in = |pool| match with_pool(module, pool, limits, groups, |_| Ok(())) {
        Ok(Err(full)) => Some(full.missing.max(1)),
        _ => None,
    };
    let (mut too_small, mut missing) = (size, missing.max(1));
    for _ in 0..TRIES {
        let mut pool = (too_small + missing).next_multiple_of(STEP);
        if pool > POOL_MAX {
            break;
        }
        if let Some(more) = missing_in(pool) {
            (too_small, missing) = (pool, more);
            continue;
        }
        // Blocks that do not fit are reported whole, whatever is free: the module may need less.
        while pool - too_small > STEP {
            let middle = usize::midpoint(too_small, pool).next_multiple_of(STEP);
            if middle >= pool {
                break;
            }
            if missing_in(middle).is_some() { too_small = middle } else { pool = middle }
        }
        return failure
            .help(format!("it needs about {pool} bytes: pass --pool {pool}, or reduce the module's memory and stack"));
    }
    failure.help(
        "no pool is large enough: raise the memory quota in its manifest with `wamrctl manifest --pool`, or make the module smaller",
    )
}

/// Reports what the module imports but devices do not offer.
fn missing(host: &Host<'_>, module: &[u8]) -> Failure {
    let module = match wamr::Module::new(host.runtime(), module) {
        Ok(module) => module,
        Err(error) => return Failure::new(Status::InvalidModule, error),
    };
    let imports: Vec<_> = host.linker().unresolved(&module).collect();
    let list = imports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let help = if imports.iter().any(|import| import.module.starts_with("wasi")) {
        "devices do not offer WASI: build the module for a target without an operating system, such as wasm32-unknown-unknown"
    } else {
        "guest/README.md lists what devices offer"
    };
    Failure::new(Status::InvalidModule, format!("the module imports what devices do not offer: {list}")).help(help)
}

/// Reports why the module did not start or its function could not be called.
fn refused(refusal: &Refusal) -> Failure {
    let (status, help) = match refusal.code {
        ErrorCode::StartFailed => {
            (Status::Trapped, "its start function or `_initialize` runs first, within the limits of --fuel and --time")
        }
        code => advice(code),
    };
    Failure::new(status, refusal).help(help)
}
