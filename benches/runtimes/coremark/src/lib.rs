//! CoreMark, compiled for the processor itself.
#![no_std]

extern crate alloc;
// As the guest names it.
extern crate self as coremark;

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

#[path = "../../../coremark/src/lib.rs"]
mod guest;

pub use guest::coremark as run;
