//! The crate `wasmi`.

use wasmi::{Config, Instance, Linker, Module, Store};

use crate::engine::{Engine, Failure, STACK};
use crate::measure;

/// Whether it counts the guest's instructions.
const FUEL: bool = cfg!(feature = "wasmi-fuel");

struct Wasmi {
    engine: wasmi::Engine,
    linker: Linker<()>,
}

impl Engine for Wasmi {
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn load(&self, module: &'static [u8]) -> Result<Module, Failure> {
        Module::new(&self.engine, module).map_err(|_| "the module was refused")
    }

    fn instantiate(&self, module: Module) -> Result<Self::Instance, Failure> {
        let mut store = Store::new(&self.engine, ());
        if FUEL {
            store.set_fuel(u64::MAX).map_err(|_| "no fuel")?;
        }
        let instance = self.linker.instantiate_and_start(&mut store, &module).map_err(|_| "no instance")?;
        Ok((store, instance))
    }

    fn function<'i>(
        (store, instance): &'i mut Self::Instance,
        name: &'static str,
    ) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let function = instance.get_typed_func::<i32, i32>(&*store, name).map_err(|_| "no such function")?;
        Ok(move |argument| function.call(&mut *store, argument).unwrap_or(i32::MIN))
    }
}

pub fn run() {
    let mut config = Config::default();
    config.consume_fuel(FUEL).wasm_custom_page_sizes(true).set_min_stack_height(STACK).set_max_stack_height(STACK);
    let engine = wasmi::Engine::new(&config);
    let linker = Linker::new(&engine);
    measure::each(&Wasmi { engine, linker });
}
