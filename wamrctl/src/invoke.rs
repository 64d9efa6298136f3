//! The options that choose which functions of a module to call, for all commands that call some.

use crate::failure::{Failure, Status};
use crate::module::Module;
use crate::values;
use clap::{Arg, ArgAction, ArgMatches, Command};
use wamr_client::proto::{Name, RunLimits, Values};

/// Calls, as the command line names them.
#[derive(clap::Args)]
pub struct Invocations {
    #[command(flatten)]
    invoke: Invoke,
    #[command(flatten)]
    limits: CallLimits,
}

/// `--invoke` and its arguments, once per occurrence. clap's derive would join them in one list.
#[derive(Default)]
struct Invoke(Vec<Vec<String>>);

const INVOKE: &str = "invoke";

impl clap::Args for Invoke {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new(INVOKE)
                .long(INVOKE)
                .num_args(1..)
                .action(ArgAction::Append)
                .value_names(["NAME", "ARG"])
                .allow_negative_numbers(true)
                .help("Call this exported function with these arguments; repeat to call several in order on the same instance"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Invoke {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut invoke = Self::default();
        invoke.update_from_arg_matches(matches)?;
        Ok(invoke)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        if let Some(occurrences) = matches.get_occurrences::<String>(INVOKE) {
            self.0 = occurrences.map(|words| words.cloned().collect()).collect();
        }
        Ok(())
    }
}

/// Limits of a call, within what the device allows.
#[derive(clap::Args)]
pub struct CallLimits {
    /// Maximum number of instructions per invocation
    #[arg(long, value_name = "INSTRUCTIONS")]
    fuel: Option<u64>,
    /// Maximum duration of an invocation
    #[arg(long, value_name = "MILLISECONDS")]
    time: Option<u32>,
    /// Maximum number of host calls per invocation
    #[arg(long, value_name = "CALLS")]
    host_calls: Option<u32>,
    /// Maximum time that host functions take per invocation
    #[arg(long, value_name = "MILLISECONDS")]
    host_time: Option<u32>,
}

impl From<&CallLimits> for RunLimits {
    fn from(&CallLimits { fuel, time, host_calls, host_time }: &CallLimits) -> Self {
        Self { fuel, millis: time, host_calls, host_millis: host_time }
    }
}

/// A call that fits a module.
pub struct Call {
    /// The exported function.
    pub export: Name,
    /// Its arguments.
    pub args: Values,
    /// The limits that the user set.
    pub limits: RunLimits,
}

impl Invocations {
    /// Whether the user named functions.
    pub fn are_named(&self) -> bool {
        !self.invoke.0.is_empty()
    }

    /// Checks the calls against the module's exports. Where none is named, the first of `entry_points` that the module
    /// exports is called, and there is no call if there is none.
    ///
    /// # Errors
    /// [`Status::Usage`] when there is no such function, or it takes other arguments.
    pub fn of(&self, module: &Module, entry_points: &[&str]) -> Result<Vec<Call>, Failure> {
        let limits = RunLimits::from(&self.limits);
        let call = |name: &str, words: &[String]| {
            let args = values::parse(name, module.function(name)?, words)?;
            Ok(Call { export: export(name)?, args, limits })
        };
        if self.invoke.0.is_empty() {
            return match entry_points.iter().find(|name| module.function(name).is_ok()) {
                Some(name) => Ok(vec![call(name, &[])?]),
                None if limits != RunLimits::default() => {
                    let message = "limits of an invocation are set, but no function is called";
                    Err(Failure::new(Status::Usage, message).help("name a function with --invoke"))
                }
                None => Ok(Vec::new()),
            };
        }
        self.invoke.0.iter().map(|words| call(&words[0], &words[1..])).collect()
    }
}

/// The name of an export as a call carries it.
///
/// # Errors
/// [`Status::Usage`] when it is too long.
pub fn export(name: &str) -> Result<Name, Failure> {
    let long = || format!("the name `{name}` has {} bytes; a call can carry at most {}", name.len(), Name::MAX);
    Name::new(name).ok_or_else(|| Failure::new(Status::Usage, long()))
}
