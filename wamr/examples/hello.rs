//! Runs a function of a small module with a limit on instructions.

use wamr::{Instance, Limits, Linker, Module, Pool, Runtime, Trap};

// (module
//   (import "env" "double" (func $double (param i32) (result i32)))
//   (func (export "answer") (param i32) (result i32) (call $double (local.get 0)))
//   (func (export "spin") (loop (br 0))))
const MODULE: &[u8] =
    b"\0asm\x01\0\0\0\x01\x09\x02\x60\x01\x7f\x01\x7f\x60\0\0\x02\x0e\x01\x03env\x06double\0\0\x03\x03\x02\0\x01\
    \x07\x11\x02\x06answer\0\x01\x04spin\0\x02\x0a\x10\x02\x06\0\x20\0\x10\0\x0b\x07\0\x03\x40\x0c\0\x0b\x0b";

static POOL: Pool<{ 128 * 1024 }> = Pool::new();

fn main() -> Result<(), wamr::Error> {
    let runtime = Runtime::new(POOL.take().expect("taken once"))?;
    let mut linker = Linker::new(&runtime);
    linker.func_wrap("env", "double", |n: i32| n * 2)?;

    let limits = Limits { fuel: Some(1000), ..Limits::DEFAULT };
    let module = Module::with_limits(&runtime, MODULE, &limits)?;
    let mut instance: Instance = linker.instantiate(&module, ())?;

    let answer = instance.get_typed_func::<i32, i32>("answer")?;
    assert_eq!(answer.call(&mut instance, 21)?, 42);

    let spin = instance.get_typed_func::<(), ()>("spin")?;
    assert_eq!(spin.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
    Ok(())
}
