//! Starts trouble-host on a controller.

use super::pool::Pool;
use super::transport::{HciTransport, TransportError};
use super::{HciError, LINE};
use crate::Port;
use bt_hci::controller::ExternalController;
use std::time::Duration;
use tokio::sync::watch;
use trouble_host::prelude::*;

/// Commands that may be on their way to the controller at once.
const COMMAND_SLOTS: usize = 10;

/// How long a controller may take to answer the first commands.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// A controller behind a [`Port`].
pub type Controller = ExternalController<HciTransport, COMMAND_SLOTS>;
/// trouble-host on it.
pub type Stack = trouble_host::Stack<'static, Controller, Pool>;
/// The error of the host's operations.
pub type HostError = BleHostError<TransportError>;

/// Ignores reports, for a host that does not scan.
pub struct Deaf;

impl EventHandler for Deaf {}

/// A running Bluetooth host.
#[derive(Clone)]
pub struct Host {
    /// Used by the roles.
    pub stack: &'static Stack,
    /// The reason once the host has stopped, which happens only if the line to the controller fails.
    stopped: watch::Receiver<Option<String>>,
}

impl Host {
    /// Opens the port and starts a host on it, which passes advertising reports to `handler`. Call it on a
    /// [`LocalSet`](tokio::task::LocalSet), where the host's task runs from then on.
    ///
    /// A process usually starts one host and ends with it, so the host's memory is never freed, and its users need no lifetime.
    ///
    /// # Errors
    /// [`HciError::NoController`] when no controller answers behind the port.
    pub async fn start(port: &Port, address: Address, handler: impl EventHandler + 'static) -> Result<Self, HciError> {
        let halves =
            port.open(LINE).await.map_err(|error| HciError::NoController(format!("cannot open {port}: {error}")))?;
        let controller = ExternalController::new(HciTransport::new(halves));
        let resources: &'static mut HostResources<Pool, 1, 0, 1> = Box::leak(Box::new(HostResources::new()));
        let stack = trouble_host::new(controller, resources).set_random_address(address).build();
        let stack: &'static Stack = Box::leak(Box::new(stack));

        let (stop, mut stopped) = watch::channel(None);
        tokio::task::spawn_local(async move {
            let end = stack.runner().run_with_handler(&handler).await;
            let why = end.map_or_else(|error| describe(&error), |()| "it stopped".into());
            log::debug!("the Bluetooth host ended: {why}");
            stop.send_replace(Some(why));
        });

        // The first command waits until the controller is set up.
        let ready = stack.command(bt_hci::cmd::info::ReadBdAddr::new());
        let failed = tokio::select! {
            done = tokio::time::timeout(START_TIMEOUT, ready) => match done {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(describe(&error)),
                Err(_) => Some("it does not answer".into()),
            },
            why = stopped_because(&mut stopped) => Some(why),
        };
        match failed {
            None => Ok(Self { stack, stopped }),
            Some(why) => Err(HciError::NoController(format!("no Bluetooth controller behind {port}: {why}"))),
        }
    }

    /// Waits until the host stops, and returns the reason.
    pub async fn stopped(&mut self) -> HciError {
        HciError::Host(stopped_because(&mut self.stopped).await)
    }
}

async fn stopped_because(stopped: &mut watch::Receiver<Option<String>>) -> String {
    let why = stopped.wait_for(Option::is_some).await;
    why.ok().and_then(|why| why.clone()).unwrap_or_else(|| "the Bluetooth host panicked".into())
}

/// The host's error in words.
pub fn describe(error: &HostError) -> String {
    match error {
        BleHostError::Controller(error) => error.to_string(),
        BleHostError::BleHost(trouble_host::Error::Disconnected) => "it was closed".into(),
        BleHostError::BleHost(trouble_host::Error::Timeout) => "no answer in time".into(),
        BleHostError::BleHost(error) => format!("{error:?}"),
    }
}
