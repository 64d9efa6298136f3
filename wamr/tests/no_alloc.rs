//! Between instantiation and drop nothing is allocated, neither by Rust nor by WAMR: both have the same counting allocator here.
//! A program of its own, as a program has one global allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "block")]
use wamr::{BlockBudget, BlockCallback, BlockCounter, Instance};
use wamr::{Caller, Error, ExternRef, FuncRef, Linker, Module, Runtime, Trap, Val, ValType};

/// Counts the requests of this thread, as the test harness has threads of its own.
struct Counting;

thread_local! {
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
    /// Whether requests for memory fail.
    static REFUSES: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    REQUESTS.set(REQUESTS.get() + 1);
}

/// One runtime at a time: tests are threads.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        if REFUSES.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        if REFUSES.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many requests `work` makes.
fn requests<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let before = REQUESTS.get();
    let result = work();
    (result, REQUESTS.get() - before)
}

type Sixteen = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
const SIXTEEN: Sixteen = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);

fn module() -> Vec<u8> {
    let i64s = "i64 ".repeat(16);
    let all: String = (0..16).map(|i| format!("(local.get {i})")).collect();
    let text = format!(
        r#"(module
        (import "h" "sum" (func $sum (param {i64s}) (result i64)))
        (import "h" "state" (func $state (param i32) (result i32)))
        (import "h" "back" (func $back (param funcref) (result i32)))
        (import "h" "pass" (func $pass (param externref) (result externref)))
        (import "h" "negate" (func $negate (param i64) (result i64)))
        (memory (export "memory") 1)
        (table (export "table") 2 funcref) (elem (i32.const 0) $seven)
        (global (export "global") (mut i64) (i64.const 1))
        (func (export "none"))
        (func (export "same") (param {i64s}) (result {i64s}) {all})
        (func (export "sum") (param {i64s}) (result i64) (call $sum {all}))
        (func (export "state") (param i32) (result i32) (call $state (local.get 0)))
        (func $seven (result i32) (i32.const 7))
        (func (export "back") (result i32) (call $back (ref.func $seven)))
        (func (export "pass") (param externref) (result externref) (call $pass (local.get 0)))
        (func (export "negate") (param i64) (result i64) (call $negate (local.get 0)))
        (func (export "trap") unreachable)
        (func $deep (export "deep") (call $deep)))"#
    );
    wat::parse_str(text).expect("valid text")
}

#[rustfmt::skip]
#[expect(clippy::too_many_arguments, reason = "the most that pass")]
fn sum(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64,
       i: i64, j: i64, k: i64, l: i64, m: i64, n: i64, o: i64, p: i64) -> i64 {
    a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
}

fn state(mut caller: Caller<'_, u32>, address: u32) -> Result<i32, Trap> {
    caller.bytes_mut(address, 4)?[0] = 9;
    *caller.data_mut() += 1;
    Ok(caller.bytes(address, 4)?[0].into())
}

fn back(mut caller: Caller<'_, u32>, function: Option<FuncRef>) -> Result<i32, Trap> {
    let refuse = |_: Error| Trap::host("not a function that can be called back");
    let function = function.ok_or(Trap::Unreachable)?.func(&caller).map_err(refuse)?;
    function.typed::<(), i32>().map_err(refuse)?.call(&mut caller, ()).map_err(refuse)
}

#[test]
fn nothing_is_allocated_between_instantiation_and_drop() -> Result<(), Error> {
    let _alone = alone();
    let bytes = module();
    let runtime = Runtime::with_allocator(&COUNTING)?;
    let mut linker = Linker::<u32>::new(&runtime);
    linker.func_wrap("h", "sum", sum)?.func_wrap("h", "state", state)?.func_wrap("h", "back", back)?;
    linker.func_wrap("h", "pass", |handle: Option<ExternRef>| handle)?;
    linker.func_new("h", "negate", &[ValType::I64], &[ValType::I64], |_, params, results| {
        let [Val::I64(number)] = *params else { return Err(Trap::Unreachable) };
        results[0] = Val::I64(-number);
        Ok(())
    })?;
    let module = Module::new(&runtime, &bytes)?;
    let (instance, made) = requests(|| linker.instantiate(&module, 0));
    let mut instance = instance?;
    assert!(made > 2, "the allocator is WAMR's, too: {made}");

    let (outcome, made) = requests(|| -> Result<(), Error> {
        let none = instance.get_typed_func::<(), ()>("none")?;
        let same = instance.get_typed_func::<Sixteen, Sixteen>("same")?;
        let sum = instance.get_typed_func::<Sixteen, i64>("sum")?;
        let state = instance.get_typed_func::<u32, i32>("state")?;
        let back = instance.get_typed_func::<(), i32>("back")?;
        let pass = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>("pass")?;
        let negate = instance.get_typed_func::<i64, i64>("negate")?;
        let untyped = instance.get_func("same")?;
        let (global, table) = (instance.get_global("global"), instance.get_table("table"));
        let (global, table) = (global.expect("exported"), table.expect("exported"));
        for round in 0..100 {
            none.call(&mut instance, ())?;
            let (first, .., last) = same.call(&mut instance, SIXTEEN)?;
            assert_eq!((first, last), (1, 16));
            assert_eq!(sum.call(&mut instance, SIXTEEN)?, 136);
            assert_eq!(untyped.call(&mut instance, &[Val::I64(round); 16])?.len(), 16);
            assert_eq!(state.call(&mut instance, 100)?, 9);
            assert_eq!(negate.call(&mut instance, round)?, -round);
            assert_eq!(back.call(&mut instance, ())?, 7);
            assert_eq!(pass.call(&mut instance, ExternRef::new(round as u32))?, ExternRef::new(round as u32));
            global.set(&mut instance, Val::I64(round))?;
            let element = table.get(&instance, 0)?;
            table.set(&mut instance, 1, element)?;
            // Traps, and errors that the crate itself finds.
            assert_eq!(state.call(&mut instance, u32::MAX), Err(Trap::MemoryOutOfBounds.into()));
            assert!(instance.get_typed_func::<i32, ()>("same").is_err());
            for (name, trap) in [("trap", Trap::Unreachable), ("deep", Trap::StackOverflow)] {
                assert_eq!(instance.get_typed_func::<(), ()>(name)?.call(&mut instance, ()), Err(trap.into()));
            }
        }
        Ok(())
    });
    outcome?;
    assert_eq!(made, 0);
    assert_eq!(*instance.data(), 100);
    Ok(())
}

#[cfg(feature = "block")]
#[test]
fn blocks_need_no_allocator() -> Result<(), Error> {
    let _alone = alone();
    let bytes = wat::parse_str(
        r#"(module (memory 1 2)
        (func (export "input") (result i32) (i32.const 0))
        (func (export "output") (result i32) (i32.const 1024))
        (func (export "inputs") (result i32) (i32.const 1))
        (func (export "outputs") (result i32) (i32.const 1))
        (func (export "capacity") (result i32) (i32.const 48))
        (func (export "process") (param i32 i32 i32)
            (memory.copy (local.get 1) (local.get 0) (i32.mul (local.get 2) (i32.const 2))))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
    )
    .expect("valid text");
    let runtime = Runtime::with_allocator(&COUNTING)?;
    let module = Module::new(&runtime, &bytes)?;
    let mut instance = Instance::new(&module)?;
    let budget = BlockBudget { fuel: Some(1000), time: None };
    let mut block = BlockCallback::<i16>::new(&mut instance, budget, BlockCounter { read: || 0, hz: 1 })?;
    let grow = instance.get_typed_func::<(), i32>("grow")?;

    REFUSES.set(true);
    let (outcome, made) = requests(|| {
        let mut output = [0; 48];
        for number in 0..10_000 {
            block.process(&mut instance, &[number as i16; 48], &mut output)?;
            if output != [number as i16; 48] {
                return Err(Error::MemoryAccess);
            }
        }
        Ok(())
    });
    let grown = grow.call(&mut instance, ());
    REFUSES.set(false);
    assert_eq!((outcome, made), (Ok(()), 0));
    assert_eq!((block.stats().blocks(), block.stats().overruns, block.stats().traps), (10_000, 0, 0));
    assert_eq!(grown, Ok(-1), "the allocator refuses");
    Ok(())
}
