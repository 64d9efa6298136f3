//! Host functions find the instance's data as long as it runs.

use wamr::{Limits, Linker, Module};

pub fn show<'a>(linker: &'a Linker<'a, &'a str>, module: &Module<'a>) {
    let text = String::from("gone");
    // error[E0597]
    let instance = linker.instantiate(module, &Limits::DEFAULT, &text).unwrap();
    drop(instance);
}
