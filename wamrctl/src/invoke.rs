//! The options that say which function of a module to call, for every command that can.

use crate::failure::{Failure, Status};
use crate::module::Module;
use crate::values;
use wamr_proto::{Name, RunLimits, Values};

/// A call, as the command line names it.
#[derive(clap::Args)]
pub struct Invocation {
    /// Call this exported function with these arguments
    #[arg(long, num_args = 1.., value_names = ["NAME", "ARG"], allow_negative_numbers = true)]
    invoke: Vec<String>,
    #[command(flatten)]
    limits: CallLimits,
}

/// Limits of a call, within what the device allows.
#[derive(clap::Args)]
pub struct CallLimits {
    /// Let a call execute at most this many instructions
    #[arg(long, value_name = "INSTRUCTIONS")]
    fuel: Option<u64>,
    /// Let a call take at most this many milliseconds
    #[arg(long, value_name = "MILLISECONDS")]
    time: Option<u32>,
    /// Let a call call the host's functions at most this often
    #[arg(long, value_name = "CALLS")]
    host_calls: Option<u32>,
    /// Let the host's functions take at most this many milliseconds of a call
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

impl Invocation {
    /// Checks the call against the module's export. Where none is named, the first of `entry_points` that the module
    /// exports is called, and `None` is returned if there is none.
    ///
    /// # Errors
    /// [`Status::Usage`] when there is no such function, or it takes other arguments.
    pub fn of(&self, module: &Module, entry_points: &[&str]) -> Result<Option<Call>, Failure> {
        let limits = RunLimits::from(&self.limits);
        let mut names = entry_points.iter().copied();
        let (name, words) = match self.invoke.split_first() {
            Some((name, words)) => (&**name, words),
            None => match names.find(|name| module.function(name).is_ok()) {
                Some(name) => (name, &[][..]),
                None if limits != RunLimits::default() => {
                    let message = "limits of a call are given, and no call is asked for";
                    return Err(Failure::new(Status::Usage, message).help("name a function with --invoke"));
                }
                None => return Ok(None),
            },
        };
        let args = values::parse(name, module.function(name)?, words)?;
        let export = Name::new(name)
            .ok_or_else(|| Failure::new(Status::Usage, format!("the name `{name}` is longer than a call can carry")))?;
        Ok(Some(Call { export, args, limits }))
    }
}
