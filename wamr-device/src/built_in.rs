//! The keys of the firmware.

use wamr_proto::Key;

/// The keys that the firmware trusts, and their rights. The ledger has the changes that clients made.
#[derive(Clone, Copy)]
pub(crate) struct BuiltIn {
    keys: &'static [Key],
    /// Those that may sign native code.
    #[cfg(wamr_native)]
    native: &'static [Key],
}

impl BuiltIn {
    pub const fn new(keys: &'static [Key]) -> Self {
        Self {
            keys,
            #[cfg(wamr_native)]
            native: &[],
        }
    }

    /// Lets these keys sign native code, too.
    #[cfg(wamr_native)]
    pub const fn with_native(self, native: &'static [Key]) -> Self {
        Self { native, ..self }
    }

    pub fn iter(&self) -> core::slice::Iter<'static, Key> {
        self.keys.iter()
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// Whether the firmware permits a key to sign native code.
    #[cfg(wamr_native)]
    pub fn may_sign_native(&self, key: &Key) -> bool {
        self.native.contains(key) && self.contains(key)
    }

    /// Without a runtime for native code, nothing needs the right.
    #[cfg(not(wamr_native))]
    pub const fn may_sign_native(&self, _: &Key) -> bool {
        false
    }
}
