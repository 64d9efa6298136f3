//! Questions that only a person can answer during pairing.

use crate::Error;

/// Answers questions during pairing.
#[expect(async_fn_in_trait, reason = "a connection stays on one thread")]
pub trait Agent {
    /// The passkey that the device shows, at most 999,999.
    ///
    /// # Errors
    /// [`Error::Pairing`] if there is no answer.
    async fn passkey(&mut self) -> Result<u32, Error>;

    /// Whether the device shows this number, of six digits.
    ///
    /// # Errors
    /// [`Error::Pairing`] if there is no answer.
    async fn is_shown(&mut self, number: u32) -> Result<bool, Error>;

    /// Whether to pair again with a device that has lost its bond. If the user did not expect that, another device may have taken
    /// its place.
    ///
    /// # Errors
    /// [`Error::Pairing`] if there is no answer.
    async fn pairs_again(&mut self) -> Result<bool, Error>;

    /// The device is now paired.
    fn paired(&mut self) {}
}

/// Pairs with no device: for links that never ask, and for programs without a user.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAgent;

impl Agent for NoAgent {
    async fn passkey(&mut self) -> Result<u32, Error> {
        Err(no_user())
    }

    async fn is_shown(&mut self, _: u32) -> Result<bool, Error> {
        Err(no_user())
    }

    async fn pairs_again(&mut self) -> Result<bool, Error> {
        Ok(false)
    }
}

fn no_user() -> Error {
    Error::Pairing("the device has to be paired first, and this program does not pair".into())
}
