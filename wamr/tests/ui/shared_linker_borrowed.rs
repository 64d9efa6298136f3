//! `instantiate` borrows the linker, also one behind an `Rc`.

use std::rc::Rc;
use wamr::{Instance, Linker, Module, Runtime};

pub fn show(runtime: &Rc<Runtime>, module: &Module<'static>) -> Instance<'static> {
    let linker = Rc::new(Linker::<()>::new(runtime));
    // error[E0515]
    linker.instantiate(module, ()).unwrap()
}
