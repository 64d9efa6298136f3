//! Runs the modules of `tests/hostile` as a device runs apps, and holds how they end against what their headers say.
//!
//! Without its feature for a device; `corpus` reads the headers and translates the modules, for tests on a computer and for the
//! build of those on a device.
#![no_std]

#[cfg(feature = "corpus")]
pub mod corpus;

use core::fmt::{self, Debug, Write};
use core::time::Duration;

use wamr::{Caller, Error, Limits, Runtime, Trap};
use wamr_device::{
    AppData, BaseGroup, Completion, Executor, ExecutorConfig, GroupLinker, Host, HostGroup, InFlash, RunRequest,
    SignaturePolicy, Stored, Task,
};
use wamr_proto::{LogLine, Name, Outcome, Receipt, Refusal, RunLimits, Value, Values};

/// One attack.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file's name.
    pub name: &'static str,
    /// The module.
    pub wasm: &'static [u8],
    /// The function that is called.
    pub export: &'static str,
    /// Its arguments.
    pub args: &'static [Value],
    /// What it may take.
    pub limits: Limits,
    /// How it has to end, in the words of the header.
    pub expect: &'static str,
}

/// How a case ended, in the words of its header, followed by what the runtime said.
pub type Ending = heapless::String<192>;

/// Bytes of the pool that all cases run in.
pub const POOL: usize = 256 * 1024;

/// What a case needs of the system.
#[derive(Debug, Clone, Copy)]
pub struct System {
    /// Waits.
    pub wait: fn(Duration),
    /// Microseconds since some moment in the past.
    pub now: fn() -> u64,
}

impl Case {
    /// Runs the case. `None` when it ended as it has to; else how it ended, or that the pool has lost bytes.
    pub fn failure(&self, runtime: &Runtime, system: System) -> Option<Ending> {
        self.failure_of(&Loading::Unchecked(self.wasm), runtime, system)
    }

    /// The same for another form of the module.
    pub fn failure_of(&self, loading: &Loading<'_>, runtime: &Runtime, system: System) -> Option<Ending> {
        let before = runtime.pool_usage().used;
        let ending = self.run(loading, runtime, system);
        let after = runtime.pool_usage().used;
        if after != before {
            return Some(words(format_args!("lost {} bytes of the pool", i64::from(after) - i64::from(before))));
        }
        let as_expected =
            ending.strip_prefix(self.expect).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("));
        if as_expected { None } else { Some(ending) }
    }

    fn run(&self, loading: &Loading<'_>, runtime: &Runtime, system: System) -> Ending {
        let base = BaseGroup::new(|_: &LogLine<'_>| (), || 0);
        let test = TestGroup { wait: system.wait };
        let groups: [&dyn HostGroup; 2] = [&base, &test];
        let host = match Host::new(runtime, &groups) {
            Ok(host) => host,
            Err(error) => return words(format_args!("could not begin: {error}")),
        };
        let config =
            ExecutorConfig { limits: self.limits, signatures: loading.policy(), now: system.now, events: None };
        let mut executor = Executor::new(&host, &config);
        if let Err(error) = loading.load(&mut executor) {
            return refused(&error);
        }
        let (Some(export), Some(args)) = (Name::new(self.export), Values::new(self.args)) else {
            return words(format_args!("the call does not fit into a request"));
        };
        match executor.run(&RunRequest { seq: 0, app: 0, export, args, limits: RunLimits::default() }) {
            Ok(receipt) => ended(&receipt),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// A module and how a device gets it.
pub enum Loading<'a> {
    /// By a device that does not check signatures.
    Unchecked(&'a [u8]),
    /// As an app that is installed, by a device that requires the signature that the module has.
    Signed(&'a [u8], SignaturePolicy),
}

impl Loading<'_> {
    fn policy(&self) -> SignaturePolicy {
        match self {
            Self::Unchecked(_) => SignaturePolicy::OFF,
            Self::Signed(_, policy) => *policy,
        }
    }

    fn load(&self, executor: &mut Executor<'_, '_>) -> Result<(), Refusal> {
        let (Self::Unchecked(module) | Self::Signed(module, _)) = *self;
        let range = InFlash { at: 0, size: module.len() as u32 };
        if matches!(self, Self::Unchecked(_)) {
            return executor.load(0, range.range(), module, None);
        }
        // The signature covers the module, and the ledger is empty.
        let nothing = InFlash { at: 0, size: 0 };
        let stored = Stored { module: range, opened: nothing, ledger: nothing, denied: 0 };
        match executor.perform(&Task::Load { slot: 0, stored, replaces: None }, &module) {
            Completion::Loaded { result, .. } => result,
            _ => unreachable!("a task completes as what it is"),
        }
    }
}

/// What the cases import besides what devices offer.
struct TestGroup {
    wait: fn(Duration),
}

impl HostGroup for TestGroup {
    fn name(&self) -> &str {
        "test"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.func_wrap("wait", |caller: Caller<'_, AppData>, millis: u32| {
            let wanted = Duration::from_millis(millis.into());
            (self.wait)(caller.time_left().map_or(wanted, |left| wanted.min(left)));
        })?;
        linker.func_wrap("call_back", |mut caller: Caller<'_, AppData>, argument: i32| -> Result<i32, Trap> {
            let failed = |error: Error| match error {
                Error::Trap(trap) => trap,
                _ => Trap::host("no function to call back"),
            };
            let back = caller.get_typed_func::<i32, i32>("back").map_err(failed)?;
            back.call(&mut caller, argument).map_err(failed)
        })
    }
}

fn refused(refusal: &Refusal) -> Ending {
    words(format_args!("refused {} ({})", Kebab(refusal.code), refusal.message))
}

fn ended(receipt: &Receipt) -> Ending {
    match &receipt.outcome {
        Outcome::Returned(values) => {
            let mut ending = words(format_args!("returned"));
            for value in values.iter() {
                let _ = write!(ending, " {}:{value}", value.type_name());
            }
            ending
        }
        Outcome::Trapped { kind, message } => words(format_args!("trapped {} ({message})", Kebab(kind))),
        Outcome::Stopped { limit, allowed, used } => {
            words(format_args!("stopped {} ({used} of {allowed})", Kebab(limit)))
        }
        _ => words(format_args!("ended in a way that this test does not know")),
    }
}

/// As much of the text as has room.
fn words(text: fmt::Arguments<'_>) -> Ending {
    let mut ending = Ending::new();
    let _ = ending.write_fmt(text);
    ending
}

/// The name of an enumeration's variant, as headers write it.
struct Kebab<T>(T);

impl<T: Debug> fmt::Display for Kebab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = heapless::String::<32>::new();
        write!(name, "{:?}", self.0)?;
        for (at, letter) in name.char_indices() {
            if letter.is_ascii_uppercase() && at > 0 {
                f.write_char('-')?;
            }
            f.write_char(letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}
