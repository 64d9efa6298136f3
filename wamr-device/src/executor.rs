//! The executor: verifies, loads and runs apps.

use core::ops::Range;
use core::time::Duration;

use wamr::{Error, Export, ExternType, Instance, Limits, Module, Trap, Val, ValType};
use wamr_proto::{
    AppName, Details, ErrorCode, Excerpt, Functions, LimitKind, List, Manifest, Name, Outcome, Part, Receipt, Refusal,
    RunLimits, TrapKind, Value, Values, encode,
};

use crate::APPS_MAX;
use crate::app_data::AppData;
use crate::capabilities;
use crate::code::{self, Place};
use crate::events::Delivery;
use crate::excerpt::excerpt;
use crate::group::Host;
use crate::image::Image;
use crate::ledger::Signer;
use crate::manifest;
use crate::refusal::{explain, refusal, text};
use crate::task::{Completion, ReadRequest, RunRequest, Stored, Task, Verified};
use crate::trust::{SignaturePolicy, Standing};
use crate::verify::{Occasion, verify};

/// The configuration of an [`Executor`], besides its [`Host`].
pub struct ExecutorConfig {
    /// The limits of every app. A manifest can lower them for its app, and a request for its call.
    pub limits: Limits,
    /// Which modules it loads.
    pub signatures: SignaturePolicy,
    /// Returns microseconds since some moment in the past, for receipts.
    pub now: fn() -> u64,
    /// The events of its apps. `None` on a device whose host groups have no events. Its [`Device`](crate::Device) needs the same.
    pub events: Option<&'static dyn Delivery>,
}

/// Performs the tasks of a [`Device`](crate::Device), one at a time, on its own thread.
pub struct Executor<'l, 'rt> {
    host: &'l Host<'rt>,
    config: &'l ExecutorConfig,
    /// The loaded apps, by slot.
    apps: [Option<Instance<'l, AppData>>; APPS_MAX],
}

impl<'l, 'rt> Executor<'l, 'rt> {
    /// Creates an executor without apps. Apps can use what `host` offers.
    // Not inlined: otherwise the apps would be on the stack twice.
    #[inline(never)]
    pub fn new(host: &'l Host<'rt>, config: &'l ExecutorConfig) -> Self {
        Self { host, config, apps: [const { None }; APPS_MAX] }
    }

    // Each kind of task has its own function that is not inlined: only one of them uses the stack at a time. They return the
    // completion and not what it consists of, which would also take stack.

    /// Performs a task. Takes as long as the app's limits allow.
    pub fn perform(&mut self, task: &Task, image: &impl Image) -> Completion {
        match task {
            Task::Verify(stored) => self.verify(stored, image),
            Task::Load { slot, stored, replaces } => self.load_stored(*slot, stored, image, *replaces),
            Task::Unload { slot, removes } => {
                let unloaded = u32::from(self.unload(*slot)) << slot;
                if let Some(name) = removes.as_ref().map(AppName::as_str).filter(|name| !name.is_empty()) {
                    self.host.removed(name);
                }
                Completion::Unloaded { unloaded }
            }
            Task::Enter { slot } => self.enter(*slot),
            Task::Deliver { slot } => self.deliver(*slot),
            Task::Run(request) => self.perform_run(request),
            Task::Read(request) => self.read_excerpt(request, image),
            Task::Write { slot, at, bytes } => self.write_memory(*slot, *at, bytes),
        }
    }

    #[inline(never)]
    fn read_excerpt(&self, request: &ReadRequest, image: &impl Image) -> Completion {
        Completion::Read(match *request {
            ReadRequest { part: Part::Memory, app, at, .. } => {
                let app = self.apps.get(usize::from(app)).and_then(Option::as_ref);
                Excerpt::of(app.and_then(|app| app.memory().get(at as usize..)).unwrap_or_default())
            }
            ReadRequest { part: Part::Pool, .. } => self.pool_use(request),
            _ => excerpt(request, &self.config.limits, &self.config.signatures, image),
        })
    }

    fn pool_use(&self, request: &ReadRequest) -> Excerpt {
        let mut numbers = [0; 5];
        let count = if request.at == 0 {
            let usage = self.host.runtime().pool_usage();
            numbers[..3].copy_from_slice(&[usage.total, usage.total - usage.used, self.host.runtime().room()]);
            3
        } else {
            let Some(Some(app)) = self.apps.get(usize::from(request.app)) else { return Excerpt::default() };
            let (code, memory, module) = (app.data().code, app.memory().len() as u32, app.module());
            let (stack, room) = (module.limits().stack_size, module.room().min(module.growth()));
            numbers = [code, memory, stack, room, module.quota() - code - memory - stack - room];
            5
        };
        // `PoolSummary` and `AppPool` are lists like this one, whose code the device has anyway.
        Excerpt::of(&encode(&Functions::new(&numbers[..count]).unwrap_or_default()).unwrap_or_default())
    }

    #[inline(never)]
    fn write_memory(&mut self, slot: u8, at: u32, bytes: &[u8]) -> Completion {
        let app = self.apps.get_mut(usize::from(slot)).and_then(Option::as_mut);
        let written = app.ok_or(ErrorCode::NotStarted.into());
        Completion::Written(written.and_then(|app| {
            app.write_memory(at, bytes).map_err(|_| Refusal::new(ErrorCode::BadArguments, "out of bounds"))
        }))
    }

    /// Calls the entry point of an app.
    #[inline(never)]
    fn enter(&mut self, slot: u8) -> Completion {
        let app = self.apps.get(usize::from(slot)).and_then(Option::as_ref);
        let entry = app.and_then(|app| Some((app.module().clone(), app.data().entry?)));
        match entry.as_ref().and_then(|(module, entry)| module.exports().nth((*entry).into())) {
            None => Completion::Ran { result: Err(ErrorCode::NoSuchExport.into()), confirmed: false, narrowed: false },
            Some(export) => self.perform_call(&Call::of_device(slot, export.name, &[])),
        }
    }

    /// Calls an app with its next event.
    #[inline(never)]
    fn deliver(&mut self, slot: u8) -> Completion {
        let mut done = Completion::Ran { result: Err(ErrorCode::NotStarted.into()), confirmed: false, narrowed: false };
        let app = self.apps.get(usize::from(slot)).and_then(Option::as_ref);
        if let Some((export, events)) = app.and_then(|app| app.data().on_event).zip(self.config.events) {
            let groups = self.host.groups();
            events.deliver(slot, groups, &mut |args| done = self.perform_call(&Call::of_device(slot, export, args)));
        }
        done
    }

    #[inline(never)]
    fn perform_run(&mut self, request: &RunRequest) -> Completion {
        let args: List<Val, { Values::MAX }> = List::first(request.args.iter().map(val));
        let RunRequest { seq, app, ref export, limits, .. } = *request;
        self.perform_call(&Call { seq, app, export: export.as_str(), args: &args, limits })
    }

    #[inline(never)]
    fn perform_call(&mut self, call: &Call<'_>) -> Completion {
        self.take_confirmed(call.app);
        let result = self.call(call);
        let narrowed = result.as_ref().is_ok_and(|receipt| self.is_narrowed(call, &receipt.outcome));
        Completion::Ran { result, confirmed: self.take_confirmed(call.app), narrowed }
    }

    /// Whether the app has called `confirm` since the last call of this function.
    fn take_confirmed(&mut self, app: u8) -> bool {
        let app = self.apps.get_mut(usize::from(app)).and_then(Option::as_mut);
        app.is_some_and(|app| core::mem::take(&mut app.data_mut().confirmed))
    }

    /// Whether a limit that only the request set stopped the app.
    fn is_narrowed(&self, call: &Call<'_>, outcome: &Outcome) -> bool {
        let Outcome::Stopped { limit, .. } = outcome else { return false };
        let app = self.apps.get(usize::from(call.app)).and_then(Option::as_ref);
        app.is_some_and(|app| {
            let own = app.module().limits();
            let mut narrowed = *own;
            manifest::lower_run(&mut narrowed, &call.limits);
            match limit {
                LimitKind::Fuel => narrowed.fuel != own.fuel,
                LimitKind::Deadline => narrowed.deadline != own.deadline,
                LimitKind::HostCalls => narrowed.host_calls != own.host_calls,
                LimitKind::HostTime => narrowed.host_time != own.host_time,
                _ => false,
            }
        })
    }

    #[inline(never)]
    fn verify(&self, stored: &Stored, image: &impl Image) -> Completion {
        Completion::Verified(with_verified(&self.config.signatures, stored, image, Occasion::Install, describe))
    }

    /// Verifies the module in a slot and loads it in the same read, so that nothing can change it in between.
    #[inline(never)]
    fn load_stored(&mut self, slot: u8, stored: &Stored, image: &impl Image, replaces: Option<u8>) -> Completion {
        let signatures = &self.config.signatures;
        let before = self.loaded();
        let result = self.load_with(slot, replaces, &|executor| {
            with_verified(signatures, stored, image, Occasion::Start, |bytes, standing| {
                let place = Place::of(image, stored.module.range());
                executor.read(slot, bytes, stored.denied, (place, standing.signer()))
            })
        });
        // An app that was in the slot is not the one that is there now.
        let unloaded = before & (!self.loaded() | 1 << slot);
        Completion::Loaded { slot, result, unloaded }
    }

    /// Loads the module in a range of the image into a slot, without checking its digest and signature. The app that it replaces
    /// is unloaded when the module is loaded, or before if there is not enough space for both.
    ///
    /// # Errors
    /// A [`Refusal`]. The app that it should have replaced stays loaded, unless it was unloaded to make space.
    pub fn load(
        &mut self,
        slot: u8,
        module: Range<u32>,
        image: &(impl Image + ?Sized),
        replaces: Option<u8>,
    ) -> Result<(), Refusal> {
        self.load_with(slot, replaces, &|executor| {
            image.with(module.clone(), |bytes| executor.read(slot, bytes, 0, (Place::of(image, module.clone()), None)))
        })
    }

    #[inline(never)]
    fn load_with(&mut self, slot: u8, replaces: Option<u8>, read: &Read<'_, 'l, 'rt>) -> Result<(), Refusal> {
        self.unload(slot);
        let started = self.start(slot, read);
        let is_full = matches!(started, Err(Refusal { code: ErrorCode::OutOfMemory, .. }));
        if let Some(replaced) = replaces.filter(|_| is_full || started.is_ok()) {
            self.unload(replaced);
            if is_full {
                return self.start(slot, read);
            }
        }
        started
    }

    /// Returns the slots with a loaded app, one bit for each.
    pub fn loaded(&self) -> u32 {
        (0..).zip(&self.apps).filter(|(_, app)| app.is_some()).fold(0, |slots, (slot, _)| slots | 1 << slot)
    }

    /// Unloads the app in a slot, if it is loaded.
    fn unload(&mut self, slot: u8) -> bool {
        let app = self.apps.get_mut(usize::from(slot)).and_then(Option::take);
        app.is_some_and(|app| {
            if let Some(events) = self.config.events {
                events.close(slot);
            }
            self.host.unloaded(app.data());
            true
        })
    }

    #[inline(never)]
    fn start(&mut self, slot: u8, read: &Read<'_, 'l, 'rt>) -> Result<(), Refusal> {
        // Where it is, because a move takes stack while the module is verified.
        match read(self) {
            Ok(ref loaded) => self.instantiate(slot, loaded),
            Err(refusal) => Err(refusal),
        }
    }

    /// This also runs the start function.
    #[inline(never)]
    fn instantiate(&mut self, slot: u8, Loaded { module, data }: &Loaded<'rt>) -> Result<(), Refusal> {
        // Before the start function, which may start timers.
        let inbox = self.config.events.filter(|_| data.on_event.is_some());
        if let Some(events) = inbox {
            events.open(slot, data.priority);
        }
        let started = self.host.linker().instantiate(module, data.clone());
        let fitted = started.and_then(|app| module.fit_quota().map(|()| app)).map_err(|error| refusal(&error));
        match fitted {
            Ok(app) => {
                if let Some(place) = self.apps.get_mut(usize::from(slot)) {
                    *place = Some(app);
                }
                Ok(())
            }
            Err(refusal) => {
                if let Some(events) = inbox {
                    events.close(slot);
                }
                // Its start function may have called the groups.
                self.host.unloaded(data);
                Err(refusal)
            }
        }
    }

    /// What loading needs to know about a module's bytes.
    #[inline(never)]
    fn read(
        &self,
        slot: u8,
        bytes: &[u8],
        denied: u16,
        (place, signer): (Place, Option<Signer>),
    ) -> Result<Loaded<'rt>, Refusal> {
        let manifest = manifest::or_default(bytes)?;
        let listed = manifest.capabilities.map(|listed| listed.without(denied));
        let mut limits = self.config.limits;
        manifest::lower(&mut limits, &manifest.limits);
        let module = code::load(self.host.runtime(), bytes, (place, signer), &limits)?;
        let grants = capabilities::grants(listed, &module, self.host)?;
        let on_event = self.config.events.map_or(Ok(None), |events| events.handler(&module))?;
        let Manifest { name, entry, priority, .. } = manifest;
        let entry = entry.map(|name| entry_point(&module, &name)).transpose()?;
        let priority = priority.unwrap_or(0);
        let code = module.pool_usage().used;
        let data = AppData { slot, name, signer, entry, on_event, priority, grants, code, confirmed: false };
        // Last, because the groups are told of the end of what they were told of.
        self.host.loading(&data, &module, listed)?;
        Ok(Loaded { module, data })
    }

    /// Calls an export of a loaded app for a client. A trap results in a receipt, not in a refusal.
    ///
    /// # Errors
    /// A [`Refusal`] if the call could not start.
    pub fn run(&mut self, request: &RunRequest) -> Result<Receipt, Refusal> {
        match self.perform_run(request) {
            Completion::Ran { result, .. } => result,
            _ => Err(ErrorCode::NotStarted.into()),
        }
    }

    // Not inlined, like `load`: the thread's stack holds only one of the two.
    #[inline(never)]
    fn call(&mut self, call: &Call<'_>) -> Result<Receipt, Refusal> {
        let app = self.apps.get_mut(usize::from(call.app)).and_then(Option::as_mut).ok_or(ErrorCode::NotStarted)?;
        let function = app.get_func(call.export).map_err(|error| match error {
            Error::UnknownFunction => Refusal::new(ErrorCode::NoSuchExport, call.export),
            // Types that a request cannot contain.
            error => explain(ErrorCode::BadArguments, &error),
        })?;
        if function.results().len() > Values::MAX || function.results().iter().any(|ty| ty.is_ref()) {
            return Err(Refusal::new(ErrorCode::BadArguments, "its results do not fit into a receipt"));
        }

        let own = *app.module().limits();
        let mut limits = own;
        manifest::lower_run(&mut limits, &call.limits);
        set_limits(app, &limits);
        let start = (self.config.now)();
        let result = function.call(app, call.args);
        let micros = (self.config.now)().saturating_sub(start);
        set_limits(app, &own);
        let usage = app.usage();
        let stopped = |limit, allowed, used| Outcome::Stopped { limit, allowed, used };

        let outcome = match result {
            // The last host function took too long, and nothing could stop it.
            Ok(_) if micros > in_micros(limits.deadline) => {
                stopped(LimitKind::Deadline, in_micros(limits.deadline), micros)
            }
            Ok(results) => Outcome::Returned(Values::first(results.iter().filter_map(value))),
            Err(Error::Trap(trap)) => match &trap {
                Trap::OutOfFuel => stopped(LimitKind::Fuel, limits.fuel.unwrap_or(u64::MAX), usage.fuel),
                Trap::DeadlineExceeded => stopped(LimitKind::Deadline, in_micros(limits.deadline), micros),
                Trap::TooManyHostCalls => {
                    stopped(LimitKind::HostCalls, limits.host_calls.into(), usage.host_calls.into())
                }
                Trap::HostTimeExceeded => stopped(LimitKind::HostTime, in_micros(limits.host_time), micros),
                trap => Outcome::Trapped { kind: trap_kind(trap), message: text(trap) },
            },
            Err(error) => {
                return Err(Refusal {
                    bound: Some(parameters(function.params())),
                    ..explain(ErrorCode::BadArguments, &error)
                });
            }
        };
        Ok(Receipt {
            seq: call.seq,
            outcome,
            fuel: usage.fuel,
            micros,
            memory: app.memory().len() as u32,
            pool: app.module().pool_usage().peak,
            host_calls: usage.host_calls,
            backtrace: Functions::new(usage.backtrace()).unwrap_or_default(),
            app: call.app,
        })
    }
}

/// The apps are unloaded, and the groups are notified.
impl Drop for Executor<'_, '_> {
    fn drop(&mut self) {
        (0..APPS_MAX as u8).for_each(|slot| _ = self.unload(slot));
    }
}

/// A call of an export.
struct Call<'a> {
    seq: u32,
    app: u8,
    export: &'a str,
    args: &'a [Val],
    limits: RunLimits,
}

impl<'a> Call<'a> {
    /// A call that no client requested.
    fn of_device(app: u8, export: &'a str, args: &'a [Val]) -> Self {
        Self { seq: 0, app, export, args, limits: RunLimits::default() }
    }
}

/// What [`Executor::load`] needs to know about a module's bytes.
struct Loaded<'rt> {
    module: Module<'rt>,
    data: AppData,
}

/// Reads a module each time it is loaded. Behind a pointer, so that there is only one copy of the code that loads.
type Read<'a, 'l, 'rt> = dyn Fn(&Executor<'l, 'rt>) -> Result<Loaded<'rt>, Refusal> + 'a;

/// Calls `then` with the bytes of a module and its relation to the ledger, if the device may run it. Everything happens in one read.
fn with_verified<R>(
    signatures: &SignaturePolicy,
    stored: &Stored,
    image: &impl Image,
    occasion: Occasion,
    then: impl FnOnce(&[u8], Standing) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    image.with(stored.module.range(), |module| {
        image.with(stored.opened.range(), |opened| {
            image.with(stored.ledger.range(), |ledger| {
                then(module, verify(signatures, module, opened, ledger, occasion)?)
            })
        })
    })
}

/// What the device needs to know about a verified module.
#[inline(never)]
fn describe(module: &[u8], standing: Standing) -> Result<Verified, Refusal> {
    let Manifest { name, version, restart, entry, counter, autostart, trial, .. } = manifest::or_default(module)?;
    let (size, entry) = (module.len() as u32, entry.is_some());
    Ok(Verified { details: Details { name, version, size, restart, entry, counter }, autostart, trial, standing })
}

/// The place of the entry point that a manifest names among the exports of the module. A function with parameters is none.
fn entry_point(module: &Module<'_>, name: &Name) -> Result<u16, Refusal> {
    let is_entry = |export: &Export<'_>| {
        export.name == name.as_str() && matches!(&export.ty, ExternType::Func(ty) if ty.params().len() == 0)
    };
    let found = module.exports().zip(0..=u16::MAX).find(|(export, _)| is_entry(export));
    found.map(|(_, place)| place).ok_or_else(|| Refusal::new(ErrorCode::NoSuchExport, name.as_str()))
}

#[inline(never)]
fn set_limits(app: &mut Instance<'_, AppData>, limits: &Limits) {
    app.set_fuel(limits.fuel);
    app.set_deadline(limits.deadline);
    app.set_host_limits(limits.host_calls, limits.host_time);
}

fn in_micros(limit: Option<Duration>) -> u64 {
    limit.map_or(u64::MAX, |limit| limit.as_secs() * 1_000_000 + u64::from(limit.subsec_micros()))
}

fn val(value: &Value) -> Val {
    match *value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value),
        Value::F64(value) => Val::F64(value),
    }
}

/// Encodes the types of parameters as the bound of a refusal.
fn parameters(types: &[ValType]) -> u32 {
    types.iter().rev().fold(0, |packed, ty| {
        let number = match ty {
            ValType::I32 => 1,
            ValType::I64 => 2,
            ValType::F32 => 3,
            ValType::F64 => 4,
            _ => 15,
        };
        packed << 4 | number
    })
}

/// Returns `None` for a reference.
fn value(val: &Val) -> Option<Value> {
    Some(match *val {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(value) => Value::F32(value),
        Val::F64(value) => Value::F64(value),
        Val::FuncRef(_) | Val::ExternRef(_) => return None,
    })
}

fn trap_kind(trap: &Trap) -> TrapKind {
    match trap {
        Trap::Unreachable => TrapKind::Unreachable,
        Trap::StackOverflow | Trap::NativeStackOverflow => TrapKind::StackOverflow,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds | Trap::UndefinedElement => TrapKind::TableOutOfBounds,
        Trap::UninitializedElement => TrapKind::IndirectCallToNull,
        Trap::IndirectCallTypeMismatch => TrapKind::BadSignature,
        Trap::DivisionByZero => TrapKind::IntegerDivisionByZero,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::InvalidConversion => TrapKind::BadConversionToInteger,
        Trap::Host(_) | Trap::HostPanic => TrapKind::Host,
        _ => TrapKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trap_has_its_kind() {
        for (trap, kind) in [
            (Trap::Unreachable, TrapKind::Unreachable),
            (Trap::StackOverflow, TrapKind::StackOverflow),
            (Trap::NativeStackOverflow, TrapKind::StackOverflow),
            (Trap::MemoryOutOfBounds, TrapKind::MemoryOutOfBounds),
            (Trap::TableOutOfBounds, TrapKind::TableOutOfBounds),
            (Trap::UndefinedElement, TrapKind::TableOutOfBounds),
            (Trap::UninitializedElement, TrapKind::IndirectCallToNull),
            (Trap::IndirectCallTypeMismatch, TrapKind::BadSignature),
            (Trap::DivisionByZero, TrapKind::IntegerDivisionByZero),
            (Trap::IntegerOverflow, TrapKind::IntegerOverflow),
            (Trap::InvalidConversion, TrapKind::BadConversionToInteger),
            (Trap::host("of a group"), TrapKind::Host),
            (Trap::HostPanic, TrapKind::Host),
            (Trap::Interrupted, TrapKind::Other),
        ] {
            assert_eq!(trap_kind(&trap), kind, "{trap}");
        }
    }

    #[test]
    fn a_refusal_names_the_types_of_all_parameters() {
        let types = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FuncRef];
        assert_eq!((parameters(&types), parameters(&[])), (0xf_4321, 0));
    }

    #[test]
    fn limits_of_more_than_a_second_are_microseconds_too() {
        assert_eq!(in_micros(Some(Duration::from_millis(2_500))), 2_500_000);
        assert_eq!(in_micros(None), u64::MAX);
    }
}
