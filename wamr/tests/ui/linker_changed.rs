//! The linker may not change while guests use it.

use wamr::{Linker, Module, Runtime};

pub fn show<'a>(runtime: &'a Runtime, module: &Module<'a>) {
    let mut linker = Linker::<()>::new(runtime);
    let instance = linker.instantiate(module, ()).unwrap();
    // error[E0502]
    linker.func_wrap("env", "f", || ()).unwrap();
    drop(instance);
}
