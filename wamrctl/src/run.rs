//! `wamrctl run`: runs a module on this computer, as a device would.

use crate::Groups;
use crate::advice::advice;
use crate::block_on::block_on;
use crate::console;
use crate::escape::shown;
use crate::events;
use crate::failure::{Failure, Status};
use crate::invoke::{Call, Invocations};
use crate::json;
use crate::module::Module;
use crate::receipt;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use wamr::{Limits, Runtime};
use wamr_client::proto::{ErrorCode, Outcome, Refusal};
use wamr_device::{Executor, ExecutorConfig, Host, ON_EVENT, RunRequest, SignaturePolicy, manifest};
use wamr_twin::{
    Board, EVENTS, Flash, Folder, HostGroup, Level, LogSink, Offer, files, kv, messages, microseconds, with_host,
};

/// Run a module on this computer, as a device would
///
/// Calls the functions of --invoke in order, on one instance, until one traps or exceeds a limit. Without --invoke, calls the entry
/// point that the manifest names, or else `_start`, `main` or `start`. The limits of the manifest and of the options apply; the lowest
/// limit wins. Without --fuel, an invocation may execute 1,000,000,000 instructions.
///
/// An app that exports `on-event` then receives its events: from its timers, and from a simulated board, whose outputs are printed.
/// Messages to the client are printed, too. Commands on standard input change the inputs of the board, such as `button0 on`; `wamrctl board` lists them. The run ends when nothing
/// can cause another event: the app has no timers, and it does not watch an input or standard input has ended. With --invoke, events are
/// delivered only if --for is given.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    #[command(flatten)]
    invocations: Invocations,
    /// Memory for code, stack and linear memory together
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    pool: usize,
    #[command(flatten)]
    board: console::Options,
    /// Deliver events for this time only
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    duration: Option<Duration>,
    /// Print one line of JSON per invocation, output of the board, and for all events
    #[arg(long)]
    json: bool,
}

/// What runs when no function is named, in this order, behind the manifest's entry.
const ENTRY_POINTS: [&str; 4] = ["_start", "main", "start", "cm32p2||start"];

/// Bytes of flash for values.
const VALUES: usize = 16 * 1024;

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
    if module.native {
        let message = format!("{file} is native code, which only devices run");
        return Err(Failure::new(Status::InvalidModule, message).help("run the module that it was compiled from"));
    }
    let entry = manifest::of(&module.bytes).ok().flatten().and_then(|manifest| manifest.entry);
    let entry_points: Vec<_> = entry.iter().map(|entry| entry.as_str()).chain(ENTRY_POINTS).collect();
    let calls = arguments.invocations.of(&module, &entry_points)?;
    let with_events = arguments.duration.is_some() || !arguments.invocations.are_named();
    if calls.is_empty() && !ON_EVENT.iter().any(|name| module.function(name).is_ok()) {
        let names = &entry_points[..entry_points.len() - 1];
        let message = format!("{file} exports neither {}", names.join(" nor "));
        return Err(
            Failure::new(Status::Usage, message).help(format!("name one with --invoke; {}", module.list_functions()))
        );
    }
    let mut status = ExitCode::SUCCESS;
    let board = arguments.board.board(arguments.json)?;
    let sent: fn(&[u8]) = match arguments.json {
        true => |message| json::print(&json!({ "message": message.escape_ascii().to_string() })),
        false => |message| println!("message {}", message.escape_ascii()),
    };
    // Values and files are gone after the run. The groups of a product take the place of these.
    let services = [kv(Flash::memory(VALUES)), messages(sent)];
    let is_new = |service: &&&dyn HostGroup| groups.iter().all(|group| group.name() != service.name());
    let groups = [groups, &services.iter().filter(is_new).copied().collect::<Vec<_>>()].concat();
    let offer = Offer { groups: &groups, files: Some(files(Folder::memory())) };
    let mut stats = None;
    let ran = with_pool(&module.bytes, arguments.pool, limits(&calls), (board, offer), |executor| {
        for Call { export, args, limits } in calls {
            let receipt = executor
                .run(&RunRequest { seq: 0, app: 0, export, args, limits })
                .map_err(|refusal| refused(&refusal))?;
            status = receipt::print(&receipt, &module.bytes, arguments.json);
            if !matches!(receipt.outcome, Outcome::Returned(_)) {
                return Ok(());
            }
        }
        if with_events && events::stats().is_some() {
            if arguments.duration.is_none() && !arguments.json {
                eprintln!("Waiting for events until interrupted");
            }
            let delivered = block_on(events::deliver(executor, board, arguments.duration, arguments.json));
            if let Some(receipt) = delivered.map_err(|refusal| refused(&refusal))? {
                status = receipt::print(&receipt, &module.bytes, arguments.json);
            }
            stats = events::stats();
        }
        Ok(())
    })?;
    ran.map_err(|full| unfit(&module.bytes, arguments.pool, full.missing, (board, offer)))?;
    // Now that the app is unloaded, the board has changed for the last time.
    if let Some(stats) = stats {
        events::print(&stats, arguments.json);
    }
    Ok(status)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected a number of seconds, such as 2.5".to_owned())
}

/// The limits within which the start function, the calls and the events run: of each the most that one of the calls may.
fn limits(calls: &[Call]) -> Limits {
    let most = |limit: fn(&Call) -> Option<u64>, without: Option<u64>| {
        let limits = calls.iter().map(|call| limit(call).or(without));
        limits.reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).unwrap_or(without)
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
    (board, offer): (Board, Offer<'_>),
    work: impl FnOnce(&mut Executor<'_, '_>) -> Result<(), Failure>,
) -> Result<Result<(), Full>, Failure> {
    let small = |error| Failure::new(Status::Usage, error).help("pass a different --pool");
    // As long as the process lives: a runtime wants it.
    let runtime = Runtime::new(Vec::leak(vec![0; size])).map_err(small)?;
    let log: LogSink = Arc::new(|level, line| match level {
        Level::Info => eprintln!("log: {}", shown(line.text)),
        level => eprintln!("log: {level}: {}", shown(line.text)),
    });
    let config = ExecutorConfig { limits, signatures: SignaturePolicy::OFF, now: microseconds, events: Some(&EVENTS) };
    let done = with_host(&runtime, Some(board), offer, log, |host| {
        let mut executor = Executor::new(host, &config);
        match executor.load(0, 0..module.len() as u32, module, None) {
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
fn unfit(module: &[u8], size: usize, missing: usize, offered: (Board, Offer<'_>)) -> Failure {
    /// Pools are rounded up to this, and so many are tried: a module whose manifest asks for too small a share fits none.
    const STEP: usize = 1024;
    const TRIES: usize = 64;
    let failure = Failure::new(Status::InvalidModule, format!("the module does not fit into a pool of {size} bytes"));
    // A start function ends at its first instruction, which is a failure of another kind.
    let limits = Limits { fuel: Some(0), ..Limits::DEFAULT };
    let missing_in = |pool| match with_pool(module, pool, limits, offered, |_| Ok(())) {
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
    let help = if imports.iter().any(|import| import.module.starts_with("wasi_")) {
        "devices offer only a part of WASI preview 1: build the module for a target without an operating system, such as wasm32-unknown-unknown"
    } else {
        "docs/host-api.md lists the interfaces that devices can offer"
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
