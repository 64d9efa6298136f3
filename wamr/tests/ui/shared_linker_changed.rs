//! A linker that instances share cannot change.

use std::rc::Rc;
use wamr::{Linker, Module, Runtime};

pub fn show(runtime: &Rc<Runtime>, module: &Module<'static>) {
    let linker = Rc::new(Linker::<()>::new(runtime));
    let instance = linker.instantiate_shared(module, ()).unwrap();
    // error[E0596]
    linker.func_wrap("env", "f", || ()).unwrap();
    drop(instance);
}
