//! `wamrctl manifest`: writes into a module what it is as an app.

use crate::app::Declared;
use crate::capabilities;
use crate::description::{self, DESCRIPTION_SECTION};
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::CallLimits;
use crate::json;
use crate::module::{Module, for_each_section, write};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::proto::{
    AppLimits, AppName, Autostart, Capabilities, MANIFEST_MAX, MANIFEST_SECTION, Manifest, Name, Restart, Trial,
    encode_within, read,
};
use wamr_device::ON_EVENT;
use wamr_signature::{SIGNATURE_SECTION, Signatures};
use wasm_encoder::CustomSection;
use wasmparser::Payload;

/// Write a manifest into a module: the app's name, restart policy, capabilities and limits
///
/// Replaces an existing manifest. Removes signatures, which would no longer be valid: sign the module afterwards.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    /// Output file; may be the input file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// App name, at most 16 bytes; a module replaces the installed app of the same name
    #[arg(long)]
    name: String,
    /// App version
    #[arg(long, default_value_t = 0)]
    version: u32,
    /// Security counter: raise it to prevent rollback to versions with a lower one
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    counter: u32,
    /// Do not start the app when the device starts; a client has to start it
    #[arg(long)]
    no_autostart: bool,
    /// End the trial of a new version when it calls the host function `confirm`, not when its entry point returns; a failure before
    /// that restores the previous version
    #[arg(long)]
    confirms: bool,
    /// When the device restarts the app
    #[arg(long, value_enum, default_value_t = Policy::Never)]
    restart: Policy,
    /// Entry point: an exported function without parameters, which the device calls after it starts the app [default: `start` if the
    /// app exports `on-event` too]
    #[arg(long, value_name = "FUNCTION")]
    entry: Option<String>,
    /// Priority of the app's events: 0 to 255, those of the app with the highest priority come first
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    priority: u8,
    /// Capabilities that the app may use, separated by commas: `gpio`, or `gpio:led0` for a single resource. Devices reject other
    /// imports [default: all that it imports from, with all resources]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    capabilities: Option<Vec<String>>,
    /// WIT file or directory with a world that describes exports of the app, for `wamrctl call`. Modules made with wit-bindgen describe
    /// them already
    #[arg(long, value_name = "PATH")]
    wit: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitArguments,
}

/// The limits of an app, within what the device allows.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits, within what the device allows")]
struct LimitArguments {
    #[command(flatten)]
    call: CallLimits,
    /// Maximum size of linear memory, in pages of 64 KiB
    #[arg(long, value_name = "PAGES")]
    memory: Option<u32>,
    /// Maximum number of table elements
    #[arg(long, value_name = "ELEMENTS")]
    table: Option<u32>,
    /// Size of the stack for operands, locals and frames
    #[arg(long, value_name = "BYTES")]
    stack: Option<u32>,
    /// Memory quota: bytes of the device's pool
    #[arg(long, value_name = "BYTES")]
    pool: Option<u32>,
}

/// [`Restart`] on the command line.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Policy {
    /// Never
    Never,
    /// After a trap or an exceeded limit
    OnFailure,
    /// Also after the entry point returns
    Always,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`] and [`capabilities::list`]; [`Status::Usage`] for a manifest that does not fit the module, or when the output can't be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    if module.native {
        // It would move the code.
        let message = format!("{} is native code", arguments.file.display());
        return Err(Failure::new(Status::InvalidModule, message)
            .help("write the manifest into the module that it was compiled from, and compile that again"));
    }
    let module = match &arguments.wit {
        Some(wit) => description::add(module, wit)?,
        None => module,
    };
    let capabilities = capabilities::list(&module, arguments.capabilities.as_deref())?;
    let manifest = arguments.manifest(&module, &capabilities)?;
    let content = encode_within::<MANIFEST_MAX>(&manifest).expect("the longest manifest fits");
    let bytes = with_manifest(&module.bytes, &content, description::reduced(&module)?.as_deref());
    write(&arguments.output, &bytes)?;
    if !arguments.json {
        let app = Declared::from(&manifest);
        println!("{} has {} bytes and is the app {app}", shown(arguments.output.display()), bytes.len());
        println!("Capabilities: {}", app.capabilities());
        if Signatures::of(&module.bytes).is_ok() {
            println!("Its signature was removed: sign it with `wamrctl sign`");
        }
    } else {
        let (file, name) = (arguments.output.to_string_lossy(), manifest.name.as_str());
        json::print(&json!({
            "file": file, "size": bytes.len(), "name": name, "version": manifest.version,
            "capabilities": manifest.capabilities.iter().flat_map(Capabilities::names).collect::<Vec<_>>(),
        }));
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn manifest<'b>(&self, module: &Module, capabilities: &'b [u8]) -> Result<Manifest<'b>, Failure> {
        let usage = |message: String| Failure::new(Status::Usage, message);
        let name = AppName::new(&self.name)
            .filter(|name| !name.as_str().is_empty())
            .ok_or_else(|| usage("the name of an app has 1 to 16 bytes".into()))?;
        let entry = self.entry.as_deref().or_else(|| start_of(module)).map(|entry| {
            if !module.function(entry)?.params.is_empty() {
                return Err(usage(format!("the entry point `{entry}` takes arguments, but the device passes none")));
            }
            Name::new(entry).ok_or_else(|| usage(format!("the name `{entry}` is too long for an entry point")))
        });
        let LimitArguments { call, memory, table, stack, pool } = &self.limits;
        let (memory, table, stack, pool) = (*memory, *table, *stack, *pool);
        let limits =
            AppLimits { run: call.into(), memory_pages: memory, table_elements: table, stack_size: stack, pool };
        let restart = match self.restart {
            Policy::Never => Restart::Never,
            Policy::OnFailure => Restart::OnFailure,
            Policy::Always => Restart::Always,
        };
        Ok(Manifest {
            name,
            version: self.version,
            restart,
            entry: entry.transpose()?,
            limits,
            counter: self.counter,
            autostart: if self.no_autostart { Autostart::No } else { Autostart::Yes },
            trial: if self.confirms { Trial::Confirm } else { Trial::Entry },
            capabilities: Some(read::<Capabilities<'_>>(capabilities).expect("it was encoded here")),
            priority: Some(self.priority).filter(|priority| *priority > 0),
        })
    }
}

/// The entry point of an app that is written for `wit/world.wit`.
fn start_of(module: &Module) -> Option<&'static str> {
    let exports = |name: &str| module.function(name).is_ok();
    ["start", "cm32p2||start"]
        .into_iter()
        .zip(ON_EVENT)
        .find_map(|(start, on_event)| (exports(start) && exports(on_event)).then_some(start))
}

/// The module with this manifest as its first section, and no other. It has this description if it had one. Signed it is not.
fn with_manifest(bytes: &[u8], content: &[u8], description: Option<&[u8]>) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    module.section(&CustomSection { name: MANIFEST_SECTION.into(), data: content.into() });
    for_each_section(bytes, |payload, raw| {
        let replaced = matches!(payload, Payload::CustomSection(section)
            if [MANIFEST_SECTION, SIGNATURE_SECTION].contains(&section.name()) || description::describes(section.name()));
        if !replaced {
            module.section(&raw);
        }
    });
    if let Some(description) = description {
        module.section(&CustomSection { name: DESCRIPTION_SECTION.into(), data: description.into() });
    }
    module.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::encode;
    use wamr_device::manifest::of;

    #[test]
    fn a_manifest_is_written_and_replaced() {
        let module =
            wat::parse_str(r#"(module (@custom "a" "one") (func (export "run")) (@custom "b" "two"))"#).unwrap();
        assert_eq!(of(&module), Ok(None));
        let mut manifest =
            Manifest { name: AppName::new("first").unwrap(), entry: Name::new("run"), ..Default::default() };
        let first = with_manifest(&module, &encode(&manifest).unwrap(), None);
        assert_eq!(of(&first), Ok(Some(manifest.clone())));
        assert!(wamr::custom_sections(&first).map(|(name, _)| name).eq([MANIFEST_SECTION, "a", "b"]));
        assert_eq!(first[first.len() - (module.len() - 8)..], module[8..], "the rest as it was");

        (manifest.version, manifest.limits.pool) = (2, Some(70_000));
        let second = with_manifest(&first, &encode(&manifest).unwrap(), None);
        assert_eq!((of(&second), wamr::custom_sections(&second).count()), (Ok(Some(manifest)), 3));
    }
}
