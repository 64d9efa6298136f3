//! The options that say which device to talk to, for every command that does.

use crate::ble::{self, central::HciLink, secure::Security};
use crate::bonds::Bonds;
use crate::client::Client;
use crate::failure::Failure;
use crate::link::{Characteristic, Link, LinkError, Notification};
use crate::prompt::Prompt;
#[cfg(feature = "system-bluetooth")]
use crate::system::SystemLink;
use std::path::PathBuf;

/// A device, as the command line names it.
#[derive(clap::Args)]
pub struct Connection {
    /// Use this Bluetooth controller instead of the computer's own: tcp:HOST:PORT or serial:DEVICE[:BAUD]
    #[arg(long, value_name = "PORT", required = cfg!(not(feature = "system-bluetooth")))]
    hci: Option<ble::Port>,
    /// The device's address, if several are near
    #[arg(long)]
    address: Option<String>,
    /// The file with the keys of paired devices [default: wamrctl/bonds.json in the user's configuration]
    #[arg(long, value_name = "FILE", requires = "hci")]
    bonds: Option<PathBuf>,
    /// Pair with the passkey in this file, of a device that can show none; others' is asked for
    #[arg(long, value_name = "FILE", requires = "hci")]
    passkey_file: Option<PathBuf>,
}

impl Connection {
    /// Connects, does the work, and ends the connection in good order.
    ///
    /// # Errors
    /// Those of the connection and of the work.
    pub fn with<T, E: Into<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut Client<AnyLink>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        ble::block_on(async {
            let link = self.connect().await?;
            eprintln!("Connected to {}", link.name());
            let mut client = Client::new(link);
            let done = work(&mut client).await;
            client.close().await;
            done.map_err(Into::into)
        })
    }

    async fn connect(&self) -> Result<AnyLink, Failure> {
        let address = self.address.as_deref();
        match &self.hci {
            Some(port) => {
                eprintln!("Looking for a device through {port}");
                let bonds = Bonds::open(self.bonds.as_deref())?;
                let mut security = Security { bonds, prompt: Prompt { passkey_file: self.passkey_file.clone() } };
                Ok(AnyLink::Hci(HciLink::connect(port, address, &mut security).await?))
            }
            #[cfg(feature = "system-bluetooth")]
            None => {
                eprintln!("Looking for a device");
                Ok(AnyLink::System(Box::new(SystemLink::connect(address).await?)))
            }
            #[cfg(not(feature = "system-bluetooth"))]
            None => unreachable!("--hci is required"),
        }
    }
}

/// A link through whichever Bluetooth host.
pub enum AnyLink {
    /// Ours, over HCI.
    Hci(HciLink),
    /// The computer's own.
    #[cfg(feature = "system-bluetooth")]
    System(Box<SystemLink>),
}

/// Does the same with the link, whichever it is.
macro_rules! either {
    ($self:ident, $link:ident => $done:expr) => {
        match $self {
            AnyLink::Hci($link) => $done,
            #[cfg(feature = "system-bluetooth")]
            AnyLink::System($link) => $done,
        }
    };
}

impl Link for AnyLink {
    fn name(&self) -> String {
        either!(self, link => link.name())
    }

    fn room(&self) -> usize {
        either!(self, link => link.room())
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        either!(self, link => link.write_data(frame).await)
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), LinkError> {
        either!(self, link => link.write_control(request).await)
    }

    async fn next(&mut self) -> Result<Notification, LinkError> {
        either!(self, link => link.next().await)
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, LinkError> {
        either!(self, link => link.read(characteristic).await)
    }

    async fn close(self) {
        either!(self, link => link.close().await)
    }
}
