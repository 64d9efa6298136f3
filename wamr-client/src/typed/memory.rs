//! The memory of an app that a client holds.

use super::{Function, TypedError};
use crate::{Client, Error, Link};
use std::time::{Duration, Instant};
use wamr_proto::{Command, ErrorCode, Excerpt, Name, Outcome, Part, RunLimits, Value, Values};
use wit_parser::Mangling;

/// The memory of a held app, and how its toolchain names exports.
pub(super) struct Memory<'c, L> {
    client: &'c mut Client<L>,
    app: u8,
    pub mangling: Mangling,
    /// When the client renewed the hold.
    held: Instant,
}

/// How long to hold the app from a request on, in milliseconds.
pub(super) const HOLD: u16 = 10_000;

/// How long after the last request to renew the hold.
const RENEW: Duration = Duration::from_secs(4);

impl<'c, L: Link> Memory<'c, L> {
    pub fn new(client: &'c mut Client<L>, app: u8, mangling: Mangling) -> Self {
        Self { client, app, mangling, held: Instant::now() }
    }

    pub fn client(&mut self) -> &mut Client<L> {
        self.client
    }

    /// Renews the hold if it has lasted for some time.
    pub async fn keep_held(&mut self) -> Result<(), Error> {
        if self.held.elapsed() >= RENEW {
            self.client.hold(self.app, HOLD).await?;
            self.held = Instant::now();
        }
        Ok(())
    }

    /// Lets the app allocate memory, writes these bytes there, and returns the address.
    pub async fn allocate(&mut self, align: u32, bytes: &[u8]) -> Result<u32, TypedError> {
        let realloc = match self.mangling {
            Mangling::Legacy => "cabi_realloc",
            Mangling::Standard32 => "cm32p2_realloc",
        };
        let numbers = [0, 0, align, bytes.len() as u32].map(|number| Value::I32(number.cast_signed()));
        let args = Values::new(&numbers).expect("four values fit");
        let name = Name::new(realloc).expect("the name is short");
        let receipt = self.client.run(self.app, name, args, RunLimits::default()).await?;
        let address = match &receipt.outcome {
            Outcome::Returned(values) => match **values {
                [Value::I32(address)] => Ok(address.cast_unsigned()),
                _ => Err("it does not return an address".into()),
            },
            outcome => Err(format!("{outcome:?}")),
        };
        let address = address.map_err(|why| TypedError::Allocation { function: realloc.into(), why })?;
        for (at, part) in (0..).step_by(Excerpt::MAX).zip(bytes.chunks(Excerpt::MAX)) {
            let command = Command::Write { app: self.app, at: address.wrapping_add(at), bytes: Excerpt::of(part) };
            self.keep_held().await?;
            self.client.request("the arguments", command).await?;
        }
        Ok(address)
    }

    /// Reads from the memory of the app.
    pub async fn read(&mut self, address: u32, length: usize) -> Result<Vec<u8>, TypedError> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let at = address.wrapping_add(bytes.len() as u32);
            let command = Command::Read { part: Part::Memory, app: self.app, at };
            self.keep_held().await?;
            let excerpt = self.client.request("the result", command).await?.excerpt.ok_or(Error::Version)?;
            if excerpt.is_empty() {
                return Err(TypedError::Result("it is not inside of the app's memory".into()));
            }
            bytes.extend_from_slice(&excerpt);
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Lets the app free the result of a function, if it has an export for this.
    pub async fn post_return(&mut self, function: &Function<'_>, results: Values) -> Result<(), TypedError> {
        let Some(name) = function.post_return(self.mangling) else { return Ok(()) };
        match self.client.run(self.app, name.clone(), results, RunLimits::default()).await {
            Err(Error::Refused { refusal, .. }) if refusal.code == ErrorCode::NoSuchExport => Ok(()),
            Err(error) => Err(error.into()),
            Ok(receipt) if matches!(receipt.outcome, Outcome::Returned(_)) => Ok(()),
            Ok(receipt) => {
                Err(TypedError::Allocation { function: name.to_string(), why: format!("{:?}", receipt.outcome) })
            }
        }
    }
}

/// The number in these bytes, least significant first.
pub(super) fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
