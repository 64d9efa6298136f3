//! A device's side of pairing: whom it lets in, as `zephyr/ble` does it on a device with Zephyr.

use std::fmt;
use std::time::{Duration, Instant};
use trouble_host::BondInformation;
use trouble_host::prelude::*;
use wamr_device::{BondsOp, Role};
use wamr_proto::{Bond, ClientAddress};
use wamr_transport::hci::{Bonds, Pool, Stack, in_words};

/// How long pairing mode is open after the start, and how many pairings may be tried in it: what Kconfig has by default.
const PAIRING_MODE: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 3;

/// Time for an answer to reach a client that has its own bond removed.
const ANSWER: Duration = Duration::from_millis(500);

/// Who may use a device.
pub enum Admission {
    /// Everybody in reach.
    Open,
    /// Clients that are paired.
    Paired(Pairing),
}

/// Pairing mode, and the bonds that come of it.
pub struct Pairing {
    bonds: Bonds,
    /// Tells the device's user.
    say: Box<dyn Fn(PairingEvent)>,
    closes: Instant,
    attempts: u32,
    /// The client that is connected has begun to pair.
    is_under_way: bool,
}

/// What the device's user has to know. The text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PairingEvent {
    /// Pairing mode is open for so long.
    Opened(Duration),
    /// The passkey that the user has to enter at the client, with six digits.
    Passkey(String),
    /// A client wanted to pair while pairing mode was closed.
    Closed,
    /// A client failed to pair; why.
    Failed(String),
    /// The client with this address is paired.
    Paired(String),
    /// The client with this address is paired, but only until the next start; why.
    NotKept(String, String),
    /// The owner has paired anew and is an operator now.
    OwnerDemoted,
    /// A bond could not be removed; why.
    NotRemoved(String),
}

impl fmt::Display for PairingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(time) => write!(f, "pairing mode is open for {} seconds", time.as_secs()),
            Self::Passkey(passkey) => write!(f, "passkey for the client: {passkey}"),
            Self::Closed => f.write_str("a client may not pair, as pairing mode is closed"),
            Self::Failed(why) => write!(f, "a client has failed to pair: {why}"),
            Self::Paired(client) => write!(f, "{client} has paired"),
            Self::NotKept(client, why) => write!(f, "{client} has paired until the next start: {why}"),
            Self::OwnerDemoted => f.write_str("the owner has paired anew and is an operator now"),
            Self::NotRemoved(why) => f.write_str(why),
        }
    }
}

/// What an event means for the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Wait,
    /// The client may use the service.
    Admit,
    /// It may not, and is to go.
    HangUp,
}

impl Admission {
    /// The role of a client that may use the service.
    pub(super) fn role(&self, client: Address) -> Role {
        match self {
            Self::Open => Role::Owner,
            // What its address was worth before does not count.
            Self::Paired(pairing) if pairing.is_under_way && pairing.bonds.owner().is_none() => Role::Owner,
            Self::Paired(pairing) if !pairing.is_under_way && pairing.owns(client) => Role::Owner,
            Self::Paired(_) => Role::Operator,
        }
    }

    /// What the values of the service take.
    pub(super) fn permission(&self) -> PermissionLevel {
        match self {
            Self::Open => PermissionLevel::Allowed,
            Self::Paired(_) => PermissionLevel::AuthenticationRequired,
        }
    }

    /// Tells a host about it, before anybody can connect.
    pub(super) fn prepare(&self, stack: &Stack) {
        if let Self::Paired(pairing) = self {
            stack.set_io_capabilities(IoCapabilities::DisplayOnly);
            for bond in pairing.bonds.all() {
                if let Err(error) = stack.add_bond_information(bond) {
                    log::warn!("a bond is left out: {error:?}");
                }
            }
        }
    }

    /// A client has connected.
    pub(super) fn connected(&mut self, connection: &Connection<'static, Pool>) -> Verdict {
        match self {
            Self::Open => Verdict::Admit,
            Self::Paired(pairing) => {
                pairing.is_under_way = false;
                // It fails when the client is gone.
                let _ = connection.set_bondable(true);
                Verdict::Wait
            }
        }
    }

    /// Something happened on the way to a secure connection.
    pub(super) fn handle(&mut self, event: &GattConnectionEvent<'static, '_, Pool>, stack: &Stack) -> Verdict {
        let Self::Paired(pairing) = self else { return Verdict::Wait };
        match event {
            GattConnectionEvent::PassKeyDisplay(passkey) => pairing.show(&passkey.to_string()),
            GattConnectionEvent::PairingComplete { security_level, bond: Some(bond) } => {
                pairing.keep(*security_level, bond, stack)
            }
            // With the key of the bond there was.
            GattConnectionEvent::PairingComplete { security_level, .. }
            | GattConnectionEvent::Encrypted { security_level, .. } => {
                if security_level.authenticated() {
                    Verdict::Admit
                } else {
                    Verdict::HangUp
                }
            }
            GattConnectionEvent::PairingFailed(error) => {
                (pairing.say)(PairingEvent::Failed(format!("{error:?}")));
                Verdict::Wait
            }
            _ => Verdict::Wait,
        }
    }

    /// Does what the device wants with the bonds, and tells when to end the connection because of it.
    pub(super) fn perform(
        &mut self,
        op: BondsOp,
        stack: &Stack,
        current: Option<Address>,
    ) -> (Option<Bond>, Option<Instant>) {
        let Self::Paired(pairing) = self else { return (None, None) };
        let told =
            |address: Address, owner| Bond { client: to_client(address), current: current == Some(address), owner };
        match op {
            BondsOp::Tell { index } => {
                let bond = pairing.bonds.all().nth(index.into());
                (bond.map(|bond| told(bond.identity.addr, pairing.owns(bond.identity.addr))), None)
            }
            BondsOp::Remove { client, scope } => {
                let Some(found) = pairing.bonds.all().find(|bond| to_client(bond.identity.addr) == client) else {
                    return (None, None);
                };
                let bond = told(found.identity.addr, pairing.owns(found.identity.addr));
                if !scope.permits(&bond) {
                    return (None, None);
                }
                if bond.owner {
                    pairing.bonds.set_owner(None);
                }
                if let Err(error) = pairing.bonds.remove(found.identity.addr) {
                    (pairing.say)(PairingEvent::NotRemoved(error.to_string()));
                    return (None, None);
                }
                let _ = stack.remove_bond_information(found.identity); // it was there, or not
                (Some(bond), bond.current.then(|| Instant::now() + ANSWER))
            }
        }
    }
}

impl Pairing {
    /// Pairing mode begins. `say` tells the device's user what to enter, and what became of it.
    pub fn new(bonds: Bonds, say: impl Fn(PairingEvent) + 'static) -> Self {
        say(PairingEvent::Opened(PAIRING_MODE));
        Self {
            bonds,
            say: Box::new(say),
            closes: Instant::now() + PAIRING_MODE,
            attempts: ATTEMPTS,
            is_under_way: false,
        }
    }

    /// Whether this is the owner's address.
    fn owns(&self, client: Address) -> bool {
        self.bonds.owner() == Some(in_words(client).as_str())
    }

    fn show(&mut self, passkey: &str) -> Verdict {
        if self.attempts == 0 || Instant::now() >= self.closes {
            // Nobody learns the passkey, so that the pairing leads nowhere.
            (self.say)(PairingEvent::Closed);
            return Verdict::HangUp;
        }
        self.attempts -= 1;
        self.is_under_way = true;
        (self.say)(PairingEvent::Passkey(passkey.into()));
        Verdict::Wait
    }

    fn keep(&mut self, level: SecurityLevel, bond: &BondInformation, stack: &Stack) -> Verdict {
        let address = bond.identity.addr;
        if !level.authenticated() {
            // The host has put it in the place of a better one.
            let _ = stack.remove_bond_information(bond.identity);
            if let Some(better) = self.bonds.get(address) {
                let _ = stack.add_bond_information(better);
            }
            return Verdict::HangUp;
        }
        self.attempts = 0;
        if self.bonds.owner().is_none() {
            self.bonds.set_owner(Some(in_words(address)));
        } else if self.owns(address) {
            (self.say)(PairingEvent::OwnerDemoted);
            self.bonds.set_owner(Some(String::new()));
        }
        match self.bonds.put(bond) {
            Ok(()) => (self.say)(PairingEvent::Paired(in_words(address))),
            Err(error) => (self.say)(PairingEvent::NotKept(in_words(address), error.to_string())),
        }
        Verdict::Admit
    }
}

fn to_client(address: Address) -> ClientAddress {
    let mut bytes = [0; 6];
    bytes.copy_from_slice(address.addr.raw());
    bytes.reverse();
    ClientAddress { random: address.kind == AddrKind::RANDOM, bytes }
}
