//! The crate `wasefire-interpreter`, which interprets the module in flash as it is.

use alloc::vec;
use alloc::vec::Vec;

use wasefire_interpreter::{InstId, MEMORY_ALIGN, Module, RunResult, Store, Val};

use crate::engine::{Engine, Failure, Small};
use crate::measure;

struct Wasefire;

/// A piece of memory with the alignment that it has to have.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Block([u8; 16]);

const _: () = assert!(align_of::<Block>() >= MEMORY_ALIGN);

/// The host gives the memory: as many bytes as the module can use.
struct Instance {
    // Dropped before the memory that it borrows.
    store: Store<'static>,
    id: InstId,
    _memory: Vec<Block>,
}

impl Engine for Wasefire {
    type Module = (Module<'static>, usize);
    type Instance = Instance;

    const SMALL: Small = Small::Truncated;

    fn load(&self, module: &'static [u8]) -> Result<Self::Module, Failure> {
        let loaded = Module::new(module).map_err(|_| "the module was refused")?;
        Ok((loaded, measure::memory_of(module)))
    }

    fn instantiate(&self, (module, bytes): Self::Module) -> Result<Instance, Failure> {
        let mut memory = vec![Block([0; 16]); bytes / size_of::<Block>()];
        // SAFETY: the vector is neither moved out of nor used while the store lives.
        let slice = unsafe { core::slice::from_raw_parts_mut(memory.as_mut_ptr().cast(), bytes) };
        let mut store = Store::default();
        let id = store.instantiate(module, slice).map_err(|_| "no instance")?;
        Ok(Instance { store, id, _memory: memory })
    }

    fn function<'i>(instance: &'i mut Instance, name: &'static str) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        Ok(move |argument: i32| {
            let arguments = vec![Val::I32(argument as u32)];
            match instance.store.invoke(instance.id, name, arguments) {
                Ok(RunResult::Done(results)) => match results[..] {
                    [Val::I32(result)] => result as i32,
                    _ => i32::MIN,
                },
                _ => i32::MIN,
            }
        })
    }
}

pub fn run() {
    measure::each(&Wasefire);
}
