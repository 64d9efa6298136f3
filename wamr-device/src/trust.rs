//! Which modules a device accepts: the policy, the keys of the firmware and of clients, and who may use an app's name.

use core::fmt::Display;

use wamr_proto::{AppName, ErrorCode, Excerpt, Key, Refusal, SignatureMode};
use wamr_signature::{Error, PublicKey, verify};

use crate::built_in::BuiltIn;
use crate::ledger::{Entry, Journal, Ledger, Signer};
use crate::pages::{FlashError, Pages};
use crate::refusal::explain;

/// Which modules a device accepts.
#[derive(Clone, Copy)]
pub struct SignaturePolicy {
    mode: SignatureMode,
    keys: BuiltIn,
    trust: Option<&'static dyn Trust>,
    progress: fn(),
}

impl SignaturePolicy {
    /// All modules, older versions included. For development: whoever can upload can run anything.
    pub const OFF: Self = Self { mode: SignatureMode::Off, keys: BuiltIn::new(&[]), trust: None, progress: || () };

    /// Unsigned modules, and modules signed by one of these keys or by a key that a client added.
    pub const fn optional(keys: &'static [Key]) -> Self {
        Self { mode: SignatureMode::Optional, keys: BuiltIn::new(keys), trust: Some(&Trusting), ..Self::OFF }
    }

    /// Only modules signed by one of these keys or by a key that a client added.
    pub const fn required(keys: &'static [Key]) -> Self {
        Self { mode: SignatureMode::Required, ..Self::optional(keys) }
    }

    /// Lets these keys of the firmware sign native code, too. By default, none of them may, and a client gives the right to keys.
    #[cfg(wamr_native)]
    pub const fn with_native_keys(self, keys: &'static [Key]) -> Self {
        Self { keys: self.keys.with_native(keys), ..self }
    }

    /// Calls `progress` before each key is tried. A check takes time for every trusted key, in total possibly longer than a watchdog
    /// waits, so a platform with a watchdog feeds it there.
    pub const fn with_progress(self, progress: fn()) -> Self {
        Self { progress, ..self }
    }

    /// The mode that a [`Device`](crate::Device) reports to its clients.
    pub(crate) const fn mode(&self) -> SignatureMode {
        self.mode
    }

    /// The checks of signed modules, if the device checks signatures.
    pub(crate) const fn trust(&self) -> Option<&'static dyn Trust> {
        self.trust
    }

    /// The keys of the firmware.
    pub(crate) const fn keys(&self) -> BuiltIn {
        self.keys
    }

    /// Rejects a module that the device does not accept, or not under this name. Returns the signer: the first trusted one that
    /// may use the name.
    pub(crate) fn check(
        &self,
        module: &[u8],
        name: &AppName,
        ledger: &mut Ledger<'_>,
    ) -> Result<Option<Signer>, Refusal> {
        let mut built_in = self.keys.iter();
        let mut place = 0;
        let mut is_taken = false;
        let is_native = cfg!(wamr_native) && wamr::is_native(module);
        let mut lacks_right = false;
        // One key at a time, so that more keys cost time and not memory. The first call, without keys, finds every other fault.
        let mut verified = verify(module, &[]);
        while verified == Err(Error::UnknownKey)
            && let Some(key) = self.next_key(&mut built_in, &mut place, ledger)
        {
            (self.progress)();
            verified = is_signed_by(module, &key);
            if verified.is_ok() {
                let signer = Some(Signer::from(&key));
                if is_native && !ledger.may_sign_native(&key) {
                    (verified, lacks_right) = (Err(Error::UnknownKey), true);
                    continue;
                }
                if !ledger.is_taken(name, signer) {
                    return Ok(signer);
                }
                (verified, is_taken) = (Err(Error::UnknownKey), true);
            }
        }
        match verified {
            Err(Error::NotSigned) if self.mode == SignatureMode::Optional => is_taken = ledger.is_taken(name, None),
            Err(_) if lacks_right && !is_taken => return Err(native_not_permitted()),
            Err(error) if !is_taken => return Err(refusal(&error)),
            _ => {}
        }
        if is_taken { Err(name_taken()) } else { Ok(None) }
    }

    /// Returns the trusted key with this index, and a byte with its properties; see [`Part::Key`](wamr_proto::Part::Key).
    pub(crate) fn trusted(&self, index: usize, ledger: &mut Ledger<'_>) -> Option<Excerpt> {
        let (mut built_in, mut place, mut found) = (self.keys.iter(), 0, None);
        for _ in 0..=index {
            found = Some(self.next_key(&mut built_in, &mut place, ledger)?);
        }
        let key = found?;
        let native = u8::from(ledger.may_sign_native(&key));
        let mut bytes = [u8::from(self.keys.contains(&key)) | native << 1; 33];
        bytes[..32].copy_from_slice(&key);
        Some(Excerpt::of(&bytes))
    }

    /// Returns the keys of the firmware that were not revoked, then the keys of the ledger.
    fn next_key(
        &self,
        built_in: &mut core::slice::Iter<'_, Key>,
        place: &mut u32,
        ledger: &mut Ledger<'_>,
    ) -> Option<Key> {
        if let Some(key) = built_in.find(|key| ledger.is_trusted(key)) {
            return Some(*key);
        }
        let (key, next) = ledger.next_trusted(*place)?;
        *place = next;
        Some(key)
    }
}

/// The checks that make signatures useful. Behind a pointer, so that firmware without signatures contains neither the verifier
/// nor the ledger.
pub(crate) trait Trust: Sync {
    /// Rejects a module that no trusted key signed, whose name belongs to another key, or that is older than a version the device
    /// had. Returns what to enter into the ledger when the device keeps the module.
    fn check(
        &self,
        signatures: &SignaturePolicy,
        module: &[u8],
        app: (&AppName, u32),
        ledger: &[u8],
    ) -> Result<Standing, Refusal>;

    /// Returns the trusted key with this index, keys of the firmware first, and whether it is one of those.
    fn key(&self, signatures: &SignaturePolicy, ledger: &[u8], index: usize) -> Option<Excerpt>;

    /// Writes to the ledger.
    fn note(&self, flash: &mut dyn Pages, note: &Note) -> Result<bool, FlashError>;
}

/// The relation of the ledger to an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// None: the app is unsigned.
    #[default]
    Unsigned,
    /// The ledger has an entry for this version.
    Noted(Signer),
    /// The ledger needs an entry for this version.
    New(Signer),
    /// The ledger needs an entry and has no space for it.
    Full(Signer),
}

impl Standing {
    /// Who signed the app.
    pub(crate) fn signer(self) -> Option<Signer> {
        match self {
            Self::Unsigned => None,
            Self::Noted(signer) | Self::New(signer) | Self::Full(signer) => Some(signer),
        }
    }
}

/// The only implementation of [`Trust`].
pub(crate) struct Trusting;

impl Trust for Trusting {
    fn check(
        &self,
        signatures: &SignaturePolicy,
        module: &[u8],
        (name, counter): (&AppName, u32),
        ledger: &[u8],
    ) -> Result<Standing, Refusal> {
        Ledger::of(ledger, signatures.keys(), |ledger| match signatures.check(module, name, ledger)? {
            Some(signer) => standing(signer, name, counter, ledger),
            None => Ok(Standing::Unsigned),
        })
    }

    fn key(&self, signatures: &SignaturePolicy, ledger: &[u8], index: usize) -> Option<Excerpt> {
        Ledger::of(ledger, signatures.keys(), |ledger| signatures.trusted(index, ledger))
    }

    fn note(&self, flash: &mut dyn Pages, note: &Note) -> Result<bool, FlashError> {
        Journal { flash, page: note.page, built_in: note.built_in }.note(&note.entry, note.may_erase)
    }
}

/// Rejects an app that is older than a version of this signer that the device had.
// Not inlined: the check of the signature does not need its stack space.
#[inline(never)]
fn standing(signer: Signer, name: &AppName, counter: u32, ledger: &mut Ledger<'_>) -> Result<Standing, Refusal> {
    let entry = Entry::app(name, signer, counter);
    let lowest = ledger.lowest_counter(&entry, name);
    if counter < lowest {
        return Err(Refusal::with_bound(ErrorCode::OlderVersion, lowest));
    }
    if ledger.is_noted(&entry) {
        return Ok(Standing::Noted(signer));
    }
    Ok(if ledger.has_room_for(&entry) { Standing::New(signer) } else { Standing::Full(signer) })
}

/// An entry to write to the ledger, for [`FlashOp::Note`](crate::FlashOp::Note).
#[derive(Clone, Copy)]
pub struct Note {
    pub(crate) trust: &'static dyn Trust,
    /// The keys of the firmware.
    pub(crate) built_in: BuiltIn,
    /// Size of each of the ledger's pages in bytes.
    pub(crate) page: u32,
    pub(crate) entry: Entry,
    /// Whether the budget has an erase cycle left.
    pub(crate) may_erase: bool,
}

/// Bytes that are not a valid key have signed nothing.
#[inline(never)]
fn is_signed_by(module: &[u8], key: &Key) -> Result<usize, Error> {
    verify(module, &[PublicKey::unchecked(*key)])
}

/// The refusal of a module that no owner of its name signed.
#[inline(never)]
pub(crate) fn name_taken() -> Refusal {
    Refusal::new(ErrorCode::NameTaken, "it belongs to another key: sign with that key or change the name")
}

/// The refusal of native code that no key with the right to sign it signed.
#[inline(never)]
fn native_not_permitted() -> Refusal {
    Refusal::new(ErrorCode::NativeNotPermitted, "no key that signed it has the right to sign native code")
}

#[inline(never)]
fn refusal(error: &Error) -> Refusal {
    let code = match error {
        Error::NotSigned => return ErrorCode::NotSigned.into(),
        Error::UnknownKey => return ErrorCode::UnknownKey.into(),
        Error::NotAModule => ErrorCode::InvalidModule,
        _ => ErrorCode::BadSignature,
    };
    explain(code, error as &dyn Display)
}
