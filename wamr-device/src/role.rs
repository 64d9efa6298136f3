//! Roles: a device has one owner, and its other clients are operators.

use wamr_proto::{Bond, Command, ErrorCode, Part, Refusal};

/// The role of a client. The platform, which stores the bonds, knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May do everything.
    Owner,
    /// May install, remove, start, stop and call apps. [`Permissions`] can allow more.
    Operator,
}

/// What operators may do in addition to using apps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Make the device trust a key.
    pub trust: bool,
    /// Revoke a key.
    pub revoke: bool,
    /// Remove the bonds of other operators.
    pub unpair: bool,
    /// Read the memory of apps, which calls with results such as strings need.
    pub memory: bool,
}

impl Permissions {
    /// Nothing: only the owner manages keys and bonds.
    pub const DEFAULT: Self = Self { trust: false, revoke: false, unpair: false, memory: false };

    /// Rejects a command that the role does not permit.
    pub(crate) fn check(&self, role: Role, command: &Command) -> Result<(), Refusal> {
        let permitted = match command {
            Command::Trust { .. } => self.trust,
            #[cfg(wamr_native)]
            Command::TrustNative { .. } => self.trust,
            Command::Revoke { .. } => self.revoke,
            Command::Read { part: Part::Memory, .. } => self.memory,
            _ => true,
        };
        if permitted || role == Role::Owner {
            Ok(())
        } else {
            Err(not_permitted("only the owner may do this: use the owner's computer"))
        }
    }

    /// Returns the bonds that a client may remove.
    pub(crate) fn scope(&self, role: Role) -> Scope {
        match role {
            Role::Owner => Scope::All,
            Role::Operator if self.unpair => Scope::Operators,
            Role::Operator => Scope::Own,
        }
    }
}

/// The bonds that a client may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only its own.
    Own,
    /// All except the owner's.
    Operators,
    /// All.
    All,
}

impl Scope {
    /// Whether this bond may be removed.
    pub fn permits(&self, bond: &Bond) -> bool {
        match self {
            Self::Own => bond.current,
            Self::Operators => !bond.owner,
            Self::All => true,
        }
    }

    /// The refusal if there is no bond that may be removed.
    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            Self::Own => not_permitted("operators may remove only their own bond, the owner any bond"),
            Self::Operators => not_permitted("operators may not remove the owner's bond"),
            Self::All => ErrorCode::NoBond.into(),
        }
    }
}

#[inline(never)]
fn not_permitted(message: &str) -> Refusal {
    Refusal::new(ErrorCode::NotPermitted, message)
}
