//! Native code: `tests/native/guest.wat`, as `wamrctl compile` made it for this kind of computer.

use std::time::{Duration, Instant};

use wamr::{Caller, Error, Instance, Limits, Linker, Module, Runtime, Trap};

use crate::{wat, with_runtime};

const TEXT: &str = include_str!("../native/guest.wat");

/// Files at an address that native code may have.
#[repr(align(8))]
struct Aligned<T>(T);
static CODE: &[u8] = &Aligned(*include_bytes!("../native/guest.x86_64.aot")).0;
static FOR_A_BOARD: &[u8] = &Aligned(*include_bytes!("../native/guest.mps2.aot")).0;

const LIMITS: Limits = Limits { fuel: Some(1_000_000), native_stack: Some(256 * 1024), ..Limits::DEFAULT };

fn load<'rt>(runtime: &'rt Runtime, bytes: &'rt [u8], limits: &Limits) -> Result<Module<'rt>, Error> {
    // SAFETY: what `wamrctl compile` made, or bytes that must be refused before any of them is executed.
    unsafe { Module::from_native(runtime, bytes, limits) }
}

fn linker(runtime: &Runtime) -> Linker<'_> {
    let mut linker = Linker::new(runtime);
    linker.func_wrap("env", "add", |a: i32, b: i64| i64::from(a) + b).unwrap();
    linker
        .func_wrap("env", "call_back", |mut caller: Caller<'_, ()>, times: i32| {
            let count = caller.get_typed_func::<i32, i32>("count").map_err(|_| Trap::host("no count"))?;
            count.call(&mut caller, times).map_err(|error| error.as_trap().cloned().unwrap_or(Trap::host("no trap")))
        })
        .unwrap();
    linker
}

/// Runs `test` with an instance of the interpreter's, and then with native code. Gives what both return.
fn both<R>(limits: Limits, mut test: impl FnMut(&mut Instance<'_>) -> R) -> [R; 2] {
    let mut results = Vec::new();
    with_runtime(|runtime| {
        let linker = linker(runtime);
        let module = Module::with_limits(runtime, &wat(TEXT), &limits).unwrap();
        results.push(test(&mut linker.instantiate(&module, ()).unwrap()));
        let module = load(runtime, CODE, &limits).unwrap();
        results.push(test(&mut linker.instantiate(&module, ()).unwrap()));
    });
    results.try_into().ok().expect("two")
}

#[track_caller]
fn same<R: PartialEq + std::fmt::Debug>(limits: Limits, test: impl FnMut(&mut Instance<'_>) -> R) -> R {
    let [interpreted, native] = both(limits, test);
    assert_eq!(native, interpreted, "native code, and then the interpreter");
    native
}

fn call(instance: &mut Instance<'_>, name: &str, argument: i32) -> (Result<i32, Error>, u64) {
    let function = instance.get_typed_func::<i32, i32>(name).unwrap();
    (function.call(instance, argument), instance.usage().fuel)
}

fn run(instance: &mut Instance<'_>, name: &str) -> (Result<(), Error>, u64, u32) {
    let function = instance.get_typed_func::<(), ()>(name).unwrap();
    (function.call(instance, ()), instance.usage().fuel, instance.usage().host_calls)
}

#[test]
fn calls_end_as_in_the_interpreter_and_take_the_same_fuel() {
    let (result, fuel) = same(LIMITS, |instance| call(instance, "count", 100));
    assert_eq!((result, fuel), (Ok(300), 1 + 100 * 9 + 1));
    let ends = same(LIMITS, |instance| {
        let divide = instance.get_typed_func::<(i32, i32), i32>("divide").unwrap();
        let mut divide = |a, b| (divide.call(instance, (a, b)), instance.usage().fuel);
        [divide(7, 2), divide(7, 0), divide(i32::MIN, -1)]
    });
    assert_eq!(ends.map(|end| end.0), [Ok(3), Err(Trap::DivisionByZero.into()), Err(Trap::IntegerOverflow.into())]);
    let (stopped, ..) = same(LIMITS, |instance| run(instance, "stop"));
    assert_eq!(stopped, Err(Trap::Unreachable.into()));
}

#[test]
fn the_bounds_of_the_memory_hold() {
    let ends = same(LIMITS, |instance| {
        let loads = [0, 65_532, 65_533, 131_068, -4, i32::MAX].map(|at| call(instance, "load", at));
        let grown = [call(instance, "grow", 1), call(instance, "grow", 1)];
        (loads, grown, call(instance, "load", 131_068), call(instance, "load", 131_069))
    });
    let (loads, grown, last, beyond) = ends;
    let outside = Err(Trap::MemoryOutOfBounds.into());
    assert_eq!(loads.map(|end| end.0.is_ok()), [true, true, false, false, false, false]);
    assert_eq!(grown.map(|end| end.0), [Ok(1), Ok(-1)]);
    assert_eq!((last.0, beyond.0), (Ok(0), outside));
}

#[test]
fn host_functions_globals_and_memory_are_the_same() {
    let end = same(LIMITS, |instance| {
        let sum = instance.get_typed_func::<i64, i64>("sum").unwrap();
        let sum = sum.call(instance, 1 << 40);
        let usage = instance.usage().clone();
        let calls = instance.get_global("calls").unwrap();
        let twice = call(instance, "twice", 10);
        instance.write_memory(100, b"abc").unwrap();
        (sum, usage, calls.get(instance).map(|value| format!("{value:?}")), twice, call(instance, "load", 100).0)
    });
    assert_eq!(end.0, Ok((1 << 40) + 40));
    assert_eq!(end.3.0, Ok(30));
    assert_eq!(end.4, Ok(i32::from_le_bytes(*b"abc\0")));
}

#[test]
fn fuel_is_exact() {
    same(LIMITS, |instance| {
        for fuel in [0, 1, 901, 902, 903] {
            instance.set_fuel(Some(fuel));
            let (result, used) = call(instance, "count", 100);
            assert_eq!((result.is_ok(), used), (fuel >= 902, fuel.min(902)), "{result:?} with {fuel}");
        }
        // A guest that is called by a host function spends the fuel of the outer one.
        instance.set_fuel(Some(u64::MAX));
        let whole = call(instance, "twice", 100).1;
        instance.set_fuel(Some(whole - 1));
        assert_eq!(call(instance, "twice", 100), (Err(Trap::OutOfFuel.into()), whole - 1));
        instance.set_fuel(Some(whole));
        assert_eq!(call(instance, "twice", 100), (Ok(300), whole));
        whole
    });
}

#[test]
fn whatever_does_not_end_is_stopped() {
    for name in ["spin", "storm"] {
        let end = same(LIMITS, |instance| run(instance, name));
        assert_eq!(end, (Err(Trap::OutOfFuel.into()), 1_000_000, 0), "{name}");
    }
    let limits = Limits { host_calls: 100, ..LIMITS };
    let end = same(limits, |instance| run(instance, "host_storm"));
    assert_eq!((end.0, end.2), (Err(Trap::TooManyHostCalls.into()), 100));
    // What a level of the recursion takes of the stack differs.
    for end in both(LIMITS, |instance| call(instance, "dive", 0)) {
        assert!(matches!(end.0, Err(Error::Trap(Trap::StackOverflow | Trap::NativeStackOverflow))), "{end:?}");
    }
}

#[test]
fn deadlines_and_interruptions_stop_native_code() {
    let limits = Limits { fuel: None, deadline: Some(Duration::from_millis(50)), ..LIMITS };
    for name in ["spin", "storm", "host_storm"] {
        let start = Instant::now();
        let ends = both(limits, |instance| run(instance, name).0);
        assert_eq!(ends, [const { Err(Error::Trap(Trap::DeadlineExceeded)) }; 2], "{name}");
        assert!(start.elapsed() < Duration::from_secs(20), "{name}");
    }
    let limits = Limits { fuel: None, ..LIMITS };
    let ends = both(limits, |instance| {
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    wamr::interrupt();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let end = run(instance, "spin").0;
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            end
        })
    });
    assert_eq!(ends, [const { Err(Error::Trap(Trap::Interrupted)) }; 2]);
}

#[test]
fn imports_are_those_of_the_module() {
    with_runtime(|runtime| {
        let module = load(runtime, CODE, &LIMITS).unwrap();
        let imports: Vec<_> = module.imports().map(|import| import.to_string()).collect();
        assert_eq!(imports, ["env.add (i32, i64) -> i64", "env.call_back (i32) -> i32"]);
        assert_eq!(module.memory().map(|memory| (memory.minimum, memory.maximum)), Some((1, Some(2))));
        let error = Instance::new(&module).unwrap_err();
        assert!(matches!(error, Error::UnresolvedImports(_)), "{error}");
    });
}

/// A copy at an address that is `offset` beyond one divisible by 4. It is leaked: the code of a module must outlive it.
fn changed(offset: usize, change: impl FnOnce(&mut Vec<u8>)) -> &'static [u8] {
    let mut bytes = CODE.to_vec();
    change(&mut bytes);
    let mut words = vec![0_u64; bytes.len() / 8 + 2];
    // SAFETY: there is room, and any bytes are numbers.
    let room = unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), words.len() * 8) };
    room[offset..offset + bytes.len()].copy_from_slice(&bytes);
    &words.leak_bytes()[offset..offset + bytes.len()]
}

trait LeakBytes {
    fn leak_bytes(self) -> &'static [u8];
}

impl LeakBytes for Vec<u64> {
    fn leak_bytes(self) -> &'static [u8] {
        let words: &'static [u64] = self.leak();
        // SAFETY: numbers are bytes.
        unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
    }
}

/// Where the custom section of `wamr-compiler` begins to say something.
fn note(bytes: &[u8]) -> usize {
    let name = b"wamr:native\0";
    bytes.windows(name.len()).position(|window| window == name).expect("the section") + name.len()
}

#[test]
fn files_that_must_not_run_are_refused_by_name() {
    with_runtime(|runtime| {
        let refused = |bytes| load(runtime, bytes, &LIMITS).expect_err("it must not run");
        let error = refused(FOR_A_BOARD);
        assert!(matches!(error, Error::WrongProcessor(_)), "{error}");
        let error = refused(changed(0, |bytes| {
            let uses = note(bytes) + 4 + 32;
            bytes[uses] = 1;
        }));
        assert!(matches!(&error, Error::WrongProcessor(why) if why.contains("DSP")), "{error}");
        let other = changed(0, |bytes| {
            let scheme = note(bytes);
            bytes[scheme] += 1;
        });
        assert_eq!(refused(other), Error::FuelScheme);
        let uncounted = changed(0, |bytes| {
            let name = note(bytes) - 1;
            bytes[name - 1] = b'?';
        });
        assert_eq!(refused(uncounted), Error::FuelScheme);
        for (bytes, why) in [(changed(1, |_| ()), "divisible by 4"), (b"\0asm\x01\0\0\0", "not an AOT file")] {
            let error = refused(bytes);
            assert!(matches!(&error, Error::InvalidModule(text) if text.contains(why)), "{error}");
        }
        let limits = Limits { module_size: 100, ..LIMITS };
        assert!(matches!(load(runtime, CODE, &limits), Err(Error::TooLarge { .. })));
        // The safe functions never take it.
        assert_eq!(Module::new(runtime, CODE).err(), Some(Error::AotFile));
    });
}

/// The hash in a file links it to its module.
#[test]
fn the_committed_code_is_that_of_the_text() {
    use sha2::{Digest, Sha256};

    let hash = Sha256::digest(wat(TEXT));
    for file in [CODE, FOR_A_BOARD] {
        let at = note(file) + 4;
        assert_eq!(file[at..at + 32], hash[..], "compile tests/native/guest.wat again, as it says");
    }
}
