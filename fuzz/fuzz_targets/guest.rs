//! A case in `wamr`.

use wamr::{Caller, Error, ExternRef, Func, Limits, Linker, Module, Runtime, Val, ValType};

use crate::case::Case;
use crate::ending::{End, State, Trap, Value, mix, mixed};

pub type Instance<'l> = wamr::Instance<'l, u64>;

/// More than a case needs.
pub const LIMITS: Limits = Limits { stack_size: 512 * 1024, fuel: Some(10_000_000), ..Limits::DEFAULT };

/// The host function, which notes its calls.
pub fn linker(runtime: &Runtime) -> Linker<'_, u64> {
    let mut linker = Linker::new(runtime);
    linker
        .func_wrap("env", "mix", |mut caller: Caller<'_, u64>, a: i32, b: i64, c: f32, d: f64| {
            *caller.data_mut() = mixed(*caller.data(), a, b, c, d);
            mix(a, b, c, d)
        })
        .expect("the pool is empty");
    linker
}

/// `None` when `wamr` does not take the module, for one of the two reasons there are: a NUL in a name, or an export `_initialize` that is
/// none by WASI's application ABI.
pub fn load<'rt>(runtime: &'rt Runtime, case: &Case, limits: &Limits) -> Option<Module<'rt>> {
    match Module::with_limits(runtime, &case.module, limits) {
        Ok(module) => Some(module),
        Err(Error::InvalidModule(reason)) if &*reason == "invalid UTF-8 encoding" => {
            assert!(format!("{case:?}").contains(r"\u{0}"), "{reason}");
            None
        }
        Err(Error::InvalidModule(reason)) if reason.contains("`_initialize`") => {
            assert!(format!("{case:?}").contains(r#"(export "_initialize" "#), "{reason}");
            None
        }
        Err(error) => panic!("a valid module is refused: {error}"),
    }
}

pub fn start<'l, 'rt>(linker: &'l Linker<'rt, u64>, module: &Module<'rt>) -> Result<Instance<'l>, End> {
    linker.instantiate(module, 0).map_err(end)
}

/// An exported function and the types of its parameters; `None` for other exports, and with more values than the host can pass.
pub fn function(instance: &Instance<'_>, name: &str) -> Option<(Vec<ValType>, Func)> {
    match instance.get_func(name) {
        Ok(function) => Some((function.params().to_vec(), function)),
        Err(Error::UnknownFunction | Error::TooManyValues) => None,
        Err(error) => panic!("{name:?}: {error}"),
    }
}

pub fn call(instance: &mut Instance<'_>, function: &Func, arguments: &[Value]) -> End {
    let types = function.params().iter();
    let arguments: Vec<Val> = arguments.iter().zip(types).map(|(&value, &ty)| into_val(value, ty)).collect();
    match function.call(instance, &arguments) {
        Ok(results) => End::Values(results.iter().copied().map(Value::from).collect()),
        Err(error) => end(error),
    }
}

pub fn state<'a>(instance: &Instance<'_>, exports: &[&'a str]) -> State<'a> {
    let values = exports.iter().filter_map(|name| Some((*name, values(instance, name)?)));
    State { values: values.collect(), host: *instance.data() }
}

/// The value of a global, or those of a table.
fn values(instance: &Instance<'_>, name: &str) -> Option<Vec<Value>> {
    if let Some(global) = instance.get_global(name) {
        return Some(vec![global.get(instance).expect("of this instance").into()]);
    }
    let table = instance.get_table(name)?;
    let size = table.size(instance).expect("of this instance");
    Some((0..size).map(|index| table.get(instance, index).expect("below the size").into()).collect())
}

impl From<Val> for Value {
    fn from(value: Val) -> Self {
        match value {
            Val::I32(value) => Self::I32(value),
            Val::I64(value) => Self::I64(value),
            Val::F32(value) => Self::F32(value.to_bits()),
            Val::F64(value) => Self::F64(value.to_bits()),
            Val::FuncRef(Some(_)) => Self::Func,
            Val::ExternRef(Some(handle)) => Self::Extern(handle.get()),
            Val::FuncRef(None) | Val::ExternRef(None) => Self::Null,
        }
    }
}

fn into_val(value: Value, ty: ValType) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(f32::from_bits(bits)),
        Value::F64(bits) => Val::F64(f64::from_bits(bits)),
        Value::Extern(handle) => Val::ExternRef(ExternRef::new(handle)),
        Value::Null if ty == ValType::ExternRef => Val::ExternRef(None),
        Value::Null => Val::FuncRef(None),
        Value::Func => unreachable!("not an argument"),
    }
}

fn end(error: Error) -> End {
    let trap = match error {
        Error::Trap(trap) => trap,
        Error::OutOfMemory { .. } => return End::Resources,
        error => panic!("{error}"),
    };
    End::Trap(match trap {
        wamr::Trap::Unreachable => Trap::Unreachable,
        wamr::Trap::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        wamr::Trap::TableOutOfBounds | wamr::Trap::UndefinedElement => Trap::TableOutOfBounds,
        wamr::Trap::UninitializedElement => Trap::UninitializedElement,
        wamr::Trap::IndirectCallTypeMismatch => Trap::IndirectCallTypeMismatch,
        wamr::Trap::DivisionByZero => Trap::DivisionByZero,
        wamr::Trap::IntegerOverflow => Trap::IntegerOverflow,
        wamr::Trap::InvalidConversion => Trap::InvalidConversion,
        wamr::Trap::OutOfFuel
        | wamr::Trap::StackOverflow
        | wamr::Trap::NativeStackOverflow
        | wamr::Trap::OutOfMemory => return End::Resources,
        trap => panic!("{trap}"),
    })
}
