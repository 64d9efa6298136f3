//! Values that share the runtime stay on its thread.

use std::rc::Rc;
use wamr::{Linker, Module, Runtime};

pub fn show(runtime: Rc<Runtime>, linker: Rc<Linker<'static>>, module: Module<'static>) {
    // error[E0277]
    std::thread::spawn(move || runtime.pool_usage());
    // error[E0277]
    std::thread::spawn(move || drop(linker));
    // error[E0277]
    std::thread::spawn(move || module.pool_usage());
}
