//! The corpus as native code, on a device that requires signatures. Needs WAMR's compiler.

use hostile::{Case, Loading, POOL, System, corpus};
use wamr::{Limits, Module, Pool, Runtime};
use wamr_compiler::{Error, Goal, Target, carry, compile, find_wamrc};
use wamr_device::SignaturePolicy;
use wamr_signature::{SecretKey, sign};

/// That of the other tests, and room for a copy of the code.
static MEMORY: Pool<{ POOL + 64 * 1024 }> = Pool::new();

/// Deep enough for whatever ends.
const STACK: u32 = 64 * 1024;

/// Attacks on what native code does not have: memory quotas that fit the interpreter's code, the stack of the loader of WebAssembly, and
/// locals that nothing reads.
const NOT_OF_NATIVE_CODE: [&str; 5] =
    ["pool-share-grow", "pool-share-small", "pool-share-start", "size-nesting-deep", "stack-locals-10000"];

const SYSTEM: System = System { wait: std::thread::sleep, now: || 0 };

#[test]
fn every_attack_ends_as_in_the_interpreter() {
    let Ok(wamrc) = find_wamrc() else {
        println!("hostile: left out native code: no wamrc, see scripts/wamrc");
        return;
    };
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let key = SecretKey::from_seed([1; 32]);
    let keys = Box::leak(Box::new([*key.public_key().as_bytes()]));
    let policy = SignaturePolicy::required(keys).with_native_keys(keys);
    let (mut attacks, mut left_out, mut wrong) = (0, Vec::new(), Vec::new());
    for case in corpus::cases() {
        // Only what the interpreter loads is ever compiled.
        let is_loaded = Module::with_limits(&runtime, case.wasm, &Limits { pool: None, ..case.limits }).is_ok();
        if !is_loaded || NOT_OF_NATIVE_CODE.contains(&case.name) {
            continue;
        }
        let file = match compile(&wamrc, case.wasm, Target::Host, Goal::Size) {
            Ok(file) => file,
            Err(error @ (Error::Failed(_) | Error::Module(_))) => {
                left_out.push(format!("{} ({error})", case.name));
                continue;
            }
            Err(error) => panic!("{}: {error}", case.name),
        };
        let module = sign(&carry(case.wasm, &file).unwrap(), &key).unwrap();
        // Native code takes more of the pool, and could use up the fuel before the deadline.
        let fuel = case.limits.fuel.filter(|_| case.expect != "stopped deadline");
        let limits = Limits { module_size: u32::MAX, pool: None, native_stack: Some(STACK), fuel, ..case.limits };
        let case = Case { limits, ..case };
        attacks += 1;
        let failure = case.failure_of(&Loading::Signed(&module, policy), &runtime, SYSTEM);
        // LLVM makes a loop of a function that ends with a call of itself.
        let is_loop = |ending: &str| case.expect == "trapped stack-overflow" && ending.starts_with("stopped fuel");
        wrong.extend(
            failure
                .filter(|ending| !is_loop(ending))
                .map(|ending| format!("{}: {ending}, not {}", case.name, case.expect)),
        );
    }
    println!("hostile: {attacks} attacks as native code; not compiled: {}", left_out.join(", "));
    assert!(wrong.is_empty(), "{} of {attacks} ended otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert!(attacks > 100, "only {attacks} attacks");
}
