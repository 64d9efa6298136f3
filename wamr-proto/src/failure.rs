//! The last failure of an app.

use crate::write::{Output, Write, write_as_map};
use crate::{ErrorCode, Functions, LimitKind, Outcome, Receipt, Refusal, Text, TrapKind};
use minicbor::Decode;

/// The last failure of an app, whoever called it. Exceeding a limit that only a request set is not a failure.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
#[cbor(map)]
pub struct Failure {
    /// What happened.
    #[n(0)]
    pub why: Why,
    /// The functions that were active, as in a [`Receipt`].
    #[n(1)]
    pub backtrace: Functions,
}

/// How an app failed: as in an [`Outcome`], or because it could not run at all.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
#[cbor(flat)]
#[non_exhaustive]
pub enum Why {
    /// The code trapped.
    #[n(1)]
    Trapped {
        /// The kind of trap.
        #[n(0)]
        kind: TrapKind,
        /// The runtime's message.
        #[n(1)]
        message: Text,
    },
    /// The device stopped the code because it exceeded a limit.
    #[n(2)]
    Stopped {
        /// Which limit.
        #[n(0)]
        limit: LimitKind,
        /// How much the run was allowed, in the limit's unit.
        #[n(1)]
        allowed: u64,
        /// How much it had used when the device stopped it.
        #[n(2)]
        used: u64,
    },
    /// The app could not be loaded, or its entry point not be called: a [`Refusal`].
    #[n(3)]
    Refused {
        /// The reason.
        #[n(0)]
        code: ErrorCode,
        /// The bound that belongs to the reason, or 0.
        #[n(1)]
        bound: u32,
        /// Details for people.
        #[n(2)]
        message: Text,
    },
}

write_as_map!(Failure: why, backtrace);

impl Write for Why {
    fn write(&self, output: &mut Output) {
        match self {
            Self::Trapped { kind, message } => output.variant(1, &[kind, message]),
            Self::Stopped { limit, allowed, used } => output.variant(2, &[limit, allowed, used]),
            Self::Refused { code, bound, message } => output.variant(3, &[code, bound, message]),
        }
    }
}

impl From<&Refusal> for Failure {
    fn from(Refusal { code, bound, message }: &Refusal) -> Self {
        let why = Why::Refused { code: *code, bound: bound.unwrap_or(0), message: message.clone() };
        Self { why, backtrace: Functions::default() }
    }
}

impl Failure {
    /// Returns the failure that a receipt reports. `None` if the function returned.
    pub fn of(receipt: &Receipt) -> Option<Self> {
        let why = match &receipt.outcome {
            Outcome::Trapped { kind, message } => Why::Trapped { kind: *kind, message: message.clone() },
            Outcome::Stopped { limit, allowed, used } => Why::Stopped { limit: *limit, allowed: *allowed, used: *used },
            Outcome::Returned(_) => return None,
        };
        Some(Self { why, backtrace: receipt.backtrace.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Response, decode, encode};

    #[test]
    fn the_longest_failures_fit_into_a_response() {
        let message = Text::cut(&"x".repeat(100));
        let backtrace = Functions::new(&[u32::MAX; Functions::MAX]).unwrap();
        for why in [
            Why::Trapped { kind: TrapKind::Host, message: message.clone() },
            Why::Stopped { limit: LimitKind::Fuel, allowed: u64::MAX, used: u64::MAX },
            Why::Refused { code: ErrorCode::UnknownCapability, bound: u32::MAX, message },
        ] {
            let failure = Some(Failure { why, backtrace: backtrace.clone() });
            let response = Response { failure, ..Response::new(u32::MAX) };
            assert_eq!(decode::<Response>(&encode(&response).unwrap()), Ok(response));
        }
    }
}
