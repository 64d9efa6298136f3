//! Uses what the other programs misuse, rightly.

use wamr::{Caller, Linker, Module, Runtime, TypedFunc};

pub fn show(pool: &'static mut [u8]) -> &'static mut [u8] {
    let sum = std::cell::Cell::new(0);
    let runtime = Runtime::new(pool).unwrap();
    let mut linker = Linker::<u32>::new(&runtime);
    linker.func_wrap("env", "f", |mut caller: Caller<'_, u32>| *caller.data_mut() += sum.get()).unwrap();
    let module = Module::new(&runtime, b"").unwrap();
    let mut instance = linker.instantiate(&module, 1).unwrap();
    let grow: TypedFunc<(), ()> = instance.get_typed_func("grow").unwrap();
    let byte = instance.memory()[0];
    grow.call(&mut instance, ()).unwrap();
    instance.memory_mut()[0] = byte;
    drop(instance);
    drop(module);
    drop(linker);
    runtime.into_pool()
}
