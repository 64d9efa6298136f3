//! No runtime: what the size of a firmware is compared with. It contains the modules and the measurement.

use core::hint::black_box;

use crate::engine::{Engine, Failure};
use crate::measure;

struct Empty;

impl Engine for Empty {
    type Module = &'static [u8];
    type Instance = &'static [u8];

    fn load(&self, module: &'static [u8]) -> Result<&'static [u8], Failure> {
        Ok(black_box(module))
    }

    fn instantiate(&self, module: &'static [u8]) -> Result<&'static [u8], Failure> {
        Ok(module)
    }

    fn function<'i>(_: &'i mut &'static [u8], _: &'static str) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        Ok(|argument| argument)
    }

    fn memory_peak(&self) -> usize {
        0
    }
}

pub fn run() {
    measure::each(&Empty);
}
