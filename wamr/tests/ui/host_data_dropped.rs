//! Host functions find the instance's data as long as it runs.

use wamr::{Linker, Module};

pub fn show<'a>(linker: &'a Linker<'a, &'a str>, module: &Module<'a>) {
    let text = String::from("gone");
    // error[E0597]
    let instance = linker.instantiate(module, &text).unwrap();
    drop(instance);
}
