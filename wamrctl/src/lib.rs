//! `wamrctl`: inspects, runs, signs and uploads WebAssembly modules, and plays the device they are uploaded to.
//!
//! A library, so that a product can build a `wamrctl` of its own around [`main`].
#![forbid(unsafe_code)]

mod advice;
mod app;
mod app_report;
mod apps;
mod block_on;
mod board;
mod bonded;
mod bonds_file;
mod call;
mod capabilities;
mod compile;
mod completions;
mod config;
mod connection;
mod console;
mod denial;
mod description;
mod dev;
mod devices;
mod escape;
mod events;
mod example;
mod failure;
mod fit;
mod grants;
mod hci;
mod inspect;
mod invoke;
mod json;
mod key;
mod keygen;
mod keys;
mod log;
mod man;
mod manifest;
mod message;
mod module;
mod names;
mod new;
mod pool;
mod progress;
mod prompt;
mod receipt;
mod run;
mod shrink;
mod sign;
mod sources;
mod trust;
mod twin;
mod upload;
mod values;
mod verify;

pub use wamr_device::HostGroup;

use clap::{Parser, Subcommand};
use escape::shown;
use failure::{Failure, Status};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Upload WebAssembly modules to devices over Bluetooth LE, or run them on this computer
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit status: 0 success; 1 the module trapped or exceeded a limit; 2 incorrect usage; 3 the module is invalid, \
does not fit, or is not signed by a trusted key; 4 the device or the connection to it failed.

The configuration file wamrctl/config.toml, in the user's configuration directory ($XDG_CONFIG_HOME or ~/.config), can set `device` \
and `hci`. An option overrides its environment variable, which overrides the file. Set RUST_LOG=debug to log the connection to \
standard error.";

#[derive(Subcommand)]
enum Command {
    New(new::Arguments),
    Dev(dev::Arguments),
    Run(run::Arguments),
    Inspect(inspect::Arguments),
    Manifest(manifest::Arguments),
    Shrink(shrink::Arguments),
    Compile(compile::Arguments),
    Keygen(keygen::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Devices(devices::Arguments),
    Upload(upload::Arguments),
    Call(call::Arguments),
    Apps(apps::ListArguments),
    /// Start an app, including one that was disabled after failures
    Start(apps::Chosen),
    /// Stop an app; it remains installed
    Stop(apps::Chosen),
    /// Stop an app and delete it
    Remove(apps::Chosen),
    /// Trust a signing key; the device then accepts apps it signed
    Trust(trust::TrustArguments),
    /// Revoke a signing key; apps it signed stop loading after the next restart
    Revoke(trust::Arguments),
    Keys(keys::Arguments),
    Bonds(bonded::Arguments),
    Log(log::Arguments),
    Message(message::Arguments),
    Twin(twin::Arguments),
    Board(example::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command line of this process, and returns its exit status.
///
/// Call it once, first thing in `main`: it sets up logging and restores the default action of SIGPIPE.
pub fn main() -> ExitCode {
    main_with(&[])
}

/// The groups of a product, besides `wamr`.
type Groups<'g> = &'g [&'static dyn HostGroup];

/// Runs the command line like [`main`]. `run`, `twin` and `inspect --board` also offer these host groups to apps, as the firmware of
/// the product does.
///
/// ```no_run
/// # use wamrctl::HostGroup;
/// # fn program(sensors: &'static dyn HostGroup) -> std::process::ExitCode {
/// wamrctl::main_with(&[sensors])
/// # }
/// ```
pub fn main_with(groups: &[&'static dyn HostGroup]) -> ExitCode {
    // `wamrctl log | head` ends silently, as other tools do.
    sigpipe::reset();
    let environment = env_logger::Env::default().default_filter_or("off");
    env_logger::Builder::from_env(environment)
        .format(|out, record| writeln!(out, "{:<5} {}: {}", record.level(), record.target(), shown(record.args())))
        .init();
    let words: Vec<_> = values::protect(std::env::args_os()).collect();
    // Also if the command line cannot be parsed.
    let for_programs = words.iter().any(|word| word == "--json");
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) if for_programs && error.use_stderr() => {
            let text = error.render().to_string();
            let text = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
            return Failure::new(Status::Usage, text.map(str::trim).collect::<Vec<_>>().join(" ")).report(true);
        }
        Err(error) => error.exit(),
    };
    execute(cli.command, groups).unwrap_or_else(|failure| failure.report(for_programs))
}

impl Command {
    /// Parses a command and its arguments.
    fn parse(words: &[OsString]) -> Result<Self, clap::Error> {
        let program = OsString::from("wamrctl");
        Cli::try_parse_from([&program].into_iter().chain(words)).map(|cli| cli.command)
    }
}

/// Runs a command.
fn execute(command: Command, groups: Groups<'_>) -> Result<ExitCode, Failure> {
    match command {
        Command::New(arguments) => new::run(&arguments),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Run(arguments) => run::run(&arguments, groups),
        Command::Inspect(arguments) => inspect::run(&arguments, groups),
        Command::Manifest(arguments) => manifest::run(&arguments),
        Command::Shrink(arguments) => shrink::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Upload(arguments) => upload::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Apps(arguments) => apps::list(&arguments),
        Command::Start(arguments) => apps::start(&arguments),
        Command::Stop(arguments) => apps::stop(&arguments),
        Command::Remove(arguments) => apps::remove(&arguments),
        Command::Trust(arguments) => trust::trust(&arguments),
        Command::Revoke(arguments) => trust::revoke(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Bonds(arguments) => bonded::run(&arguments),
        Command::Log(arguments) => log::run(&arguments),
        Command::Message(arguments) => message::run(&arguments),
        Command::Twin(arguments) => twin::run(&arguments, groups),
        Command::Board(arguments) => example::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}
