//! The crate `tinywasm`.

use tinywasm::engine::Config;
use tinywasm::{ModuleInstance, StackConfig, Store};

use crate::engine::{Engine, Failure, STACK};
use crate::measure;

struct Tinywasm;

impl Engine for Tinywasm {
    type Module = tinywasm::Module;
    type Instance = (Store, ModuleInstance);

    fn load(&self, module: &'static [u8]) -> Result<tinywasm::Module, Failure> {
        tinywasm::parse_bytes(module).map_err(|_| "the module was refused")
    }

    fn instantiate(&self, module: tinywasm::Module) -> Result<Self::Instance, Failure> {
        // Slots: half of the stack for values of 32 bits, and half for values of 64.
        let config = Config::new()
            .with_value_stack_32(StackConfig::fixed(STACK / 2 / 4))
            .with_value_stack_64(StackConfig::fixed(STACK / 2 / 8))
            .with_value_stack_128(StackConfig::fixed(0))
            .with_call_stack(StackConfig::fixed(32));
        let mut store = Store::new(tinywasm::Engine::new(config));
        let instance = ModuleInstance::instantiate(&mut store, &module, None).map_err(|_| "no instance")?;
        Ok((store, instance))
    }

    fn function<'i>(
        (store, instance): &'i mut Self::Instance,
        name: &'static str,
    ) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let function = instance.func::<i32, i32>(store, name).map_err(|_| "no such function")?;
        Ok(move |argument| function.call(store, argument).unwrap_or(i32::MIN))
    }
}

pub fn run() {
    measure::each(&Tinywasm);
}
