//! What a device does besides where it asks for signatures: it knows keys, whose an app's name is, and it takes no older versions.

use wamr_proto::{AppName, ErrorCode, Excerpt, Key, Refusal};

use crate::flash::{FlashError, Pages};
use crate::ledger::{Entry, Journal, Ledger, Signer};
use crate::signature::Signatures;

/// What takes signatures to be worth anything. Behind a pointer, so that a firmware that asks for none has nothing of it, neither the
/// verifier nor the ledger.
pub(crate) trait Trust: Sync {
    /// Refuses a module that nobody signed whom the device trusts, whose name is somebody else's, or that is older than one the device
    /// had. What the ledger is to know of it once it is kept.
    fn check(
        &self,
        signatures: &Signatures,
        module: &[u8],
        app: (&AppName, u32),
        ledger: &[u8],
    ) -> Result<Standing, Refusal>;

    /// The trusted key with this index, those of the firmware first, and whether it is one of those.
    fn key(&self, signatures: &Signatures, ledger: &[u8], index: usize) -> Option<Excerpt>;

    /// Writes to the ledger.
    fn note(&self, flash: &mut dyn Pages, note: &Note) -> Result<bool, FlashError>;
}

/// What the ledger has to do with an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: nobody signed it.
    #[default]
    Unsigned,
    /// It knows of this version.
    Noted,
    /// It is to know of it.
    New(Signer),
    /// It is to know of it and has no room.
    Full,
}

/// The one [`Trust`] there is.
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

/// Something that the ledger is to remember, for [`FlashOp::Note`](crate::FlashOp::Note).
#[derive(Clone, Copy)]
pub struct Note {
    pub(crate) trust: &'static dyn Trust,
    /// The keys of the firmware.
    pub(crate) built_in: &'static [Key],
    /// Bytes of each of the ledger's pages.
    pub(crate) page: u32,
    pub(crate) entry: Entry,
    /// The budget has an erase cycle left.
    pub(crate) may_erase: bool,
}
