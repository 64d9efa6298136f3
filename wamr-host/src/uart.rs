//! The interface `uart`.

use core::cell::Cell;

use critical_section::Mutex;
use wamr::{Method, Trap};
use wamr_device::{AppData, AppEvent, AppEvents, EventKind, GroupLinker, HostGroup};

use crate::abi::{self, App};
use crate::{Error, Opened, Sharing};

/// The most bytes that one call can read.
pub const READ_MAX: usize = 256;

/// The serial ports of a platform, by their numbers. A driver buffers what it receives.
pub trait Ports: Sync + 'static {
    /// Returns the names of the ports, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Starts to receive, and to report received bytes to [`Uart::received`]. The buffer is empty at first.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the port cannot be used by apps, [`Error::Io`].
    fn open(&self, port: u32) -> Result<(), Error>;

    /// Takes received bytes from the buffer, and returns how many.
    ///
    /// # Errors
    /// [`Error::NoSpace`], once, if the buffer was full and bytes were lost. [`Error::Io`].
    fn read(&self, port: u32, buffer: &mut [u8]) -> Result<usize, Error>;

    /// Returns the number of bytes in the buffer.
    fn waiting(&self, port: u32) -> u32;

    /// Sends bytes without waiting, and returns how many were accepted.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn write(&self, port: u32, data: &[u8]) -> Result<usize, Error>;

    /// Stops to receive.
    fn close(&self, port: u32);
}

/// The group `uart` with `N` ports. A port belongs to one app at a time.
#[derive(Debug)]
pub struct Uart<P, const N: usize> {
    ports: P,
    events: &'static AppEvents,
    opened: Opened,
    /// The ids of the events of the ports that are watched.
    watched: [Mutex<Cell<Option<u32>>>; N],
}

impl<P: Ports, const N: usize> Uart<P, N> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("[method]port.read", Self::read),
        Method::new("[method]port.write", Self::write),
        Method::new("[method]port.watch", Self::watch),
        Method::new("[method]port.unwatch", Self::unwatch),
        Method::new("[resource-drop]port", Self::close),
        Method::new("port_drop", Self::close),
    ];

    /// The group with these ports. What they receive causes events of `events`.
    pub const fn new(ports: P, events: &'static AppEvents) -> Self {
        Self { ports, events, opened: Opened::new(), watched: [const { Mutex::new(Cell::new(None)) }; N] }
    }

    /// Returns the ports.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// A port has received bytes, and so many wait in its buffer. Its driver calls this, also from an interrupt.
    pub fn received(&self, port: u32, waiting: u32) {
        let id = self.watched.get(port as usize).and_then(|id| critical_section::with(|cs| id.borrow(cs).get()));
        if let Some(id) = id {
            let event = AppEvent { kind: EventKind::Uart, id, value: waiting };
            self.opened.apps(port).for_each(|app| self.events.post(app, event));
        }
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let open = |port| self.ports.open(port);
        let opened = self.opened.open_with(self, &app, (name, length), Sharing::Exclusive, open)?;
        abi::ret(&mut app, ret, opened)
    }

    fn read(&self, mut app: App<'_>, handle: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let port = self.opened.resource(app.data(), handle)?;
        let mut buffer = [0; READ_MAX];
        let wanted = READ_MAX.min(length as usize);
        let read = self.ports.read(port, &mut buffer[..wanted]);
        abi::ret(&mut app, ret, read.map(|count| &buffer[..count.min(wanted)]))
    }

    fn write(&self, mut app: App<'_>, handle: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let port = self.opened.resource(app.data(), handle)?;
        let written = self.ports.write(port, app.bytes(data, length)?);
        abi::ret(&mut app, ret, written.map(|count| count as u32))
    }

    fn watch(&self, app: App<'_>, handle: u32, id: u32) -> Result<(), Trap> {
        let port = self.opened.resource(app.data(), handle)?;
        self.set_watched(port, Some(id));
        // Also what was received before.
        match self.ports.waiting(port) {
            0 => {}
            waiting => self.received(port, waiting),
        }
        Ok(())
    }

    fn unwatch(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.opened.resource(app.data(), handle).map(|port| self.set_watched(port, None))
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        // Not free for others before it is closed.
        self.release(self.opened.resource(app.data(), handle)?);
        self.opened.close(app.data(), handle).map(drop)
    }

    fn release(&self, port: u32) {
        self.set_watched(port, None);
        self.ports.close(port);
    }

    fn set_watched(&self, port: u32, id: Option<u32>) {
        if let Some(watched) = self.watched.get(port as usize) {
            critical_section::with(|cs| watched.borrow(cs).set(id));
        }
    }
}

impl<P: Ports, const N: usize> HostGroup for Uart<P, N> {
    fn name(&self) -> &str {
        "uart"
    }

    fn resources(&self) -> &[&str] {
        self.ports.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        assert!(self.ports.names().len() <= N, "the group must have a place for each port");
        self.opened.bind(linker.group());
        linker.interface("wamr:device/uart@0.1", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(|port| self.release(port));
    }
}
