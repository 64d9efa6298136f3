//! The linker may not change while guests use it.

use wamr::{Limits, Linker, Module, Runtime};

pub fn show<'a>(runtime: &'a Runtime, module: &Module<'a>) {
    let mut linker = Linker::<()>::new(runtime);
    let instance = linker.instantiate(module, &Limits::default(), ()).unwrap();
    // error[E0502]
    linker.func_wrap("env", "f", || ()).unwrap();
    drop(instance);
}
