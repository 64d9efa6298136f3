//! What a WebAssembly file says of itself: read once here for every command.

use crate::failure::{Failure, Status};
use serde::Serialize;
use std::fmt::{self, Display};
use std::path::Path;
use wasm_encoder::RawSection;
use wasmparser::{CompositeInnerType, Payload, SubType, Validator, WasmFeatures, types::EntityType};

/// What devices support: WAMR as `wamr-sys` builds it.
const DEVICE_FEATURES: WasmFeatures =
    WasmFeatures::WASM2.difference(WasmFeatures::SIMD).union(WasmFeatures::CUSTOM_PAGE_SIZES);

/// The function of a reactor that runs when it is instantiated.
const INITIALIZE: &str = "_initialize";

/// A valid module.
pub struct Module {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// What it asks for.
    pub imports: Vec<Import>,
    /// What it offers.
    pub exports: Vec<Export>,
    /// Its linear memories, imported ones included.
    pub memories: Vec<Memory>,
    /// Custom sections in the order of the file.
    pub custom_sections: Vec<CustomSection>,
    /// Whether it has a start function.
    pub start: bool,
    /// Whether its code is native code.
    pub native: bool,
    /// Why devices refuse it although it is valid: a feature they don't support.
    pub unsupported: Option<String>,
}

/// One import.
#[derive(Serialize)]
pub struct Import {
    /// The name of the module it is wanted from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// What it must be.
    #[serde(flatten)]
    pub kind: Kind,
}

/// One export.
#[derive(Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What is imported or exported.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// A function.
    Function(Signature),
    /// A linear memory.
    Memory(Memory),
    /// A table.
    Table,
    /// A global variable or constant.
    Global {
        /// Its type.
        r#type: String,
        /// Whether it can be assigned.
        mutable: bool,
    },
    /// An exception's tag.
    Tag,
}

/// The type of a function, by the names of WebAssembly's text format.
#[derive(Clone, Serialize)]
pub struct Signature {
    /// Types of the parameters.
    pub params: Vec<String>,
    /// Types of the results.
    pub results: Vec<String>,
}

/// Of a page of 64 KiB.
const PAGE_SIZE_LOG2: u32 = wamr::PAGE_SIZE.ilog2();

/// A linear memory.
#[derive(Clone, Copy, Serialize)]
pub struct Memory {
    /// Initial number of pages.
    pub minimum_pages: u64,
    /// Maximum number of pages, if the module declares one.
    pub maximum_pages: Option<u64>,
    /// Bytes in a page.
    pub page_size: u64,
}

impl Memory {
    /// Initial size in bytes.
    pub fn minimum_bytes(&self) -> u64 {
        self.minimum_pages * self.page_size
    }
}

/// A custom section.
#[derive(Serialize)]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Bytes of its contents.
    pub size: usize,
}

impl Module {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`Status::Usage`] when it can't be read, [`Status::InvalidModule`] when it isn't a WebAssembly module.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(read_bytes(path)?).map_err(|error| {
            let name = path.display();
            Failure::new(
                Status::InvalidModule,
                format!("{name} is not a valid WebAssembly module: {error}; build or copy it again"),
            )
        })
    }

    /// Whether it is a reactor of WASI's application ABI: its export `_initialize` runs when it is instantiated.
    ///
    /// # Errors
    /// Why devices refuse its `_initialize`.
    pub fn is_reactor(&self) -> Result<bool, &'static str> {
        let export = |name| self.exports.iter().find(|export| export.name == name).map(|export| &export.kind);
        match export(INITIALIZE) {
            None => Ok(false),
            Some(Kind::Function(ty)) if ty.params.len() + ty.results.len() == 0 => match export("_start") {
                None => Ok(true),
                Some(_) => Err("it exports both `_start` and `_initialize`: keep one of them"),
            },
            Some(_) => Err("its export `_initialize` is not a function () -> ()"),
        }
    }

    /// Its exported functions.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &Signature)> {
        self.exports.iter().filter_map(|export| match &export.kind {
            Kind::Function(signature) => Some((&*export.name, signature)),
            _ => None,
        })
    }

    /// The type of an exported function.
    ///
    /// # Errors
    /// [`Status::Usage`] when there is no such function, or it is `_initialize`; the help lists those there are.
    pub fn function(&self, name: &str) -> Result<&Signature, Failure> {
        if name == INITIALIZE {
            let message = "`_initialize` cannot be called: it runs once, whenever the module is loaded";
            return Err(Failure::new(Status::Usage, message).help(self.list_functions()));
        }
        let found = self.functions().find(|(export, _)| *export == name);
        found.map(|(_, signature)| signature).ok_or_else(|| {
            let message = format!("the module exports no function `{name}`");
            Failure::new(Status::Usage, message).help(self.list_functions())
        })
    }

    /// Tells people which functions can be called: the first ones, as there can be hundreds.
    pub fn list_functions(&self) -> String {
        const SHOWN: usize = 8;
        let functions: Vec<_> = self.functions().map(|(name, signature)| format!("{name}{signature}")).collect();
        match functions.len() {
            0 => "it exports no functions".into(),
            1..=SHOWN => format!("it exports {}", functions.join(", ")),
            count => format!(
                "it exports {} and {} more, which `wamrctl inspect` lists",
                functions[..SHOWN].join(", "),
                count - SHOWN
            ),
        }
    }

    pub(crate) fn parse(bytes: Vec<u8>) -> wasmparser::Result<Self> {
        let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&bytes)?;
        let types = types.as_ref();
        let signature = |id| match types.get(id).map(|ty: &SubType| &ty.composite_type.inner) {
            Some(CompositeInnerType::Func(ty)) => Signature {
                params: ty.params().iter().map(ToString::to_string).collect(),
                results: ty.results().iter().map(ToString::to_string).collect(),
            },
            _ => unreachable!("functions of a valid module have function types"),
        };
        let kind = |ty| match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => Kind::Function(signature(id)),
            EntityType::Table(_) => Kind::Table,
            EntityType::Memory(ty) => Kind::Memory(ty.into()),
            EntityType::Global(ty) => Kind::Global { r#type: ty.content_type.to_string(), mutable: ty.mutable },
            EntityType::Tag(_) => Kind::Tag,
        };
        let known = "valid modules import and export only what they declare";

        let mut imports = Vec::new();
        let mut exports = Vec::new();
        let mut custom_sections = Vec::new();
        let mut start = false;
        for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        imports.push(Import {
                            module: import.module.into(),
                            name: import.name.into(),
                            kind: kind(types.entity_type_from_import(&import).expect(known)),
                        });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        exports.push(Export {
                            name: export.name.into(),
                            kind: kind(types.entity_type_from_export(&export).expect(known)),
                        });
                    }
                }
                Payload::CustomSection(section) => {
                    custom_sections.push(CustomSection { name: section.name().into(), size: section.data().len() });
                }
                Payload::StartSection { .. } => start = true,
                _ => {}
            }
        }
        let memories = (0..types.memory_count()).map(|index| types.memory_at(index).into()).collect();
        let unsupported = Validator::new_with_features(DEVICE_FEATURES).validate_all(&bytes).err();
        let unsupported = unsupported.map(|error| error.to_string());
        let native = wamr::is_native(&bytes);
        if native {
            // It needs a runtime, and nothing else of the host.
            imports.retain(|import| (&*import.module, &*import.name) != wamr_compiler::MARK);
        }
        Ok(Self { bytes, imports, exports, memories, custom_sections, start, native, unsupported })
    }
}

impl From<wasmparser::MemoryType> for Memory {
    fn from(ty: wasmparser::MemoryType) -> Self {
        let page_size = 1 << ty.page_size_log2.unwrap_or(PAGE_SIZE_LOG2);
        Self { minimum_pages: ty.initial, maximum_pages: ty.maximum, page_size }
    }
}

/// Visits the sections of a valid module, each also as it can be written again.
pub fn for_each_section<'b>(bytes: &'b [u8], mut visit: impl FnMut(&Payload<'b>, RawSection<'b>)) {
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        let payload = payload.expect("the module was checked");
        if let Some((id, range)) = payload.as_section() {
            visit(&payload, RawSection { id, data: &bytes[range.start as usize..range.end as usize] });
        }
    }
}

/// Reads a file that begins like a module.
///
/// # Errors
/// [`Status::Usage`] when it can't be read, [`Status::InvalidModule`] when it begins otherwise.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::new(Status::Usage, format!("cannot read {name}: {error}; check the path")))?;
    check_header(&bytes).map_err(|why| Failure::new(Status::InvalidModule, format!("{name} {why}")))?;
    Ok(bytes)
}

/// Writes a module.
///
/// # Errors
/// [`Status::Usage`] when it can't be written.
pub fn write(path: &Path, module: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, module)
        .map_err(|error| Failure::new(Status::Usage, format!("cannot write {}: {error}", path.display())))
}

/// Tells what else a file is when it doesn't begin like a module.
fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
    let is_text = || {
        let text = str::from_utf8(bytes).unwrap_or_default().trim_start();
        [";;", "(;", "(module"].iter().any(|start| text.starts_with(start))
    };
    match bytes {
        [] => Err("is empty: pass a compiled .wasm file"),
        [0, b'a', b's', b'm', rest @ ..] => match rest {
            [1, 0, 0, 0, ..] => Ok(()),
            [_, 0, 1, 0, ..] => Err("is a WebAssembly component: build a core module instead"),
            [_, _, _, _, ..] => Err("has a version of WebAssembly other than 1"),
            _ => Err("is cut off within its header: copy or build it again"),
        },
        _ if is_text() => Err("is WebAssembly in text form: compile it first, with wat2wasm for example"),
        _ => Err("is not a WebAssembly module: pass a compiled .wasm file"),
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(signature) => write!(f, "function {signature}"),
            Self::Memory(memory) => write!(f, "memory {memory}"),
            Self::Table => f.write_str("table"),
            Self::Global { r#type, mutable: true } => write!(f, "global {type} mutable"),
            Self::Global { r#type, mutable: false } => write!(f, "global {type}"),
            Self::Tag => f.write_str("tag"),
        }
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.params.join(", "))?;
        match &self.results[..] {
            [] => Ok(()),
            [one] => write!(f, " -> {one}"),
            more => write!(f, " -> ({})", more.join(", ")),
        }
    }
}

impl Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = |count: u64| match self.page_size {
            1 => format!("{count} bytes"),
            _ => format!("{count} {} ({} KiB)", if count == 1 { "page" } else { "pages" }, count * 64),
        };
        match self.maximum_pages {
            Some(most) if most == self.minimum_pages => write!(f, "{}, fixed", pages(most)),
            Some(most) => write!(f, "{}, at most {}", pages(self.minimum_pages), pages(most)),
            None => write!(f, "{}, may grow", pages(self.minimum_pages)),
        }
    }
}
