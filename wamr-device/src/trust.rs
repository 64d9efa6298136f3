//! What a device does only if it checks signatures: store keys, assign app names to keys, and reject older versions.

use wamr_proto::{AppName, ErrorCode, Excerpt, Key, Refusal};

use crate::flash::{FlashError, Pages};
use crate::ledger::{Entry, Journal, Ledger, Signer};
use crate::signature::Signatures;

/// The checks that make signatures useful. Behind a pointer, so that firmware without signatures contains neither the verifier
/// nor the ledger.
pub(crate) trait Trust: Sync {
    /// Rejects a module that no trusted key signed, whose name belongs to another key, or that is older than a version the device
    /// had. Returns what to enter into the ledger when the device keeps the module.
    fn check(
        &self,
        signatures: &Signatures,
        module: &[u8],
        app: (&AppName, u32),
        ledger: &[u8],
    ) -> Result<Standing, Refusal>;

    /// Returns the trusted key with this index, keys of the firmware first, and whether it is one of those.
    fn key(&self, signatures: &Signatures, ledger: &[u8], index: usize) -> Option<Excerpt>;

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
    Noted,
    /// The ledger needs an entry for this version.
    New(Signer),
    /// The ledger needs an entry and has no space for it.
    Full,
}

/// The only implementation of [`Trust`].
pub(crate) struct Trusting;

impl Trust for Trusting {
    fn check(
        &self,
        signatures: &Signatures,
        module: &[u8],
        (name, counter): (&AppName, u32),
        ledger: &[u8],
    ) -> Result<Standing, Refusal> {
        Ledger::of(ledger, signatures.keys(), |ledger| {
            let Some(signer) = signatures.check(module, name, ledger)? else { return Ok(Standing::Unsigned) };
            let entry = Entry::app(name, signer, counter);
            let lowest = ledger.lowest_counter(&entry, name);
            if counter < lowest {
                return Err(Refusal::with_bound(ErrorCode::OlderVersion, lowest));
            }
            if ledger.is_noted(&entry) {
                return Ok(Standing::Noted);
            }
            Ok(if ledger.has_room_for(&entry) { Standing::New(signer) } else { Standing::Full })
        })
    }

    fn key(&self, signatures: &Signatures, ledger: &[u8], index: usize) -> Option<Excerpt> {
        Ledger::of(ledger, signatures.keys(), |ledger| signatures.trusted(index, ledger))
    }

    fn note(&self, flash: &mut dyn Pages, note: &Note) -> Result<bool, FlashError> {
        Journal { flash, page: note.page, built_in: note.built_in }.note(&note.entry, note.may_erase)
    }
}

/// An entry to write to the ledger, for [`FlashOp::Note`](crate::FlashOp::Note).
#[derive(Clone, Copy)]
pub struct Note {
    pub(crate) trust: &'static dyn Trust,
    /// The keys of the firmware.
    pub(crate) built_in: &'static [Key],
    /// Size of each of the ledger's pages in bytes.
    pub(crate) page: u32,
    pub(crate) entry: Entry,
    /// Whether the budget has an erase cycle left.
    pub(crate) may_erase: bool,
}
