//! The bonds with clients. They are the platform's; the device passes on what a client asks of them.

use wamr_proto::{Bond, ClientAddress, ErrorCode, Refusal};

use super::{Device, Told};
use crate::role::Scope;

/// Work on the bonds, for [`Action::Bonds`](super::Action::Bonds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondsOp {
    /// Tell the bond with this number, from 0 on and without gaps.
    Tell {
        /// The number.
        index: u8,
    },
    /// Remove the bond with this client, if the scope permits that. Where it is the one that is connected, its connection ends, but not
    /// before it could get the answer.
    Remove {
        /// The client.
        client: ClientAddress,
        /// Whose bonds may be removed.
        scope: Scope,
    },
}

impl BondsOp {
    /// The answer where it was not done.
    fn refusal(&self) -> Refusal {
        match self {
            Self::Tell { .. } => ErrorCode::NoBond.into(),
            Self::Remove { scope, .. } => scope.refusal(),
        }
    }
}

/// What happens to the bonds.
pub(super) enum BondsUse {
    Idle,
    /// This is to be done for the request.
    Asked(u32, BondsOp),
    /// It is being done for the request, unless its client is gone.
    UnderWay(Option<(u32, BondsOp)>),
}

impl BondsUse {
    /// Whether a client waits for an answer.
    pub(super) fn are_asked(&self) -> bool {
        matches!(self, Self::Asked(..) | Self::UnderWay(Some(_)))
    }

    /// What is to be done now.
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
            self.respond(seq, bond.map(Told::Bond).ok_or_else(|| op.refusal()));
        }
    }
}
