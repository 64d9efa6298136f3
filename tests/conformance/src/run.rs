//! Runs scripts.

use core::fmt::{self, Display, Write};

use wamr::{Error, ExternRef, Instance, Limits, Linker, Module, Runtime, Trap, Val};

use crate::spectest;
use crate::step::{Action, Call, Expected, SLOTS, Skip, Step, Value, Values};

/// Bytes of the pool that the files for devices need.
pub const DEVICE_POOL: usize = 3 * 1024 * 1024;

/// The limits that they need.
pub const DEVICE_LIMITS: Limits = Limits { fuel: Some(100_000_000), stack_size: 16 * 1024, ..Limits::DEFAULT };

/// A `.wast` file, translated.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its modules; see `wamr::Module::with_limits` for their alignment.
    pub modules: &'a [&'a [u8]],
    /// Its [`Step`]s, one after the other, in postcard's format.
    pub steps: &'a [u8],
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it has to.
    Passed,
    /// Otherwise.
    Failed(Text),
    /// Not at all.
    Skipped(Skip),
}

/// What happened instead. Longer texts are cut.
pub type Text = heapless::String<112, u8>;

/// An instance, or why there is none.
type Slot<'l> = Result<Instance<'l>, Outcome>;

/// Why a step did not do what it has to.
type Failure = Outcome;

impl<'a> Script<'a> {
    /// The steps. An error, for bytes that are not a script, ends them.
    pub fn steps(&self) -> impl Iterator<Item = postcard::Result<Step<'a>>> + use<'a> {
        let mut rest = self.steps;
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let step = postcard::take_from_bytes(core::mem::take(&mut rest));
            Some(step.map(|(step, left)| {
                rest = left;
                step
            }))
        })
    }

    /// Runs the steps and reports the line and the end of each.
    pub fn run(&self, runtime: &Runtime, limits: &Limits, mut report: impl FnMut(u32, Outcome)) {
        let mut linker = Linker::new(runtime);
        if let Err(error) = spectest::define(&mut linker) {
            return report(0, failed(format_args!("no spectest: {error}")));
        }
        let mut run = Run {
            runtime,
            linker: &linker,
            limits,
            modules: self.modules,
            slots: [const { Err(Outcome::Failed(Text::new())) }; SLOTS],
        };
        for step in self.steps() {
            match step {
                Ok(step) => report(step.line, run.step(&step.action).err().unwrap_or(Outcome::Passed)),
                Err(error) => report(0, failed(format_args!("not a script: {error}"))),
            }
        }
    }
}

struct Run<'a, 'l> {
    runtime: &'l Runtime,
    linker: &'l Linker<'l>,
    limits: &'a Limits,
    modules: &'a [&'a [u8]],
    slots: [Slot<'l>; SLOTS],
}

impl<'l> Run<'_, 'l> {
    fn step(&mut self, action: &Action<'_>) -> Result<(), Failure> {
        match action {
            Action::Module { slot, module, instead } => {
                let slot = usize::from(*slot);
                // What was there gives back its memory first.
                self.slots[slot] = Err(Outcome::Failed(Text::new()));
                let instance = self.instantiate(*module).map_err(failed);
                let end = instance.as_ref().map(|_| ()).map_err(Outcome::clone);
                self.slots[slot] = match instead {
                    Some(instead) if instance.is_err() => self.instantiate(*instead).map_err(failed),
                    _ => instance,
                };
                end
            }
            Action::Refused { module } => match self.load(*module) {
                Err(Error::InvalidModule(_)) => Ok(()),
                Err(error) => Err(failed(format_args!("refused for another reason: {error}"))),
                Ok(_) => Err(failed("loaded")),
            },
            Action::Unlinkable { module } => match self.instantiate(*module) {
                Err(Error::UnresolvedImports(_)) => Ok(()),
                Err(error) => Err(failed(format_args!("refused for another reason: {error}"))),
                Ok(_) => Err(failed("instantiated")),
            },
            Action::Uninstantiable { module, trap } => match self.instantiate(*module) {
                Err(error) => trapped(&error, trap),
                Ok(_) => Err(failed("instantiated")),
            },
            Action::Invoke { call } => self.call(call)?.map(|_| ()).map_err(failed),
            Action::Return { call, results } => returned(&self.call(call)?.map_err(failed)?, results),
            Action::Trap { call, trap } => match self.call(call)? {
                Err(error) => trapped(&error, trap),
                Ok(results) => Err(failed(format_args!("returned {results:x?}"))),
            },
            Action::Get { slot, name, value } => {
                let instance = self.instance(*slot)?;
                let global = instance.get_global(name).ok_or_else(|| failed("no global of that name"))?;
                returned(&[from_val(global.get(instance).map_err(failed)?)], &[*value])
            }
            Action::Skip { reason, slot } => {
                let outcome = Outcome::Skipped(*reason);
                if let Some(slot) = slot {
                    self.slots[usize::from(*slot)] = Err(outcome.clone());
                }
                Err(outcome)
            }
        }
    }

    fn load(&self, module: u16) -> Result<Module<'l>, Error> {
        Module::with_limits(self.runtime, self.modules[usize::from(module)], self.limits)
    }

    fn instantiate(&self, module: u16) -> Result<Instance<'l>, Error> {
        self.linker.instantiate(&self.load(module)?, ())
    }

    fn instance(&mut self, slot: u8) -> Result<&mut Instance<'l>, Failure> {
        self.slots[usize::from(slot)].as_mut().map_err(|outcome| outcome.clone())
    }

    /// The results of a call; what `wamr` cannot do, and a call of an instance that is not there, is the outer error.
    fn call(&mut self, call: &Call<'_>) -> Result<Result<Values<Value>, Error>, Failure> {
        let instance = self.instance(call.slot)?;
        let args = call.args.iter().map(|&value| to_val(value)).collect::<Option<Values<Val>>>();
        let args = args.ok_or_else(|| failed("no such argument"))?;
        let function = match instance.get_func(call.name) {
            Err(Error::TooManyValues) => return Err(Outcome::Skipped(Skip::ManyValues)),
            found => found,
        };
        let results = function.and_then(|function| function.call(instance, &args));
        Ok(results.map(|results| results.iter().map(|&value| from_val(value)).collect()))
    }
}

/// An argument for `wamr`; `None` for a function.
pub fn to_val(value: Value) -> Option<Val> {
    Some(match value {
        Value::I32(bits) => Val::I32(bits.cast_signed()),
        Value::I64(bits) => Val::I64(bits.cast_signed()),
        Value::F32(bits) => Val::F32(f32::from_bits(bits)),
        Value::F64(bits) => Val::F64(f64::from_bits(bits)),
        Value::ExternRef(handle) => Val::ExternRef(Some(ExternRef::new(handle)?)),
        Value::NullExtern => Val::ExternRef(None),
        Value::NullFunc => Val::FuncRef(None),
        Value::FuncRef => return None,
    })
}

/// A result of `wamr`.
pub fn from_val(value: Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::ExternRef(value) => value.map_or(Value::NullExtern, |handle| Value::ExternRef(handle.get())),
        Val::FuncRef(value) => value.map_or(Value::NullFunc, |_| Value::FuncRef),
    }
}

fn returned(actual: &[Value], expected: &[Expected]) -> Result<(), Failure> {
    let same = actual.len() == expected.len() && actual.iter().zip(expected).all(|(&a, &e)| matches(a, e));
    if same { Ok(()) } else { Err(failed(format_args!("returned {actual:x?}, not {expected:x?}"))) }
}

fn matches(actual: Value, expected: Expected) -> bool {
    // The highest bit of the payload, with the exponent before it.
    const QUIET_F32: u32 = 0x7fc0_0000;
    const QUIET_F64: u64 = 0x7ff8_0000_0000_0000;
    match (expected, actual) {
        (Expected::Value(expected), actual) => actual == expected,
        (Expected::CanonicalF32, Value::F32(bits)) => bits & !(1 << 31) == QUIET_F32,
        (Expected::CanonicalF64, Value::F64(bits)) => bits & !(1 << 63) == QUIET_F64,
        (Expected::ArithmeticF32, Value::F32(bits)) => bits & QUIET_F32 == QUIET_F32,
        (Expected::ArithmeticF64, Value::F64(bits)) => bits & QUIET_F64 == QUIET_F64,
        (Expected::AnyExtern, Value::ExternRef(_)) | (Expected::AnyNull, Value::NullExtern | Value::NullFunc) => true,
        _ => false,
    }
}

/// Whether a run ended with the trap that the test suite states so.
fn trapped(error: &Error, expected: &str) -> Result<(), Failure> {
    let Some(trap) = error.as_trap() else { return Err(failed(format_args!("not a trap: {error}"))) };
    let same = match trap {
        Trap::StackOverflow | Trap::NativeStackOverflow => expected == "call stack exhausted",
        // One of the texts may tell more, such as the index of an element.
        trap => {
            let mut text = Text::new();
            let _ = write!(text, "{trap}");
            text.starts_with(expected) || expected.starts_with(&*text)
        }
    };
    if same { Ok(()) } else { Err(failed(format_args!("trapped with \"{trap}\", not \"{expected}\""))) }
}

fn failed(what: impl Display) -> Failure {
    struct Cut(Text);

    impl Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            // What has no room is left out.
            text.chars().try_for_each(|c| self.0.push(c)).or(Ok(()))
        }
    }

    let mut text = Cut(Text::new());
    let _ = write!(text, "{what}");
    Outcome::Failed(text.0)
}
