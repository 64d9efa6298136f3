use wamr_benches::Engine;
use wasmi::{Config, Instance, Linker, Module, Store};

/// The crate `wasmi`, a rewriting interpreter in Rust, as it is by default.
pub struct Wasmi {
    engine: wasmi::Engine,
    linker: Linker<()>,
}

impl Wasmi {
    pub fn new() -> Self {
        let engine = wasmi::Engine::new(&Config::default());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b)).expect("a new name");
        Self { engine, linker }
    }
}

impl Engine for Wasmi {
    const NAME: &'static str = "wasmi";
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn load(&self, wasm: &[u8]) -> Module {
        Module::new(&self.engine, wasm).expect("a valid module")
    }

    fn instantiate(&self, module: Module) -> Self::Instance {
        let mut store = Store::new(&self.engine, ());
        let instance = self.linker.instantiate_and_start(&mut store, &module).expect("an instance");
        (store, instance)
    }

    fn function<'i>((store, instance): &'i mut Self::Instance, name: &str) -> impl FnMut(i32) -> i32 + 'i {
        let function = instance.get_typed_func::<i32, i32>(&*store, name).expect("an export");
        move |argument| function.call(&mut *store, argument).expect("no trap")
    }
}
