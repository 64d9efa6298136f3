//! The modules that clients upload, and their properties for the rig's executor.

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use sha2::{Digest as _, Sha256};
use wamr_device::{Signer, Standing, Verified};
use wamr_proto::{AppName, Autostart, Details, Digest, Fingerprint, Restart, Trial};

/// A module by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// A set of modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set(u16);

struct Module {
    bytes: Vec<u8>,
    digest: Digest,
    verified: Verified,
    valid: bool,
}

/// Versions of apps, more apps than slots, and what ends inside and at the end of a block, a page and a window; apps that are on trial
/// until their entry returns, until they confirm, and never; one with a bad manifest.
static MODULES: LazyLock<Vec<Module>> = LazyLock::new(|| {
    use Autostart::{No, Yes};
    use Restart::{Always, Never, OnFailure};
    use Trial::{Confirm, Entry};
    let modules = [
        ("a", 64, Never, false, Yes, Entry, true),
        ("a", 1300, OnFailure, true, Yes, Entry, true),
        ("a", 512, Always, true, Yes, Confirm, true),
        ("b", 700, Never, true, No, Entry, true),
        ("b", 4097, OnFailure, false, Yes, Confirm, true),
        ("", 8192, Never, false, Yes, Entry, true),
        ("c", 3, Always, true, Yes, Entry, true),
        ("a", 300, Never, false, Yes, Entry, false),
    ];
    let modules = modules.into_iter().zip(0..).map(|((name, length, restart, entry, autostart, trial, valid), id)| {
        // No two of them have a byte in common, so that none can be taken for a part of another; no piece is like the next.
        let bytes: Vec<u8> =
            (0..length).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8 & !7 | id).collect();
        let name = AppName::new(name).expect("short");
        let details = Details { name, version: 1, size: length, restart, entry, counter: id.into() };
        // The counters of some are not in the ledger yet.
        let signer = Signer::from(&[id; 32]);
        let standing = if id.is_multiple_of(2) { Standing::Noted(signer) } else { Standing::New(signer) };
        let verified = Verified { details, autostart, trial, standing };
        Module { digest: Digest(Sha256::digest(&bytes).into()), bytes, verified, valid }
    });
    modules.collect()
});

impl Arbitrary<'_> for Id {
    fn arbitrary(input: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        input.choose_index(MODULES.len()).map(Self)
    }
}

impl Id {
    /// The one that a client uploads in the end.
    pub const LAST: Self = Self(1);

    fn find(is: impl Fn(&Module) -> bool) -> Option<Self> {
        MODULES.iter().position(is).map(Self)
    }

    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::find(|module| module.bytes == bytes)
    }

    pub fn of_fingerprint(fingerprint: &Fingerprint) -> Option<Self> {
        Self::find(|module| Fingerprint::from(&module.digest) == *fingerprint)
    }

    pub fn bytes(self) -> &'static [u8] {
        &MODULES[self.0].bytes
    }

    pub fn digest(self) -> Digest {
        MODULES[self.0].digest
    }

    /// `None` when its manifest is bad.
    pub fn verified(self) -> Option<Verified> {
        let module = &MODULES[self.0];
        module.valid.then(|| module.verified.clone())
    }
}

impl Set {
    /// All versions of the app that a module is one of.
    pub fn versions_of(id: Id) -> Self {
        let name = |id: Id| &MODULES[id.0].verified.details.name;
        (0..MODULES.len()).map(Id).filter(|other| name(*other) == name(id)).fold(Self::default(), Self::with)
    }

    pub fn ids(self) -> impl Iterator<Item = Id> {
        (0..MODULES.len()).map(Id).filter(move |id| self.has(*id))
    }

    pub fn has(self, id: Id) -> bool {
        self.0 & 1 << id.0 != 0
    }

    pub fn with(self, id: Id) -> Self {
        Self(self.0 | 1 << id.0)
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// With a module in place of the version there is.
    pub fn with_version(self, id: Id) -> Self {
        self.without_version(id).with(id)
    }

    /// Without the app that a module is a version of.
    pub fn without_version(self, id: Id) -> Self {
        self.without(Self::versions_of(id))
    }
}
