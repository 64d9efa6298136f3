//! The host functions that modules may import, named in `plan.rs`.

use std::rc::Rc;

use wamr::{Caller, Error, Linker, Runtime, Trap};

use crate::plan::Plan;

/// The host data of an instance.
pub struct Host {
    plan: Rc<Plan>,
    /// The names of the exported functions.
    exports: Vec<String>,
    /// The address of the thread's stack when the instance was made.
    stack: usize,
}

/// Stack that the frames of the interpreter and of host functions take with a sanitizer after WAMR's check of the native stack.
const STACK_SLACK: usize = 64 * 1024;

impl Host {
    pub fn new(plan: &Rc<Plan>, exports: &[String]) -> Self {
        Self { plan: plan.clone(), exports: exports.to_vec(), stack: stack() }
    }

    fn check_stack(&self) {
        let used = self.stack.saturating_sub(stack());
        let limit = self.plan.limits.native_stack.map_or(usize::MAX, |limit| limit as usize + STACK_SLACK);
        assert!(used <= limit, "{used} bytes of native stack, {limit} with slack are allowed");
    }
}

/// An address on the thread's stack.
#[inline(never)]
fn stack() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here).addr()
}

pub fn linker(runtime: &Runtime) -> Result<Linker<'_, Host>, Error> {
    let mut linker = Linker::new(runtime);
    linker
        .func_wrap("env", "read", |caller: Caller<'_, Host>, address: u32, length: u32| {
            let sum = |sum: u32, byte: &u8| sum.wrapping_mul(31).wrapping_add((*byte).into());
            Ok::<u32, Trap>(caller.bytes(address, length)?.iter().fold(0, sum))
        })?
        .func_wrap("env", "write", |mut caller: Caller<'_, Host>, address: u32, length: u32, value: u32| {
            caller.bytes_mut(address, length)?.fill(value as u8);
            Ok::<(), Trap>(())
        })?
        .func_wrap("env", "again", again)?
        .func_wrap("env", "mix", |a: i32, b: i64, c: f32, d: f64| f64::from(a) + b as f64 + f64::from(c) * d)?
        .func_wrap("env", "refuse", || Err::<(), _>(Trap::host("refused")))?;
    Ok(linker)
}

/// Calls the guest again. An odd `choice` lets the guest go on when that traps.
fn again(mut caller: Caller<'_, Host>, choice: u32) -> Result<i64, Trap> {
    let Host { plan, exports, .. } = caller.data();
    caller.data().check_stack();
    let plan = plan.clone();
    let Some(name) = exports.get(choice as usize / 2 % exports.len().max(1)).cloned() else { return Ok(-1) };
    let outcome = match caller.get_typed_func::<(), ()>(&name) {
        Ok(function) => function.call(&mut caller, ()).map(|()| 0),
        Err(_) => match caller.get_func(&name) {
            Ok(function) => function.call(&mut caller, &plan.arguments(function.params())).map(|results| results.len()),
            Err(Error::TypeMismatch(_) | Error::TooManyValues) => return Ok(-2),
            Err(error) => panic!("{name:?} is exported, but: {error}"),
        },
    };
    match outcome {
        Ok(count) => Ok(count as i64),
        Err(Error::Trap(_)) if choice % 2 == 1 => Ok(-3),
        Err(Error::Trap(trap)) => Err(trap),
        Err(error) => panic!("a call of the guest failed with: {error}"),
    }
}
