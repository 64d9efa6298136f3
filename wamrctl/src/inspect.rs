//! `wamrctl inspect`: shows what a module needs and offers, without running it.

use crate::Groups;
use crate::app::Declared;
use crate::board::Board;
use crate::capabilities;
use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::fit::Fit;
use crate::grants::in_words;
use crate::json;
use crate::key::hex;
use crate::module::{CustomSection, Export, Import, Memory, Module};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr::NativeCode;
use wamr_client::proto::Malformed;
use wamr_signature::{Error, Signatures};

/// Show a module's imports, capabilities, exports, memory, signatures and custom sections
#[derive(clap::Args)]
pub struct Arguments {
    /// The WebAssembly module
    file: PathBuf,
    /// Check whether the module fits this project's firmware for a board
    #[arg(long, conflicts_with = "device")]
    board: Option<Board>,
    /// Check whether the module fits the device that the other options select
    #[arg(long)]
    device: bool,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Those of [`Module::read`]; [`Status::InvalidModule`] when the manifest is not one; [`Status::Device`] when the device or the link to it
/// fails.
pub fn run(arguments: &Arguments, groups: Groups<'_>) -> Result<ExitCode, Failure> {
    let module = Module::read(&arguments.file)?;
    let mut report = Report::new(arguments.file.display().to_string(), &module).map_err(|_| {
        let message = format!("devices cannot read the manifest of {}", arguments.file.display());
        Failure::new(Status::InvalidModule, message).help("write a new one with `wamrctl manifest`")
    })?;
    report.fit = match arguments.board {
        Some(board) => Some(Fit::board(&module, board, groups)?),
        None if arguments.device => Some(arguments.connection.with(async |client| {
            let status = client.status().await?;
            Ok::<_, Failure>(Fit::device(&module, client.name(), &status))
        })?),
        None => None,
    };
    if arguments.json {
        json::print_pretty(&report);
    } else {
        print!("{report}");
    }
    let fits = report.fit.is_none_or(|fit| !fit.is_refused());
    Ok(if fits { ExitCode::SUCCESS } else { Status::InvalidModule.into() })
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    size: usize,
    sha256: String,
    imports: &'a [Import],
    exports: &'a [Export],
    memories: &'a [Memory],
    custom_sections: &'a [CustomSection],
    app: Option<Declared>,
    signatures: Vec<Signed>,
    has_start: bool,
    has_initialize: bool,
    gets_events: bool,
    /// The exports that a `component-type` section describes, without those that only the device calls.
    functions: Option<Vec<String>>,
    /// Where it is native code, what that says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    native: Option<Native>,
    unsupported: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<Fit>,
}

impl<'a> Report<'a> {
    fn new(file: String, module: &'a Module) -> Result<Self, Malformed> {
        let (signatures, damage) = match Signatures::of(&module.bytes) {
            Ok(signatures) => (Signed::list(&module.bytes, &signatures), None),
            Err(Error::NotSigned) => (Vec::new(), None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        let manifest = wamr_device::manifest::of(&module.bytes)?;
        let beyond = || manifest.as_ref().and_then(|manifest| capabilities::beyond(module, manifest));
        let reactor = module.is_reactor();
        let (native, unusable) = match NativeCode::in_module(&module.bytes) {
            Ok(code) => (code.map(Into::into), None),
            Err(why) => (None, Some(why.to_string())),
        };
        let misused = || reactor.err().map(str::to_owned);
        let unsupported = module.unsupported.clone().or(damage).or(unusable).or_else(misused).or_else(beyond);
        Ok(Self {
            file,
            size: module.bytes.len(),
            sha256: hex(&Sha256::digest(&module.bytes)),
            imports: &module.imports,
            exports: &module.exports,
            memories: &module.memories,
            custom_sections: &module.custom_sections,
            app: manifest.as_ref().map(Into::into),
            signatures,
            has_start: module.start,
            has_initialize: reactor.unwrap_or(false),
            gets_events: wamr_device::ON_EVENT.iter().any(|name| module.function(name).is_ok()),
            functions: functions(&module.bytes),
            native,
            unsupported,
            fit: None,
        })
    }
}

/// What native code says about itself.
#[derive(Serialize)]
struct Native {
    /// The model of the processor, in LLVM's words.
    processor: String,
    /// Whether the code uses the DSP extension of Cortex-M.
    dsp: bool,
    /// The number of the rules by which it counts its instructions.
    fuel_scheme: u32,
    /// Whether these are the rules of this version.
    counts: bool,
    /// SHA-256 of the WebAssembly module that it was compiled from.
    compiled_from: String,
    /// Size of the code's file in bytes.
    size: usize,
}

impl From<NativeCode<'_>> for Native {
    fn from(code: NativeCode<'_>) -> Self {
        Self {
            processor: code.cpu.into(),
            dsp: code.uses & wamr_compiler::Processor::DSP != 0,
            fuel_scheme: code.scheme,
            counts: code.counts(),
            compiled_from: hex(code.origin),
            size: code.file.len(),
        }
    }
}

impl Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dsp = if self.dsp { " with DSP instructions" } else { "" };
        writeln!(f, "  processor      {}{dsp}", shown(&self.processor))?;
        let unknown = if self.counts { "" } else { ", which devices of this version do not know" };
        writeln!(f, "  fuel           counted by rules {}{unknown}", self.fuel_scheme)?;
        writeln!(f, "  compiled from  the module with the SHA-256 {}", self.compiled_from)?;
        writeln!(f, "  size           {}", Bytes(self.size))
    }
}

/// The functions that only the device calls, by their names in WIT.
const OF_DEVICE: [&str; 2] = ["start", "on-event"];

/// The functions that clients can call with WIT types.
fn functions(module: &[u8]) -> Option<Vec<String>> {
    let section = wamr::custom_sections(module).find(|(name, _)| name.starts_with("component-type"));
    let functions = wamr_client::Functions::decode(section?.1).ok()?;
    let names = functions.iter().filter(|function| !OF_DEVICE.contains(&&*function.name())).map(|it| it.to_string());
    Some(names.collect::<Vec<_>>()).filter(|names| !names.is_empty())
}

/// A signature, made by whom it says or not: that takes the public key to tell.
#[derive(Serialize)]
struct Signed {
    /// In hexadecimal digits, empty when it has none.
    key_id: String,
    /// Whether it is for the module as it is.
    whole: bool,
}

impl Signed {
    fn list(module: &[u8], signatures: &Signatures<'_>) -> Vec<Self> {
        let hash = Sha256::digest(&module[signatures.end()..]);
        let signed = signatures.sets().flat_map(|set| {
            let whole = set.cover(&hash);
            set.signatures().map(|one| Self { key_id: hex(one.key_id()), whole }).collect::<Vec<_>>()
        });
        signed.collect()
    }
}

impl Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.whole { "not verified: see `wamrctl verify`" } else { "not for the module as it is" })
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n  {} bytes, SHA-256 {}", shown(&self.file), self.size, self.sha256)?;
        if let Some(app) = &self.app {
            writeln!(f, "\nApp: {app}")?;
            match app.capability_list() {
                None => writeln!(f, "\nCapabilities: {}", app.capabilities())?,
                Some(names) => {
                    table(f, "Capabilities", names.iter().map(|name| (name.clone(), shown(in_words(name)))))?
                }
            }
        }
        if let Some(native) = &self.native {
            write!(f, "\nNative code, which nothing validates:\n{native}")?;
        }
        if let Some(why) = &self.unsupported {
            writeln!(f, "\nDevices refuse this module: {}", shown(why))?;
        }
        if self.gets_events {
            writeln!(f, "\nIt receives events: the device calls `on-event`.")?;
        }
        if let Some(functions) = &self.functions {
            writeln!(f, "\nFunctions with types, for `wamrctl call`:")?;
            functions.iter().try_for_each(|function| writeln!(f, "  {}", shown(function)))?;
        }
        let keys = self.signatures.iter().map(|one| match &*one.key_id {
            "" => ("no key id".into(), one),
            id => (format!("key {id}"), one),
        });
        table(f, "Signatures", keys)?;
        let imports = self.imports.iter().map(|import| (format!("{} {}", import.module, import.name), &import.kind));
        table(f, "Imports", imports)?;
        table(f, "Exports", self.exports.iter().map(|export| (export.name.clone(), &export.kind)))?;
        if self.memories.is_empty() {
            writeln!(f, "\nMemory: none")?;
        }
        for memory in self.memories {
            writeln!(f, "\nMemory: {memory}")?;
        }
        let sections = self.custom_sections.iter().map(|section| (section.name.clone(), Bytes(section.size)));
        table(f, "Custom sections", sections)?;
        if self.has_start {
            writeln!(f, "\nA start function runs as soon as the module is loaded.")?;
        }
        if self.has_initialize {
            writeln!(
                f,
                "\nIt is a reactor: `_initialize` runs whenever the module is loaded, before any other export."
            )?;
        }
        if let Some(fit) = &self.fit {
            fit.fmt(f)?;
        }
        Ok(())
    }
}

/// Writes names and what they are in two columns.
fn table<T: Display>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: impl ExactSizeIterator<Item = (String, T)>,
) -> fmt::Result {
    if rows.len() == 0 {
        return writeln!(f, "\n{title}: none");
    }
    let rows: Vec<_> = rows.map(|(name, what)| (shown(name), what)).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    writeln!(f, "\n{title}:")?;
    rows.iter().try_for_each(|(name, what)| writeln!(f, "  {name:width$}  {what}"))
}

struct Bytes(usize);

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}
