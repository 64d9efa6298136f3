//! The functions that an app exports, with their types.

use super::TypedError;
use std::fmt::{self, Display};
use wamr_proto::Name;
use wasm_wave::value::{Type as WaveType, Value, resolve_wit_func_type, resolve_wit_type};
use wasm_wave::wasm::{DisplayType, WasmFunc};
use wit_parser::abi::WasmType;
use wit_parser::{Mangling, ManglingAndAbi, Resolve, SizeAlign, Type, WorldId, WorldItem, WorldKey};

/// The functions with WIT types that an app exports.
pub struct Functions {
    pub(super) resolve: Resolve,
    pub(super) sizes: SizeAlign,
    world: WorldId,
}

/// A function that an app exports.
#[derive(Clone, Copy, Debug)]
pub struct Function<'f> {
    pub(super) functions: &'f Functions,
    interface: Option<&'f WorldKey>,
    pub(super) function: &'f wit_parser::Function,
}

impl Functions {
    /// Reads the content of a section `component-type`.
    ///
    /// # Errors
    /// [`TypedError::Types`].
    pub fn decode(section: &[u8]) -> Result<Self, TypedError> {
        let (resolve, world) =
            wit_parser::decoding::decode_world(section).map_err(|error| TypedError::Types(format!("{error:#}")))?;
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).map_err(TypedError::types)?;
        Ok(Self { resolve, sizes, world })
    }

    /// Returns the functions.
    pub fn iter(&self) -> impl Iterator<Item = Function<'_>> {
        self.resolve.worlds[self.world].exports.iter().flat_map(move |(key, item)| {
            let (interface, functions) = match item {
                WorldItem::Function(function) => (None, vec![function]),
                WorldItem::Interface { id, .. } => {
                    (Some(key), self.resolve.interfaces[*id].functions.values().collect())
                }
                WorldItem::Type { .. } => (None, Vec::new()),
            };
            functions.into_iter().map(move |function| Function { functions: self, interface, function })
        })
    }

    /// Finds a function by its name: `set-point`, or `interface#set-point` if several interfaces export one.
    pub fn get(&self, name: &str) -> Option<Function<'_>> {
        self.iter().find(|function| {
            function.function.name == name || function.name() == name || function.core_name(Mangling::Legacy) == name
        })
    }
}

impl Function<'_> {
    /// The name of the function, with that of its interface if it is part of one.
    pub fn name(&self) -> String {
        match self.interface {
            None => self.function.name.clone(),
            Some(key) => {
                let id = self.functions.resolve.name_world_key(key);
                let name = id.rsplit('/').next().and_then(|name| name.split('@').next()).unwrap_or_default();
                format!("{name}#{}", self.function.name)
            }
        }
    }

    /// The name of the export in the core module.
    fn core_name(&self, mangling: Mangling) -> String {
        let interface = self.interface.map(|key| match mangling {
            Mangling::Legacy => self.functions.resolve.name_world_key(key),
            Mangling::Standard32 => self.functions.resolve.name_canonicalized_world_key(key),
        });
        self.function.core_export_name(interface.as_deref(), mangling).into_owned()
    }

    /// The name of the export, as a call carries it.
    pub(super) fn export(&self, mangling: Mangling) -> Result<Name, TypedError> {
        let name = self.core_name(mangling);
        Name::new(&name).ok_or_else(|| TypedError::Types(format!("the name `{name}` is too long for a call")))
    }

    /// The name of the export that frees the result, if a call can carry it.
    pub(super) fn post_return(&self, mangling: Mangling) -> Option<Name> {
        let name = self.core_name(mangling);
        Name::new(&match mangling {
            Mangling::Legacy => format!("cabi_post_{name}"),
            Mangling::Standard32 => format!("{name}_post"),
        })
    }

    /// Parses arguments. A parameter that is a string takes a word without quotation marks as well.
    pub(super) fn parse(&self, words: &[impl AsRef<str>]) -> Result<Vec<Value>, TypedError> {
        let params = &self.function.params;
        if params.len() != words.len() {
            return Err(TypedError::Count { signature: self.to_string(), given: words.len() });
        }
        let parse = |(param, word): (&wit_parser::Param, &_)| {
            let word = AsRef::<str>::as_ref(word);
            let ty = wave_type(&self.functions.resolve, &param.ty)?;
            let quoted = || wasm_wave::to_string(&Value::from(word));
            let text = match param.ty {
                Type::String if !word.starts_with('"') => quoted().map_err(TypedError::types)?,
                _ => word.to_owned(),
            };
            wasm_wave::from_str::<Value>(&ty, &text).map_err(|error| TypedError::Argument {
                parameter: param.name.clone(),
                ty: DisplayType(&ty).to_string(),
                given: word.to_owned(),
                why: error.to_string(),
            })
        };
        params.iter().zip(words).map(parse).collect()
    }

    /// Whether the arguments are one record in memory, because there are too many for the parameters of a core function.
    pub(super) fn has_indirect_params(&self) -> bool {
        self.signature().indirect_params
    }

    /// Whether the function returns the address of its result.
    pub(super) fn returns_address(&self) -> bool {
        self.signature().retptr
    }

    /// The types of the parameters of the core function.
    pub(super) fn core_params(&self) -> Vec<WasmType> {
        self.signature().params
    }

    fn signature(&self) -> wit_parser::abi::WasmSignature {
        let mangling = ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync);
        self.functions.resolve.wasm_signature(mangling.export_variant(), self.function)
    }
}

impl Display for Function<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        let Ok(ty) = resolve_wit_func_type(&self.functions.resolve, self.function) else { return f.write_str(&name) };
        let params = ty.param_names().zip(ty.params()).map(|(name, ty)| format!("{name}: {}", DisplayType(&ty)));
        write!(f, "{name}({})", params.collect::<Vec<_>>().join(", "))?;
        ty.results().try_for_each(|ty| write!(f, " -> {}", DisplayType(&ty)))
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|function| function.to_string())).finish()
    }
}

/// The type of a WIT type for WAVE.
pub(super) fn wave_type(resolve: &Resolve, ty: &Type) -> Result<WaveType, TypedError> {
    Ok(match ty {
        Type::Bool => WaveType::BOOL,
        Type::U8 => WaveType::U8,
        Type::U16 => WaveType::U16,
        Type::U32 => WaveType::U32,
        Type::U64 => WaveType::U64,
        Type::S8 => WaveType::S8,
        Type::S16 => WaveType::S16,
        Type::S32 => WaveType::S32,
        Type::S64 => WaveType::S64,
        Type::F32 => WaveType::F32,
        Type::F64 => WaveType::F64,
        Type::Char => WaveType::CHAR,
        Type::String => WaveType::STRING,
        Type::ErrorContext => return Err(TypedError::Unsupported("error-context".into())),
        Type::Id(id) => resolve_wit_type(resolve, *id).map_err(|error| TypedError::Unsupported(error.to_string()))?,
    })
}
