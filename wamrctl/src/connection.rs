//! The options that say which device to talk to, for every command that does.

use crate::ble::{
    self,
    central::{Central, HciLink},
    secure::Security,
};
use crate::bonds::Bonds;
use crate::client::Client;
use crate::client::again::Connect;
use crate::config::Config;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::link::{Advertiser, Characteristic, Link, LinkError, Notification};
use crate::prompt::Prompt;
#[cfg(feature = "system-bluetooth")]
use crate::system::SystemLink;
use std::path::PathBuf;
use std::time::Duration;

/// The Bluetooth controller, as the command line or the environment names it.
#[derive(clap::Args)]
pub struct Controller {
    /// Use this Bluetooth controller instead of the computer's own: tcp:HOST:PORT or serial:DEVICE[:BAUD]
    #[arg(long, value_name = "PORT", env = "WAMRCTL_HCI")]
    hci: Option<ble::Port>,
}

impl Controller {
    /// Listens for a time for devices that advertise our service.
    ///
    /// # Errors
    /// [`Failure`] when the configuration file can't be used, or there is no working controller.
    pub fn advertisers(&self, time: Duration) -> Result<Vec<Advertiser>, Failure> {
        let hci = self.hci.clone().or(Config::read()?.hci);
        let found = ble::block_on(async {
            match hci {
                Some(port) => ble::scan::advertisers(&port, time).await,
                #[cfg(feature = "system-bluetooth")]
                None => crate::system::advertisers(time).await,
                #[cfg(not(feature = "system-bluetooth"))]
                None => Err(no_system()),
            }
        });
        Ok(found.map_err(crate::client::ClientError::from)?)
    }
}

/// A device, as the command line names it.
#[derive(clap::Args)]
pub struct Connection {
    #[command(flatten)]
    controller: Controller,
    /// The device's address, if several are near
    #[arg(long, env = "WAMRCTL_DEVICE")]
    address: Option<String>,
    /// The file with the keys of paired devices [default: wamrctl/bonds.json in the user's configuration]
    #[arg(long, value_name = "FILE")]
    bonds: Option<PathBuf>,
    /// Pair with the passkey in this file, of a device that can show none; others' is asked for
    #[arg(long, value_name = "FILE")]
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
        self.with_connector(async |connector| {
            let mut client = Client::new(connector.connect().await?);
            let done = work(&mut client).await;
            client.close().await;
            done.map_err(Into::into)
        })
    }

    /// Does work that connects by itself.
    ///
    /// # Errors
    /// Those of the work; [`Failure`] when the file with the bonds can't be read.
    pub fn with_connector<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connector) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let config = Config::read()?;
        let hci = self.controller.hci.clone().or(config.hci);
        let address = self.address.clone().or(config.device);
        let security = match &hci {
            Some(_) => {
                let prompt = Prompt { passkey_file: self.passkey_file.clone() };
                Some(Security { bonds: Bonds::open(self.bonds.as_deref())?, prompt })
            }
            None if self.bonds.is_some() || self.passkey_file.is_some() => {
                let message = "--bonds and --passkey-file need a Bluetooth controller";
                return Err(Failure::new(Status::Usage, message).help("name one with --hci"));
            }
            None => None,
        };
        ble::block_on(work(&mut Connector { hci, address, security, central: None }))
    }
}

/// Connects to the device that the command line, the environment or the configuration file names.
pub struct Connector {
    hci: Option<ble::Port>,
    address: Option<String>,
    /// For the first connection over HCI.
    security: Option<Security>,
    central: Option<Central>,
}

impl Connect for Connector {
    type Link = AnyLink;

    async fn connect(&mut self) -> Result<AnyLink, LinkError> {
        let address = self.address.as_deref();
        let link = match &self.hci {
            Some(port) => {
                eprintln!("Looking for a device through {}", shown(port));
                if let Some(security) = self.security.take() {
                    self.central = Some(Central::start(port, security).await?);
                }
                let central = self.central.as_mut().ok_or_else(|| LinkError::Host("it did not start".into()))?;
                AnyLink::Hci(central.connect(address).await?)
            }
            #[cfg(feature = "system-bluetooth")]
            None => {
                eprintln!("Looking for a device");
                AnyLink::System(Box::new(SystemLink::connect(address).await?))
            }
            #[cfg(not(feature = "system-bluetooth"))]
            None => return Err(no_system()),
        };
        eprintln!("Connected to {}", shown(link.name()));
        Ok(link)
    }
}

#[cfg(not(feature = "system-bluetooth"))]
fn no_system() -> LinkError {
    LinkError::NoController("this program was built without the computer's own Bluetooth".into())
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

    async fn listen(&mut self) -> Result<(), LinkError> {
        either!(self, link => link.listen().await)
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
