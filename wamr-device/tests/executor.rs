//! The executor with real modules and a real runtime.
//!
//! One test, as a process has one runtime and its parts build on each other.

use std::cell::RefCell;

use wamr::{Limits, Linker, Pool, Runtime};
use wamr_device::{Activation, Completion, Executor, ExecutorConfig, Image, RunRequest, Task, define_host_functions};
use wamr_proto::{Digest, ErrorCode, LimitKind, Name, Outcome, Receipt, Refusal, RunLimits, TrapKind, Value, Values};

/// Too small for two modules with a page of memory each.
static POOL: Pool<{ 128 * 1024 }> = Pool::new();

struct Bytes(Vec<u8>);

impl Image for Bytes {
    fn with<R>(&self, range: std::ops::Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.0[range.start as usize..range.end as usize])
    }
}

fn guest(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../guest/{name}.wasm", env!("CARGO_MANIFEST_DIR"))).expect("a guest of that name")
}

fn run(executor: &mut Executor<'_, '_>, export: &str, args: &[Value], fuel: u64) -> Result<Receipt, Refusal> {
    let limits = RunLimits { fuel: Some(fuel), ..Default::default() };
    let (export, args) = (Name::new(export).unwrap(), Values::new(args).unwrap());
    match executor.perform(&Task::Run(RunRequest { seq: 9, export, args, limits }), &Bytes(vec![])) {
        Completion::Ran(result) => result,
        other => panic!("{other:?}"),
    }
}

fn next(executor: &mut Executor<'_, '_>) -> Value {
    let Outcome::Returned(values) = run(executor, "next", &[], 1000).unwrap().outcome else { panic!("a value") };
    values[0]
}

#[test]
fn apps_are_verified_loaded_run_and_replaced() {
    let runtime = Runtime::new(POOL.take().unwrap()).unwrap();
    let logged = RefCell::new(String::new());
    let mut linker = Linker::new(&runtime);
    define_host_functions(&mut linker, |line| logged.borrow_mut().push_str(line), || 61_000).unwrap();
    let config = ExecutorConfig {
        limits: Limits { fuel: Some(10_000), ..Default::default() },
        now: || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
    };
    let mut executor = Executor::new(&runtime, &linker, config);
    assert_eq!(run(&mut executor, "add", &[], 100).unwrap_err().code, ErrorCode::NoApp);

    // From the middle of an image, verified.
    let counter = guest("counter");
    let mut bytes = vec![0xff; 4096];
    bytes.extend(&counter);
    let digest = Digest(<sha2::Sha256 as sha2::Digest>::digest(&counter).into());
    let activation = |digest| Task::Activate(Activation { at: 4096, size: counter.len() as u32, digest });
    let Completion::Activated(Err(error)) = executor.perform(&activation(Digest([0; 32])), &Bytes(bytes.clone()))
    else {
        panic!("a wrong digest must be refused");
    };
    assert_eq!((error.refusal.code, error.displaced), (ErrorCode::DigestMismatch, false));
    assert_eq!(executor.perform(&activation(digest), &Bytes(bytes)), Completion::Activated(Ok(())));
    assert_eq!(next(&mut executor), Value::I32(1));

    // What is no module, or wants what is not there, leaves the app and its state.
    for (module, code) in [
        (&b"hello"[..], ErrorCode::InvalidModule),
        (&[], ErrorCode::InvalidModule),
        (&counter[..counter.len() - 1], ErrorCode::InvalidModule),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03foo\0\0", ErrorCode::UnknownImport),
    ] {
        let error = executor.activate(module).unwrap_err();
        assert_eq!((error.refusal.code, error.displaced), (code, false), "{}", error.refusal);
    }
    assert_eq!(next(&mut executor), Value::I32(2));

    // A start function that traps or never ends is refused; the counter fits beside it and stays.
    // (module (func unreachable) (start 0)) and (module (func (loop (br 0))) (start 0))
    for start in [&b"\x0a\x05\x01\x03\0\0\x0b"[..], b"\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b"] {
        let module = [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x08\x01\0", start].concat();
        let error = executor.activate(&module).unwrap_err();
        assert_eq!((error.refusal.code, error.displaced), (ErrorCode::StartFailed, false), "{}", error.refusal);
    }
    assert_eq!(next(&mut executor), Value::I32(3));

    // Two pages never fit: the app before has to go, and that is told.
    // (module (memory 2))
    executor.activate(&guest("fir")).unwrap();
    let error = executor.activate(b"\0asm\x01\0\0\0\x05\x03\x01\0\x02").unwrap_err();
    assert_eq!((error.refusal.code, error.displaced), (ErrorCode::OutOfMemory, true));
    assert_eq!(error.refusal.bound, Some(runtime.pool_usage().total));
    // One page fits when the one before is gone.
    executor.activate(&guest("fir")).unwrap();
    executor.activate(&guest("hello")).unwrap();
    run(&mut executor, "hello", &[], 10_000).unwrap();
    assert!(!logged.borrow().is_empty());

    // Receipts.
    executor.activate(&guest("trap")).unwrap();
    let receipt = run(&mut executor, "unreachable", &[], 1000).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Trapped { kind: TrapKind::Unreachable, .. }));
    assert_eq!(receipt.seq, 9);
    let receipt = run(&mut executor, "divide", &[Value::I32(6), Value::I32(3)], 1000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(2)]).unwrap()));
    assert!(receipt.fuel > 0 && receipt.fuel < 1000);
    assert_eq!(receipt.memory as usize % wamr::PAGE_SIZE, 0);
    assert!(receipt.pool <= runtime.pool_usage().total);
    let receipt = run(&mut executor, "recurse", &[], 1_000_000).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }));

    for (export, args, code) in [
        ("nothing", &[][..], ErrorCode::NoSuchExport),
        ("divide", &[Value::I32(1)], ErrorCode::BadArguments),
        ("divide", &[Value::I32(1), Value::I64(1)], ErrorCode::BadArguments),
    ] {
        assert_eq!(run(&mut executor, export, args, 1000).unwrap_err().code, code);
    }

    executor.activate(&guest("spin")).unwrap();
    let receipt = run(&mut executor, "spin", &[], 5000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Stopped { limit: LimitKind::Fuel, allowed: 5000, used: 5000 });
    assert_eq!(receipt.fuel, 5000);
}
