//! `mem::forget` is safe, so the next runtime in the process must work whatever is forgotten. There is one run for each public type.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::mem::forget;
use std::process::Command;

use wamr::{Caller, Error, ExternRef, Instance, Limits, Linker, Method, Module, NativeCode, Pool, Runtime, Trap, Val};

#[cfg(feature = "block")]
use crate::block::{BUDGET, COUNTER, mixer};
use crate::{public_types, wat, with_pool};

/// Small, as it is overwritten often.
const POOL_SIZE: usize = 768 * 1024;
const SHARE: u32 = 128 * 1024;

/// Has an item of each kind.
const MODULE: &str = r#"(module (import "host" "f" (func $host (result i32)))
    (memory (export "memory") 1)
    (table (export "table") 2 funcref) (elem (i32.const 0) $f)
    (global (export "global") (mut i64) (i64.const 1))
    (func $f (export "f") (result i32) (call $host))
    (func (export "trap") unreachable))"#;

/// The runtime and limits that values of public types are made from.
struct World<'rt> {
    runtime: &'rt Runtime,
    limits: Limits,
}

impl<'rt> World<'rt> {
    fn linker(&self) -> Linker<'rt, u32> {
        let mut linker = Linker::new(self.runtime);
        let kept = [7; 100];
        linker.func_wrap("host", "f", move || kept[50]).unwrap();
        linker
    }

    fn module(&self) -> Module<'rt> {
        Module::with_limits(self.runtime, &wat(MODULE), &self.limits).unwrap()
    }

    fn instance(&self, test: impl FnOnce(Instance<'_, u32>)) {
        let linker = self.linker();
        let mut instance = linker.instantiate(&self.module(), 5).unwrap();
        let f = instance.get_typed_func::<(), i32>("f").unwrap();
        assert_eq!(f.call(&mut instance, ()), Ok(7));
        test(instance);
    }

    /// In a host function of an instance.
    fn caller(&self, test: impl Fn(Caller<'_, u32>) + 'rt) {
        let mut linker = Linker::new(self.runtime);
        let call = move |caller: Caller<'_, u32>| {
            test(caller);
            3
        };
        linker.func_wrap("host", "f", call).unwrap();
        let mut instance = linker.instantiate(&self.module(), 5).unwrap();
        let f = instance.get_typed_func::<(), i32>("f").unwrap();
        assert_eq!(f.call(&mut instance, ()), Ok(3));
    }
}

/// Runs `test` with a callback of an instance.
#[cfg(feature = "block")]
fn with_block(world: &World<'_>, test: impl FnOnce(wamr::BlockCallback<i16>)) {
    let mut linker = Linker::<()>::new(world.runtime);
    linker.func_wrap("env", "wait", |_: u32| ()).unwrap();
    let module = Module::with_limits(world.runtime, &wat(&mixer(1, 1, 4, 0, 64)), &world.limits).unwrap();
    let mut instance = linker.instantiate(&module, ()).unwrap();
    test(wamr::BlockCallback::new(&mut instance, BUDGET, COUNTER).unwrap());
}

fn forget_as<T>(name: &str, value: T) {
    let full = std::any::type_name::<T>();
    let path = full.split('<').next().unwrap_or_default();
    assert!(path.starts_with("wamr::") && path.ends_with(&format!("::{name}")), "{full} is not {name}");
    forget(value);
}

type Forget = for<'w, 'rt> fn(&'w World<'rt>, &'w str);

/// The public types and how a value of each is forgotten, with all that it holds. `Runtime` has a test of its own.
const TABLE: &[(&str, Forget)] = &[
    ("Module", |world, name| forget_as(name, world.module())),
    ("Module", |world, name| {
        let module = world.module();
        forget_as(name, module.clone());
    }),
    ("Linker", |world, name| forget_as(name, world.linker())),
    ("Linker", |world, name| {
        let linker = world.linker();
        drop(linker.instantiate(&world.module(), 5).unwrap());
        forget_as(name, linker);
    }),
    ("Instance", |world, name| world.instance(|instance| forget_as(name, instance))),
    // Values that share a linker on a borrowed runtime; `shared.rs` has those that share the runtime.
    #[cfg(feature = "alloc")]
    ("Instance", |world, name| {
        let linker = std::rc::Rc::new(world.linker());
        forget_as(name, linker.instantiate_shared(&world.module(), 5).unwrap());
    }),
    #[cfg(feature = "alloc")]
    ("Linker", |world, name| {
        let mut linker = std::rc::Rc::new(world.linker());
        drop(linker.instantiate_shared(&world.module(), 5).unwrap());
        forget(linker.clone());
        assert!(std::rc::Rc::get_mut(&mut linker).is_none());
        forget_as(name, world.linker());
    }),
    ("Instance", |world, name| {
        let linker = world.linker();
        forget_as(name, linker.instantiate(&world.module(), 5).unwrap());
        forget(linker);
    }),
    ("Caller", |world, name| {
        let name = name.to_owned();
        world.caller(move |caller| forget_as(&name, caller));
    }),
    ("Caller", |world, name| {
        let (name, limits) = (name.to_owned(), world.limits);
        let runtime = world.runtime;
        world.caller(move |caller| {
            // Made by a host function, but must not be in the memory quota of the caller.
            World { runtime, limits }.instance(|instance| forget(instance));
            forget_as(&name, caller);
        });
    }),
    ("TypedFunc", |world, name| {
        world.instance(|instance| forget_as(name, instance.get_typed_func::<(), i32>("f").unwrap()));
    }),
    ("Func", |world, name| world.instance(|instance| forget_as(name, instance.get_func("f").unwrap()))),
    ("Vals", |world, name| {
        world.instance(|mut instance| {
            let f = instance.get_func("f").unwrap();
            forget_as(name, f.call(&mut instance, &[]).unwrap());
        });
    }),
    ("Val", |world, name| {
        world.instance(|instance| {
            let table = instance.get_table("table").unwrap();
            forget_as(name, table.get(&instance, 0).unwrap());
        });
    }),
    ("FuncRef", |world, name| {
        world.instance(|instance| {
            let f = instance.get_func("f").unwrap();
            forget_as(name, f.to_ref(&instance).unwrap());
        });
    }),
    ("ExternRef", |_, name| forget_as(name, ExternRef::new(1).unwrap())),
    ("Global", |world, name| world.instance(|instance| forget_as(name, instance.get_global("global").unwrap()))),
    ("GlobalType", |world, name| {
        world.instance(|instance| forget_as(name, instance.get_global("global").unwrap().ty()));
    }),
    ("Table", |world, name| world.instance(|instance| forget_as(name, instance.get_table("table").unwrap()))),
    ("TableType", |world, name| {
        let module = world.module();
        let Some(wamr::ExternType::Table(ty)) = module.get_export("table") else { panic!("a table") };
        forget_as(name, ty);
    }),
    ("MemoryType", |world, name| forget_as(name, world.module().memory().unwrap())),
    ("FuncType", |world, name| {
        let module = world.module();
        let Some(wamr::ExternType::Func(ty)) = module.get_export("f") else { panic!("a function") };
        forget_as(name, ty);
    }),
    ("ExternType", |world, name| {
        let module = world.module();
        forget_as(name, module.get_export("f").unwrap());
    }),
    ("ValType", |_, name| forget_as(name, Val::I32(1).ty())),
    ("Import", |world, name| {
        let module = world.module();
        let import = module.imports().next().unwrap();
        forget_as(name, import);
    }),
    ("Export", |world, name| {
        let module = world.module();
        let export = module.exports().next().unwrap();
        forget_as(name, export);
    }),
    ("Usage", |world, name| {
        world.instance(|mut instance| {
            let trap = instance.get_typed_func::<(), ()>("trap").unwrap();
            trap.call(&mut instance, ()).unwrap_err();
            forget_as(name, instance.usage().clone());
        });
    }),
    ("PoolUsage", |world, name| forget_as(name, world.runtime.pool_usage())),
    ("Limits", |world, name| forget_as(name, world.limits)),
    ("Error", |world, name| {
        forget_as(name, Instance::new(&world.module()).unwrap_err());
    }),
    ("Trap", |world, name| {
        world.instance(|mut instance| {
            let trap = instance.get_typed_func::<(), ()>("trap").unwrap();
            let error = trap.call(&mut instance, ()).unwrap_err();
            forget_as(name, error.as_trap().unwrap().clone());
        });
    }),
    ("Message", |_, name| {
        let Trap::Host(message) = Trap::host("why") else { panic!("of the host") };
        forget_as(name, message);
    }),
    ("Pool", |_, name| forget_as(name, Pool::<64>::new())),
    ("NativeCode", |_, name| {
        forget_as(name, NativeCode { file: &[], scheme: 1, origin: &[0; 32], uses: 0, memory: None, cpu: "" });
    }),
    #[cfg(feature = "block")]
    ("BlockCallback", |world, name| with_block(world, |block| forget_as(name, block))),
    #[cfg(feature = "block")]
    ("BlockBudget", |_, name| forget_as(name, BUDGET)),
    #[cfg(feature = "block")]
    ("BlockCounter", |_, name| forget_as(name, COUNTER)),
    #[cfg(feature = "block")]
    ("BlockStats", |world, name| with_block(world, |block| forget_as(name, *block.stats()))),
    #[cfg(feature = "block")]
    ("Series", |world, name| with_block(world, |block| forget_as(name, block.stats().fuel))),
    ("Method", |_, name| forget_as(name, Method::<(), u32>::new("f", |_: &(), _: Caller<'_, u32>| ()))),
];

#[test]
fn the_table_has_every_public_type() {
    let types = public_types::all();
    let mut declared: BTreeSet<_> = types.iter().map(|ty| &*ty.name).collect();
    assert!(declared.remove("Runtime"));
    assert_eq!(declared, TABLE.iter().map(|row| row.0).collect());
}

/// A runtime on the pool or on an allocator.
#[derive(Debug, Clone, Copy)]
enum On {
    Pool,
    Allocator,
}

impl On {
    const ALL: [Self; 2] = [Self::Pool, Self::Allocator];

    fn runtime(self, pool: &mut Option<&'static mut [u8]>) -> Runtime {
        match self {
            Self::Pool => Runtime::new(pool.take().expect("nobody has it")),
            Self::Allocator => Runtime::with_allocator(&std::alloc::System),
        }
        .unwrap()
    }
}

/// An app runs and takes memory, whatever happened before.
fn works(runtime: &Runtime) {
    let before = runtime.pool_usage().used;
    let limits = Limits { instances: 1, pool: Some(SHARE), ..Limits::DEFAULT };
    let world = World { runtime, limits };
    for _ in 0..3 {
        world.instance(|mut instance| {
            instance.memory_mut().fill(0xff);
            let error = world.linker().instantiate(&world.module(), 5).unwrap_err();
            assert_eq!(error, Error::TooManyInstances { limit: 1 });
        });
    }
    assert_eq!(runtime.pool_usage().used, before);
}

fn after_forgetting(name: &str, forget: Forget) {
    let limits = [Limits::DEFAULT, Limits { pool: Some(SHARE), ..Limits::DEFAULT }];
    for (first, second, limits) in On::ALL
        .iter()
        .flat_map(|first| On::ALL.iter().flat_map(move |second| limits.map(|limits| (first, second, limits))))
    {
        eprintln!("{name}: {first:?}, then {second:?}, share {:?}", limits.pool);
        with_pool(POOL_SIZE, |pool| {
            let mut pool = Some(pool);
            let runtime = first.runtime(&mut pool);
            forget(&World { runtime: &runtime, limits }, name);
            forget(&World { runtime: &runtime, limits }, name);
            let left = runtime.into_pool();
            if let On::Pool = first {
                pool = Some(left);
            }
            pool.as_mut().expect("given back").fill(0xa5);
            let runtime = second.runtime(&mut pool);
            works(&runtime);
            drop(runtime);
        });
    }
}

#[test]
fn the_next_runtime_works_whatever_was_forgotten() {
    for &(name, forget) in TABLE {
        after_forgetting(name, forget);
    }
}

#[test]
fn this_runtime_works_whatever_was_forgotten() {
    for &(name, forget) in TABLE {
        for on in On::ALL {
            eprintln!("{name} on {on:?}");
            with_pool(POOL_SIZE, |pool| {
                let runtime = on.runtime(&mut Some(pool));
                let limits = Limits { pool: Some(SHARE), ..Limits::DEFAULT };
                forget(&World { runtime: &runtime, limits }, name);
                let world = World { runtime: &runtime, limits };
                let kept = RefCell::new(world.module());
                forget(&World { runtime: &runtime, limits }, name);
                drop(kept.into_inner());
                world.instance(|instance| drop(instance));
                drop(runtime);
            });
        }
    }
}

/// A forgotten runtime never ends, so this test runs in its own process.
#[test]
fn a_runtime_that_is_forgotten_stays_the_only_one() {
    const CHILD: &str = "WAMR_TEST_FORGETS_THE_RUNTIME";
    let name = "forget::a_runtime_that_is_forgotten_stays_the_only_one";
    if std::env::var_os(CHILD).is_none() {
        let this = std::env::current_exe().unwrap();
        let output = Command::new(this).args([name, "--exact"]).env(CHILD, "1").output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        return;
    }
    forget_as("Runtime", Runtime::with_allocator(&std::alloc::System).unwrap());
    assert_eq!(Runtime::with_allocator(&std::alloc::System).unwrap_err(), Error::AlreadyInitialized);
    assert_eq!(Runtime::new(vec![0; POOL_SIZE].leak()).unwrap_err(), Error::AlreadyInitialized);
}
