//! The correct uses of all that the other programs misuse.

use std::rc::Rc;
use wamr::{Caller, Instance, Linker, Module, Runtime, TypedFunc};

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

pub fn shared(runtime: Rc<Runtime>) -> Instance<'static, u32> {
    let mut linker = Linker::<u32>::new(&runtime);
    let sum = std::cell::Cell::new(0);
    linker.func_wrap("env", "f", move |mut caller: Caller<'_, u32>| *caller.data_mut() += sum.get()).unwrap();
    let linker = Rc::new(linker);
    let module = Module::new(&runtime, b"").unwrap();
    linker.instantiate_shared(&module, 1).unwrap()
}
