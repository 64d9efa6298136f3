//! Wasmtime with its interpreter Pulley. Cranelift compiles modules on a computer, to bytecode.

use core::cell::Cell;
use core::ptr::{NonNull, null_mut};

use wasmtime::{Config, Engine as Wasmtime, Instance, Module, Store};

use crate::engine::{Engine, Failure, STACK};
use crate::measure;

/// Wasmtime's state of the only thread that uses it.
struct State(Cell<*mut u8>);

// SAFETY: one thread uses it.
unsafe impl Sync for State {}

static STATE: State = State(Cell::new(null_mut()));

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_get(_slot: usize) -> *mut u8 {
    STATE.0.get()
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_set(_slot: usize, state: *mut u8) {
    STATE.0.set(state);
}

struct Pulley(Wasmtime);

impl Engine for Pulley {
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn load(&self, module: &'static [u8]) -> Result<Module, Failure> {
        // SAFETY: modules/src/main.rs compiled it, and it stays in flash.
        unsafe { Module::deserialize_raw(&self.0, NonNull::from(module)) }.map_err(|_| "the module was refused")
    }

    fn instantiate(&self, module: Module) -> Result<Self::Instance, Failure> {
        let mut store = Store::new(&self.0, ());
        let instance = Instance::new(&mut store, &module, &[]).map_err(|_| "no instance")?;
        Ok((store, instance))
    }

    fn function<'i>(
        (store, instance): &'i mut Self::Instance,
        name: &'static str,
    ) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let function = instance.get_typed_func::<i32, i32>(&mut *store, name).map_err(|_| "no such function")?;
        Ok(move |argument| function.call(&mut *store, argument).unwrap_or(i32::MIN))
    }
}

pub fn run() {
    let mut config = Config::new();
    config.target("pulley32").expect("a target").wasm_custom_page_sizes(true).signals_based_traps(false);
    config.memory_init_cow(false).memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(0);
    config.max_wasm_stack(STACK);
    measure::each(&Pulley(Wasmtime::new(&config).expect("settings that fit")));
}
