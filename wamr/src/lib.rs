//! Runs WebAssembly on small devices with [WAMR], the WebAssembly Micro Runtime: `no_std`, without an allocator, sound.
//!
//! ```
#![doc = include_str!("../examples/hello.rs")]
//! ```
//!
//! # Concepts
//!
//! - A [`Runtime`] takes one static buffer, the *pool*. WAMR and this crate allocate everything there: modules, instances, stacks,
//!   linear memory, host closures. WAMR keeps its state in C globals, so a process has at most one runtime, which stays on its thread.
//! - A [`Module`] is a checked WebAssembly file, with the [`Limits`] of its instances.
//! - A [`Linker`] holds the host functions that modules may import.
//! - An [`Instance`] is a module that can run, with the host's data `T`. Its functions, globals and tables ([`TypedFunc`], [`Func`],
//!   [`Global`], [`Table`]) are plain values without a lifetime; using one with another instance is an error.
//!
//! A module and a linker borrow the runtime, and an instance borrows its linker. So the compiler checks that nothing is used after it is
//! gone, and no allocator is needed.
//!
//! # One struct that owns everything
//!
//! With the feature `alloc`, a module or a linker that is made with an `&Rc<Runtime>` shares the runtime, and an instance from
//! `Linker::instantiate_shared` shares its linker. Such an `Instance<'static, T>` can be stored anywhere, several can use one runtime,
//! and the order in which they are dropped does not matter:
//!
#![cfg_attr(feature = "alloc", doc = "```")]
#![cfg_attr(not(feature = "alloc"), doc = "```ignore")]
//! # fn main() -> Result<(), wamr::Error> {
//! # let bytes = wat::parse_str(r#"(module (import "host" "add" (func $add (param i32) (result i32)))
//! #     (func (export "run") (result i32) (call $add (i32.const 2))))"#).unwrap();
//! use std::rc::Rc;
//! use wamr::{Caller, Error, Instance, Linker, Module, Runtime, TypedFunc};
//!
//! struct Plugin {
//!     instance: Instance<'static, i32>,
//!     run: TypedFunc<(), i32>,
//! }
//!
//! fn load(runtime: &Rc<Runtime>, linker: &Rc<Linker<'static, i32>>, bytes: &[u8]) -> Result<Plugin, Error> {
//!     let module = Module::new(runtime, bytes)?;
//!     let instance = linker.instantiate_shared(&module, 40)?;
//!     let run = instance.get_typed_func("run")?;
//!     Ok(Plugin { instance, run })
//! }
//!
//! let runtime = Rc::new(Runtime::with_allocator(&std::alloc::System)?);
//! let mut linker = Linker::new(&runtime);
//! linker.func_wrap("host", "add", |caller: Caller<'_, i32>, number: i32| caller.data() + number)?;
//! let mut plugin = load(&runtime, &Rc::new(linker), &bytes)?;
//! drop(runtime); // The plugin keeps it.
//! assert_eq!(plugin.run.call(&mut plugin.instance, ())?, 42);
//! # Ok(()) }
//! ```
//!
//! The example `plugin` is longer. A handle that is leaked, for example in a cycle of `Rc`s, keeps the runtime for the rest of the process.
//!
//! # Threads
//!
//! WAMR is built without thread support, and its tables have no locks. The compiler therefore keeps a runtime and all that is made with it
//! on one thread, and a second [`Runtime`] in the process is [`Error::AlreadyInitialized`], on any thread. Use one of these patterns:
//!
//! - Load several modules, and make several instances of each, with the one runtime. [`Limits::pool`] separates their memory.
//! - Let one thread own the runtime, and send it requests through a channel, as the example `threads` does:
//!
//! ```
#![doc = include_str!("../examples/threads.rs")]
//! ```
//!
//! [`interrupt`] stops a running guest from any thread.
//!
//! # From wasmtime and wasmi
//!
//! | wasmtime, wasmi | `wamr` |
//! |---|---|
//! | `Engine`, `Config` | [`Runtime`], one per process; features of the crate |
//! | `Store<T>` | none: each [`Instance`] has its own `T`, and takes the place of the store in calls |
//! | `Module::new(&engine, bytes)` | [`Module::new(&runtime, bytes)`](Module::new) |
//! | `StoreLimits`, `ResourceLimiter` | [`Limits`], given once: [`Module::with_limits`] |
//! | `Linker::new(&engine)` | [`Linker::new(&runtime)`](Linker::new) |
//! | `linker.func_wrap("m", "f", …)` | [the same](Linker::func_wrap); the closure need not be `Send`; one result at most |
//! | `linker.func_new("m", "f", FuncType::new(params, results), …)` | [`linker.func_new("m", "f", &params, &results, …)`](Linker::func_new) |
//! | `linker.instantiate(&mut store, &module)`, `instantiate_and_start` | [`linker.instantiate(&module, data)`](Linker::instantiate), `instantiate_shared`; start functions run |
//! | `Instance::new(&mut store, &module, &[])` | [`Instance::new(&module)`](Instance::new) |
//! | `instance.get_typed_func::<P, R>(&mut store, "f")` | [`instance.get_typed_func::<P, R>("f")`](Instance::get_typed_func) |
//! | `instance.get_func(&mut store, "f")` | [`instance.get_func("f")`](Instance::get_func), a `Result` |
//! | `instance.get_global`, `get_table` | the same, without the store |
//! | `instance.get_memory(&mut store, "memory")` | not needed: an instance has one memory at most |
//! | `memory.data(&store)`, `data_mut`, `read`, `write`, `grow` | [`instance.memory()`](Instance::memory), `memory_mut`, `read_memory`, `write_memory`, `grow_memory` |
//! | `typed_func.call(&mut store, params)` | [`typed_func.call(&mut instance, params)`](TypedFunc::call) |
//! | `func.call(&mut store, &params, &mut results)` | [`func.call(&mut instance, &params)`](Func::call), which returns the results |
//! | `func.ty(&store)` | [`func.params()`](Func::params), [`func.results()`](Func::results) |
//! | `store.data()`, `data_mut()` | [`instance.data()`](Instance::data), `data_mut()` |
//! | `caller.data()`, `data_mut()` | the same |
//! | `caller.get_export("memory")`, `"f"` | [`caller.memory()`](Caller::memory), [`caller.bytes(address, length)`](Caller::bytes), [`caller.get_typed_func("f")`](Caller::get_typed_func) |
//! | `memory.data_and_store_mut(&mut store)` | [`caller.data_and_memory_mut()`](Caller::data_and_memory_mut) |
//! | `store.set_fuel(n)`, `get_fuel()` | [`Limits::fuel`] of each call, [`instance.set_fuel(Some(n))`](Instance::set_fuel), [`instance.usage().fuel`](Usage) |
//! | `store.set_epoch_deadline`, `engine.increment_epoch()` | [`Limits::deadline`], [`interrupt`] |
//! | `Val`, `ValType`, `Trap` | [`Val`], [`ValType`], [`Trap`] |
//! | `ExternRef::new(&mut store, value)` | [`ExternRef::new(number)`](ExternRef::new): a number that the host chooses |
//! | an error of a host function | [`Trap::host("reason")`](Trap::host) |
//! | a store for each thread | [one thread that owns the runtime](#threads) |
//!
//! # Limits
//!
//! | what | set by | when exceeded |
//! |---|---|---|
//! | all memory | the pool, and for a module [`Limits::pool`] | [`Error::OutOfMemory`]; `memory.grow` returns -1 |
//! | instructions | [`Limits::fuel`], [`Instance::set_fuel`] | [`Trap::OutOfFuel`] |
//! | time | [`Limits::deadline`], [`Instance::set_deadline`], [`interrupt`] | [`Trap::DeadlineExceeded`], [`Trap::Interrupted`] |
//! | calls of host functions, and their time | [`Limits::host_calls`], [`Limits::host_time`] | [`Trap::TooManyHostCalls`], [`Trap::HostTimeExceeded`] |
//! | depth of calls | [`Limits::stack_size`] | [`Trap::StackOverflow`] |
//! | depth of calls through host functions | [`MAX_NESTED_CALLS`] | [`Trap::NativeStackOverflow`] |
//! | native stack | [`Limits::native_stack`], else the thread's | [`Trap::NativeStackOverflow`] |
//! | linear memory | [`Limits::memory_pages`] | [`Error::MemoryTooLarge`]; `memory.grow` returns -1 |
//! | size of a module, of its functions and tables | [`Limits`], [`MAX_MODULE_SIZE`] | [`Error::TooLarge`] |
//! | instances | [`Limits::instances`] | [`Error::TooManyInstances`] |
//!
//! Limits of a call apply to start functions, too. When a host function calls the guest again, that call spends the budget of the running
//! one. [`Instance::usage`] shows what the last call used, and where it trapped.
//!
//! # What works
//!
//! | | |
//! |---|---|
//! | Wasm 1.0, sign extension, saturating conversion, multi-value, mutable globals | yes |
//! | bulk memory, reference types | yes |
//! | exported globals and tables, calls of functions in tables | yes: [`Global`], [`Table`]; only the guest can grow a table |
//! | `externref` and `funcref` to and from the host | yes: [`ExternRef`], a number that guests cannot forge, and [`FuncRef`] |
//! | typed host functions with state, traps and access to memory | yes |
//! | limits of every kind, and the usage of each call | yes |
//! | calling the guest from a host function | yes, within the budget of the running call |
//! | host functions with several results | no: WAMR passes one |
//! | imports of memories, tables, globals or other modules | no: [`Error::UnresolvedImports`] |
//! | SIMD, threads, exceptions, GC, memory64, several memories | no: [`Error::InvalidModule`] |
//! | WASI, a libc for guests | no: offer host functions |
//! | AOT files (`.aot`) | those of `wamrctl compile`, with the feature `native`: `Module::from_native`; else [`Error::AotFile`] |
//! | targets | Linux and macOS; Zephyr on Cortex-M and `native_sim` |
//!
//! # Features
//!
//! - `std` (default): a panic in a host function becomes [`Trap::HostPanic`]. Without it, such a panic ends the program. Enables `alloc`.
//! - `alloc` (default): [shared ownership](#one-struct-that-owns-everything) by `Rc`.
//! - `block` (default): [`BlockCallback`], for guests that process audio or control something in real time.
//! - `classic-interp`: WAMR's classic interpreter instead of the fast one.
//! - `native`: native code that `wamrctl compile` made from a module, by the `unsafe` function `Module::from_native`.
//!
//! Firmware uses `default-features = false`.
//!
//! [WAMR]: https://github.com/wasm-micro-runtime/wasm-micro-runtime
#![no_std]
#![warn(missing_debug_implementations)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod allocator;
#[cfg(feature = "block")]
mod block;
#[cfg(feature = "block")]
mod block_stats;
mod clock;
mod error;
mod func;
mod func_new;
mod global;
mod host_func;
mod id;
mod instance;
mod interface;
mod limits;
mod linker;
mod memory;
mod message;
mod meter;
mod module;
mod names;
mod native;
mod panic;
mod pool;
mod pool_box;
mod reference;
mod runtime;
mod runtime_ref;
#[cfg(feature = "block")]
mod sample;
mod scan;
mod share;
mod table;
mod trap;
mod types;
mod value;

#[cfg(feature = "block")]
pub use block::{BlockBudget, BlockCallback, BlockCounter};
#[cfg(feature = "block")]
pub use block_stats::{BlockStats, Series};
pub use error::Error;
pub use func::{Context, Func, MAX_VALUES, TypedFunc, Vals};
pub use global::Global;
pub use host_func::{Caller, HostResult, IntoHostFunc};
pub use instance::Instance;
pub use interface::{IntoMethod, Method};
pub use limits::Limits;
pub use linker::Linker;
pub use message::Message;
pub use meter::{MAX_NESTED_CALLS, Usage};
pub use module::Module;
pub use names::function_name;
pub use native::{NativeCode, is_native};
pub use pool::Pool;
pub use reference::{ExternRef, FuncRef};
pub use runtime::{MIN_POOL_SIZE, PoolUsage, Runtime};
pub use runtime_ref::AsRuntime;
#[cfg(feature = "block")]
pub use sample::Sample;
pub use scan::{MAX_MODULE_SIZE, custom_sections};
pub use table::Table;
pub use trap::Trap;
pub use types::{Export, ExternType, FuncType, GlobalType, Import, MemoryType, TableType, ValType};
pub use value::{Val, WasmParams, WasmResults, WasmValue};
/// Stops the running call, and all calls that it runs inside, with [`Trap::Interrupted`]. Any thread can call it. It has no effect on later
/// calls.
///
/// The guest stops within 2,048 instructions. A host function is not interrupted; the guest stops after it returns.
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
