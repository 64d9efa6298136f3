//! The start of a signed app, step by step as a device takes it.

use wamr::{Error, Limits, Linker, Module, Runtime};
use wamr_signature::{PublicKey, sha256, verify};
use wamr_zephyr::include_wasm;
use zephyr::printkln;

use crate::count::instructions;

static MODULE: &[u8] = include_wasm!(concat!(env!("OUT_DIR"), "/module.wasm"));
const KEY: [u8; 32] = *include_bytes!(concat!(env!("OUT_DIR"), "/key"));

/// Prints the instructions of each step.
///
/// # Panics
/// When a step has another result than expected.
pub fn measure(runtime: &Runtime) -> Result<(), Error> {
    let print = |step, count| printkln!("start {step} {} {count}", MODULE.len());

    let (count, digest) = instructions(|| sha256(MODULE));
    assert_ne!(digest, [0; 32]);
    print("digest", count);

    let (count, signer) = instructions(|| verify(MODULE, &[PublicKey::unchecked(KEY)]));
    assert_eq!(signer, Ok(0));
    print("signature", count);

    let (count, module) =
        instructions(|| Module::with_limits(runtime, MODULE, &Limits { fuel: Some(1 << 40), ..Limits::DEFAULT }));
    let module = module?;
    print("load", count);

    let linker = Linker::<()>::new(runtime);
    let (count, instance) = instructions(|| linker.instantiate(&module, ()));
    let mut instance = instance?;
    print("instantiate", count);

    let function = instance.get_typed_func::<i32, i32>("mont64")?;
    let (count, result) = instructions(|| function.call(&mut instance, 0));
    result?;
    print("call", count);
    Ok(())
}
