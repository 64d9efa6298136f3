//! `wamrctl`: inspects, runs and uploads WebAssembly modules, and plays the device they are uploaded to.

mod ble;
mod client;
mod failure;
mod inspect;
mod invoke;
mod link;
mod module;
mod progress;
mod receipt;
mod run;
#[cfg(feature = "system-bluetooth")]
mod system;
mod twin;
mod upload;
mod values;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Upload WebAssembly modules to devices over Bluetooth LE, and try them without one
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit status: 0 done, 1 the module trapped or hit a limit, 2 wrong usage, 3 the module is invalid, \
4 the device or the link to it failed. With RUST_LOG=debug set, stderr shows what happens on the link.";

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Inspect(inspect::Arguments),
    Upload(upload::Arguments),
    Twin(twin::Arguments),
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();
    let done = match Cli::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Upload(arguments) => upload::run(&arguments),
        Command::Twin(arguments) => twin::run(&arguments),
    };
    done.unwrap_or_else(failure::Failure::report)
}
