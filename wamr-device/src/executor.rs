//! The executor: verifies, loads and runs apps.

use core::ops::Range;
use core::time::Duration;

use wamr::{Error, Instance, Limits, Module, Trap, Val, ValType};
use wamr_proto::{APPS_MAX, ErrorCode, Functions, LimitKind, List, Outcome, Receipt, Refusal, TrapKind, Value, Values};

use crate::app_data::AppData;
use crate::capabilities;
use crate::excerpt::excerpt;
use crate::group::Host;
use crate::image::Image;
use crate::manifest;
use crate::refusal::{explain, refusal, text};
use crate::task::{Completion, LoadError, RunRequest, Stored, Task, Verified};
use crate::trust::SignaturePolicy;
use crate::verify::verify;

/// The configuration of an [`Executor`], besides its [`Host`].
pub struct ExecutorConfig {
    /// The limits of every app. A manifest can lower them for its app, and a request for its call.
    pub limits: Limits,
    /// Which modules it loads.
    pub signatures: SignaturePolicy,
    /// Returns microseconds since some moment in the past, for receipts.
    pub now: fn() -> u64,
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

    // Each kind of task has its own function that is not inlined: only one of them uses the stack at a time.

    /// Performs a task. Takes as long as the app's limits allow.
    pub fn perform(&mut self, task: &Task, image: &impl Image) -> Completion {
        match task {
            Task::Verify(stored) => {
                let verify = |_: &[u8], verified| Ok(verified);
                Completion::Verified(with_verified(&self.config.signatures, stored, image, verify))
            }
            Task::Load { slot, stored, replaces } => {
                Completion::Loaded(self.load_stored(*slot, stored, image, *replaces))
            }
            Task::Unload { slot } => {
                self.unload(*slot);
                Completion::Unloaded
            }
            Task::Enter { slot } => self.enter(*slot),
            Task::Run(request) => self.perform_run(request),
            Task::Read(request) => {
                Completion::Read(excerpt(request, &self.config.limits, &self.config.signatures, image))
            }
        }
    }

    /// Calls the entry point of an app.
    #[inline(never)]
    fn enter(&mut self, slot: u8) -> Completion {
        let app = self.apps.get(usize::from(slot)).and_then(Option::as_ref);
        match app.and_then(|app| app.data().entry.clone()) {
            None => Completion::Ran { result: Err(ErrorCode::NoSuchExport.into()), confirmed: false, narrowed: false },
            Some(export) => {
                let (args, limits) = Default::default();
                self.perform_run(&RunRequest { seq: 0, app: slot, export, args, limits })
            }
        }
    }

    #[inline(never)]
    fn perform_run(&mut self, request: &RunRequest) -> Completion {
        self.take_confirmed(request.app);
        let result = self.run(request);
        let narrowed = result.as_ref().is_ok_and(|receipt| self.is_narrowed(request, &receipt.outcome));
        Completion::Ran { result, confirmed: self.take_confirmed(request.app), narrowed }
    }

    /// Whether the app has called `confirm` since the last call of this function.
    fn take_confirmed(&mut self, app: u8) -> bool {
        let app = self.apps.get_mut(usize::from(app)).and_then(Option::as_mut);
        app.is_some_and(|app| core::mem::take(&mut app.data_mut().confirmed))
    }

    /// Whether a limit that only the request set stopped the app.
    fn is_narrowed(&self, request: &RunRequest, outcome: &Outcome) -> bool {
        let Outcome::Stopped { limit, .. } = outcome else { return false };
        let app = self.apps.get(usize::from(request.app)).and_then(Option::as_ref);
        app.is_some_and(|app| {
            let own = app.limits();
            let mut narrowed = *own;
            manifest::lower_run(&mut narrowed, &request.limits);
            match limit {
                LimitKind::Fuel => narrowed.fuel != own.fuel,
                LimitKind::Deadline => narrowed.deadline != own.deadline,
                LimitKind::HostCalls => narrowed.host_calls != own.host_calls,
                LimitKind::HostTime => narrowed.host_time != own.host_time,
                _ => false,
            }
        })
    }

    /// Verifies the module in a slot and loads it in the same read, so that nothing can change it in between.
    ///
    /// # Errors
    /// Those of [`load`](Self::load), and those of the verification.
    #[inline(never)]
    fn load_stored(
        &mut self,
        slot: u8,
        stored: &Stored,
        image: &impl Image,
        replaces: Option<u8>,
    ) -> Result<(), LoadError> {
        let signatures = &self.config.signatures;
        self.load_with(slot, replaces, &|executor| {
            with_verified(signatures, stored, image, |bytes, _| executor.read(slot, bytes))
        })
    }

    /// Loads the module in a range of the image into a slot, without checking its digest and signature. The app that it replaces
    /// is unloaded when the module is loaded, or before if there is not enough space for both.
    ///
    /// # Errors
    /// [`LoadError`]. The app that it should have replaced stays loaded unless the error says otherwise.
    pub fn load(
        &mut self,
        slot: u8,
        module: Range<u32>,
        image: &(impl Image + ?Sized),
        replaces: Option<u8>,
    ) -> Result<(), LoadError> {
        self.load_with(slot, replaces, &|executor| image.with(module.clone(), |bytes| executor.read(slot, bytes)))
    }

    #[inline(never)]
    fn load_with(&mut self, slot: u8, replaces: Option<u8>, read: &Read<'_, 'l, 'rt>) -> Result<(), LoadError> {
        self.unload(slot);
        let mut started = self.start(read);
        let mut displaced = false;
        if let (Err(Refusal { code: ErrorCode::OutOfMemory, .. }), Some(replaced)) = (&started, replaces) {
            displaced = self.unload(replaced);
            started = self.start(read);
        }
        let app = started.map_err(|refusal| LoadError { refusal, displaced })?;
        if let Some(replaced) = replaces {
            self.unload(replaced);
        }
        if let Some(place) = self.apps.get_mut(usize::from(slot)) {
            *place = Some(app);
        }
        Ok(())
    }

    /// Unloads the app in a slot, if it is loaded.
    fn unload(&mut self, slot: u8) -> bool {
        let app = self.apps.get_mut(usize::from(slot)).and_then(Option::take);
        app.is_some_and(|app| {
            self.host.unloaded(app.data());
            true
        })
    }

    #[inline(never)]
    fn start(&self, read: &Read<'_, 'l, 'rt>) -> Result<Instance<'l, AppData>, Refusal> {
        let Loaded { module, data } = read(self)?;
        self.instantiate(&module, data)
    }

    /// This also runs the start function.
    #[inline(never)]
    fn instantiate(&self, module: &Module<'rt>, data: AppData) -> Result<Instance<'l, AppData>, Refusal> {
        let tried = data.clone();
        let started = self.host.linker().instantiate(module, data).map_err(|error| refusal(&error));
        let started = started.and_then(|app| check_entry(&app).map(|()| app));
        // Its start function may have called the groups.
        started.inspect_err(|_| self.host.unloaded(&tried))
    }

    /// What loading needs to know about a module's bytes.
    #[inline(never)]
    fn read(&self, slot: u8, bytes: &[u8]) -> Result<Loaded<'rt>, Refusal> {
        let manifest = manifest::or_default(bytes)?;
        let mut limits = self.config.limits;
        manifest::lower(&mut limits, &manifest.limits);
        let module = Module::with_limits(self.host.runtime(), bytes, &limits).map_err(|error| refusal(&error))?;
        let grants = capabilities::grants(manifest.capabilities, &module, self.host)?;
        let data = AppData { slot, name: manifest.name, entry: manifest.entry, grants, confirmed: false };
        Ok(Loaded { module, data })
    }

    // Not inlined, like `load`: the thread's stack holds only one of the two.
    /// Calls an export of a loaded app. A trap results in a receipt, not in a refusal.
    ///
    /// # Errors
    /// A [`Refusal`] if the call could not start.
    #[inline(never)]
    pub fn run(&mut self, request: &RunRequest) -> Result<Receipt, Refusal> {
        let app = self.apps.get_mut(usize::from(request.app)).and_then(Option::as_mut).ok_or(ErrorCode::NotStarted)?;
        let function = app.get_func(request.export.as_str()).map_err(|error| match error {
            Error::UnknownFunction => Refusal::new(ErrorCode::NoSuchExport, request.export.as_str()),
            // Types that a request cannot contain.
            error => explain(ErrorCode::BadArguments, &error),
        })?;
        if function.results().len() > Values::MAX || function.results().iter().any(|ty| ty.is_ref()) {
            return Err(Refusal::new(ErrorCode::BadArguments, "the function's results do not fit into a receipt"));
        }
        let args: List<Val, { Values::MAX }> = List::first(request.args.iter().map(val));

        let own = *app.limits();
        let mut limits = own;
        manifest::lower_run(&mut limits, &request.limits);
        set_limits(app, &limits);
        let start = (self.config.now)();
        let result = function.call(app, &args);
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
            seq: request.seq,
            outcome,
            fuel: usage.fuel,
            micros,
            memory: app.memory().len() as u32,
            pool: app.module().pool_usage().peak,
            host_calls: usage.host_calls,
            backtrace: Functions::new(usage.backtrace()).unwrap_or_default(),
            app: request.app,
        })
    }
}

/// The apps are unloaded, and the groups are notified.
impl Drop for Executor<'_, '_> {
    fn drop(&mut self) {
        (0..APPS_MAX as u8).for_each(|slot| _ = self.unload(slot));
    }
}

/// What [`Executor::load`] needs to know about a module's bytes.
struct Loaded<'rt> {
    module: Module<'rt>,
    data: AppData,
}

/// Reads a module each time it is loaded. Behind a pointer, so that there is only one copy of the code that loads.
type Read<'a, 'l, 'rt> = dyn Fn(&Executor<'l, 'rt>) -> Result<Loaded<'rt>, Refusal> + 'a;

/// Calls `then` with the bytes of a module and its description, if the device may run it. Everything happens in one read.
fn with_verified<R>(
    signatures: &SignaturePolicy,
    stored: &Stored,
    image: &impl Image,
    then: impl FnOnce(&[u8], Verified) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    image.with(stored.module.range(), |module| {
        image.with(stored.opened.range(), |opened| {
            image.with(stored.ledger.range(), |ledger| then(module, verify(signatures, module, opened, ledger)?))
        })
    })
}

/// Rejects an app whose manifest names an entry point that the module does not export, or that has parameters.
fn check_entry(app: &Instance<'_, AppData>) -> Result<(), Refusal> {
    if let Some(entry) = &app.data().entry
        && !app.get_func(entry.as_str()).is_ok_and(|function| function.params().is_empty())
    {
        return Err(Refusal::new(ErrorCode::NoSuchExport, entry.as_str()));
    }
    Ok(())
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
