//! Makes a connection to a device secure: with the key of their bond, or by pairing.

use crate::Error;
use crate::agent::Agent;
use tokio::sync::mpsc::UnboundedReceiver;
use trouble_host::prelude::*;
use trouble_host::{BondInformation, PairingFailedReason};
use wamr_transport::hci::{Bonds, HostError, Pool};

/// Bonds and agent, which secure connections need.
pub struct Security<A> {
    /// The bonds of this computer.
    pub bonds: Bonds,
    /// Answers questions during pairing.
    pub agent: A,
}

/// This program can show a passkey and ask for it.
pub const CAPABILITIES: IoCapabilities = IoCapabilities::KeyboardDisplay;

/// A step towards a secure connection.
pub enum Step {
    /// The user must enter the passkey.
    Enter,
    /// The user must compare the number.
    Compare(u32),
    /// The device does not know the bond.
    BondLost,
    /// Done: by pairing, which may have made a bond, or with the key of an existing bond.
    Done { level: SecurityLevel, bond: Option<Box<BondInformation>> },
    /// The device or the user refused.
    Failed(trouble_host::Error),
}

impl Step {
    /// The step that an event of the connection reports.
    pub fn of(event: ConnectionEvent) -> Option<Self> {
        match event {
            ConnectionEvent::PassKeyInput => Some(Self::Enter),
            ConnectionEvent::PassKeyConfirm(number) => Some(Self::Compare(number.value())),
            ConnectionEvent::BondLost => Some(Self::BondLost),
            ConnectionEvent::PairingComplete { security_level, bond } => {
                Some(Self::Done { level: security_level, bond: bond.map(Box::new) })
            }
            ConnectionEvent::PairingFailed(error) => Some(Self::Failed(error)),
            _ => None,
        }
    }
}

/// Whether a refusal means that the connection has to be secure first (Core specification, Vol 3, Part C, 10.3.1).
pub fn is_wanted(error: &HostError) -> bool {
    matches!(
        error,
        BleHostError::BleHost(trouble_host::Error::Att(
            AttErrorCode::INSUFFICIENT_AUTHENTICATION | AttErrorCode::INSUFFICIENT_ENCRYPTION
        ))
    )
}

/// Makes the connection secure, and saves the bond if pairing made one.
///
/// # Errors
/// [`Error::Pairing`].
pub async fn secure(
    connection: &Connection<'static, Pool>,
    steps: &mut UnboundedReceiver<Step>,
    security: &mut Security<impl Agent>,
) -> Result<(), Error> {
    let failed = |error| Error::Pairing(in_words(&error));
    let mut bond = if connection.is_bonded_peer() { Bond::Used } else { Bond::None };
    connection.set_bondable(true).map_err(failed)?;
    connection.request_security().map_err(failed)?;
    while let Some(step) = steps.recv().await {
        if bond == Bond::Lost && matches!(step, Step::Enter | Step::Compare(_)) {
            // The device agrees. Ask the user as well: another device could have taken its place.
            offer(security).await?;
            bond = Bond::None;
        }
        match step {
            Step::Enter => connection.pass_key_input(security.agent.passkey().await?).map_err(failed)?,
            Step::Compare(number) if security.agent.is_shown(number).await? => {
                connection.pass_key_confirm().map_err(failed)?;
            }
            Step::Compare(_) => connection.pass_key_cancel().map_err(failed)?,
            Step::BondLost => bond = Bond::Lost,
            Step::Done { level, .. } if bond == Bond::Used && level.authenticated() => return Ok(()),
            Step::Done { level, bond } => return keep(level, bond, security),
            Step::Failed(error) if bond == Bond::Lost => return Err(Error::BondLost(in_words(&error))),
            Step::Failed(error) => return Err(failed(error)),
        }
    }
    Err(Error::lost("it ended while the device was being paired"))
}

/// The state of the bond with a device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bond {
    /// There is none.
    None,
    /// It can make the connection secure.
    Used,
    /// The device does not know it.
    Lost,
}

/// Asks whether to pair again with a device that has lost the bond.
///
/// # Errors
/// [`Error::BondLost`] if the user declines.
pub async fn offer(security: &mut Security<impl Agent>) -> Result<(), Error> {
    if security.agent.pairs_again().await? { Ok(()) } else { Err(Error::BondLost("it was not paired again".into())) }
}

fn keep(
    level: SecurityLevel,
    bond: Option<Box<BondInformation>>,
    security: &mut Security<impl Agent>,
) -> Result<(), Error> {
    if !level.authenticated() {
        // This does not protect against a man in the middle.
        return Err(Error::Pairing("the device pairs without a passkey, which this program does not".into()));
    }
    let bond = bond.ok_or_else(|| Error::Pairing("the device does not keep the bond".into()))?;
    security.bonds.put(&bond).map_err(|error| Error::Pairing(error.to_string()))?;
    security.agent.paired();
    Ok(())
}

fn in_words(error: &trouble_host::Error) -> String {
    use PairingFailedReason as Reason;
    match error {
        trouble_host::Error::Security(reason) => match reason {
            Reason::PairingNotSupported => "the device does not take new clients now".into(),
            Reason::ConfirmValueFailed | Reason::PasskeyEntryFailed => "the passkey was wrong".into(),
            Reason::NumericComparisonFailed => "the numbers were not the same".into(),
            reason => format!("pairing failed: {reason:?}"),
        },
        error => format!("pairing failed: {error:?}"),
    }
}
