//! No WebAssembly: the kernels as GCC compiles them with -O2, and CoreMark as rustc does with `opt-level = 3`.

use crate::engine::{Engine, Failure};
use crate::measure;

macro_rules! functions {
    ($($name:ident)*) => {
        mod c {
            unsafe extern "C" {
                $(pub safe fn $name(argument: i32) -> i32;)*
            }
        }

        fn find(name: &str) -> Option<extern "C" fn(i32) -> i32> {
            match name {
                $(stringify!($name) => Some(c::$name),)*
                "coremark" => Some(coremark_native::run),
                _ => None,
            }
        }
    };
}

functions!(same fill mont64 nbody chacha fir sort scanner huffman inverse);

struct Native;

impl Engine for Native {
    type Module = ();
    type Instance = ();

    fn load(&self, _: &'static [u8]) -> Result<(), Failure> {
        Ok(())
    }

    fn instantiate(&self, (): ()) -> Result<(), Failure> {
        Ok(())
    }

    fn function<'i>((): &'i mut (), name: &'static str) -> Result<impl FnMut(i32) -> i32 + 'i, Failure> {
        find(name).map(|function| move |argument| function(argument)).ok_or("no such function")
    }
}

pub fn run() {
    measure::each(&Native);
}
