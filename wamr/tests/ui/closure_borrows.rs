//! A closure may not borrow data that is dropped before the linker.

use wamr::{Linker, Runtime};

pub fn show(runtime: &Runtime) {
    let mut linker = Linker::<()>::new(runtime);
    let local = std::cell::Cell::new(5);
    // error[E0597]
    linker.func_wrap("env", "f", || local.set(6)).unwrap();
}
