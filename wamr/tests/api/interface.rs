//! Tables of methods, and what they share with closures.

use std::cell::Cell;

use wamr::{Caller, Error, Linker, Method, Module, Trap};

use crate::{wat, with_runtime};

#[derive(Default)]
struct Counter {
    sum: Cell<i64>,
}

impl Counter {
    const METHODS: &[Method<Counter, u32>] = &[
        Method::new("add", Counter::add),
        Method::new("sum", |counter: &Counter, _: Caller<'_, u32>| counter.sum.get()),
        Method::new("[method]counter.call", Counter::call),
    ];

    fn add(&self, mut caller: Caller<'_, u32>, a: i32, b: i64) -> Result<(), Trap> {
        *caller.data_mut() += 1;
        let sum = self.sum.get().checked_add(i64::from(a) + b).ok_or(Trap::host("too much"))?;
        self.sum.set(sum);
        Ok(())
    }

    /// Calls the guest back, which may not call the host meanwhile.
    fn call(&self, mut caller: Caller<'_, u32>, closed: i32) -> Result<i32, Trap> {
        let failed = |_| Trap::host("the guest failed");
        let back = caller.get_typed_func::<(), i32>("back").map_err(failed)?;
        let call = |caller: &mut Caller<'_, u32>| back.call(caller, ()).map_err(failed);
        if closed == 0 { call(&mut caller) } else { caller.without_host_calls(call) }
    }
}

const GUEST: &str = r#"(module
    (import "c@1" "add" (func $add (param i32 i64)))
    (import "c@1" "sum" (func $sum (result i64)))
    (import "c@1" "[method]counter.call" (func $call (param i32) (result i32)))
    (func (export "add") (param i32 i64) (call $add (local.get 0) (local.get 1)))
    (func (export "sum") (result i64) (call $sum))
    (func (export "call") (param i32) (result i32) (call $call (local.get 0)))
    (func (export "back") (result i32) (call $add (i32.const 1) (i64.const 0)) (i32.const 7)))"#;

#[test]
fn methods_are_called_on_their_object() {
    with_runtime(|runtime| {
        let (one, other) = (Counter::default(), Counter::default());
        let mut linker = Linker::new(runtime);
        linker.interface("c@1", &one, Counter::METHODS).unwrap();
        linker.interface("d@1", &other, Counter::METHODS).unwrap();
        let module = Module::new(runtime, &wat(GUEST)).unwrap();
        let mut instance = linker.instantiate(&module, 0).unwrap();
        let add = instance.get_typed_func::<(i32, i64), ()>("add").unwrap();
        add.call(&mut instance, (-2, 1 << 40)).unwrap();
        assert_eq!((one.sum.get(), other.sum.get()), ((1 << 40) - 2, 0));
        assert_eq!(instance.get_typed_func::<(), i64>("sum").unwrap().call(&mut instance, ()), Ok((1 << 40) - 2));
        assert_eq!(*instance.data(), 1);
        let Err(Error::Trap(trap)) = add.call(&mut instance, (i32::MAX, i64::MAX - (1 << 40))) else { panic!() };
        assert_eq!(trap, Trap::host("too much"));
    });
}

#[test]
fn a_guest_that_is_called_back_without_host_calls_traps_if_it_makes_one() {
    with_runtime(|runtime| {
        let counter = Counter::default();
        let mut linker = Linker::new(runtime);
        linker.interface("c@1", &counter, Counter::METHODS).unwrap();
        let module = Module::new(runtime, &wat(GUEST)).unwrap();
        let mut instance = linker.instantiate(&module, 0).unwrap();
        let call = instance.get_typed_func::<i32, i32>("call").unwrap();
        for _ in 0..2 {
            assert_eq!(call.call(&mut instance, 0), Ok(7));
            assert_eq!(call.call(&mut instance, 1), Err(Trap::host("the guest failed").into()));
        }
        assert_eq!(counter.sum.get(), 2, "no call went through while they were forbidden");
    });
}

#[test]
fn names_and_types_of_methods_are_checked_like_those_of_closures() {
    with_runtime(|runtime| {
        let counter = Counter::default();
        let mut linker = Linker::<u32>::new(runtime);
        linker.func_wrap("c@1", "sum", || 0i64).unwrap();
        let taken = linker.interface("c@1", &counter, Counter::METHODS).map(drop);
        assert_eq!(taken, Err(Error::DuplicateDefinition));
        linker.interface("d@1", &counter, Counter::METHODS).unwrap();
        assert_eq!(linker.func_wrap("d@1", "add", || ()).map(drop), Err(Error::DuplicateDefinition));
        let other = r#"(module (import "d@1" "add" (func (param i32 i32))) (import "d@1" "none" (func)))"#;
        let module = Module::new(runtime, &wat(other)).unwrap();
        assert_eq!(linker.unresolved(&module).count(), 2);
    });
}

#[test]
fn imports_can_have_other_module_names_than_definitions() {
    with_runtime(|runtime| {
        let counter = Counter::default();
        let mut linker = Linker::new(runtime);
        linker.set_module_name(|name| name.split('.').next().unwrap_or(name));
        linker.interface("c@1", &counter, Counter::METHODS).unwrap();
        let module = Module::new(runtime, &wat(&GUEST.replace("c@1", "c@1.2.3"))).unwrap();
        let mut instance = linker.instantiate(&module, 0).unwrap();
        assert_eq!(instance.get_typed_func::<(), i64>("sum").unwrap().call(&mut instance, ()), Ok(0));
    });
}
