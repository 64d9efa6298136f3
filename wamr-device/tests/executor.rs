//! The executor with real modules and a real runtime.
//!
//! One test, as a process has one runtime and its parts build on each other.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use wamr::{Limits, Pool, Runtime};
use wamr_device::{
    BaseGroup, Completion, Executor, ExecutorConfig, GroupLinker, Host, HostGroup, Image, InFlash, Observer,
    ReadRequest, RunRequest, SignaturePolicy, Stored, Task, Verified,
};
use wamr_proto::{
    AppLimits, AppName, ErrorCode, LimitKind, LogLine, Manifest, Name, Outcome, Part, Receipt, Refusal, Restart,
    RunLimits, Text, TrapKind, Value, Values,
};
use wamr_signature::sha256;

/// Room for two apps with a page of memory, not for three.
static POOL: Pool<{ 200 * 1024 }> = Pool::new();

/// The most that an app gets. Holds a module with one page of memory.
const SHARE: u32 = 80 * 1024;

/// Much longer than any of the guests takes that are not to be stopped by it.
const DEADLINE: std::time::Duration = std::time::Duration::from_millis(500);

/// What the modules of this test import.
#[derive(Default)]
struct TestGroup {
    /// Whether bytes of an image were being read, for each call of `began`.
    began: Mutex<Vec<bool>>,
}

impl HostGroup for TestGroup {
    fn name(&self) -> &str {
        "test"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.func_wrap("interrupt", wamr::interrupt)?;
        linker.func_wrap("wait", || std::thread::sleep(DEADLINE * 2))?;
        linker.func_wrap("began", || self.began.lock().unwrap().push(READING.load(Relaxed)))
    }
}

/// Takes down what it is told.
#[derive(Default)]
struct Observed(Mutex<Vec<String>>);

impl Observer for Observed {
    fn receipt(&self, receipt: &Receipt) {
        self.0.lock().unwrap().push(format!("receipt {}", receipt.app));
    }

    fn loaded(&self, slot: u8, is_loaded: bool) {
        self.0.lock().unwrap().push(format!("loaded {slot} {is_loaded}"));
    }

    fn unloaded(&self, slot: u8) {
        self.0.lock().unwrap().push(format!("unloaded {slot}"));
    }
}

/// What an observer learns of tasks that were performed one after the other.
fn observed(executor: &mut Executor<'_, '_>, image: &Bytes, tasks: &[Task]) -> Vec<String> {
    let observer = Observed::default();
    tasks.iter().for_each(|task| executor.perform(task, image).report(&observer));
    observer.0.into_inner().unwrap()
}

struct Bytes(Vec<u8>);

/// While bytes of an image are read.
static READING: AtomicBool = AtomicBool::new(false);

impl Image for Bytes {
    fn with<R>(&self, range: std::ops::Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        let outer = READING.swap(true, Relaxed);
        let result = read(&self.0[range.start as usize..range.end as usize]);
        READING.store(outer, Relaxed);
        result
    }
}

/// Flash that somebody changes after the first read of it, once he knows that this looks at the module.
struct Changing {
    before: Bytes,
    after: Bytes,
    reads: Cell<u32>,
}

impl Image for Changing {
    fn with<R>(&self, range: std::ops::Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        // Reads inside of a read see what that sees.
        let is_outer = !READING.load(Relaxed);
        let flash = if self.reads.get() == 0 { &self.before } else { &self.after };
        let result = flash.with(range, read);
        self.reads.set(self.reads.get() + u32::from(is_outer));
        result
    }
}

fn guest(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../guest/{name}.wasm", env!("CARGO_MANIFEST_DIR"))).expect("a guest of that name")
}

/// A module with a manifest.
fn with_manifest(module: &[u8], manifest: &Manifest<'_>) -> Vec<u8> {
    [module, &manifest.to_section().unwrap()].concat()
}

/// What clients can read of a module in flash.
fn told_of(executor: &mut Executor<'_, '_>, module: &[u8]) {
    let (image, Stored { module: place, opened, ledger, .. }) = uploaded(module);
    let mut read = |part, at| match executor
        .perform(&Task::Read(ReadRequest { part, app: 0, at, module: place, opened, ledger }), &image)
    {
        Completion::Read(excerpt) => excerpt,
        other => panic!("{other:?}"),
    };
    assert_eq!(read(Part::Digest, 0)[..], sha256(module)[..]);
    let manifest = wamr_device::manifest::of(module).unwrap().unwrap();
    let encoded = wamr_proto::encode(&manifest).unwrap();
    assert_eq!((&*read(Part::Manifest, 0), &*read(Part::Manifest, 5)), (&encoded[..], &encoded[5..]));
    for at in [encoded.len() as u32, u32::MAX] {
        assert_eq!(read(Part::Manifest, at).len(), 0);
    }
    let limits: AppLimits = wamr_proto::decode(&read(Part::Limits, 0)).unwrap();
    assert_eq!((limits.run.fuel, limits.run.millis, limits.pool), (Some(7000), Some(500), Some(20 * 1024)));
    assert_eq!(limits.memory_pages, Some(Limits::default().memory_pages));
    assert_eq!((read(Part::Signature, 0).len(), read(Part::Key, 0).len()), (0, 0), "there are none");
}

/// Two apps with a page fit, a third does not. The app in slot 1 was loaded before.
fn observers_learn_what_happens(executor: &mut Executor<'_, '_>) {
    let (image, stored) = uploaded(&with_page());
    let load = |slot, replaces| Task::Load { slot, stored, replaces };
    let unload = |slot| Task::Unload { slot, removes: None };
    assert_eq!(executor.loaded(), 0b10);
    let (export, args, limits) = (Name::new("next").unwrap(), Values::default(), RunLimits::default());
    let run = |app| Task::Run(RunRequest { seq: 1, app, export: export.clone(), args: args.clone(), limits });
    for (tasks, events) in [
        (vec![load(0, None), run(0), run(7)], &["loaded 0 true", "receipt 0"][..]),
        (vec![load(0, None)], &["unloaded 0", "loaded 0 true"]),
        (vec![load(2, None)], &["loaded 2 false"]),
        (vec![load(2, Some(0))], &["unloaded 0", "loaded 2 true"]),
        (vec![unload(0), unload(2), unload(2)], &["unloaded 2"]),
        (vec![load(0, Some(1))], &["unloaded 1", "loaded 0 true"]),
        (vec![load(1, None)], &["loaded 1 true"]),
    ] {
        assert_eq!(observed(executor, &image, &tasks), events);
    }

    // An app goes although the new one cannot be loaded: the one in the slot, and the one that was to make room.
    let large = with_memory(2);
    let (image, stored) = uploaded(&large);
    let load = |slot, replaces| Task::Load { slot, stored, replaces };
    assert_eq!(observed(executor, &image, &[load(1, None)]), ["unloaded 1", "loaded 1 false"]);
    assert_eq!(observed(executor, &image, &[load(1, Some(0))]), ["unloaded 0", "loaded 1 false"]);
}

/// A module with one function of so many constants of two words.
fn full_of_constants(count: usize) -> Vec<u8> {
    let body = [&[0][..], &[0x42, 0, 0x1a].repeat(count), &[0x0b]].concat();
    let code = [&[1][..], &leb(body.len()), &body].concat();
    let sections = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a";
    [&sections[..], &leb(code.len()), &code].concat()
}

/// A module with so many pages of memory, less than 128.
fn with_memory(pages: u8) -> Vec<u8> {
    [&b"\0asm\x01\0\0\0\x05\x03\x01\0"[..], &[pages]].concat()
}

/// An app with one page of memory.
fn with_page() -> Vec<u8> {
    wat::parse_str(r#"(module (memory 1) (func (export "next")))"#).unwrap()
}

/// The quotas of apps are what they need, and no more than they may have.
fn an_app_gets_what_it_needs(runtime: &Runtime, executor: &mut Executor<'_, '_>) {
    const ALL: u32 = 200 * 1024;
    let stack = Limits::default().stack_size;
    let before = runtime.pool_usage().used;
    let mut load_wat = |text: &str, manifest: &Manifest<'_>| {
        let module = with_manifest(&wat::parse_str(text).unwrap(), manifest);
        let loaded = load(executor, 3, &module, None);
        loaded.map(|()| runtime.pool_usage().used - before)
    };
    let at_most =
        |pool| Manifest { limits: AppLimits { pool: Some(pool), ..Default::default() }, ..Default::default() };
    let default = Manifest::default();

    let overhead = 4 * 1024;
    let none = load_wat("(module)", &default).unwrap();
    assert!((stack..stack + overhead).contains(&none), "{none}");
    // The memory adds its own size and nothing else.
    for (text, memory) in [
        ("(memory 5000 5000 (pagesize 1))", 5_000),
        ("(memory 1 1)", 65_536),
        // No instruction grows it.
        ("(memory 1)", 65_536),
    ] {
        let used = load_wat(&format!("(module {text})"), &default).unwrap() - none;
        assert!((memory..memory + 1_000).contains(&used), "{text}: {used}");
    }
    // One that grows has room for its maximum: a new block, as the stack lies behind the memory.
    let grows = "(func (param i32) (result i32) (memory.grow (local.get 0)))";
    let growing = |memory: &str| format!("(module {memory} {grows})");
    let used = load_wat(&growing("(memory 5000 20000 (pagesize 1))"), &default).unwrap() - none;
    assert!((25_000..26_000).contains(&used), "{used}");
    // Or as much as it may have.
    for limit in [SHARE, 30_000] {
        let used = load_wat(&growing("(memory 5000 (pagesize 1))"), &at_most(limit)).unwrap();
        assert!((limit..limit + 500).contains(&used), "{used} of {limit}");
    }
    // What the pool has not is missing, and nothing else is.
    let error = load_wat("(module (memory 1 1))", &at_most(40_000)).unwrap_err();
    assert_eq!(error.message.as_str(), "in the app's memory quota");
    load_wat("(module)", &default).unwrap();
    for (text, needed) in [
        ("(module (memory 1 1))".into(), 65_536),
        (growing("(memory 1 2)"), 65_536),
        (growing("(memory 5000 60000 (pagesize 1))"), 60_000),
    ] {
        let mut others = 0..2;
        load(executor, others.next().unwrap(), &with_page(), None).unwrap();
        load(executor, others.next().unwrap(), &with_page(), None).unwrap();
        let error = load(executor, 2, &wat::parse_str(text).unwrap(), None).unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (ErrorCode::OutOfMemory, "in the pool, beside the other apps")
        );
        let missing = error.bound.unwrap();
        let free = ALL - runtime.pool_usage().used;
        assert!(missing + free >= needed && missing < needed, "{missing} of {needed} beside {free}");
    }
    // A memory grows to its maximum and not beyond, whatever the steps.
    (0..3).for_each(|slot| _ = executor.perform(&Task::Unload { slot, removes: None }, &Bytes(Vec::new())));
    let exported = grows.replace("(func", r#"(func (export "grow")"#);
    for steps in [&[15_000][..], &[1, 2_000, 7_999, 5_000]] {
        let module = format!("(module (memory 5000 20000 (pagesize 1)) {exported})");
        load(executor, 0, &wat::parse_str(&module).unwrap(), None).unwrap();
        // Others have the rest of the pool.
        load(executor, 1, &with_page(), None).unwrap();
        load(executor, 2, &with_page(), None).unwrap();
        let mut pages = 5_000;
        for step in steps {
            let receipt = run(executor, "grow", &[Value::I32(*step)], 10_000).unwrap();
            assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(pages)]).unwrap()), "{steps:?}");
            pages += step;
        }
        let receipt = run(executor, "grow", &[Value::I32(1)], 10_000).unwrap();
        assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(-1)]).unwrap()));
    }
    (0..4).for_each(|slot| _ = executor.perform(&Task::Unload { slot, removes: None }, &Bytes(Vec::new())));
    assert_eq!(runtime.pool_usage().used, before);
}

/// A length in three bytes.
fn leb(length: usize) -> [u8; 3] {
    [(length & 0x7f | 0x80) as u8, (length >> 7 & 0x7f | 0x80) as u8, (length >> 14) as u8]
}

/// Flash as a device leaves it, and what it has verified then: an empty ledger, what it knows of the module, and the module.
fn uploaded(module: &[u8]) -> (Bytes, Stored) {
    const LEDGER: u32 = 8192;
    const CELL: u32 = 64;
    let mut cell = b"WAMROPN\x01\x01\0\0\0".to_vec();
    cell.extend((module.len() as u32).to_le_bytes());
    cell.extend(sha256(module));
    cell.resize(56, 0xff);
    cell.extend(&sha256(&cell)[..8]);
    let mut flash = vec![0xff; LEDGER as usize];
    flash.extend(cell);
    flash.extend(module);
    let place = |at, size| InFlash { at, size };
    let module = place(LEDGER + CELL, module.len() as u32);
    (Bytes(flash), Stored { module, opened: place(LEDGER, CELL), ledger: place(0, LEDGER), denied: 0 })
}

fn verify(executor: &mut Executor<'_, '_>, module: &[u8]) -> Result<Verified, Refusal> {
    let (image, stored) = uploaded(module);
    let Completion::Verified(verified) = executor.perform(&Task::Verify(stored), &image) else { panic!("{stored:?}") };
    verified
}

fn load(executor: &mut Executor<'_, '_>, slot: u8, module: &[u8], replaces: Option<u8>) -> Result<(), Refusal> {
    executor.load(slot, 0..module.len() as u32, module, replaces)
}

fn run(executor: &mut Executor<'_, '_>, export: &str, args: &[Value], fuel: u64) -> Result<Receipt, Refusal> {
    run_app(executor, 0, export, args, fuel)
}

fn run_app(
    executor: &mut Executor<'_, '_>,
    app: u8,
    export: &str,
    args: &[Value],
    fuel: u64,
) -> Result<Receipt, Refusal> {
    let limits = RunLimits { fuel: Some(fuel), ..Default::default() };
    let (export, args) = (Name::new(export).unwrap(), Values::new(args).unwrap());
    match executor.perform(&Task::Run(RunRequest { seq: 9, app, export, args, limits }), &Bytes(vec![])) {
        Completion::Ran { result, .. } => result,
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
    let logged: &Mutex<String> = Box::leak(Box::default());
    let base = BaseGroup::new(move |line: &LogLine<'_>| logged.lock().unwrap().push_str(&line.to_string()), || 61_000);
    let test = TestGroup::default();
    let groups: [&dyn HostGroup; 2] = [&base, &test];
    let host = Host::new(&runtime, &groups).unwrap();
    let config = ExecutorConfig {
        limits: Limits { fuel: Some(1_000_000), pool: Some(SHARE), deadline: Some(DEADLINE), ..Default::default() },
        signatures: SignaturePolicy::OFF,
        now: || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
        events: None,
    };
    for (entry, offered) in [("wamr", true), ("test", true), ("gpio", false), ("wamr:led", false), ("", false)] {
        assert_eq!(host.offers(entry), offered, "{entry}");
    }
    // Capabilities would be ambiguous.
    let same: [&dyn HostGroup; 2] = [&base, &base];
    assert!(matches!(Host::new(&runtime, &same), Err(wamr::Error::DuplicateDefinition)));
    let mut executor = Executor::new(&host, &config);
    assert_eq!(run(&mut executor, "add", &[], 100).unwrap_err().code, ErrorCode::NotStarted);

    // From the middle of an image, verified.
    let counter = guest("counter");
    let (mut image, stored) = uploaded(&counter);
    let verify_task = Task::Verify(stored);
    *image.0.last_mut().unwrap() ^= 1;
    let wrong = executor.perform(&verify_task, &image);
    assert_eq!(wrong, Completion::Verified(Err(ErrorCode::DigestMismatch.into())));
    *image.0.last_mut().unwrap() ^= 1;
    let details = verify(&mut executor, &counter).unwrap().details;
    assert_eq!((details.name.as_str(), details.size, details.restart), ("", stored.module.size, Restart::Never));
    let task = Task::Load { slot: 0, stored, replaces: None };
    assert_eq!(executor.perform(&task, &image), Completion::Loaded { slot: 0, result: Ok(()), unloaded: 0 });
    assert_eq!(next(&mut executor), Value::I32(1));

    // It is verified once more when it is loaded, from the bytes that are loaded.
    *image.0.last_mut().unwrap() ^= 1;
    let changed = executor.perform(&task, &image);
    assert_eq!(
        changed,
        Completion::Loaded { slot: 0, result: Err(ErrorCode::DigestMismatch.into()), unloaded: 0b1 },
        "the app was reloaded"
    );
    *image.0.last_mut().unwrap() ^= 1;
    let mut other = image.0.clone();
    let hello = guest("add");
    let at = stored.module.at as usize;
    other[at..].fill(0);
    other[at..][..hello.len()].copy_from_slice(&hello);
    let changing = Changing { before: Bytes(image.0.clone()), after: Bytes(other), reads: Cell::new(0) };
    assert_eq!(executor.perform(&task, &changing), Completion::Loaded { slot: 0, result: Ok(()), unloaded: 0 });
    assert_eq!(changing.reads.get(), 1);
    assert_eq!(next(&mut executor), Value::I32(1), "it is the module that was verified");

    // What is no module, or wants what is not there, leaves the app and its state.
    for (module, code) in [
        (&b"hello"[..], ErrorCode::InvalidModule),
        (&[], ErrorCode::InvalidModule),
        (&counter[..counter.len() - 1], ErrorCode::InvalidModule),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03foo\0\0", ErrorCode::UnknownImport),
    ] {
        let error = load(&mut executor, 1, module, Some(0)).unwrap_err();
        assert_eq!((error.code, executor.loaded()), (code, 0b1), "{error}");
    }
    assert_eq!(next(&mut executor), Value::I32(2));

    // A start function that traps or never ends is refused; the counter fits beside it and stays.
    // (module (func unreachable) (start 0)) and (module (func (loop (br 0))) (start 0))
    for start in [&b"\x0a\x05\x01\x03\0\0\x0b"[..], b"\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b"] {
        let module = [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x08\x01\0", start].concat();
        let error = load(&mut executor, 1, &module, Some(0)).unwrap_err();
        assert_eq!((error.code, executor.loaded()), (ErrorCode::StartFailed, 0b1), "{error}");
    }
    assert_eq!(next(&mut executor), Value::I32(3));

    // It runs when the module's bytes are free: flash that can't be read and written at once is not kept busy by it.
    let source = r#"(module (import "test" "began" (func $began)) (func $start (call $began)) (start $start))"#;
    let module = Bytes(wat::parse_str(source).unwrap());
    executor.load(1, 0..module.0.len() as u32, &module, None).unwrap();
    assert_eq!(*test.began.lock().unwrap(), [false]);

    // Two pages do not fit into the share, whatever goes.
    // (module (memory 2))
    let error = load(&mut executor, 1, b"\0asm\x01\0\0\0\x05\x03\x01\0\x02", Some(0)).unwrap_err();
    assert_eq!((error.code, executor.loaded()), (ErrorCode::OutOfMemory, 0));
    let missing = error.bound.unwrap();
    assert!(missing > 2 * 65536 - SHARE && missing < 2 * 65536 - SHARE + 4096, "{missing}");

    an_app_gets_what_it_needs(&runtime, &mut executor);

    // Two apps fit, a third does not; the one it replaces makes room for it.
    load(&mut executor, 0, &with_page(), None).unwrap();
    load(&mut executor, 1, &guest("hello"), None).unwrap();
    let error = load(&mut executor, 2, &with_page(), None).unwrap_err();
    assert_eq!((error.code, executor.loaded()), (ErrorCode::OutOfMemory, 0b11));
    load(&mut executor, 2, &with_page(), Some(0)).unwrap();
    assert_eq!(run(&mut executor, "next", &[], 1000).unwrap_err().code, ErrorCode::NotStarted);
    run_app(&mut executor, 1, "hello", &[], 10_000).unwrap();
    assert_eq!(*logged.lock().unwrap(), "#1: Hello from WebAssembly");
    logged.lock().unwrap().clear();
    let manifest = Manifest { name: AppName::new("greeter").unwrap(), ..Default::default() };
    load(&mut executor, 1, &with_manifest(&guest("hello"), &manifest), None).unwrap();
    let (export, limits) = (Name::new("hello").unwrap(), RunLimits::default());
    let request = RunRequest { seq: 3, app: 1, export, args: Values::default(), limits };
    assert_eq!(executor.run(&request).unwrap().seq, 3);
    assert_eq!(*logged.lock().unwrap(), "greeter: Hello from WebAssembly");
    assert_eq!(
        executor.perform(&Task::Unload { slot: 2, removes: None }, &image),
        Completion::Unloaded { unloaded: 0b100 }
    );

    observers_learn_what_happens(&mut executor);

    // Receipts.
    load(&mut executor, 0, &guest("trap"), None).unwrap();
    let receipt = run(&mut executor, "unreachable", &[], 1000).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Trapped { kind: TrapKind::Unreachable, .. }));
    assert_eq!(receipt.seq, 9);
    let receipt = run(&mut executor, "divide", &[Value::I32(6), Value::I32(3)], 1000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(2)]).unwrap()));
    assert!(receipt.fuel > 0 && receipt.fuel < 1000);
    assert_eq!(receipt.memory as usize % wamr::PAGE_SIZE, 0);
    assert!(receipt.pool > 8192 && receipt.pool <= SHARE);
    let receipt = run(&mut executor, "recurse", &[], 1_000_000).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }));

    for (export, args, code) in [
        ("nothing", &[][..], ErrorCode::NoSuchExport),
        ("divide", &[Value::I32(1)], ErrorCode::BadArguments),
        ("divide", &[Value::I32(1), Value::I64(1)], ErrorCode::BadArguments),
    ] {
        assert_eq!(run(&mut executor, export, args, 1000).unwrap_err().code, code);
    }
    let refused = run(&mut executor, "divide", &[Value::F64(0.5)], 100).unwrap_err();
    assert_eq!(refused.bound, Some(0x11), "it takes two of i32");

    load(&mut executor, 0, &guest("spin"), None).unwrap();
    let receipt = run(&mut executor, "spin", &[], 5000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Stopped { limit: LimitKind::Fuel, allowed: 5000, used: 5000 });
    assert_eq!(receipt.fuel, 5000);

    // It is stopped sooner by an interruption, also while it is started.
    let source = r#"(module (import "test" "interrupt" (func $interrupt))
        (func $spin (export "spin") (call $interrupt) (loop $on (br $on))))"#;
    load(&mut executor, 0, &wat::parse_str(source).unwrap(), None).unwrap();
    let receipt = run(&mut executor, "spin", &[], 1_000_000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Trapped { kind: TrapKind::Other, message: Text::new("interrupted").unwrap() });
    let starting = source.replace("))))", "))) (start $spin))");
    let error = load(&mut executor, 1, &wat::parse_str(starting).unwrap(), None).unwrap_err();
    assert_eq!(error.code, ErrorCode::Interrupted);

    // A host function that waits too long cannot be stopped, and its run counts as stopped none the less.
    // (module (import "test" "wait" (func)) (export "wait" (func 0)) (func (export "f") (call 0)))
    let waits = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0d\x01\x04test\x04wait\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\x01\x0a\x06\x01\x04\0\x10\0\x0b";
    load(&mut executor, 0, waits, None).unwrap();
    let receipt = run(&mut executor, "f", &[], 1000).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Stopped { limit: LimitKind::Deadline, .. }), "{:?}", receipt.outcome);

    // The manifest says what app it is, and lowers limits; a request lowers them further and only for itself.
    let limits = AppLimits {
        run: RunLimits { fuel: Some(7000), ..Default::default() },
        pool: Some(20 * 1024),
        ..Default::default()
    };
    let manifest = Manifest {
        name: AppName::new("spinner").unwrap(),
        version: 3,
        restart: Restart::Always,
        entry: Name::new("spin"),
        limits,
        ..Default::default()
    };
    let spinner = with_manifest(&guest("spin"), &manifest);
    let image = Bytes(spinner.clone());
    let details = verify(&mut executor, &spinner).unwrap().details;
    assert_eq!((details.name.as_str(), details.version, details.restart), ("spinner", 3, Restart::Always));
    let used = runtime.pool_usage().used;
    load(&mut executor, 3, &spinner, None).unwrap();
    let share = runtime.pool_usage().used - used;
    assert!((8 * 1024..11 * 1024).contains(&share), "{share}");
    for (fuel, allowed) in [(9000, 7000), (500, 500), (7000, 7000)] {
        let (export, limits) = (Name::new("spin").unwrap(), RunLimits { fuel: Some(fuel), ..Default::default() });
        let request = RunRequest { seq: 9, app: 3, export, args: Values::default(), limits };
        let Completion::Ran { result: Ok(receipt), narrowed, .. } = executor.perform(&Task::Run(request), &image)
        else {
            panic!("it runs")
        };
        assert_eq!(receipt.outcome, Outcome::Stopped { limit: LimitKind::Fuel, allowed, used: allowed });
        assert_eq!(narrowed, fuel < 7000, "whose limit it was");
    }
    let Completion::Ran { result: Ok(receipt), confirmed: false, narrowed: false } =
        executor.perform(&Task::Enter { slot: 3 }, &image)
    else {
        panic!("the entry runs");
    };
    assert_eq!((receipt.seq, receipt.app, receipt.fuel), (0, 3, 7000));

    told_of(&mut executor, &spinner);

    // What goes beyond a limit is told with both amounts, however long the name of what is counted.
    let error = load(&mut executor, 1, &full_of_constants(17_000), None).unwrap_err();
    assert_eq!(error.to_string(), "limit exceeded: 34000 words of constants in one function, at most 32764");
    let limits = AppLimits { memory_pages: Some(1), ..Default::default() };
    let large = with_manifest(&with_memory(2), &Manifest { limits, ..Default::default() });
    let error = load(&mut executor, 1, &large, None).unwrap_err();
    assert_eq!(error.to_string(), "limit exceeded: 2 pages of memory, at most 1");

    // A share too small for anything, an entry that is not there, and a manifest of another kind.
    let manifest = Manifest { limits: AppLimits { pool: Some(100), ..Default::default() }, ..Default::default() };
    let error = load(&mut executor, 1, &with_manifest(&guest("add"), &manifest), None).unwrap_err();
    assert_eq!(error.code, ErrorCode::LimitExceeded, "{}", error);
    let manifest = Manifest { entry: Name::new("missing"), ..Default::default() };
    let error = load(&mut executor, 1, &with_manifest(&guest("spin"), &manifest), None).unwrap_err();
    assert_eq!(error.code, ErrorCode::NoSuchExport);
    // An entry that runs anyway when the app is loaded is none.
    let text = r#"(module (global (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set 0 (i32.add (global.get 0) (i32.const 1))))
        (func (export "runs") (result i32) (global.get 0)))"#;
    let reactor = wat::parse_str(text).unwrap();
    let reactor = with_manifest(&reactor, &Manifest { entry: Name::new("_initialize"), ..Default::default() });
    assert!(!verify(&mut executor, &reactor).unwrap().details.entry);
    load(&mut executor, 1, &reactor, None).unwrap();
    let receipt = run_app(&mut executor, 1, "runs", &[], 1000).unwrap();
    assert_eq!(receipt.outcome, Outcome::Returned(Values::new(&[Value::I32(1)]).unwrap()));
    // It reaches what its manifest lists and no more, and the device has all of that. Where nothing is listed, imports decide.
    let listing = |module: &str, list: &[u8]| {
        let manifest = Manifest { capabilities: Some(wamr_proto::read(list).unwrap()), ..Default::default() };
        with_manifest(&guest(module), &manifest)
    };
    let refused = |code, name| Err(Refusal::new(code, name));
    for (module, list, expected) in [
        ("hello", &b"\x81\x64wamr"[..], Ok(())),
        ("hello", b"\x82\x64test\x64wamr", Ok(())),
        ("add", b"\x80", Ok(())),
        ("hello", b"\x80", refused(ErrorCode::UndeclaredCapability, "wamr")),
        ("hello", b"\x81\x63wam", refused(ErrorCode::UndeclaredCapability, "wamr")),
        ("hello", b"\x82\x64wamr\x64gpio", refused(ErrorCode::UnknownCapability, "gpio")),
        ("add", b"\x81\x64gpio", refused(ErrorCode::UnknownCapability, "gpio")),
        ("add", b"\x81\x69test:none", refused(ErrorCode::UnknownCapability, "test:none")),
        ("hello", b"\x81\x65wamr:", refused(ErrorCode::UnknownCapability, "wamr:")),
    ] {
        let loaded = load(&mut executor, 1, &listing(module, list), None);
        assert_eq!(loaded, expected, "{module} {list:?}");
    }
    let mut unknown = with_manifest(&guest("add"), &Manifest::default());
    *unknown.last_mut().unwrap() = 0xff;
    assert_eq!(verify(&mut executor, &unknown), Err(ErrorCode::BadManifest.into()));
    assert_eq!(load(&mut executor, 1, &unknown, None).unwrap_err(), ErrorCode::BadManifest.into());
}
