//! Runs WebAssembly on small devices with [WAMR], the WebAssembly Micro Runtime: `no_std`, without an allocator, sound.
//!
//! ```
#![doc = include_str!("../examples/hello.rs")]
//! ```
//!
//! # How the parts hold together
//!
//! A [`Runtime`] takes the one static buffer, the *pool*, that holds everything WAMR and this crate allocate: modules, instances,
//! stacks, linear memory, host closures. WAMR keeps its state in C globals, so a process has at most one runtime, and it stays on
//! its thread. A [`Module`] is checked bytes; a [`Linker`] holds the host functions that modules may import; an [`Instance`] is a
//! module that can run. Lifetimes say what must outlive what: the runtime all others, a linker its instances. Functions, globals and
//! tables of an instance ([`TypedFunc`], [`Func`], [`Global`], [`Table`]) are plain values that name it; to use one with another
//! instance is an error.
//!
//! # Limits
//!
//! | what | set by | when exceeded |
//! |---|---|---|
//! | all memory | the pool, and for a module [`Limits::pool`] | [`Error::OutOfMemory`]; inside a run `memory.grow` gives -1 |
//! | instructions | [`Limits::fuel`], [`Instance::set_fuel`] | [`Trap::OutOfFuel`] |
//! | time | [`Limits::deadline`], [`Instance::set_deadline`], [`interrupt`] | [`Trap::DeadlineExceeded`] |
//! | calls of host functions, and their time | [`Limits::host_calls`], [`Limits::host_time`] | [`Trap::TooManyHostCalls`], [`Trap::HostTimeExceeded`] |
//! | depth of calls | [`Limits::stack_size`] | [`Trap::StackOverflow`] |
//! | native stack | [`Limits::native_stack`], else the thread's | [`Trap::NativeStackOverflow`] |
//! | linear memory | [`Limits::memory_pages`] | [`Error::MemoryTooLarge`]; `memory.grow` gives -1 |
//! | size of a module, of its functions and tables | [`Limits`], [`MAX_MODULE_SIZE`] | [`Error::TooLarge`] |
//! | instances | [`Limits::instances`] | [`Error::TooManyInstances`] |
//!
//! Start functions count as calls; a host function that calls the guest again spends the budget of the running call.
//! [`Instance::usage`] tells what the last call used, and where it trapped.
//!
//! # What works
//!
//! | | |
//! |---|---|
//! | Wasm 1.0, sign extension, saturating conversion, multi-value, mutable globals | yes |
//! | bulk memory, reference types | yes |
//! | exported globals and tables, calls of functions in tables | yes: [`Global`], [`Table`]; only the guest makes a table grow |
//! | `externref` and `funcref` to and from the host | yes: [`ExternRef`], a number that guests cannot forge, and [`FuncRef`] |
//! | typed host functions with state, traps and access to memory | yes |
//! | limits of every kind and what a call used of them | yes |
//! | host functions with several results | no (WAMR passes one) |
//! | imports of memories, tables, globals or other modules | no: [`Error::UnresolvedImports`] |
//! | SIMD, threads, exceptions, GC, memory64, several memories | no: [`Error::InvalidModule`] |
//! | WASI, a libc for guests | no: offer host functions |
//! | AOT files (`.aot`) | no: [`Error::AotFile`] |
//! | calling the guest from a host function | yes, within the budget of the running call |
//! | targets | Linux and macOS; Zephyr on Cortex-M and `native_sim` |
//!
//! Each type's page has an example that runs and shows its methods, too; traits and the smaller types are shown where they are used.
//!
//! Features: `std` turns a panic in a host function into [`Trap::HostPanic`]; without it such a panic ends the program.
//! `classic-interp` runs WAMR's classic interpreter instead of the fast one.
//!
//! [WAMR]: https://github.com/wasm-micro-runtime/wasm-micro-runtime
#![no_std]
#![warn(missing_debug_implementations)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod allocator;
mod clock;
mod error;
mod func;
mod func_new;
mod global;
mod host_func;
mod id;
mod instance;
mod limits;
mod linker;
mod memory;
mod message;
mod meter;
mod module;
mod names;
mod panic;
mod pool;
mod pool_box;
mod reference;
mod runtime;
mod runtime_ref;
mod scan;
mod share;
mod table;
mod trap;
mod types;
mod value;

pub use clock::set_clock;
pub use error::Error;
pub use func::{Context, Func, MAX_VALUES, TypedFunc, Vals};
pub use global::Global;
pub use host_func::{Caller, HostResult, IntoHostFunc};
pub use instance::Instance;
pub use limits::Limits;
pub use linker::Linker;
pub use message::Message;
pub use meter::Usage;
pub use module::Module;
pub use names::function_name;
pub use pool::Pool;
pub use reference::{ExternRef, FuncRef};
pub use runtime::{MIN_POOL_SIZE, PoolUsage, Runtime};
pub use runtime_ref::AsRuntime;
pub use scan::{MAX_MODULE_SIZE, custom_sections};
pub use table::Table;
pub use trap::Trap;
pub use types::{Export, ExternType, FuncType, GlobalType, Import, MemoryType, TableType, ValType};
pub use value::{Val, WasmParams, WasmResults, WasmValue};
/// Like [`Limits::deadline`], but at a moment that the host chooses:
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (import "env" "begun" (func $begun)) (func (export "spin") (call $begun) (loop (br 0))))"#, |runtime, module| {
/// use wamr::{Linker, Trap};
///
/// let mut linker = Linker::<()>::new(runtime);
/// linker.func_wrap("env", "begun", || {
///     std::thread::spawn(wamr::interrupt);
/// })?;
/// let mut instance = linker.instantiate(module, ())?;
/// let spin = instance.get_typed_func::<(), ()>("spin")?;
/// assert_eq!(spin.call(&mut instance, ()), Err(Trap::Interrupted.into()));
/// # Ok(()) }) }
/// ```
#[doc(inline)]
pub use wamr_sys::meter::interrupt;

/// Bytes in a page, the unit in which linear memory grows.
pub const PAGE_SIZE: usize = 65536;
