//! Lowers values: from WAVE to the numbers and the memory that the canonical ABI requires.

use super::memory::{Memory, le};
use super::{Function, Functions, TypedError};
use crate::Link;
use std::borrow::Cow;
use std::pin::Pin;
use wamr_proto::Value as Number;
use wasm_wave::value::Value;
use wasm_wave::wasm::WasmValue;
use wit_parser::abi::WasmType;
use wit_parser::{Int, Type, TypeDefKind};

/// Returns the numbers to call a function with. Strings and lists are in the memory of the app afterwards.
pub(super) async fn lower_arguments<L: Link>(
    memory: &mut Memory<'_, L>,
    function: &Function<'_>,
    arguments: &[Value],
) -> Result<Vec<Number>, TypedError> {
    let types: Vec<_> = function.function.params.iter().map(|param| param.ty).collect();
    let mut lowering = Lowering { memory, functions: function.functions };
    let mut flat = Vec::new();
    if function.has_indirect_params() {
        let record = function.functions.sizes.record(&types);
        let mut bytes = vec![0; record.size.size_wasm32()];
        for ((offset, ty), argument) in function.functions.sizes.field_offsets(&types).into_iter().zip(arguments) {
            lowering.store(ty, argument, &mut bytes, offset.size_wasm32()).await?;
        }
        flat.push(lowering.memory.allocate(record.align.align_wasm32() as u32, &bytes).await?.into());
    } else {
        for (ty, argument) in types.iter().zip(arguments) {
            lowering.flatten(ty, argument, &mut flat).await?;
        }
    }
    // The parts of a variant share numbers, whose types only the whole signature shows.
    Ok(function.core_params().iter().zip(flat).map(|(ty, bits)| number(*ty, bits)).collect())
}

/// The number of this type that has these bits.
fn number(ty: WasmType, bits: u64) -> Number {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => Number::I32(bits as i32),
        WasmType::I64 | WasmType::PointerOrI64 => Number::I64(bits.cast_signed()),
        WasmType::F32 => Number::F32(f32::from_bits(bits as u32)),
        WasmType::F64 => Number::F64(f64::from_bits(bits)),
    }
}

/// The case of a variant-like value: its number, and its payload with the type.
type Case<'v> = (usize, Option<(Type, Cow<'v, Value>)>);

struct Lowering<'m, 'c, L> {
    memory: &'m mut Memory<'c, L>,
    functions: &'m Functions,
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), TypedError>> + 'a>>;

impl<L: Link> Lowering<'_, '_, L> {
    /// Appends the numbers of a value, each as bits.
    fn flatten<'a>(&'a mut self, ty: &'a Type, value: &'a Value, flat: &'a mut Vec<u64>) -> Done<'a> {
        Box::pin(async move {
            let functions = self.functions;
            if let Some(bits) = scalar(ty, value) {
                flat.push(bits);
                return Ok(());
            }
            match functions.kind(ty) {
                None => {
                    let (address, length) = self.text(&value.unwrap_string()).await?;
                    flat.extend([u64::from(address), u64::from(length)]);
                }
                Some(TypeDefKind::Type(ty)) => self.flatten(ty, value, flat).await?,
                Some(TypeDefKind::List(element)) => {
                    let (address, length) = self.list(element, value).await?;
                    flat.extend([u64::from(address), u64::from(length)]);
                }
                Some(TypeDefKind::Record(record)) => {
                    for (field, (_, value)) in record.fields.iter().zip(value.unwrap_record()) {
                        self.flatten(&field.ty, &value, flat).await?;
                    }
                }
                Some(TypeDefKind::Tuple(tuple)) => {
                    for (ty, value) in tuple.types.iter().zip(value.unwrap_tuple()) {
                        self.flatten(ty, &value, flat).await?;
                    }
                }
                Some(TypeDefKind::Flags(flags)) => {
                    let names: Vec<_> = flags.flags.iter().map(|flag| &*flag.name).collect();
                    flat.extend(bits_of(&names, value).chunks(4).map(le));
                }
                Some(kind) => {
                    let (number, payload) = case(kind, value)?;
                    let end = flat.len() + functions.flat_length(ty)?;
                    flat.push(number as u64);
                    if let Some((ty, value)) = payload {
                        self.flatten(&ty, &value, flat).await?;
                    }
                    flat.resize(end, 0);
                }
            }
            Ok(())
        })
    }

    /// Writes a value into the bytes of what contains it.
    fn store<'a>(&'a mut self, ty: &'a Type, value: &'a Value, bytes: &'a mut [u8], at: usize) -> Done<'a> {
        Box::pin(async move {
            let functions = self.functions;
            if let Some(bits) = scalar(ty, value) {
                let size = functions.sizes.size(ty).size_wasm32();
                put(bytes, at, &bits.to_le_bytes()[..size]);
                return Ok(());
            }
            match functions.kind(ty) {
                None => {
                    let (address, length) = self.text(&value.unwrap_string()).await?;
                    put(bytes, at, &pair(address, length));
                }
                Some(TypeDefKind::Type(ty)) => self.store(ty, value, bytes, at).await?,
                Some(TypeDefKind::List(element)) => {
                    let (address, length) = self.list(element, value).await?;
                    put(bytes, at, &pair(address, length));
                }
                Some(TypeDefKind::Record(record)) => {
                    let offsets = functions.sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
                    for ((offset, ty), (_, value)) in offsets.into_iter().zip(value.unwrap_record()) {
                        self.store(ty, &value, bytes, at + offset.size_wasm32()).await?;
                    }
                }
                Some(TypeDefKind::Tuple(tuple)) => {
                    let offsets = functions.sizes.field_offsets(&tuple.types);
                    for ((offset, ty), value) in offsets.into_iter().zip(value.unwrap_tuple()) {
                        self.store(ty, &value, bytes, at + offset.size_wasm32()).await?;
                    }
                }
                Some(TypeDefKind::Flags(flags)) => {
                    let names: Vec<_> = flags.flags.iter().map(|flag| &*flag.name).collect();
                    let size = functions.sizes.size(ty).size_wasm32();
                    put(bytes, at, &bits_of(&names, value)[..size]);
                }
                Some(kind) => {
                    let (number, payload) = case(kind, value)?;
                    let (tag, offset) = functions.variant_layout(kind);
                    put(bytes, at, &number.to_le_bytes()[..tag]);
                    if let Some((ty, value)) = payload {
                        self.store(&ty, &value, bytes, at + offset).await?;
                    }
                }
            }
            Ok(())
        })
    }

    async fn text(&mut self, text: &str) -> Result<(u32, u32), TypedError> {
        Ok((self.memory.allocate(1, text.as_bytes()).await?, text.len() as u32))
    }

    async fn list(&mut self, element: &Type, value: &Value) -> Result<(u32, u32), TypedError> {
        let sizes = &self.functions.sizes;
        let (size, align) = (sizes.size(element).size_wasm32(), sizes.align(element).align_wasm32());
        let elements: Vec<_> = value.unwrap_list().collect();
        let mut bytes = vec![0; size * elements.len()];
        for (number, value) in elements.iter().enumerate() {
            self.store(element, value, &mut bytes, number * size).await?;
        }
        Ok((self.memory.allocate(align as u32, &bytes).await?, elements.len() as u32))
    }
}

/// The bits of a value that is a single number.
fn scalar(ty: &Type, value: &Value) -> Option<u64> {
    Some(match ty {
        Type::Bool => value.unwrap_bool().into(),
        Type::U8 => value.unwrap_u8().into(),
        Type::U16 => value.unwrap_u16().into(),
        Type::U32 => value.unwrap_u32().into(),
        Type::U64 => value.unwrap_u64(),
        Type::S8 => i32::from(value.unwrap_s8()).cast_unsigned().into(),
        Type::S16 => i32::from(value.unwrap_s16()).cast_unsigned().into(),
        Type::S32 => value.unwrap_s32().cast_unsigned().into(),
        Type::S64 => value.unwrap_s64().cast_unsigned(),
        Type::F32 => value.unwrap_f32().to_bits().into(),
        Type::F64 => value.unwrap_f64().to_bits(),
        Type::Char => u32::from(value.unwrap_char()).into(),
        Type::String | Type::ErrorContext | Type::Id(_) => return None,
    })
}

/// The case that a value of an enum, a variant, an option or a result has.
fn case<'v>(kind: &TypeDefKind, value: &'v Value) -> Result<Case<'v>, TypedError> {
    let owned = |ty: &Option<Type>, value: Option<Cow<'v, Value>>| ty.zip(value);
    let unknown = || TypedError::types("a value has a case that its type does not have");
    Ok(match kind {
        TypeDefKind::Enum(ty) => {
            let name = value.unwrap_enum();
            (ty.cases.iter().position(|case| case.name == *name).ok_or_else(unknown)?, None)
        }
        TypeDefKind::Variant(ty) => {
            let (name, payload) = value.unwrap_variant();
            let number = ty.cases.iter().position(|case| case.name == *name).ok_or_else(unknown)?;
            (number, owned(&ty.cases[number].ty, payload))
        }
        TypeDefKind::Option(ty) => {
            let payload = value.unwrap_option();
            (payload.is_some().into(), owned(&Some(*ty), payload))
        }
        TypeDefKind::Result(ty) => match value.unwrap_result() {
            Ok(payload) => (0, owned(&ty.ok, payload)),
            Err(payload) => (1, owned(&ty.err, payload)),
        },
        kind => return Err(TypedError::Unsupported(kind.as_str().into())),
    })
}

/// The bits of flags, four bytes for each 32 of them.
fn bits_of(names: &[&str], value: &Value) -> Vec<u8> {
    let mut bytes = vec![0; names.len().div_ceil(32) * 4];
    for flag in value.unwrap_flags() {
        if let Some(number) = names.iter().position(|name| *name == flag) {
            bytes[number / 8] |= 1 << (number % 8);
        }
    }
    bytes
}

fn pair(address: u32, length: u32) -> [u8; 8] {
    (u64::from(length) << 32 | u64::from(address)).to_le_bytes()
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    bytes[at..at + part.len()].copy_from_slice(part);
}

impl Functions {
    /// The definition of a type. `None` for a string.
    pub(super) fn kind(&self, ty: &Type) -> Option<&TypeDefKind> {
        match ty {
            Type::Id(id) => Some(&self.resolve.types[*id].kind),
            _ => None,
        }
    }

    /// The payloads of the cases of a variant-like type.
    pub(super) fn payloads(kind: &TypeDefKind) -> Option<Vec<Option<Type>>> {
        Some(match kind {
            TypeDefKind::Enum(ty) => vec![None; ty.cases.len()],
            TypeDefKind::Variant(ty) => ty.cases.iter().map(|case| case.ty).collect(),
            TypeDefKind::Option(ty) => vec![None, Some(*ty)],
            TypeDefKind::Result(ty) => vec![ty.ok, ty.err],
            _ => return None,
        })
    }

    /// The size of the number of the case, and the offset of the payload.
    pub(super) fn variant_layout(&self, kind: &TypeDefKind) -> (usize, usize) {
        let payloads = Self::payloads(kind).unwrap_or_default();
        let tag = match payloads.len() {
            0..=0x100 => Int::U8,
            0x101..=0x1_0000 => Int::U16,
            _ => Int::U32,
        };
        let size = match tag {
            Int::U8 => 1,
            Int::U16 => 2,
            _ => 4,
        };
        let offset = self.sizes.payload_offset(tag, payloads.iter().map(Option::as_ref));
        (size, offset.size_wasm32())
    }

    /// How many numbers a value of this type has.
    pub(super) fn flat_length(&self, ty: &Type) -> Result<usize, TypedError> {
        let sum = |types: &mut dyn Iterator<Item = &Type>| types.map(|ty| self.flat_length(ty)).sum::<Result<_, _>>();
        Ok(match self.kind(ty) {
            None => usize::from(*ty == Type::String) + 1,
            Some(TypeDefKind::Type(ty)) => self.flat_length(ty)?,
            Some(TypeDefKind::List(_)) => 2,
            Some(TypeDefKind::Record(record)) => sum(&mut record.fields.iter().map(|field| &field.ty))?,
            Some(TypeDefKind::Tuple(tuple)) => sum(&mut tuple.types.iter())?,
            Some(TypeDefKind::Flags(flags)) => flags.flags.len().div_ceil(32),
            Some(kind) => {
                let payloads = Self::payloads(kind).ok_or_else(|| TypedError::Unsupported(kind.as_str().into()))?;
                let lengths = payloads.iter().flatten().map(|ty| self.flat_length(ty));
                1 + lengths.collect::<Result<Vec<usize>, _>>()?.into_iter().max().unwrap_or(0)
            }
        })
    }
}
