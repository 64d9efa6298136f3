//! Which modules a device runs: those that someone signed whom it trusts.

use core::fmt::Display;

use wamr_proto::{ErrorCode, Key, Refusal, Signatures as Policy};
use wamr_signature::{Error, PublicKey};

use crate::executor::explain;
use crate::ledger::Ledger;

/// Keys that are tried at once, so that their number costs time and not memory.
const KEYS: usize = 2;

type Verify = fn(&[u8], &[Key]) -> Result<(), Error>;

/// Whether one of these keys signed the module. Bytes that are no key sign nothing.
fn verify(module: &[u8], keys: &[Key]) -> Result<(), Error> {
    let keys: heapless::Vec<PublicKey, KEYS> = keys.iter().filter_map(|key| PublicKey::new(*key).ok()).collect();
    wamr_signature::verify(module, &keys).map(drop)
}

/// Which modules a device runs.
#[derive(Clone, Copy)]
pub struct Signatures {
    policy: Policy,
    keys: &'static [Key],
    /// Behind a pointer, so that a firmware that asks for no signatures does not have the code.
    verify: Option<Verify>,
}

impl Signatures {
    /// All modules. For development: whoever can upload can have anything run.
    pub const OFF: Self = Self { policy: Policy::Off, keys: &[], verify: None };

    /// Unsigned modules, and those that one of these keys signed, or one that a client had the device trust.
    pub const fn optional(keys: &'static [Key]) -> Self {
        Self { policy: Policy::Optional, keys, verify: Some(verify) }
    }

    /// Modules that one of these keys signed, or one that a client had the device trust.
    pub const fn required(keys: &'static [Key]) -> Self {
        Self { policy: Policy::Required, ..Self::optional(keys) }
    }

    /// What a [`Device`](crate::Device) tells its clients.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Refuses a module that the device does not run.
    #[inline(never)]
    pub(crate) fn check(&self, module: &[u8], ledger: &mut Ledger<'_>) -> Result<(), Refusal> {
        let Some(verify) = self.verify else { return Ok(()) };
        let mut built_in = self.keys.iter();
        let mut place = 0;
        loop {
            let keys: heapless::Vec<Key, KEYS> =
                core::iter::from_fn(|| self.next_key(&mut built_in, &mut place, ledger)).take(KEYS).collect();
            match verify(module, &keys) {
                Ok(()) => return Ok(()),
                Err(Error::NotSigned) if self.policy == Policy::Optional => return Ok(()),
                Err(Error::UnknownKey) if !keys.is_empty() => {}
                Err(error) => return Err(refusal(&error)),
            }
        }
    }

    /// Those of the firmware that were not revoked, then those of the ledger.
    fn next_key(
        &self,
        built_in: &mut core::slice::Iter<'_, Key>,
        place: &mut u32,
        ledger: &mut Ledger<'_>,
    ) -> Option<Key> {
        if let Some(key) = built_in.find(|key| ledger.is_trusted(key) != Some(false)) {
            return Some(*key);
        }
        let (key, next) = ledger.next_trusted(*place)?;
        *place = next;
        Some(key)
    }
}

fn refusal(error: &Error) -> Refusal {
    let code = match error {
        Error::NotSigned => return ErrorCode::NotSigned.into(),
        Error::UnknownKey => return ErrorCode::UnknownKey.into(),
        Error::NotAModule => ErrorCode::InvalidModule,
        _ => ErrorCode::BadSignature,
    };
    explain(code, error as &dyn Display)
}
