//! A runtime that is borrowed does not live for ever because a linker is shared.

use std::rc::Rc;
use wamr::{Instance, Linker, Module, Runtime};

pub fn show(runtime: Runtime) -> Instance<'static> {
    let module = Module::new(&runtime, b"").unwrap();
    let linker = Rc::new(Linker::<()>::new(&runtime));
    // error[E0515]
    linker.instantiate_shared(&module, ()).unwrap()
}
