//! Callbacks of the host that run during a call, besides host functions: the clock and the allocator. They may use the crate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use wamr::{Instance, Limits, Linker, Module, PoolUsage, Runtime, Trap};

use crate::{wat, with_pool, with_runtime};

/// Work that a callback does once, after it has been called this often.
#[derive(Clone, Copy)]
struct Interlude {
    after: u32,
    work: *mut dyn FnMut(),
}

thread_local! {
    static INTERLUDE: Cell<Option<Interlude>> = const { Cell::new(None) };
    /// How often the callbacks of this thread were called.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Called by the clock and the allocator.
fn called_back() {
    CALLS.set(CALLS.get() + 1);
    let Some(Interlude { after, work }) = INTERLUDE.get() else { return };
    if CALLS.get() > after {
        INTERLUDE.set(None);
        // SAFETY: lives until `with_interlude` removes it, and is called once.
        unsafe { (*work)() };
    }
}

/// Makes the callback after the first `after` do `work` while `run` runs. Returns whether there was such a callback.
fn with_interlude(after: u32, mut work: impl FnMut(), run: impl FnOnce()) -> bool {
    /// Removes the work even if `run` panics.
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            INTERLUDE.set(None);
        }
    }
    let work: &mut dyn FnMut() = &mut work;
    // SAFETY: the guard removes it before `work` is dropped.
    let work = unsafe { std::mem::transmute::<*mut (dyn FnMut() + '_), *mut (dyn FnMut() + 'static)>(work) };
    CALLS.set(0);
    INTERLUDE.set(Some(Interlude { after, work }));
    let _guard = Guard;
    run();
    INTERLUDE.get().is_none()
}

/// A clock that runs the interlude.
fn clock() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    called_back();
    START.elapsed().as_micros() as u64
}

/// Counts down from its parameter and calls the host each time.
const COUNT: &str = r#"(module (import "host" "nothing" (func $nothing))
    (func (export "f") (param i32) (result i32)
        (loop $again (call $nothing) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $again (local.get 0)))
        (i32.const 5))
    (func (export "spin") (loop br 0)))"#;

/// A guest runs while the clock is read for another one: at its start, by the interpreter and around its host functions.
fn a_guest_runs_in_the_clock(limits: &Limits) {
    with_runtime(|runtime| {
        runtime.set_clock(clock);
        let mut linker = Linker::<()>::new(runtime);
        linker.func_wrap("host", "nothing", || ()).unwrap();
        let module = Module::with_limits(runtime, &wat(COUNT), limits).unwrap();
        let mut outer = linker.instantiate(&module, ()).unwrap();
        let f = outer.get_typed_func::<i32, i32>("f").unwrap();
        f.call(&mut outer, 1000).unwrap();
        let fuel = outer.usage().fuel;

        let mut after = 0;
        loop {
            let mut inner = linker.instantiate(&module, ()).unwrap();
            let inner_f = inner.get_typed_func::<i32, i32>("f").unwrap();
            let spin = inner.get_typed_func::<(), ()>("spin").unwrap();
            let work = || {
                assert_eq!(inner_f.call(&mut inner, 300), Ok(5));
                assert_eq!(spin.call(&mut inner, ()), Err(Trap::OutOfFuel.into()));
            };
            let happened = with_interlude(after, work, || {
                assert_eq!(f.call(&mut outer, 1000), Ok(5), "another guest ran at look {after}");
                assert_eq!(outer.usage().fuel, fuel, "what ran at look {after} has a budget of its own");
            });
            if !happened {
                break;
            }
            after = after * 9 / 8 + 1;
        }
        assert!(after > 4, "{after}");
    });
}

const LIMITS: Limits = Limits { deadline: Some(Duration::from_secs(600)), fuel: Some(50_000), ..Limits::DEFAULT };

#[test]
fn a_guest_runs_in_the_clock_of_a_deadline() {
    a_guest_runs_in_the_clock(&LIMITS);
}

#[test]
fn a_guest_runs_in_the_clock_of_host_functions() {
    a_guest_runs_in_the_clock(&Limits { host_time: Some(Duration::from_secs(600)), ..LIMITS });
}

/// The system's allocator, with callbacks.
struct CallsBack;

// SAFETY: gives what the system's allocator gives.
unsafe impl GlobalAlloc for CallsBack {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        called_back();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        called_back();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[test]
fn the_allocator_may_use_the_runtime() {
    const SEVEN: &str = r#"(module (memory 1 9) (func (export "f") (result i32) (memory.grow (i32.const 1))))"#;
    with_pool(0, |_| {
        let runtime = Runtime::with_allocator(&CallsBack).unwrap();
        let idle = runtime.pool_usage();
        let work = |runtime: &Runtime| {
            let module = Module::new(runtime, &wat(SEVEN)).unwrap();
            let mut instance = Instance::new(&module).unwrap();
            assert_eq!(instance.get_typed_func::<(), i32>("f").unwrap().call(&mut instance, ()), Ok(1));
        };
        let mut after = 0;
        let mut seen: Option<PoolUsage> = None;
        let look = |runtime: &Runtime| {
            work(runtime);
            seen = Some(runtime.pool_usage());
        };
        let mut look = look;
        while with_interlude(after, || look(&runtime), || work(&runtime)) {
            assert_eq!(runtime.pool_usage().used, idle.used, "after callback {after}");
            after += 1;
        }
        let peak = seen.expect("there were some").peak;
        assert!(after > 10 && peak > idle.used + 2 * 65536, "{after} callbacks, {peak} bytes at the peak");
    });
}
