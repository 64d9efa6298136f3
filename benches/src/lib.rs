//! What `scripts/bench engines` measures, the same for every engine.

#[path = "../kernels/calls.rs"]
mod calls;

use std::fs;

use calls::{COREMARK, KERNELS, Kernel};
use criterion::{BatchSize, Criterion};

/// An interpreter of WebAssembly, as a program in Rust uses it.
pub trait Engine {
    /// As the results name it.
    const NAME: &'static str;
    type Module;
    type Instance;

    /// Translates a module, which may import `env.add`: a host function that adds two `i32`.
    fn load(&self, wasm: &[u8]) -> Self::Module;
    /// With a stack of 64 KiB, and nothing metered that the engine can do without.
    fn instantiate(&self, module: Self::Module) -> Self::Instance;
    /// The exported function `name`, in the fastest way of the engine to call it from Rust.
    fn function<'i>(instance: &'i mut Self::Instance, name: &str) -> impl FnMut(i32) -> i32 + 'i;
}

/// Exports of `wamr/benches/kernels`: ways into and out of a guest, and calls within it.
const BORDER: &[Kernel] = &[("call", 7, 7), ("host_calls", 1000, 500_500), ("fibonacci", 20, 6765)];

/// Measures all engines of a process in turn, so that they find the same circumstances.
pub fn measure(criterion: &mut Criterion, engines: &[&dyn Measured]) {
    let border = wat::parse_str(include_str!("../../wamr/benches/kernels/kernels.wat")).expect("valid text");
    let kernels = include_bytes!(concat!(env!("OUT_DIR"), "/kernels.wasm"));
    // Left out where it could not be built.
    let coremark = std::env::var_os("COREMARK_WASM").map(|path| fs::read(path).expect("COREMARK_WASM names a file"));

    for engine in engines {
        engine.load(criterion, kernels);
    }
    for engine in engines {
        engine.instantiate(criterion, kernels);
    }
    let modules = [(Some(&border[..]), BORDER), (Some(kernels), KERNELS), (coremark.as_deref(), COREMARK)];
    for (wasm, exports) in modules {
        let Some(wasm) = wasm else { continue };
        for kernel in exports {
            for engine in engines {
                engine.call(criterion, wasm, kernel);
            }
        }
    }
}

/// An [`Engine`] of any type.
pub trait Measured {
    fn load(&self, criterion: &mut Criterion, wasm: &[u8]);
    fn instantiate(&self, criterion: &mut Criterion, wasm: &[u8]);
    fn call(&self, criterion: &mut Criterion, wasm: &[u8], kernel: &Kernel);
}

impl<E: Engine> Measured for E {
    fn load(&self, criterion: &mut Criterion, wasm: &[u8]) {
        criterion.benchmark_group("load").bench_function(E::NAME, |bencher| bencher.iter(|| Engine::load(self, wasm)));
    }

    fn instantiate(&self, criterion: &mut Criterion, wasm: &[u8]) {
        criterion.benchmark_group("instantiate").bench_function(E::NAME, |bencher| {
            let setup = || Engine::load(self, wasm);
            bencher.iter_batched(setup, |module| Engine::instantiate(self, module), BatchSize::PerIteration);
        });
    }

    fn call(&self, criterion: &mut Criterion, wasm: &[u8], &(name, argument, result): &Kernel) {
        let mut instance = Engine::instantiate(self, Engine::load(self, wasm));
        let mut function = E::function(&mut instance, name);
        assert_eq!(function(argument), result, "{name} in {}", E::NAME);
        criterion
            .benchmark_group(name)
            .bench_function(E::NAME, |bencher| bencher.iter(|| function(std::hint::black_box(argument))));
    }
}
