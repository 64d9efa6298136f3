//! The options that say which device to talk to, for every command that does.

use crate::block_on::block_on;
use crate::bonds_file;
use crate::config::Config;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::hci::Hci;
use crate::prompt::Prompt;
use std::path::PathBuf;
use std::time::Duration;
#[cfg(not(feature = "system-bluetooth"))]
use wamr_client::Error;
use wamr_client::hci::{Security, advertisers};
use wamr_client::{Advertiser, AnyLink, Client, Connect, Event, Port};

type Connector = wamr_client::Connector<Prompt>;

/// The Bluetooth controller, as the command line or the environment names it.
#[derive(clap::Args)]
pub struct Controller {
    /// Bluetooth controller: tcp:HOST:PORT, serial:DEVICE[:BAUD], or `system` for the computer's own [default: system]
    #[arg(long, value_name = "PORT", env = "WAMRCTL_HCI")]
    hci: Option<Hci>,
}

impl Controller {
    /// Listens for a time for devices that advertise our service.
    ///
    /// # Errors
    /// [`Failure`] when the configuration file can't be used, or there is no working controller.
    pub fn advertisers(&self, time: Duration) -> Result<Vec<Advertiser>, Failure> {
        let hci = self.hci.clone().or(Config::read()?.hci).unwrap_or_default();
        let found = block_on(async {
            match hci {
                Hci::Port(port) => advertisers(&port, time).await,
                #[cfg(feature = "system-bluetooth")]
                Hci::System => wamr_client::system::advertisers(time).await,
                #[cfg(not(feature = "system-bluetooth"))]
                Hci::System => Err(no_system()),
            }
        });
        Ok(found?)
    }
}

/// A device, as the command line names it.
#[derive(clap::Args)]
pub struct Connection {
    #[command(flatten)]
    controller: Controller,
    /// Connect over a serial line instead of Bluetooth
    #[arg(long, value_name = "DEVICE[:BAUD]", value_parser = serial, conflicts_with = "tcp")]
    serial: Option<Port>,
    /// Connect over TCP instead of Bluetooth, such as to an emulator or a twin
    #[arg(long, value_name = "HOST:PORT", value_parser = tcp)]
    tcp: Option<Port>,
    /// Device address; required if several devices are in range
    #[arg(long, env = "WAMRCTL_DEVICE")]
    address: Option<String>,
    /// File with the keys of paired devices [default: wamrctl/bonds.json in the user's configuration directory]
    #[arg(long, value_name = "FILE")]
    bonds: Option<PathBuf>,
    /// Read the passkey from FILE, for a device with a fixed passkey; otherwise wamrctl asks for it
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
        if let Some(port) = self.serial.as_ref().or(self.tcp.as_ref()) {
            let connector = Connector::line(port.clone());
            let searching = format!("Looking for a device on {}", shown(port));
            return block_on(work(&mut connector.on_event(move |event| show(event, &searching))));
        }
        let config = Config::read()?;
        let hci = self.controller.hci.clone().or(config.hci).unwrap_or_default();
        let address = self.address.clone().or(config.device);
        let connector = match hci {
            Hci::Port(port) => {
                let prompt = Prompt { passkey_file: self.passkey_file.clone() };
                let security = Security { bonds: bonds_file::open(self.bonds.as_deref())?, agent: prompt };
                let searching = format!("Looking for a device through {}", shown(&port));
                Connector::hci(port, security).on_event(move |event| show(event, &searching))
            }
            Hci::System if self.bonds.is_some() || self.passkey_file.is_some() => {
                let message = "--bonds and --passkey-file need a Bluetooth controller";
                return Err(Failure::new(Status::Usage, message).help("name one with --hci"));
            }
            #[cfg(feature = "system-bluetooth")]
            Hci::System => Connector::system().on_event(|event| show(event, "Looking for a device")),
            #[cfg(not(feature = "system-bluetooth"))]
            Hci::System => return Err(no_system().into()),
        };
        block_on(work(&mut connector.address(address)))
    }
}

fn serial(text: &str) -> Result<Port, String> {
    format!("serial:{text}").parse().map_err(|_| "expected DEVICE[:BAUD]".into())
}

fn tcp(text: &str) -> Result<Port, String> {
    format!("tcp:{text}").parse().map_err(|_| "expected HOST:PORT".into())
}

fn show(event: Event<'_>, searching: &str) {
    match event {
        Event::Searching => eprintln!("{searching}"),
        Event::Connected(device) => eprintln!("Connected to {}", shown(device)),
        _ => {}
    }
}

#[cfg(not(feature = "system-bluetooth"))]
fn no_system() -> Error {
    Error::NoController("this program was built without the computer's own Bluetooth".into())
}
