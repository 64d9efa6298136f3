//! Lifts results: from numbers and the memory of an app to WAVE.

use super::functions::wave_type;
use super::memory::{Memory, le};
use super::{Function, Functions, TypedError};
use crate::Link;
use std::pin::Pin;
use wamr_proto::Value as Number;
use wasm_wave::value::{Type as WaveType, Value};
use wasm_wave::wasm::{WasmValue, WasmValueError};
use wit_parser::{Type, TypeDefKind};

/// Returns the result of a function. `None` if it has none.
pub(super) async fn lift_results<L: Link>(
    memory: &mut Memory<'_, L>,
    function: &Function<'_>,
    results: &[Number],
) -> Result<Option<Value>, TypedError> {
    let Some(ty) = function.function.result else { return Ok(None) };
    let [number] = results else { return Err(invalid("it is not one number")) };
    let bits = match *number {
        Number::I32(value) => value.cast_unsigned().into(),
        Number::I64(value) => value.cast_unsigned(),
        Number::F32(value) => value.to_bits().into(),
        Number::F64(value) => value.to_bits(),
    };
    let mut lifting = Lifting { memory, functions: function.functions };
    let size = function.functions.sizes.size(&ty).size_wasm32();
    // A result that is one number has the same bits in memory, followed by what no case needs.
    let bytes = match function.returns_address() {
        true => lifting.memory.read(bits as u32, size).await?,
        false => bits.to_le_bytes()[..size.min(8)].to_vec(),
    };
    lifting.load(&ty, &bytes).await.map(Some)
}

struct Lifting<'m, 'c, L> {
    memory: &'m mut Memory<'c, L>,
    functions: &'m Functions,
}

type Loaded<'a> = Pin<Box<dyn Future<Output = Result<Value, TypedError>> + 'a>>;

impl<L: Link> Lifting<'_, '_, L> {
    /// Reads a value from its bytes, and what they point to from the memory of the app.
    fn load<'a>(&'a mut self, ty: &'a Type, bytes: &'a [u8]) -> Loaded<'a> {
        Box::pin(async move {
            let functions = self.functions;
            if let Some(value) = scalar(ty, bytes)? {
                return Ok(value);
            }
            let wave = wave_type(&functions.resolve, ty)?;
            let made = match functions.kind(ty) {
                None => {
                    let text = self.pointed(bytes, 1).await?;
                    let text = String::from_utf8(text).map_err(|_| invalid("a string is not UTF-8"))?;
                    Ok(Value::make_string(text.into()))
                }
                Some(TypeDefKind::Type(ty)) => return self.load(ty, bytes).await,
                Some(TypeDefKind::List(element)) => {
                    let size = functions.sizes.size(element).size_wasm32();
                    let content = self.pointed(bytes, size).await?;
                    let mut values = Vec::new();
                    for element_bytes in content.chunks_exact(size.max(1)) {
                        values.push(self.load(element, element_bytes).await?);
                    }
                    Value::make_list(&wave, values)
                }
                Some(TypeDefKind::Record(record)) => {
                    let types = record.fields.iter().map(|field| &field.ty);
                    let values = self.fields(functions.sizes.field_offsets(types), bytes).await?;
                    Value::make_record(&wave, record.fields.iter().map(|field| &*field.name).zip(values))
                }
                Some(TypeDefKind::Tuple(tuple)) => {
                    Value::make_tuple(&wave, self.fields(functions.sizes.field_offsets(&tuple.types), bytes).await?)
                }
                Some(TypeDefKind::Flags(flags)) => {
                    let is_set =
                        |number: usize| bytes.get(number / 8).is_some_and(|byte| byte >> (number % 8) & 1 == 1);
                    let set = flags.flags.iter().enumerate().filter(|(number, _)| is_set(*number));
                    Value::make_flags(&wave, set.map(|(_, flag)| &*flag.name))
                }
                Some(kind) => {
                    let payloads =
                        Functions::payloads(kind).ok_or_else(|| TypedError::Unsupported(kind.as_str().into()))?;
                    let (tag, offset) = functions.variant_layout(kind);
                    let number = le(bytes.get(..tag).unwrap_or(bytes)) as usize;
                    let payload = payloads.get(number).ok_or_else(|| invalid("a variant has no such case"))?;
                    let payload = match payload {
                        Some(ty) => Some(self.load(ty, bytes.get(offset..).unwrap_or_default()).await?),
                        None => None,
                    };
                    of_case(kind, &wave, number, payload)
                }
            };
            made.map_err(|error| TypedError::Result(error.to_string()))
        })
    }

    async fn fields(
        &mut self,
        fields: Vec<(wit_parser::ArchitectureSize, &Type)>,
        bytes: &[u8],
    ) -> Result<Vec<Value>, TypedError> {
        let mut values = Vec::new();
        for (offset, ty) in fields {
            values.push(self.load(ty, bytes.get(offset.size_wasm32()..).unwrap_or_default()).await?);
        }
        Ok(values)
    }

    /// Reads the elements of this size that an address and a number point to.
    async fn pointed(&mut self, bytes: &[u8], size: usize) -> Result<Vec<u8>, TypedError> {
        let (Some(address), Some(count)) = (bytes.get(..4), bytes.get(4..8)) else {
            return Err(invalid("a list is incomplete"));
        };
        let length = (le(count) as usize).saturating_mul(size);
        if length > LONGEST {
            return Err(TypedError::Result(format!("a list has {length} bytes, and at most {LONGEST} are read")));
        }
        self.memory.read(le(address) as u32, length).await
    }
}

/// The longest list that is read, whatever the device permits.
const LONGEST: usize = 64 * 1024;

fn of_case(
    kind: &TypeDefKind,
    wave: &WaveType,
    number: usize,
    payload: Option<Value>,
) -> Result<Value, WasmValueError> {
    match kind {
        TypeDefKind::Enum(ty) => Value::make_enum(wave, &ty.cases[number].name),
        TypeDefKind::Variant(ty) => Value::make_variant(wave, &ty.cases[number].name, payload),
        TypeDefKind::Option(_) => Value::make_option(wave, payload),
        _ => Value::make_result(wave, if number == 0 { Ok(payload) } else { Err(payload) }),
    }
}

/// The value if it is a single number.
fn scalar(ty: &Type, bytes: &[u8]) -> Result<Option<Value>, TypedError> {
    let bits = |size: usize| bytes.get(..size).map(le).ok_or_else(|| invalid("a number is incomplete"));
    Ok(Some(match ty {
        Type::Bool => Value::make_bool(bits(1)? != 0),
        Type::U8 => Value::make_u8(bits(1)? as u8),
        Type::U16 => Value::make_u16(bits(2)? as u16),
        Type::U32 => Value::make_u32(bits(4)? as u32),
        Type::U64 => Value::make_u64(bits(8)?),
        Type::S8 => Value::make_s8(bits(1)? as i8),
        Type::S16 => Value::make_s16(bits(2)? as i16),
        Type::S32 => Value::make_s32(bits(4)? as i32),
        Type::S64 => Value::make_s64(bits(8)?.cast_signed()),
        Type::F32 => Value::make_f32(f32::from_bits(bits(4)? as u32)),
        Type::F64 => Value::make_f64(f64::from_bits(bits(8)?)),
        Type::Char => {
            let char = u32::try_from(bits(4)?).ok().and_then(char::from_u32);
            Value::make_char(char.ok_or_else(|| invalid("a character is not one of Unicode"))?)
        }
        Type::String | Type::ErrorContext | Type::Id(_) => return Ok(None),
    }))
}

fn invalid(why: &str) -> TypedError {
    TypedError::Result(why.into())
}
