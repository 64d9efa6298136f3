//! Compiles a module ahead of time.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::module::{self, Module};
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_compiler::{Error, Goal};

/// Compile a module to native code that counts its instructions
///
/// The code is made by WAMR's compiler, `wamrc`: the environment variable WAMRC names it, or it is on the path. Fuel, deadlines and
/// interruptions then work as in the interpreter, with the same counts.
///
/// The result is a module with the manifest, the imports and the exports of the original, and native code for one kind of processor. Sign
/// it with a key that may sign native code (`wamrctl trust --native`), and upload it like any other module.
#[derive(clap::Args)]
pub struct Arguments {
    /// WebAssembly module
    file: PathBuf,
    /// Kind of device that runs the code
    #[arg(long)]
    target: Target,
    /// File for the result [default: FILE with the extension .TARGET.wasm, or .TARGET.aot with --aot]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Prefer small code
    #[arg(long, conflicts_with = "speed")]
    size: bool,
    /// Prefer fast code (default)
    #[arg(long)]
    speed: bool,
    /// Write only WAMR's AOT file, for a firmware that contains the code
    #[arg(long)]
    aot: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Target {
    /// The application core of the nRF5340, without its FPU
    Nrf5340,
    /// The emulated board mps2/an521
    Mps2,
    /// A Cortex-M7 without its FPU
    CortexM7,
    /// A computer like this one
    Host,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`]; [`Status::InvalidModule`] if the module uses what the compiler or devices do not support;
/// [`Status::Usage`] if there is no compiler, or it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    if wamr::is_native(&module.bytes) {
        let message = format!("{} is native code already", arguments.file.display());
        return Err(Failure::new(Status::InvalidModule, message).help("compile the module that it was made from"));
    }
    let target = match arguments.target {
        Target::Nrf5340 => wamr_compiler::Target::Nrf5340,
        Target::Mps2 => wamr_compiler::Target::Mps2,
        Target::CortexM7 => wamr_compiler::Target::CortexM7,
        Target::Host => wamr_compiler::Target::Host,
    };
    let goal = if arguments.size { Goal::Size } else { Goal::Speed };
    let wamrc = wamr_compiler::find_wamrc().map_err(failure)?;
    let mut code = wamr_compiler::compile(&wamrc, &module.bytes, target, goal).map_err(failure)?;
    if !arguments.aot {
        code = wamr_compiler::carry(&module.bytes, &code)
            .map_err(|error| Failure::new(Status::InvalidModule, error.to_string()))?;
    }
    let output = arguments.output.clone().unwrap_or_else(|| {
        let target = arguments.target.to_possible_value().expect("no target is skipped");
        let kind = if arguments.aot { "aot" } else { "wasm" };
        arguments.file.with_extension(format!("{}.{kind}", target.get_name()))
    });
    module::write(&output, &code)?;
    if arguments.json {
        json::print(
            &json!({ "file": output.to_string_lossy(), "size": code.len(), "module_size": module.bytes.len() }),
        );
    } else {
        println!("{} has {} bytes; the module has {}", shown(output.display()), code.len(), module.bytes.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn failure(error: Error) -> Failure {
    let (status, help) = match error {
        Error::Module(_) => (Status::InvalidModule, None),
        Error::NoCompiler => {
            let help = "build it with `scripts/wamrc` of this project or take it from a release of WAMR, and set WAMRC to its path";
            (Status::Usage, Some(help))
        }
        Error::Io(..) => (Status::Usage, Some("check WAMRC and the directory for temporary files")),
        Error::Failed(_) => {
            (Status::Usage, Some("use the revision of WAMR that west.yml names, as `scripts/wamrc` does"))
        }
    };
    let failure = Failure::new(status, error);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
