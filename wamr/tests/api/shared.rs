//! Runtime, modules, linkers and instances that share what they need, so that one struct can own them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::process::Command;
use std::rc::{Rc, Weak};

use wamr::{
    Caller, Error, Instance, Limits, Linker, MAX_NESTED_CALLS, MIN_POOL_SIZE, Module, Runtime, Trap, TypedFunc,
};

use crate::{wat, with_pool};

const PLUGIN: &str = r#"(module (import "host" "add" (func $add (param i32) (result i32)))
    (memory 1) (data (i32.const 8) "plugin")
    (func (export "run") (param i32) (result i32) (call $add (local.get 0))))"#;

/// The struct of a user.
struct Plugin {
    runtime: Rc<Runtime>,
    instance: Instance<'static, i32>,
    run: TypedFunc<i32, i32>,
}

impl Plugin {
    fn new(runtime: &Rc<Runtime>, linker: &Rc<Linker<'static, i32>>, start: i32) -> Result<Self, Error> {
        let limits = Limits { fuel: Some(1000), ..Limits::DEFAULT };
        let module = Module::with_limits(runtime, &wat(PLUGIN), &limits)?;
        let instance = linker.instantiate_shared(&module, start)?;
        let run = instance.get_typed_func("run")?;
        Ok(Self { runtime: runtime.clone(), instance, run })
    }

    fn run(&mut self, argument: i32) -> Result<i32, Error> {
        self.run.call(&mut self.instance, argument)
    }
}

/// Defines `host.add`, whose closure holds `held`.
fn linker(runtime: &Rc<Runtime>, held: Rc<()>) -> Linker<'static, i32> {
    let mut linker = Linker::new(runtime);
    let add = move |mut caller: Caller<'_, i32>, number: i32| {
        let _ = &held;
        *caller.data_mut() += number;
        *caller.data()
    };
    linker.func_wrap("host", "add", add).unwrap();
    linker
}

#[test]
fn plugins_in_a_map_are_called_and_removed() {
    let held = Rc::new(());
    with_pool(1 << 20, |pool| {
        let mut plugins = HashMap::new();
        let runtime = Rc::new(Runtime::new(pool).unwrap());
        {
            let linker = Rc::new(linker(&runtime, held.clone()));
            for (name, start) in [("one", 100), ("two", 200), ("three", 300)] {
                plugins.insert(name.to_owned(), Plugin::new(&runtime, &linker, start).unwrap());
            }
        }
        drop(runtime);
        for round in 1..4 {
            for (name, start) in [("one", 100), ("two", 200), ("three", 300)] {
                let plugin = plugins.get_mut(name).unwrap();
                assert_eq!(plugin.run(5), Ok(start + 5 * round));
                assert_eq!(*plugin.instance.data(), start + 5 * round);
                assert_eq!(&plugin.instance.memory()[8..14], b"plugin");
                plugin.instance.memory_mut()[round as usize] = 1;
                assert!(plugin.instance.usage().fuel > 0);
            }
        }
        let mut two = plugins.remove("two").unwrap();
        plugins.clear();
        assert_eq!(two.run(1), Ok(216));
        assert_eq!(two.instance.memory()[..5], [0, 1, 1, 1, 0]);
        let last = two.runtime.clone();
        drop(two);
        assert_eq!(Rc::strong_count(&held), 1);
        assert_eq!(Rc::into_inner(last).expect("nobody else has it").into_pool().len(), 1 << 20);
    });
}

/// Uses a value and drops it.
type Part = Box<dyn FnOnce()>;

/// The parts are dropped in any order: the rest still works, and the last one ends the runtime.
#[test]
fn the_parts_go_in_any_order() {
    for order in permutations(5) {
        let held = Rc::new(());
        with_pool(1 << 20, |pool| {
            let runtime = Rc::new(Runtime::new(pool).unwrap());
            let linker = Rc::new(linker(&runtime, held.clone()));
            let module = Module::new(&runtime, &wat(PLUGIN)).unwrap();
            let clone = module.clone();
            let mut instance = linker.instantiate_shared(&module, 1).unwrap();
            assert_eq!(instance.get_typed_func::<i32, i32>("run").unwrap().call(&mut instance, 1), Ok(2));
            let in_instance = move || {
                let mut instance = instance;
                let run = instance.get_typed_func::<i32, i32>("run").unwrap();
                assert_eq!(run.call(&mut instance, 1), Ok(3));
                assert_eq!(instance.module().exports().count(), 1);
            };
            let (weak, in_linker) =
                (Rc::downgrade(&runtime), move || assert_eq!(format!("{linker:?}"), r#"[("host", "add")]"#));
            let mut parts: Vec<Option<Part>> = vec![
                Some(Box::new(move || drop(runtime))),
                Some(Box::new(in_linker)),
                Some(Box::new(move || assert_eq!(module.imports().count(), 1))),
                Some(Box::new(move || assert_eq!(clone.imports().count(), 1))),
                Some(Box::new(in_instance)),
            ];
            for (gone, index) in order.iter().enumerate() {
                assert_eq!(weak.strong_count() > 0, gone < 5);
                parts[*index].take().unwrap()();
            }
            assert_eq!((weak.strong_count(), Rc::strong_count(&held)), (0, 1), "{order:?}");
            let next = Runtime::with_allocator(&std::alloc::System);
            drop(next.unwrap_or_else(|error| panic!("{order:?}: {error}")));
        });
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let longer = shorter.iter().flat_map(|order| {
        (0..count).map(move |at| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        })
    });
    longer.collect()
}

#[test]
fn an_instance_without_imports_owns_its_module() {
    with_pool(1 << 20, |pool| {
        let mut instance: Instance<'static> = {
            let runtime = Rc::new(Runtime::new(pool).unwrap());
            let text = r#"(module (func (export "f") (result i32) (i32.const 7)))"#;
            Instance::new(&Module::new(&runtime, &wat(text)).unwrap()).unwrap()
        };
        assert_eq!(instance.get_typed_func::<(), i32>("f").unwrap().call(&mut instance, ()), Ok(7));
        let module: Module<'static> = instance.module().clone();
        drop(instance);
        assert_eq!(module.exports().count(), 1);
        let other = Runtime::with_allocator(&std::alloc::System);
        assert_eq!(other.unwrap_err(), Error::AlreadyInitialized);
        drop(module);
        Runtime::with_allocator(&std::alloc::System).unwrap();
    });
}

/// A failed instantiation gives back its references.
#[test]
fn a_failed_instantiation_shares_nothing() {
    with_pool(1 << 20, |pool| {
        let runtime = Rc::new(Runtime::new(pool).unwrap());
        let used = runtime.pool_usage().used;
        let linker = Rc::new(Linker::<Rc<Runtime>>::new(&runtime));
        let limits = Limits { instances: 0, ..Limits::DEFAULT };
        for (text, limits) in [
            ("(module (func $f unreachable) (start $f))", &Limits::DEFAULT),
            (r#"(module (import "host" "missing" (func)))"#, &Limits::DEFAULT),
            ("(module)", &limits),
        ] {
            let module = Module::with_limits(&runtime, &wat(text), limits).unwrap();
            linker.instantiate_shared(&module, runtime.clone()).unwrap_err();
        }
        Module::new(&runtime, b"no module").unwrap_err();
        assert_eq!((Rc::strong_count(&runtime), Rc::strong_count(&linker)), (2, 1));
        assert_eq!(runtime.pool_usage().used, used);
    });
}

/// The closures of a linker, and an instance's data, may hold instances on the same runtime.
#[test]
fn a_host_function_loads_and_drops_plugins() {
    with_pool(1 << 20, |pool| {
        let runtime = Rc::new(Runtime::new(pool).unwrap());
        let plugins = Rc::new(linker(&runtime, Rc::new(())));
        let mut linker = Linker::<Vec<Plugin>>::new(&runtime);
        let loads = {
            let (runtime, plugins) = (runtime.clone(), plugins.clone());
            move |mut caller: Caller<'_, Vec<Plugin>>, start: i32| -> Result<i32, Trap> {
                let mut plugin =
                    Plugin::new(&runtime, &plugins, start).map_err(|error| Trap::host(&error.to_string()))?;
                let result = plugin.run(1).map_err(|error| Trap::host(&error.to_string()))?;
                caller.data_mut().push(plugin);
                Ok(result)
            }
        };
        linker.func_wrap("host", "load", loads).unwrap();
        linker
            .func_wrap("host", "unload", |mut caller: Caller<'_, Vec<Plugin>>| drop(caller.data_mut().pop()))
            .unwrap();
        let text = r#"(module (import "host" "load" (func $load (param i32) (result i32))) (import "host" "unload" (func $unload))
            (func (export "run") (param i32) (result i32)
                (drop (call $load (local.get 0))) (call $unload) (call $load (i32.mul (local.get 0) (i32.const 2)))))"#;
        let module = Module::new(&runtime, &wat(text)).unwrap();
        let linker = Rc::new(linker);
        let mut instance = linker.instantiate_shared(&module, Vec::new()).unwrap();
        // The plugins in the data are dropped with the instance, which holds the last reference to the runtime.
        drop((runtime, plugins, linker, module));
        let run = instance.get_typed_func::<i32, i32>("run").unwrap();
        assert_eq!(run.call(&mut instance, 20), Ok(41));
        assert_eq!(instance.data_mut()[0].run(1), Ok(42));
        drop(instance);
        Runtime::with_allocator(&std::alloc::System).unwrap();
    });
}

/// Each host function instantiates the module that calls it, whose start function calls the next.
#[test]
fn instantiations_nest_to_a_documented_depth() {
    with_pool(crate::POOL_SIZE, |pool| {
        let runtime = Rc::new(Runtime::new(pool).unwrap());
        let text = r#"(module (import "h" "again" (func $again)) (start $again))"#;
        let module = Module::new(&runtime, &wat(text)).unwrap();
        let count = Rc::new(Cell::new(0));
        let linker = Rc::new_cyclic(|linker: &Weak<Linker<'static>>| {
            let (linker, module, count) = (linker.clone(), module.clone(), count.clone());
            let again = move || -> Result<(), Trap> {
                count.set(count.get() + 1);
                let instance = linker.upgrade().expect("it runs").instantiate(&module, ()).map(drop);
                instance.map_err(|error| error.as_trap().expect("a trap").clone())
            };
            let mut new = Linker::new(&runtime);
            new.func_wrap("h", "again", again).unwrap();
            new
        });
        let error = linker.instantiate(&module, ()).unwrap_err();
        assert_eq!((error, count.get()), (Trap::NativeStackOverflow.into(), MAX_NESTED_CALLS));
    });
}

/// A shared linker may borrow, too: then its instances do.
#[test]
fn closures_of_a_shared_linker_may_borrow() {
    let calls = RefCell::new(0);
    with_pool(1 << 20, |pool| {
        let runtime = Runtime::new(pool).unwrap();
        let mut linker = Linker::<()>::new(&runtime);
        linker.func_wrap("host", "add", |number: i32| calls.replace_with(|calls| *calls + number)).unwrap();
        let linker = Rc::new(linker);
        let module = Module::new(&runtime, &wat(PLUGIN)).unwrap();
        let mut instance = linker.instantiate_shared(&module, ()).unwrap();
        drop(linker);
        instance.get_typed_func::<i32, i32>("run").unwrap().call(&mut instance, 8).unwrap();
    });
    assert_eq!(calls.into_inner(), 8);
}

/// A forgotten value keeps its reference to the runtime for ever, so each case runs in its own process.
#[test]
fn a_forgotten_value_keeps_the_runtime() {
    const CHILD: &str = "WAMR_TEST_FORGETS";
    const KINDS: [&str; 4] = ["runtime", "module", "linker", "instance"];
    let name = "shared::a_forgotten_value_keeps_the_runtime";
    let Ok(kind) = std::env::var(CHILD) else {
        for kind in KINDS {
            let this = std::env::current_exe().unwrap();
            let output = Command::new(this).args([name, "--exact"]).env(CHILD, kind).output().unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && printed.contains("1 passed"), "{kind}: {output:?}");
        }
        return;
    };
    let pool: &'static mut [u8] = vec![0; 64 * MIN_POOL_SIZE.max(8192)].leak();
    let runtime = Rc::new(Runtime::new(pool).unwrap());
    let linker = Rc::new(linker(&runtime, Rc::new(())));
    let module = Module::new(&runtime, &wat(PLUGIN)).unwrap();
    match &*kind {
        "runtime" => std::mem::forget(runtime.clone()),
        "module" => std::mem::forget(module.clone()),
        "linker" => std::mem::forget(linker.clone()),
        _ => std::mem::forget(linker.instantiate_shared(&module, 1).unwrap()),
    }
    let mut plugin = Plugin::new(&runtime, &linker, 1).unwrap();
    drop((linker, module));
    assert_eq!(plugin.run(1), Ok(2));
    drop(plugin);
    let runtime = Rc::try_unwrap(runtime).expect_err("a share is forgotten");
    assert_eq!(Runtime::with_allocator(&std::alloc::System).unwrap_err(), Error::AlreadyInitialized);
    Module::new(&runtime, &wat(PLUGIN)).unwrap();
}
