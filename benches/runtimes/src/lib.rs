//! Measures one WebAssembly runtime on an emulated Cortex-M33: a firmware for each feature of the package.
//!
//! `scripts/runtimes` builds and runs them, and writes docs/runtimes.md.
#![no_std]

extern crate alloc;

mod board;
#[path = "../../kernels/calls.rs"]
mod calls;
mod engine;
mod engines;
mod measure;

pub use measure::measure;
