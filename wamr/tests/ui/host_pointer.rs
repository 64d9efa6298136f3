//! A guest must not choose addresses of the host: pointers and references are no parameters, addresses in its memory are numbers.

use wamr::{Linker, Runtime};

pub fn show(runtime: &Runtime) {
    let mut linker = Linker::<()>::new(runtime);
    // error[E0277]
    linker.func_wrap("env", "f", |_: *mut u8, _: u32| ()).unwrap();
    // error[E0277]
    linker.func_wrap("env", "g", |_: &[u8]| ()).unwrap();
}
