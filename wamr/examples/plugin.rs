//! Keeps plugins in a map: each is one struct that owns all it needs, without a lifetime.

use std::collections::HashMap;
use std::rc::Rc;

use wamr::{Caller, Error, Instance, Limits, Linker, Module, Runtime, TypedFunc};

// (module
//   (import "host" "count" (func $count (param i32) (result i32)))
//   (memory (export "memory") 1) (data (i32.const 16) "doubler")
//   (func (export "run") (param i32) (result i32)
//     (call $count (i32.mul (local.get 0) (i32.const 2)))))
const DOUBLER: &[u8] =
    b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x02\x0e\x01\x04host\x05count\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
    \x07\x10\x02\x06memory\x02\0\x03run\0\x01\x0a\x0b\x01\x09\0\x20\0\x41\x02\x6c\x10\0\x0b\
    \x0b\x0d\x01\0\x41\x10\x0b\x07doubler";

/// What host functions know of the plugin that calls them.
struct State {
    total: i32,
}

struct Plugin {
    instance: Instance<'static, State>,
    run: TypedFunc<i32, i32>,
}

impl Plugin {
    fn load(host: &Host, bytes: &[u8]) -> Result<Self, Error> {
        let limits = Limits { fuel: Some(1_000_000), memory_pages: 4, ..Limits::DEFAULT };
        let module = Module::with_limits(&host.runtime, bytes, &limits)?;
        let instance = host.linker.instantiate_shared(&module, State { total: 0 })?;
        let run = instance.get_typed_func("run")?;
        Ok(Self { instance, run })
    }

    fn run(&mut self, argument: i32) -> Result<i32, Error> {
        self.run.call(&mut self.instance, argument)
    }

    fn name(&self) -> &[u8] {
        &self.instance.memory()[16..23]
    }
}

/// The one runtime of the process and the functions that plugins may import.
struct Host {
    runtime: Rc<Runtime>,
    linker: Rc<Linker<'static, State>>,
}

impl Host {
    fn new() -> Result<Self, Error> {
        let runtime = Rc::new(Runtime::with_allocator(&std::alloc::System)?);
        let mut linker = Linker::new(&runtime);
        linker.func_wrap("host", "count", |mut caller: Caller<'_, State>, number: i32| {
            caller.data_mut().total += number;
            caller.data().total
        })?;
        Ok(Self { runtime, linker: Rc::new(linker) })
    }
}

fn main() -> Result<(), Error> {
    let mut plugins = HashMap::new();
    {
        let host = Host::new()?;
        plugins.insert("a", Plugin::load(&host, DOUBLER)?);
        plugins.insert("b", Plugin::load(&host, DOUBLER)?);
    } // The plugins keep the runtime and the linker.

    let a = plugins.get_mut("a").expect("it was loaded");
    assert_eq!((a.run(10)?, a.run(11)?), (20, 42));
    assert_eq!(a.name(), b"doubler");
    plugins.remove("a");

    let b = plugins.get_mut("b").expect("it was loaded");
    assert_eq!(b.run(1)?, 2);
    println!("{} counted {}", String::from_utf8_lossy(b.name()), b.instance.data().total);
    Ok(())
}
