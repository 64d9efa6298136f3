//! The crate `wamrx`, another wrapper of WAMR.

use criterion::{Criterion, criterion_group, criterion_main};
use wamr_benches::{Engine, measure};
use wamrx::{FuncType, Instance, InstanceConfig, Linker, Module, Val, ValType};

struct Wamrx {
    engine: wamrx::Engine,
    linker: Linker,
}

impl Engine for Wamrx {
    const NAME: &'static str = "wamrx";
    type Module = Module;
    type Instance = Instance;

    fn load(&self, wasm: &[u8]) -> Module {
        Module::new(&self.engine, wasm).expect("a valid module")
    }

    fn instantiate(&self, module: Module) -> Instance {
        let mut config = InstanceConfig::default();
        config.exec_stack_size(64 * 1024);
        self.linker.instantiate_with(module, &config).expect("an instance")
    }

    fn function<'i>(instance: &'i mut Instance, name: &str) -> impl FnMut(i32) -> i32 + 'i {
        let function = instance.get_func(name).expect("an export");
        move |argument| {
            let mut results = [Val::I32(0)];
            function.call(&[Val::I32(argument)], &mut results).expect("no trap");
            let [Val::I32(result)] = results else { panic!("{results:?}") };
            result
        }
    }
}

fn wamrx(criterion: &mut Criterion) {
    let engine = wamrx::Engine::new().expect("the first");
    let mut linker = Linker::new(&engine);
    let ty = FuncType::new([ValType::I32, ValType::I32], [ValType::I32]);
    let add = |params: &[Val], results: &mut [Val]| {
        let [Val::I32(a), Val::I32(b)] = params else { panic!("{params:?}") };
        results[0] = Val::I32(a.wrapping_add(*b));
    };
    linker.define_func("env", "add", ty, add).expect("a new name");
    measure(criterion, &[&Wamrx { engine, linker }]);
}

criterion_group!(benches, wamrx);
criterion_main!(benches);
