//! A linker in a `'static` instance may have no closure that borrows.

use std::cell::Cell;
use std::rc::Rc;
use wamr::{Instance, Linker, Module, Runtime};

pub fn show(runtime: &Rc<Runtime>, module: &Module<'static>) -> Instance<'static> {
    let local = Cell::new(5);
    let mut linker = Linker::<()>::new(runtime);
    // error[E0373]
    linker.func_wrap("env", "f", || local.set(6)).unwrap();
    Rc::new(linker).instantiate_shared(module, ()).unwrap()
}
