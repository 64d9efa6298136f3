//! The current app: verified, loaded, run.

use core::fmt::Write;
use core::ops::Range;
use core::time::Duration;

use wamr::{Error, Instance, Limits, Linker, Module, Runtime, Trap, Val};
use wamr_proto::{
    ErrorCode, Functions, LimitKind, Outcome, Receipt, Refusal, RunLimits, Text, TrapKind, Value, Values,
};

use crate::digest::sha256;
use crate::task::{ActivateError, Activation, Completion, RunRequest, Task};

/// The slot's partition as bytes in memory, where apps are loaded from.
pub trait Image {
    /// Calls `read` with a range of the partition.
    ///
    /// The device has nothing written to a range that a task names while the task is under way.
    ///
    /// # Panics
    /// May panic when the range is not inside the partition; those of the device's tasks always are.
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R;
}

/// What an [`Executor`] needs besides the runtime.
pub struct ExecutorConfig {
    /// Limits of each app. A request may lower those of its call.
    pub limits: Limits,
    /// Tells microseconds since some moment in the past, for receipts.
    pub now: fn() -> u64,
}

/// Does the tasks of a [`Device`](crate::Device), one after the other, on a thread of its own.
pub struct Executor<'l, 'rt> {
    runtime: &'rt Runtime,
    linker: &'l Linker<'rt>,
    config: ExecutorConfig,
    app: Option<Instance<'l>>,
}

impl<'l, 'rt> Executor<'l, 'rt> {
    /// An executor without an app. Apps may import the functions of `linker`.
    pub fn new(runtime: &'rt Runtime, linker: &'l Linker<'rt>, config: ExecutorConfig) -> Self {
        Self { runtime, linker, config, app: None }
    }

    /// Does a task. Takes as long as the app's limits allow.
    pub fn perform(&mut self, task: &Task, image: &impl Image) -> Completion {
        match task {
            Task::Activate(Activation { at, size, digest }) => {
                let activated = image.with(*at..at + size, |bytes| {
                    if sha256(bytes) == *digest {
                        self.activate(bytes)
                    } else {
                        Err(ActivateError { refusal: ErrorCode::DigestMismatch.into(), displaced: false })
                    }
                });
                Completion::Activated(activated)
            }
            Task::Run(request) => Completion::Ran(self.run(request)),
        }
    }

    /// Puts a module in the place of the current app, which stays when the module is refused, if the pool holds both.
    #[inline(never)]
    pub fn activate(&mut self, bytes: &[u8]) -> Result<(), ActivateError> {
        let had_app = self.app.is_some();
        let mut loaded = self.load(bytes);
        if had_app && matches!(loaded, Err(Error::OutOfMemory { .. })) {
            self.app = None;
            loaded = self.load(bytes);
        }
        match loaded {
            Ok(app) => {
                self.app = Some(app);
                Ok(())
            }
            Err(error) => {
                let refusal = self.refusal(&error);
                Err(ActivateError { refusal, displaced: had_app && self.app.is_none() })
            }
        }
    }

    fn load(&self, bytes: &[u8]) -> Result<Instance<'l>, Error> {
        let module = Module::with_limits(self.runtime, bytes, &self.config.limits)?;
        self.linker.instantiate(&module, &self.config.limits, ())
    }

    // Not inlined, like `activate`: the thread's stack holds the one or the other.
    /// Calls an export of the current app. A trap is a receipt, not a refusal.
    ///
    /// # Errors
    /// A [`Refusal`] when the call could not even start.
    #[inline(never)]
    pub fn run(&mut self, request: &RunRequest) -> Result<Receipt, Refusal> {
        let app = self.app.as_mut().ok_or(ErrorCode::NoApp)?;
        let function = app.get_func(request.export.as_str()).map_err(|error| match error {
            Error::UnknownFunction => Refusal::new(ErrorCode::NoSuchExport, request.export.as_str()),
            // Types that a request can't carry.
            error => explain(ErrorCode::BadArguments, &error),
        })?;
        if function.results().len() > Values::MAX || function.results().iter().any(|ty| ty.is_ref()) {
            return Err(Refusal::new(ErrorCode::BadArguments, "the function's results do not fit into a receipt"));
        }
        let args: heapless::Vec<Val, { Values::MAX }> = request.args.iter().map(val).collect();

        let limits = self.config.limits.at_most(&wanted(&request.limits));
        app.set_fuel(limits.fuel);
        app.set_deadline(limits.deadline);
        app.set_host_limits(limits.host_calls, limits.host_time);
        let start = (self.config.now)();
        let result = function.call(app, &args);
        let micros = (self.config.now)().saturating_sub(start);
        let usage = app.usage();

        let outcome = match result {
            Ok(results) => {
                let values: heapless::Vec<Value, { Values::MAX }> = results.iter().filter_map(value).collect();
                Outcome::Returned(Values::new(&values).expect("their number was checked"))
            }
            Err(Error::Trap(trap)) => {
                let stopped = |limit, allowed, used| Outcome::Stopped { limit, allowed, used };
                match &trap {
                    Trap::OutOfFuel => stopped(LimitKind::Fuel, limits.fuel.unwrap_or(u64::MAX), usage.fuel),
                    Trap::DeadlineExceeded => stopped(LimitKind::Deadline, in_micros(limits.deadline), micros),
                    Trap::TooManyHostCalls => {
                        stopped(LimitKind::HostCalls, limits.host_calls.into(), usage.host_calls.into())
                    }
                    Trap::HostTimeExceeded => stopped(LimitKind::HostTime, in_micros(limits.host_time), micros),
                    trap => Outcome::Trapped { kind: trap_kind(trap), message: text(trap) },
                }
            }
            Err(error) => return Err(explain(ErrorCode::BadArguments, &error)),
        };
        Ok(Receipt {
            seq: request.seq,
            outcome,
            fuel: usage.fuel,
            micros,
            memory: app.memory().len() as u32,
            pool: self.runtime.pool_usage().peak,
            host_calls: usage.host_calls,
            backtrace: Functions::new(usage.backtrace()).unwrap_or_default(),
        })
    }

    /// What the client is told of a module that could not be started.
    fn refusal(&self, error: &Error) -> Refusal {
        match error {
            // WAMR tells the latter of a start function, and of an instance that does not fit.
            Error::OutOfMemory { .. } | Error::Trap(Trap::OutOfMemory) => {
                Refusal::with_bound(ErrorCode::OutOfMemory, self.runtime.pool_usage().total)
            }
            Error::UnresolvedImports(list) => Refusal::new(ErrorCode::UnknownImport, list),
            Error::InvalidModule(message) => Refusal::new(ErrorCode::InvalidModule, message),
            Error::Trap(trap) => explain(ErrorCode::StartFailed, trap),
            error @ (Error::TooLarge { .. } | Error::MemoryTooLarge { .. } | Error::TooManyInstances { .. }) => {
                explain(ErrorCode::LimitExceeded, error)
            }
            error => explain(ErrorCode::InvalidModule, error),
        }
    }
}

/// The limits that a client asks for.
fn wanted(wanted: &RunLimits) -> Limits {
    Limits {
        fuel: wanted.fuel,
        deadline: wanted.millis.map(|millis| Duration::from_millis(millis.into())),
        host_calls: wanted.host_calls.unwrap_or(u32::MAX),
        ..Limits::DEFAULT
    }
}

fn in_micros(limit: Option<Duration>) -> u64 {
    limit.map_or(u64::MAX, |limit| limit.as_secs() * 1_000_000 + u64::from(limit.subsec_micros()))
}

fn text(reason: &impl core::fmt::Display) -> Text {
    let mut text = Text::default();
    let _ = write!(text, "{reason}");
    text
}

fn explain(code: ErrorCode, reason: &impl core::fmt::Display) -> Refusal {
    Refusal { code, bound: None, message: text(reason) }
}

fn val(value: &Value) -> Val {
    match *value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value),
        Value::F64(value) => Val::F64(value),
    }
}

/// `None` for a reference.
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
