//! The interface `gpio`.

mod wasi;

use core::cell::Cell;

use critical_section::Mutex;
use wamr::{Method, Trap};
use wamr_device::{AppData, AppEvent, AppEvents, EventKind, GroupLinker, HostGroup};

use crate::abi::{self, App};
use crate::{Error, Opened, Sharing};
pub use wasi::WasiGpio;

/// The pull resistor of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// None.
    None,
    /// To the supply.
    Up,
    /// To ground.
    Down,
}

/// A change of a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The pin becomes active.
    Rising,
    /// The pin becomes inactive.
    Falling,
    /// Either.
    Both,
}

const PULLS: [Pull; 3] = [Pull::None, Pull::Up, Pull::Down];
const EDGES: [Edge; 3] = [Edge::Rising, Edge::Falling, Edge::Both];

/// The pins of a platform, by their numbers. Active is what the board defines as active: a high or a low level.
pub trait Pins: Sync + 'static {
    /// Returns the names of the pins, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Makes a pin an input.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if it has no such resistor, [`Error::Io`].
    fn input(&self, pin: u32, pull: Pull) -> Result<(), Error>;

    /// Makes a pin an output in this state.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if it is no output, [`Error::Io`].
    fn output(&self, pin: u32, active: bool) -> Result<(), Error>;

    /// Returns whether an input is active.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn is_active(&self, pin: u32) -> Result<bool, Error>;

    /// Makes an output active or inactive.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn set(&self, pin: u32, active: bool) -> Result<(), Error>;

    /// Reports changes of an input to [`Gpio::changed`] from now on, or no longer.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the pin has no interrupt, [`Error::Io`].
    fn watch(&self, pin: u32, edge: Option<Edge>) -> Result<(), Error>;

    /// The app that watches this pin has taken an event. A driver that reports only such changes as the app wants may turn the interrupt
    /// off after each, until this call: changes that are too fast then do not keep the device busy. Such a driver compares the state of the
    /// pin with the one that it has reported last, because the last change counts.
    fn rearm(&self, _pin: u32) {}

    /// Returns a pin to its idle state, without a watch.
    fn release(&self, pin: u32);

    /// Returns whether a low level is active.
    fn is_active_low(&self, _pin: u32) -> bool {
        false
    }
}

/// How an app uses a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Nothing,
    Input,
    /// With the id of the events and the changes that cause them.
    Watched(u32, Edge),
    /// With the state that the app has set.
    Output(bool),
}

/// The group `gpio` with `N` pins.
#[derive(Debug)]
pub struct Gpio<P, const N: usize> {
    pins: P,
    events: &'static AppEvents,
    opened: Opened,
    uses: [Mutex<Cell<Use>>; N],
}

impl<P: Pins, const N: usize> Gpio<P, N> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open-input", Self::open_input),
        Method::new("[method]input-pin.is-active", Self::is_active),
        Method::new("[method]input-pin.watch", Self::watch),
        Method::new("[method]input-pin.unwatch", Self::unwatch),
        Method::new("[resource-drop]input-pin", Self::drop_input),
        Method::new("input-pin_drop", Self::drop_input),
        Method::new("open-output", Self::open_output),
        Method::new("[method]output-pin.set", Self::set),
        Method::new("[method]output-pin.is-set-active", Self::is_set_active),
        Method::new("[resource-drop]output-pin", Self::drop_output),
        Method::new("output-pin_drop", Self::drop_output),
    ];

    /// The group with these pins. Their changes are events of `events`.
    pub const fn new(pins: P, events: &'static AppEvents) -> Self {
        Self { pins, events, opened: Opened::new(), uses: [const { Mutex::new(Cell::new(Use::Nothing)) }; N] }
    }

    /// Returns the pins.
    pub fn pins(&self) -> &P {
        &self.pins
    }

    /// A pin has changed. Its driver calls this, also from an interrupt.
    pub fn changed(&self, pin: u32, active: bool) {
        let Use::Watched(id, edge) = self.use_of(pin) else { return };
        let wanted = match edge {
            Edge::Rising => active,
            Edge::Falling => !active,
            Edge::Both => true,
        };
        if wanted {
            let event = AppEvent { kind: EventKind::Pin, id, value: active.into() };
            self.opened.apps(pin).for_each(|app| self.events.post(app, event));
        }
    }

    fn open_input(&self, app: App<'_>, name: u32, length: u32, pull: u32, ret: u32) -> Result<(), Trap> {
        self.open_input_and(app, (name, length), pull, ret, |_| ())
    }

    /// Opens an input, and does something with its number if that succeeds.
    fn open_input_and(
        &self,
        mut app: App<'_>,
        name: (u32, u32),
        pull: u32,
        ret: u32,
        then: impl FnOnce(u32),
    ) -> Result<(), Trap> {
        let pull = abi::case(&PULLS, pull)?;
        let opened = self.open(&app, name, Use::Input, |pin| self.pins.input(pin, pull).inspect(|()| then(pin)))?;
        abi::ret(&mut app, ret, opened)
    }

    fn open_output(&self, mut app: App<'_>, name: u32, length: u32, active: u32, ret: u32) -> Result<(), Trap> {
        let active = active != 0;
        let opened = self.open(&app, (name, length), Use::Output(active), |pin| self.pins.output(pin, active))?;
        abi::ret(&mut app, ret, opened)
    }

    /// Opens a pin, and returns the handle.
    fn open(
        &self,
        app: &App<'_>,
        name: (u32, u32),
        usage: Use,
        configure: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<Result<u32, Error>, Trap> {
        self.opened.open_with(self, app, name, Sharing::Exclusive, |pin| {
            configure(pin).inspect_err(|_| self.pins.release(pin))?;
            self.set_use(pin, usage);
            Ok(())
        })
    }

    fn is_active(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let pin = self.input(&app, handle)?;
        abi::ret(&mut app, ret, self.pins.is_active(pin))
    }

    fn watch(&self, mut app: App<'_>, handle: u32, edge: u32, id: u32, ret: u32) -> Result<(), Trap> {
        let pin = self.input(&app, handle)?;
        let edge = abi::case(&EDGES, edge)?;
        // Before the driver reports the first change.
        self.set_use(pin, Use::Watched(id, edge));
        let watched = self.pins.watch(pin, Some(edge));
        if watched.is_err() {
            self.set_use(pin, Use::Input);
        }
        abi::ret(&mut app, ret, watched)
    }

    fn unwatch(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        let pin = self.input(&app, handle)?;
        if self.use_of(pin) != Use::Input {
            // The pin causes no events, even if its interrupt stays on.
            let _ = self.pins.watch(pin, None);
            self.set_use(pin, Use::Input);
        }
        Ok(())
    }

    fn set(&self, mut app: App<'_>, handle: u32, active: u32, ret: u32) -> Result<(), Trap> {
        let (pin, _) = self.output(&app, handle)?;
        abi::ret(&mut app, ret, self.drive(pin, active != 0))
    }

    fn drive(&self, pin: u32, active: bool) -> Result<(), Error> {
        self.pins.set(pin, active).inspect(|()| self.set_use(pin, Use::Output(active)))
    }

    fn is_set_active(&self, app: App<'_>, handle: u32) -> Result<u32, Trap> {
        self.output(&app, handle).map(|(_, active)| active.into())
    }

    fn drop_input(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.input(&app, handle)?;
        self.close(&app, handle)
    }

    fn drop_output(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.output(&app, handle)?;
        self.close(&app, handle)
    }

    fn close(&self, app: &App<'_>, handle: u32) -> Result<(), Trap> {
        // Not free for others before it is idle.
        let pin = self.opened.resource(app.data(), handle)?;
        self.release(pin);
        self.opened.close(app.data(), handle).map(drop)
    }

    fn release(&self, pin: u32) {
        self.set_use(pin, Use::Nothing);
        self.pins.release(pin);
    }

    /// Returns the pin of a handle of an input.
    fn input(&self, app: &App<'_>, handle: u32) -> Result<u32, Trap> {
        let pin = self.opened.resource(app.data(), handle)?;
        match self.use_of(pin) {
            Use::Input | Use::Watched(..) => Ok(pin),
            _ => Err(wrong_direction()),
        }
    }

    /// Returns the pin of a handle of an output, and its state.
    fn output(&self, app: &App<'_>, handle: u32) -> Result<(u32, bool), Trap> {
        let pin = self.opened.resource(app.data(), handle)?;
        match self.use_of(pin) {
            Use::Output(active) => Ok((pin, active)),
            _ => Err(wrong_direction()),
        }
    }

    fn use_of(&self, pin: u32) -> Use {
        critical_section::with(|cs| self.uses.get(pin as usize).map_or(Use::Nothing, |usage| usage.borrow(cs).get()))
    }

    fn set_use(&self, pin: u32, usage: Use) {
        critical_section::with(|cs| {
            if let Some(place) = self.uses.get(pin as usize) {
                place.borrow(cs).set(usage);
            }
        });
    }
}

impl<P: Pins, const N: usize> HostGroup for Gpio<P, N> {
    fn name(&self) -> &str {
        "gpio"
    }

    fn resources(&self) -> &[&str] {
        self.pins.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        assert!(self.pins.names().len() <= N, "the group must have a place for each pin");
        self.opened.bind(linker.group());
        linker.interface("wamr:device/gpio@0.1", self, Self::METHODS)
    }

    fn taken(&self, app: u8, _: AppEvent) {
        let watched = self.opened.opened_by(app).filter(|pin| matches!(self.use_of(*pin), Use::Watched(..)));
        watched.for_each(|pin| self.pins.rearm(pin));
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(|pin| self.release(pin));
    }
}

#[cold]
#[inline(never)]
fn wrong_direction() -> Trap {
    Trap::host("the pin has the other direction")
}
