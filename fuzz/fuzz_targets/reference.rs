//! A case in `wasmi`.

use wasmi::errors::{ErrorKind, InstantiationError, MemoryError, TableError};
use wasmi::{Caller, Config, Engine, ExternRef, F32, F64, Linker, Ref, Store, TrapCode, Val, ValType};

use crate::ending::{End, State, Trap, Value, mix, mixed};

pub struct Module(wasmi::Module);

pub struct Instance {
    store: Store<u64>,
    instance: wasmi::Instance,
}

const FUEL: u64 = 10_000_000;

impl Module {
    pub fn new(wasm: &[u8]) -> Self {
        let mut config = Config::default();
        config.consume_fuel(true).wasm_custom_page_sizes(true);
        Self(wasmi::Module::new(&Engine::new(&config), wasm).expect("a valid module"))
    }

    pub fn start(&self) -> Result<Instance, End> {
        let mut store = Store::new(self.0.engine(), 0);
        store.set_fuel(FUEL).expect("it is counted");
        let mut linker = Linker::new(self.0.engine());
        linker
            .func_wrap("env", "mix", |mut caller: Caller<'_, u64>, a: i32, b: i64, c: f32, d: f64| {
                *caller.data_mut() = mixed(*caller.data(), a, b, c, d);
                mix(a, b, c, d)
            })
            .expect("a new name");
        let instance = linker.instantiate_and_start(&mut store, &self.0).map_err(end)?;
        // `wamr` calls it when it makes an instance, within the same limits.
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&store, "_initialize") {
            initialize.call(&mut store, ()).map_err(end)?;
        }
        Ok(Instance { store, instance })
    }
}

impl Instance {
    pub fn call(&mut self, name: &str, arguments: &[Value]) -> End {
        let Self { store, instance } = self;
        store.set_fuel(FUEL).expect("it is counted");
        let function = instance.get_func(&*store, name).expect("the same exports");
        let ty = function.ty(&*store);
        let arguments: Vec<Val> =
            arguments.iter().zip(ty.params()).map(|(&value, &ty)| into_val(store, value, ty)).collect();
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default(ty)).collect();
        match function.call(&mut *store, &arguments, &mut results) {
            Ok(()) => End::Values(results.iter().map(|result| self.value(result)).collect()),
            Err(error) => end(error),
        }
    }

    pub fn memory(&self) -> Option<&[u8]> {
        let memory = self.instance.exports(&self.store).find_map(|export| export.into_memory())?;
        Some(memory.data(&self.store))
    }

    pub fn state<'a>(&self, exports: &[&'a str]) -> State<'a> {
        let values = exports.iter().filter_map(|name| Some((*name, self.values(name)?)));
        State { values: values.collect(), host: *self.store.data() }
    }

    /// The value of a global, or those of a table.
    fn values(&self, name: &str) -> Option<Vec<Value>> {
        if let Some(global) = self.instance.get_global(&self.store, name) {
            return Some(vec![self.value(&global.get(&self.store))]);
        }
        let table = self.instance.get_table(&self.store, name)?;
        let elements = (0..table.size(&self.store)).map(|index| table.get(&self.store, index).expect("below the size"));
        Some(elements.map(|element| self.value(&element)).collect())
    }

    fn value(&self, value: &Val) -> Value {
        match value {
            Val::I32(value) => Value::I32(*value),
            Val::I64(value) => Value::I64(*value),
            Val::F32(value) => Value::F32(value.to_bits()),
            Val::F64(value) => Value::F64(value.to_bits()),
            Val::FuncRef(Ref::Val(_)) => Value::Func,
            Val::ExternRef(Ref::Val(handle)) => {
                Value::Extern(*handle.data(&self.store).downcast_ref().expect("a handle"))
            }
            Val::FuncRef(Ref::Null) | Val::ExternRef(Ref::Null) => Value::Null,
            Val::V128(_) => unreachable!("modules have no vectors"),
        }
    }
}

fn into_val(store: &mut Store<u64>, value: Value, ty: ValType) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::Extern(handle) => Val::ExternRef(Ref::Val(ExternRef::new(store, handle))),
        Value::Null if ty == ValType::ExternRef => Val::ExternRef(Ref::Null),
        Value::Null => Val::FuncRef(Ref::Null),
        Value::Func => unreachable!("not an argument"),
    }
}

fn end(error: wasmi::Error) -> End {
    let trap = match error.kind() {
        // Segments of modules that become instances.
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => TrapCode::TableOutOfBounds,
        ErrorKind::Memory(MemoryError::OutOfBoundsAccess) => TrapCode::MemoryOutOfBounds,
        ErrorKind::Table(TableError::CopyOutOfBounds) => TrapCode::TableOutOfBounds,
        kind => kind.as_trap_code().unwrap_or_else(|| panic!("{error}")),
    };
    End::Trap(match trap {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::UninitializedElement,
        TrapCode::BadSignature => Trap::IndirectCallTypeMismatch,
        TrapCode::IntegerDivisionByZero => Trap::DivisionByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::InvalidConversion,
        TrapCode::StackOverflow | TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited => return End::Resources,
    })
}
