//! The bonds with clients. The platform stores them; the device passes requests of clients on to it.

use wamr_proto::{Bond, ClientAddress, ErrorCode, Refusal};

use super::{Device, Payload};
use crate::role::Scope;

/// Work on the bonds, for [`Action::Bonds`](super::Action::Bonds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondsOp {
    /// Return the bond with this index, from 0 without gaps.
    Tell {
        /// The index.
        index: u8,
    },
    /// Remove the bond with this client, if the scope permits it. If the client is connected, its connection ends, but not before
    /// it could receive the response.
    Remove {
        /// The client.
        client: ClientAddress,
        /// The bonds that may be removed.
        scope: Scope,
    },
}

impl BondsOp {
    /// The refusal if the operation failed.
    fn refusal(&self) -> Refusal {
        match self {
            Self::Tell { .. } => ErrorCode::NoBond.into(),
            Self::Remove { scope, .. } => scope.refusal(),
        }
    }
}

/// The state of the operation on the bonds.
pub(super) enum BondsUse {
    Idle,
    /// Requested by a client, to be performed.
    Asked(u32, BondsOp),
    /// In progress for this request, unless the client has disconnected.
    UnderWay(Option<(u32, BondsOp)>),
}

impl BondsUse {
    /// Whether a client waits for a response.
    pub(super) fn are_asked(&self) -> bool {
        matches!(self, Self::Asked(..) | Self::UnderWay(Some(_)))
    }

    /// Returns the operation to perform now.
    pub(super) fn take(&mut self) -> Option<BondsOp> {
        let Self::Asked(seq, op) = *self else { return None };
        *self = Self::UnderWay(Some((seq, op)));
        Some(op)
    }

    pub(super) fn forget_client(&mut self) {
        match self {
            Self::Idle => {}
            Self::Asked(..) => *self = Self::Idle,
            Self::UnderWay(request) => *request = None,
        }
    }
}

impl Device<'_> {
    pub(super) fn begin_bonds(&mut self, seq: u32, op: BondsOp) {
        match self.bonds {
            BondsUse::Idle => self.bonds = BondsUse::Asked(seq, op),
            _ => self.respond(seq, Err(ErrorCode::Busy.into())),
        }
    }

    pub(super) fn bonds_done(&mut self, bond: Option<Bond>) {
        if let BondsUse::UnderWay(Some((seq, op))) = core::mem::replace(&mut self.bonds, BondsUse::Idle) {
            self.respond(seq, bond.map(Payload::Bond).ok_or_else(|| op.refusal()));
        }
    }
}
