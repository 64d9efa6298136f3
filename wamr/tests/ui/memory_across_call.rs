//! A call may grow memory, which moves it.

use wamr::{Instance, TypedFunc};

pub fn show(mut instance: Instance<'_>, grow: TypedFunc<(), ()>) -> u8 {
    let memory = instance.memory();
    // error[E0502]
    grow.call(&mut instance, ()).unwrap();
    memory[0]
}
