use wamr::{Instance, Limits, Linker, Module, Runtime};
use wamr_benches::Engine;

/// This project's crate, without limits.
pub struct Wamr<'rt> {
    runtime: &'rt Runtime,
    linker: &'rt Linker<'rt>,
}

impl<'rt> Wamr<'rt> {
    pub fn new(runtime: &'rt Runtime, linker: &'rt Linker<'rt>) -> Self {
        Self { runtime, linker }
    }
}

/// What modules may import.
pub fn linker(runtime: &Runtime) -> Linker<'_> {
    let mut linker = Linker::new(runtime);
    linker.func_wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b)).expect("a new name");
    linker
}

impl<'rt> Engine for Wamr<'rt> {
    const NAME: &'static str = "wamr";
    type Module = Module<'rt>;
    type Instance = Instance<'rt>;

    fn load(&self, wasm: &[u8]) -> Module<'rt> {
        let limits = Limits { stack_size: 64 * 1024, ..Limits::DEFAULT };
        Module::with_limits(self.runtime, wasm, &limits).expect("a valid module")
    }

    fn instantiate(&self, module: Module<'rt>) -> Instance<'rt> {
        self.linker.instantiate(&module, ()).expect("an instance")
    }

    fn function<'i>(instance: &'i mut Instance<'rt>, name: &str) -> impl FnMut(i32) -> i32 + 'i {
        let function = instance.get_typed_func::<i32, i32>(name).expect("an export");
        move |argument| function.call(instance, argument).expect("no trap")
    }
}
