//! The guest would call closures that are gone.

use wamr::{Linker, Module, Runtime};

pub fn show<'a>(runtime: &'a Runtime, module: &Module<'a>) {
    let linker = Linker::<()>::new(runtime);
    let instance = linker.instantiate(module, ()).unwrap();
    // error[E0505]
    drop(linker);
    drop(instance);
}
