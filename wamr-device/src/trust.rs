//! What a device does besides where it asks for signatures: it knows keys, and it takes no older versions.

use embedded_storage::nor_flash::NorFlashErrorKind;
use wamr_proto::{AppName, ErrorCode, Excerpt, Refusal};

use crate::flash::Pages;
use crate::ledger::{self, Entry, Ledger};
use crate::signature::Signatures;

/// What takes signatures to be worth anything. Behind a pointer, so that a firmware that asks for none has nothing of it, neither the
/// verifier nor the ledger.
pub(crate) trait Trust: Sync {
    /// Refuses a module that nobody signed whom the device trusts.
    fn check_signature(&self, signatures: &Signatures, module: &[u8], ledger: &[u8]) -> Result<(), Refusal>;

    /// Refuses a version that is older than one the device had. Whether the ledger knows of this one already.
    fn check_counter(&self, name: &AppName, counter: u32, ledger: &[u8]) -> Result<bool, Refusal>;

    /// The trusted key with this index, those of the firmware first, and whether it is one of those.
    fn key(&self, signatures: &Signatures, ledger: &[u8], index: usize) -> Option<Excerpt>;

    /// Appends to the ledger, whose pages have `page` bytes.
    fn note(&self, flash: &mut dyn Pages, page: u32, entry: &Entry) -> Result<(), NorFlashErrorKind>;
}

/// The one [`Trust`] there is.
pub(crate) struct Trusting;

impl Trust for Trusting {
    fn check_signature(&self, signatures: &Signatures, module: &[u8], ledger: &[u8]) -> Result<(), Refusal> {
        Ledger::of(ledger, |ledger| signatures.check(module, ledger))
    }

    fn check_counter(&self, name: &AppName, counter: u32, ledger: &[u8]) -> Result<bool, Refusal> {
        Ledger::of(ledger, |ledger| {
            let lowest = ledger.lowest_counter(name);
            if counter < lowest {
                return Err(Refusal::with_bound(ErrorCode::OlderVersion, lowest));
            }
            let is_noted = counter == lowest;
            if !is_noted && !ledger.has_room_for(name) {
                return Err(ErrorCode::LedgerFull.into());
            }
            Ok(is_noted)
        })
    }

    fn key(&self, signatures: &Signatures, ledger: &[u8], index: usize) -> Option<Excerpt> {
        Ledger::of(ledger, |ledger| signatures.trusted(index, ledger))
    }

    fn note(&self, flash: &mut dyn Pages, page: u32, entry: &Entry) -> Result<(), NorFlashErrorKind> {
        ledger::note(flash, page, entry)
    }
}

/// Something that the ledger is to remember, for [`FlashOp::Note`](crate::FlashOp::Note).
#[derive(Clone, Copy)]
pub struct Note {
    pub(crate) trust: &'static dyn Trust,
    pub(crate) page: u32,
    pub(crate) entry: Entry,
}
