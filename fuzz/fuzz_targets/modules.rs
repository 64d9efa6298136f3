//! The modules that clients upload, and what the bench's executor finds in them.

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use sha2::{Digest as _, Sha256};
use wamr_proto::{AppName, Details, Digest, Fingerprint, Restart};

/// A module by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// A set of modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set(u16);

struct Module {
    bytes: Vec<u8>,
    digest: Digest,
    details: Details,
    valid: bool,
}

/// Names, lengths, restarts, entries, and whether a device can verify them: versions of apps, more apps than slots, and what ends
/// inside and at the end of a block, a page and a window.
#[rustfmt::skip]
static MODULES: LazyLock<Vec<Module>> = LazyLock::new(|| {
    [
        ("a", 64, Restart::Never, false, true),
        ("a", 1300, Restart::OnFailure, true, true),
        ("a", 512, Restart::Always, true, true),
        ("b", 700, Restart::Never, true, true),
        ("b", 4097, Restart::OnFailure, false, true),
        ("", 8192, Restart::Never, false, true),
        ("c", 3, Restart::Always, true, true),
        ("a", 300, Restart::Never, false, false),
    ]
    .into_iter()
    .enumerate()
    .map(|(id, (name, length, restart, entry, valid))| Module::new(id, name, length, restart, entry, valid))
    .collect()
});

impl Module {
    fn new(id: usize, name: &str, length: usize, restart: Restart, entry: bool, valid: bool) -> Self {
        // No two of them have a byte in common, so that none can be taken for a part of another; no piece is like the next.
        let bytes: Vec<u8> =
            (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 & !7 | id as u8).collect();
        let digest = Digest(Sha256::digest(&bytes).into());
        let name = AppName::new(name).expect("short");
        Self { digest, details: Details { name, version: 1, size: length as u32, restart, entry }, bytes, valid }
    }
}

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

    pub fn of_digest(digest: &Digest) -> Option<Self> {
        Self::find(|module| module.digest == *digest)
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
    pub fn details(self) -> Option<Details> {
        let module = &MODULES[self.0];
        module.valid.then(|| module.details.clone())
    }
}

impl Set {
    pub fn with(self, id: Id) -> Self {
        Self(self.0 | 1 << id.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// All versions of the app that a module is one of.
    pub fn versions_of(id: Id) -> Self {
        let name = |module: &Module| module.details.name.clone();
        let same = (0..MODULES.len()).filter(|other| name(&MODULES[*other]) == name(&MODULES[id.0]));
        same.fold(Self::default(), |set, other| set.with(Id(other)))
    }

    /// With a module in place of the version there is.
    pub fn with_version(self, id: Id) -> Self {
        self.without(Self::versions_of(id)).with(id)
    }
}
