//! The crate `wamr` of this repository, with WAMR as its Zephyr module builds it.

use alloc::vec;

use wamr::{Instance, Limits, Linker, Module, Runtime};

use crate::engine::{Engine, Failure, STACK};
use crate::{board, measure};

/// All that the largest module needs, and more.
const POOL: usize = 512 * 1024;
/// Instructions are counted.
const LIMITS: Limits = Limits { fuel: Some(1 << 40), stack_size: STACK as u32, ..Limits::DEFAULT };

struct Wamr<'rt> {
    runtime: &'rt Runtime,
    linker: &'rt Linker<'rt>,
}

impl<'rt> Engine for Wamr<'rt> {
    type Module = Module<'rt>;
    type Instance = Instance<'rt>;

    fn load(&self, module: &'static [u8]) -> Result<Module<'rt>, Failure> {
        #[cfg(not(feature = "wamr-native"))]
        let loaded = Module::with_limits(self.runtime, module, &LIMITS);
        // SAFETY: modules/src/main.rs compiled it.
        #[cfg(feature = "wamr-native")]
        let loaded = unsafe { Module::from_native(self.runtime, module, &LIMITS) };
        loaded.map_err(reason)
    }

    fn instantiate(&self, module: Module<'rt>) -> Result<Instance<'rt>, Failure> {
        self.linker.instantiate(&module, ()).map_err(reason)
    }

    fn function<'i>(
        instance: &'i mut Instance<'rt>,
        name: &'static str,
    ) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        let function = instance.get_typed_func::<i32, i32>(name).map_err(reason)?;
        Ok(move |argument| function.call(instance, argument).unwrap_or(i32::MIN))
    }

    fn memory_peak(&self) -> usize {
        self.runtime.pool_usage().peak as usize
    }
}

fn reason(_: wamr::Error) -> Failure {
    "the module was refused"
}

pub fn run() {
    let pool = vec![0; POOL].leak();
    let runtime = Runtime::new(pool).expect("the first runtime");
    let linker = Linker::new(&runtime);
    board::report(&["counts"], 1);
    measure::each(&Wamr { runtime: &runtime, linker: &linker });
}
