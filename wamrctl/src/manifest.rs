//! `wamrctl manifest`: writes into a module what it is as an app.

use crate::app::App;
use crate::capabilities;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::invoke::CallLimits;
use crate::json;
use crate::module::{Module, write};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::proto::{
    AppLimits, AppName, Autostart, Capabilities, MANIFEST_MAX, MANIFEST_SECTION, Manifest, Name, Restart, Trial,
    encode_within, read,
};
use wamr_signature::{SIGNATURE_SECTION, Signatures};
use wasm_encoder::{CustomSection, RawSection};
use wasmparser::Payload;

/// Write into a module what it is as an app: its name, when it is restarted, what it may reach, its limits
///
/// A manifest that is there already is replaced. A signature is removed, as it would no longer be valid: sign afterwards.
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    /// Where to write it with its manifest; may be the same file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The app's name, at most 16 bytes: a module of the same name replaces it on a device
    #[arg(long)]
    name: String,
    /// The app's version
    #[arg(long, default_value_t = 0)]
    version: u32,
    /// Raise it with every version after which no older one may be installed any more
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    counter: u32,
    /// Leave it to clients to start the app when the device has restarted
    #[arg(long)]
    no_autostart: bool,
    /// A new version works when it has called the host function `confirm`; without this, when its entry has returned. Until then a
    /// failure brings the version before it back
    #[arg(long)]
    confirms: bool,
    /// When the device starts it again by itself
    #[arg(long, value_enum, default_value_t = Policy::Never)]
    restart: Policy,
    /// The exported function, without parameters, that the device calls when it has started the app
    #[arg(long, value_name = "FUNCTION")]
    entry: Option<String>,
    /// The capabilities that it may use, separated by commas: `gpio`, or `gpio:led0` for a single resource. A device refuses the
    /// module if it imports from others. Default: all that it imports from, with all resources
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    capabilities: Option<Vec<String>>,
    #[command(flatten)]
    limits: LimitArguments,
    /// Print JSON for other programs
    #[arg(long)]
    json: bool,
}

/// The limits of an app, within what the device allows.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits, within what the device allows")]
struct LimitArguments {
    #[command(flatten)]
    call: CallLimits,
    /// Linear memory, in pages of 64 KiB
    #[arg(long, value_name = "PAGES")]
    memory: Option<u32>,
    /// Elements of a table
    #[arg(long, value_name = "ELEMENTS")]
    table: Option<u32>,
    /// Stack of operands, locals and frames
    #[arg(long, value_name = "BYTES")]
    stack: Option<u32>,
    /// Share of the device's pool
    #[arg(long, value_name = "BYTES")]
    pool: Option<u32>,
}

/// [`Restart`] on the command line.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Policy {
    /// Not at all
    Never,
    /// After a trap or a limit
    OnFailure,
    /// Also after its entry has returned
    Always,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`] and [`capabilities::list`]; [`Status::Usage`] for a manifest that does not fit the module, or when the output can't be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let capabilities = capabilities::list(&module, arguments.capabilities.as_deref())?;
    let manifest = arguments.manifest(&module, &capabilities)?;
    let content = encode_within::<MANIFEST_MAX>(&manifest).expect("the longest manifest fits");
    let bytes = with_manifest(&module.bytes, &content);
    write(&arguments.output, &bytes)?;
    if !arguments.json {
        let app = App::from(&manifest);
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
        let entry = self.entry.as_deref().map(|entry| {
            if !module.function(entry)?.params.is_empty() {
                return Err(usage(format!("the entry `{entry}` takes arguments, and the device has none to give")));
            }
            Name::new(entry).ok_or_else(|| usage(format!("the name `{entry}` is too long for an entry")))
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
        })
    }
}

/// The module with this manifest as its first section, and no other. Signed it is not.
fn with_manifest(bytes: &[u8], content: &[u8]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    module.section(&CustomSection { name: MANIFEST_SECTION.into(), data: content.into() });
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        let payload = payload.expect("the module was checked");
        let replaced = matches!(&payload, Payload::CustomSection(section)
            if [MANIFEST_SECTION, SIGNATURE_SECTION].contains(&section.name()));
        if let Some((id, range)) = payload.as_section().filter(|_| !replaced) {
            module.section(&RawSection { id, data: &bytes[range.start as usize..range.end as usize] });
        }
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
        let first = with_manifest(&module, &encode(&manifest).unwrap());
        assert_eq!(of(&first), Ok(Some(manifest.clone())));
        assert!(wamr::custom_sections(&first).map(|(name, _)| name).eq([MANIFEST_SECTION, "a", "b"]));
        assert_eq!(first[first.len() - (module.len() - 8)..], module[8..], "the rest as it was");

        (manifest.version, manifest.limits.pool) = (2, Some(70_000));
        let second = with_manifest(&first, &encode(&manifest).unwrap());
        assert_eq!((of(&second), wamr::custom_sections(&second).count()), (Ok(Some(manifest)), 3));
    }
}
