//! Compiles WebAssembly modules ahead of time for devices.
//!
//! WAMR's compiler, `wamrc`, does the work, as its makers release it. It knows no counting of instructions, so [`instrument`] adds that to
//! the module before. docs/aot.md explains how, and what it costs.
#![forbid(unsafe_code)]

mod body;
mod carrier;
mod compile;
mod instrument;
mod note;
mod operators;
mod relocation;
mod runs;
mod target;
mod writer;

pub use carrier::{MARK, carry};
pub use compile::{Error, compile, compile_uncounted, find_wamrc};
pub use instrument::{IMPORT_MODULE, IMPORT_NAME, SCHEME, instrument};
pub use target::{Goal, Processor, Target};
/// Why a module cannot be rewritten.
pub use wasm_encoder::reencode::Error as InstrumentError;
