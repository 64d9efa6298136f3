//! The object of an interface must live as long as the linker.

use wamr::{Caller, Linker, Method, Runtime};

pub struct Lamp(Vec<u32>);

const METHODS: &[Method<Lamp, ()>] = &[Method::new("first", |lamp: &Lamp, _: Caller<'_, ()>| lamp.0[0])];

pub fn show(runtime: &Runtime) {
    let lamp = Lamp(vec![1]);
    let mut linker = Linker::<()>::new(runtime);
    linker.interface("lamp", &lamp, METHODS).unwrap();
    // error[E0505]
    drop(lamp);
    drop(linker);
}
