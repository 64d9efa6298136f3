//! Runs a module in `wamr` and in `wasmi`, which must come to the same.

use wamr::{Linker, Module};

use crate::case::Case;
use crate::ending::{End, Trap};
use crate::{guest, reference};

/// Runs a case in both.
pub fn compare<'rt>(linker: &Linker<'rt, u64>, module: &Module<'rt>, case: &Case) {
    let reference = reference::Module::new(&case.module);
    let (mut instance, mut reference) = match (guest::start(linker, module), reference.start()) {
        (Ok(instance), Ok(reference)) => (instance, reference),
        (Err(End::Resources), _) | (_, Err(End::Resources)) => return,
        // Segments of both kinds may be out of bounds; WAMR begins with those of memory.
        (Err(End::Trap(Trap::MemoryOutOfBounds)), Err(End::Trap(Trap::TableOutOfBounds))) => return,
        (wamr, wasmi) => {
            assert_eq!(wamr.err(), wasmi.err(), "no instance in one of wamr and wasmi");
            return;
        }
    };
    let exports: Vec<&str> = module.exports().map(|export| export.name).collect();
    assert_same(&instance, &reference, &exports);
    for name in &exports {
        let Some((types, function)) = guest::function(&instance, name) else { continue };
        let arguments = case.arguments(&types);
        let wamr = guest::call(&mut instance, &function, &arguments);
        let wasmi = reference.call(name, &arguments);
        if wamr == End::Resources || wasmi == End::Resources {
            return;
        }
        assert_eq!(wamr, wasmi, "{name:?} in wamr and in wasmi");
        assert_same(&instance, &reference, &exports);
    }
}

fn assert_same(wamr: &guest::Instance<'_>, wasmi: &reference::Instance, exports: &[&str]) {
    assert_eq!(guest::state(wamr, exports), wasmi.state(exports), "what is left in wamr and in wasmi");
    if let Some(memory) = wasmi.memory() {
        assert_eq!(wamr.memory().len(), memory.len(), "bytes of memory in wamr and in wasmi");
        if wamr.memory() != memory {
            let place = wamr.memory().iter().zip(memory).position(|(a, b)| a != b);
            panic!("wamr and wasmi have another byte at {place:?}");
        }
    }
}
