//! A host group with a fault.

use core::time::Duration;

use wamr_zephyr::{GroupLinker, HostGroup, clock, wamr};

/// Its function `hang` does not return.
pub struct Fault;

impl HostGroup for Fault {
    fn name(&self) -> &str {
        "fault"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.func_wrap("hang", hang)
    }
}

fn hang() {
    loop {
        clock::sleep(Duration::from_secs(1));
    }
}
