//! The objects of each kind in a run of `api.rs`, with a model of their contents, and the actions on them.
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::mem::{ManuallyDrop, forget};
use std::panic::panic_any;
use std::rc::Rc;

use wamr::{
    Caller, Error, ExternRef, FuncRef, Instance, Limits, Linker, Module, PAGE_SIZE, Runtime, Trap, Val, function_name,
};

use crate::guests::{EXPORTS, GUESTS};
use crate::step::{End, Session, Size, Step};

/// The panic of a host function that the plan requests.
pub struct Expected;

/// How deep host functions may be nested.
const DEPTH: u32 = 6;
/// The most objects of a kind.
const MOST: usize = 12;

/// Host's data in an instance: the way to all others, and what was put into the instance.
struct Host<'s, 'l> {
    shelf: &'s Shelf<'s, 'l>,
    /// The byte that fills the memory. Pages that were added later are 0.
    fill: u8,
    global: i64,
}

/// An instance that a call may be using at the moment. Not dropped by itself, as its data borrows the shelf.
type Guest<'s, 'l> = Rc<RefCell<ManuallyDrop<Instance<'l, Host<'s, 'l>>>>>;

/// A linker with the sum of the functions that it defines.
struct Loose<'l> {
    linker: Linker<'l, u32>,
    values: [Option<i32>; 2],
}

pub struct Shelf<'s, 'l> {
    runtime: &'l Runtime,
    linkers: &'l [Linker<'l, Host<'s, 'l>>; 2],
    steps: RefCell<std::vec::IntoIter<Step>>,
    depth: Cell<u32>,
    forgot: Cell<bool>,
    modules: RefCell<Vec<Module<'l>>>,
    guests: RefCell<Vec<Guest<'s, 'l>>>,
    loose: RefCell<Vec<Loose<'l>>>,
}

/// Takes the steps. Tells whether anything was forgotten that holds memory.
pub fn run(runtime: &Runtime, session: Session) -> bool {
    a_guest_works(runtime);
    let linkers = match linkers(runtime) {
        Ok(linkers) => linkers,
        Err(error) => panic!("the pool is empty, but: {error}"),
    };
    // Not dropped, as instances borrow it; `end` leaves nothing in it.
    let shelf = ManuallyDrop::new(Shelf {
        runtime,
        linkers: &linkers,
        steps: RefCell::new(session.steps.into_iter()),
        depth: Cell::new(0),
        forgot: Cell::new(false),
        modules: RefCell::default(),
        guests: RefCell::default(),
        loose: RefCell::default(),
    });
    while let Some(step) = shelf.next() {
        shelf.take(step);
    }
    shelf.end(session.end);
    shelf.forgot.get()
}

/// Whatever was before this runtime.
fn a_guest_works(runtime: &Runtime) {
    let limits = Limits { pool: Some(100 * 1024), instances: 1, ..Limits::DEFAULT };
    let module = Module::with_limits(runtime, &GUESTS[2], &limits).expect("a valid module, an empty pool");
    let mut instance = Instance::new(&module).expect("an instance of it");
    assert_eq!(instance.get_typed_func::<i32, i32>("seven").expect("exported").call(&mut instance, 0), Ok(7));
}

fn linkers<'rt, 's, 'l>(runtime: &'rt Runtime) -> Result<[Linker<'rt, Host<'s, 'l>>; 2], Error> {
    let (mut first, mut second) = (Linker::new(runtime), Linker::new(runtime));
    for linker in [&mut first, &mut second] {
        let ballast = [7; 50];
        linker.func_wrap("host", "steps", steps)?.func_wrap("host", "back", back)?;
        linker.func_wrap("host", "pass", move |handle: Option<ExternRef>, a: i64, b: f64| {
            handle.or(ExternRef::new((a as u32).wrapping_add(b as u32).wrapping_add(ballast[49])))
        })?;
    }
    Ok([first, second])
}

/// Takes so many steps.
fn steps(mut caller: Caller<'_, Host<'_, '_>>, count: u32) -> Result<i32, Trap> {
    let shelf = caller.data().shelf;
    shelf.check_caller(&mut caller);
    let _deeper = Deeper::new(&shelf.depth);
    if shelf.depth.get() <= DEPTH {
        (0..count % 8).try_for_each(|_| shelf.next().map_or(Ok(()), |step| shelf.take_in(step, &mut caller)))?;
    }
    shelf.check_caller(&mut caller);
    Ok(7)
}

/// Counts a host function until it ends, be it by a panic.
struct Deeper<'a>(&'a Cell<u32>);

impl<'a> Deeper<'a> {
    fn new(depth: &'a Cell<u32>) -> Self {
        depth.set(depth.get() + 1);
        Self(depth)
    }
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Calls a function of the guest that it is given.
fn back(mut caller: Caller<'_, Host<'_, '_>>, function: Option<FuncRef>, argument: i32) -> Result<i32, Trap> {
    let refuse = |error: Error| error.as_trap().cloned().unwrap_or_else(|| panic!("a guest's function: {error}"));
    let function = function.expect("the guests give one").func(&caller).map_err(refuse)?;
    assert_eq!(function.to_ref(&caller).map_err(refuse)?.func(&caller).map_err(refuse)?.params().len(), 1);
    function.typed::<i32, i32>().map_err(refuse)?.call(&mut caller, argument).map_err(refuse)
}

/// Most often one of the two that call the host.
fn guest_of(choice: u8) -> &'static [u8] {
    GUESTS.get(choice as usize % 12).unwrap_or(&GUESTS[choice as usize % 2])
}

fn at<T>(list: &[T], index: u8) -> Option<usize> {
    (index as usize).checked_rem(list.len())
}

fn fits(memory: &[u8], fill: u8) -> bool {
    // The first page was there when the instance was made, the second may have been added since.
    let ends = |page: &[u8], value: u8| page[..64].iter().chain(&page[PAGE_SIZE - 64..]).all(|&byte| byte == value);
    memory.chunks(PAGE_SIZE).enumerate().all(|(index, page)| ends(page, fill) || index > 0 && ends(page, 0))
}

/// Errors that may occur in correct use.
fn check_error(error: &Error) {
    match error {
        Error::OutOfMemory { .. } | Error::NoShare { .. } | Error::LinkedElsewhere | Error::UnresolvedImports(_) => {}
        Error::UnknownFunction | Error::DuplicateDefinition | Error::MemoryGrow | Error::InvalidModule(_) => {}
        Error::Trap(Trap::Other(text)) => panic!("a trap without a name: {text}"),
        Error::Trap(_) => {}
        _ => panic!("unexpected: {error}"),
    }
}

impl<'s, 'l> Shelf<'s, 'l> {
    fn next(&self) -> Option<Step> {
        self.steps.borrow_mut().next()
    }

    /// Forgets the object, if there is one.
    fn forget<T>(&self, value: impl Into<Option<T>>) {
        if let Some(value) = value.into() {
            self.forgot.set(true);
            forget(value);
        }
    }

    fn limits(&self) -> Limits {
        Limits { stack_size: 4096, fuel: Some(4_000), host_calls: 32, ..Limits::DEFAULT }
    }

    fn put_module(&self, module: Module<'l>) {
        if self.modules.borrow().len() < MOST {
            self.modules.borrow_mut().push(module);
        }
    }

    fn module(&self, index: u8) -> Option<Module<'l>> {
        let modules = self.modules.borrow();
        Some(modules[at(&modules, index)?].clone())
    }

    fn remove_module(&self, index: u8) -> Option<Module<'l>> {
        let mut modules = self.modules.borrow_mut();
        let index = at(&modules, index)?;
        Some(modules.swap_remove(index))
    }

    fn guest(&self, index: u8) -> Option<Guest<'s, 'l>> {
        let guests = self.guests.borrow();
        Some(guests[at(&guests, index)?].clone())
    }

    /// Unless it is running.
    fn remove_guest(&self, index: u8) -> Option<Instance<'l, Host<'s, 'l>>> {
        let mut guests = self.guests.borrow_mut();
        let index = at(&guests, index)?;
        match Rc::try_unwrap(guests.swap_remove(index)) {
            Ok(guest) => Some(ManuallyDrop::into_inner(guest.into_inner())),
            Err(guest) => {
                guests.push(guest);
                None
            }
        }
    }

    fn remove_loose(&self, index: u8) -> Option<Loose<'l>> {
        let mut loose = self.loose.try_borrow_mut().ok()?;
        let index = at(&loose, index)?;
        Some(loose.swap_remove(index))
    }

    /// A step in a host function.
    fn take_in(&'s self, step: Step, caller: &mut Caller<'_, Host<'s, 'l>>) -> Result<(), Trap> {
        match step {
            Step::Trap => return Err(Trap::host("as planned")),
            Step::Panic => panic_any(Expected),
            Step::LookAtCaller => self.check_caller(caller),
            Step::CallBack { export, argument } => {
                let (name, argument) = self.arguments(export, argument, caller.data_mut());
                let called = caller.get_typed_func::<i32, i32>(name).and_then(|f| f.call(caller, argument));
                match called {
                    Ok(_) | Err(Error::UnknownFunction) => {}
                    // An odd number has the trap end the guest around, too.
                    Err(Error::Trap(trap)) if argument % 2 == 1 => return Err(trap),
                    Err(error) => check_error(&error),
                }
            }
            step => self.take(step),
        }
        Ok(())
    }

    /// The export of a guest to call, and its argument. The model records the byte of `fill` first, because the call may trap halfway.
    fn arguments(&self, export: u8, argument: u8, host: &mut Host<'s, 'l>) -> (&'static str, i32) {
        // Most often the one that lets the host take further steps.
        let name = EXPORTS.get(export as usize % 16).copied().unwrap_or(EXPORTS[0]);
        (name, if name == "fill" { host.fill.into() } else { argument.into() })
    }

    fn check_caller(&self, caller: &mut Caller<'_, Host<'s, 'l>>) {
        let Host { fill, global, .. } = *caller.data();
        assert!(fits(caller.memory(), fill), "the memory of the guest that calls");
        if let Some(cell) = caller.get_global("global") {
            assert_eq!(cell.get(caller), Ok(Val::I64(global)));
            let next = global.wrapping_mul(31).wrapping_add(1);
            cell.set(caller, Val::I64(next)).expect("of this guest");
            caller.data_mut().global = next;
        }
        let (host, memory) = caller.data_and_memory_mut();
        host.fill = host.fill.wrapping_add(1) | 1;
        memory.fill(host.fill);
        let _ = caller.time_left();
    }

    fn check(&self, instance: &mut Instance<'l, Host<'s, 'l>>) {
        let Host { fill, global, .. } = *instance.data();
        assert!(fits(instance.memory(), fill), "the memory of an instance");
        if let Some(cell) = instance.get_global("global") {
            assert_eq!(cell.get(instance), Ok(Val::I64(global)));
            cell.set(instance, Val::I64(!global)).expect("of this instance");
            instance.data_mut().global = !global;
        }
        if let Some(table) = instance.get_table("table") {
            let (first, second) = (table.get(instance, 0), table.get(instance, 1));
            assert!(matches!(first, Ok(Val::FuncRef(_))) && second.is_ok(), "{first:?}, {second:?}");
            table.set(instance, 0, second.expect("looked at above")).expect("of this instance");
            assert!(table.get(instance, 100).is_err());
            if let Ok(Val::FuncRef(Some(function))) = table.get(instance, 1) {
                let function = function.func(instance).expect("of this instance");
                assert_eq!((function.params().len(), function.results().len()), (1, 1));
            }
        }
        let fill = fill.wrapping_mul(3) | 1;
        instance.data_mut().fill = fill;
        instance.memory_mut().fill(fill);
        assert!(instance.usage().fuel <= 70_000 && instance.usage().backtrace().len() <= 8, "{:?}", instance.usage());
    }

    fn take(&'s self, step: Step) {
        match step {
            Step::Load { guest, share } => {
                let limits = Limits { pool: share.bytes(), ..self.limits() };
                match Module::with_limits(self.runtime, guest_of(guest), &limits) {
                    Ok(module) => self.put_module(module),
                    Err(error) => check_error(&error),
                }
            }
            Step::CloneModule { module } => {
                if let Some(module) = self.module(module) {
                    self.put_module(module);
                }
            }
            Step::LookAtModule { module } => {
                let Some(module) = self.module(module) else { return };
                let usage = module.pool_usage();
                assert!(usage.used <= usage.peak && usage.peak <= usage.total, "{usage:?}");
                for import in module.imports() {
                    assert!(["host", "env"].contains(&import.module), "{import}");
                }
                for export in module.exports() {
                    assert!(module.get_export(export.name).is_some(), "{}", export.name);
                }
                assert!(module.memory().is_none_or(|memory| memory.minimum == 1 && memory.maximum == Some(2)));
            }
            Step::DropModule { module } => drop(self.remove_module(module)),
            Step::ForgetModule { module } => self.forget::<Module<'_>>(self.remove_module(module)),

            Step::Instantiate { module, host } => {
                let Some(module) = self.module(module) else { return };
                if self.guests.borrow().len() >= MOST {
                    return;
                }
                let data = Host { shelf: self, fill: 0, global: 0 };
                match self.linkers[host as usize % 2].instantiate(&module, data) {
                    Ok(mut instance) => {
                        self.check(&mut instance);
                        self.guests.borrow_mut().push(Rc::new(RefCell::new(ManuallyDrop::new(instance))));
                    }
                    Err(error) => check_error(&error),
                }
            }
            Step::LookAtInstance { instance } => {
                self.with(instance, |instance| {
                    self.check(instance);
                    self.check(instance);
                });
            }
            Step::Grow { instance } => {
                self.with(instance, |instance| match instance.grow_memory(1) {
                    Ok(_) => self.check(instance),
                    Err(error) => check_error(&error),
                });
            }
            Step::Limit { instance, fuel, host_calls } => {
                self.with(instance, |instance| {
                    instance.set_fuel(Some(fuel.into()));
                    instance.set_host_limits(host_calls.into(), None);
                });
            }
            Step::DropInstance { instance } => drop(self.remove_guest(instance)),
            Step::ForgetInstance { instance } => self.forget::<Instance<'_, _>>(self.remove_guest(instance)),

            Step::Call { instance, export, argument } => {
                self.with(instance, |instance| {
                    let (name, argument) = self.arguments(export, argument, instance.data_mut());
                    match instance.get_typed_func::<i32, i32>(name).and_then(|f| f.call(instance, argument)) {
                        Ok(result) => assert_eq!(result, 7, "{name}"),
                        Err(error) => check_error(&error),
                    }
                    self.check(instance);
                });
            }
            Step::CallUntyped { instance, export, argument } => {
                self.with(instance, |instance| {
                    let (name, argument) = self.arguments(export, argument, instance.data_mut());
                    match instance.get_func(name).and_then(|f| f.call(instance, &[Val::I32(argument)])) {
                        Ok(results) => assert_eq!(*results, [Val::I32(7)], "{name}"),
                        Err(error) => check_error(&error),
                    }
                    self.check(instance);
                });
            }
            // There is no caller.
            Step::CallBack { .. } | Step::LookAtCaller | Step::Trap | Step::Panic => {}

            Step::NewLinker => {
                let Ok(mut loose) = self.loose.try_borrow_mut() else { return };
                if loose.len() < MOST {
                    loose.push(Loose { linker: Linker::new(self.runtime), values: [None; 2] });
                }
            }
            Step::Define { linker, name, value, size } => {
                let Ok(mut all) = self.loose.try_borrow_mut() else { return };
                let Some(index) = at(&all, linker) else { return };
                let Loose { linker, values } = &mut all[index];
                let (name, known) = if name % 2 == 0 { ("a", &mut values[0]) } else { ("b", &mut values[1]) };
                let large = [value; 500];
                let (defined, value) = match size {
                    Size::Nothing => (linker.func_wrap("env", name, || 11), 11),
                    Size::Word => (linker.func_wrap("env", name, move || value), value),
                    Size::Large => {
                        let counting = move |mut caller: Caller<'_, u32>| {
                            *caller.data_mut() += 1;
                            large[*caller.data() as usize]
                        };
                        (linker.func_wrap("env", name, counting), value)
                    }
                };
                match defined {
                    Ok(_) => assert_eq!(known.replace(value), None),
                    Err(error) => check_error(&error),
                }
            }
            Step::Link { linker, module, forget } => {
                let Some(module) = self.module(module) else { return };
                let Ok(all) = self.loose.try_borrow() else { return };
                let Some(index) = at(&all, linker) else { return };
                let Loose { linker, values } = &all[index];
                self.sum(linker.instantiate(&module, 0), *values, forget);
            }
            // Not forgotten: the `Rc` would be a leak of the fuzzer's own memory.
            Step::LinkShared { linker, module } => {
                let Some(module) = self.module(module) else { return };
                let Some(Loose { linker, values }) = self.remove_loose(linker) else { return };
                let linker = Rc::new(linker);
                let instance = linker.instantiate_shared(&module, 0);
                drop(linker);
                self.sum(instance, values, false);
            }
            Step::DropLinker { linker } => drop(self.remove_loose(linker)),
            Step::ForgetLinker { linker } => self.forget::<Loose<'_>>(self.remove_loose(linker)),

            Step::Interrupt => wamr::interrupt(),
            Step::PoolUsage => {
                let usage = self.runtime.pool_usage();
                assert!(usage.used <= usage.peak && usage.peak <= usage.total, "{usage:?}");
                assert_eq!(function_name(&GUESTS[2], 0), Some("seven"));
            }
        }
    }

    /// Calls `sum`, if there is one, of an instance that may have been made.
    fn sum(&self, instance: Result<Instance<'_, u32>, Error>, values: [Option<i32>; 2], forget: bool) {
        match instance {
            Ok(mut instance) => {
                if let Ok(sum) = instance.get_typed_func::<(), i32>("sum") {
                    let [Some(a), Some(b)] = values else { panic!("an import was not defined") };
                    match sum.call(&mut instance, ()) {
                        Ok(sum) => assert_eq!(sum, a.wrapping_add(b)),
                        // In a host function of a guest that is to end.
                        Err(error) => assert_eq!(error, Trap::Interrupted.into()),
                    }
                }
                if forget {
                    self.forget(instance);
                }
            }
            Err(error) => check_error(&error),
        }
    }

    /// Unless it is running.
    fn with(&self, instance: u8, work: impl FnOnce(&mut Instance<'l, Host<'s, 'l>>)) {
        let Some(guest) = self.guest(instance) else { return };
        if let Ok(mut instance) = guest.try_borrow_mut() {
            work(&mut instance);
        }
    }

    fn end(&self, end: End) {
        drop(self.steps.take());
        let (modules, loose) = (self.modules.take(), self.loose.take());
        let guests = self.guests.take().into_iter().map(|guest| {
            let guest = Rc::into_inner(guest).expect("none is running");
            ManuallyDrop::into_inner(guest.into_inner())
        });
        match end {
            End::DropInstancesFirst => {
                guests.for_each(drop);
                drop((modules, loose));
            }
            End::DropModulesFirst => {
                drop((loose, modules));
                guests.for_each(drop);
            }
            End::ForgetAll => {
                modules.into_iter().for_each(|module| self.forget(module));
                loose.into_iter().for_each(|loose| self.forget(loose));
                guests.for_each(|guest| self.forget(guest));
            }
        }
    }
}
