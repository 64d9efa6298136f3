//! The bonds with clients. They are the platform's; the device passes on what a client asks of them.

use wamr_proto::{Bond, ClientAddress, ErrorCode};

use super::{Device, Told};

/// Work on the bonds, for [`Action::Bonds`](super::Action::Bonds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondsOp {
    /// Tell the bond with this number, from 0 on and without gaps.
    Tell {
        /// The number.
        index: u8,
    },
    /// Remove the bond with this client. Where it is the one that is connected, its connection ends, but not before it could get
    /// the answer.
    Remove {
        /// The client.
        client: ClientAddress,
    },
}

/// What happens to the bonds.
pub(super) enum BondsUse {
    Idle,
    /// This is to be done for the request.
    Asked(u32, BondsOp),
    /// It is being done for the request, unless its client is gone.
    UnderWay(Option<u32>),
}

impl BondsUse {
    /// Whether a client waits for an answer.
    pub(super) fn are_asked(&self) -> bool {
        matches!(self, Self::Asked(..) | Self::UnderWay(Some(_)))
    }

    /// What is to be done now.
    pub(super) fn take(&mut self) -> Option<BondsOp> {
        let Self::Asked(seq, op) = *self else { return None };
        *self = Self::UnderWay(Some(seq));
        Some(op)
    }

    pub(super) fn forget_client(&mut self) {
        match self {
            Self::Idle => {}
            Self::Asked(..) => *self = Self::Idle,
            Self::UnderWay(seq) => *seq = None,
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
        if let BondsUse::UnderWay(Some(seq)) = core::mem::replace(&mut self.bonds, BondsUse::Idle) {
            self.respond(seq, bond.map(Told::Bond).ok_or(ErrorCode::NoBond.into()));
        }
    }
}
