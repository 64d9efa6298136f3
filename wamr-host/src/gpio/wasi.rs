//! The digital part of `wasi:gpio`, over the same pins as the interface `gpio`. `wit/deps/wasi-gpio/digital.wit` says what is left out.

use core::cell::Cell;

use critical_section::Mutex;
use wamr::{Method, Trap};
use wamr_device::{AppData, AppEvent, GroupLinker, HostGroup};

use super::{Gpio, PULLS, Pins, Pull};
use crate::Error;
use crate::abi::{self, App, Lower};

/// The group `gpio` with the interfaces `wamr:device/gpio` and `wasi:gpio/digital`.
pub struct WasiGpio<P: 'static, const N: usize> {
    gpio: &'static Gpio<P, N>,
    /// The resistors that apps have chosen for the inputs that they have opened as those of WASI.
    pulls: [Mutex<Cell<Pull>>; N],
}

impl<P: Pins, const N: usize> WasiGpio<P, N> {
    const OPEN: &[Method<Self, AppData>] =
        &[Method::new("open-digital-in", Self::open_in), Method::new("open-digital-out", Self::open_out)];
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("[method]digital-out-pin.get-config", Self::config_of_output),
        Method::new("[method]digital-out-pin.set-state", Self::set_state),
        Method::new("[method]digital-out-pin.set-active", Self::set_active),
        Method::new("[method]digital-out-pin.set-inactive", Self::set_inactive),
        Method::new("[method]digital-out-pin.toggle", Self::toggle),
        Method::new("[resource-drop]digital-out-pin", Self::drop_output),
        Method::new("digital-out-pin_drop", Self::drop_output),
        Method::new("[method]digital-in-pin.get-config", Self::config_of_input),
        Method::new("[method]digital-in-pin.read", Self::read),
        Method::new("[method]digital-in-pin.is-active", Self::is_active),
        Method::new("[method]digital-in-pin.is-inactive", Self::is_inactive),
        Method::new("[resource-drop]digital-in-pin", Self::drop_input),
        Method::new("digital-in-pin_drop", Self::drop_input),
    ];

    /// The group with the pins of this one, which it takes the place of.
    pub const fn new(gpio: &'static Gpio<P, N>) -> Self {
        Self { gpio, pulls: [const { Mutex::new(Cell::new(Pull::None)) }; N] }
    }

    fn open_in(&self, app: App<'_>, name: u32, length: u32, pull: u32, ret: u32) -> Result<(), Trap> {
        let chosen = abi::case(&PULLS, pull)?;
        let note = |pin: u32| {
            if let Some(place) = self.pulls.get(pin as usize) {
                critical_section::with(|cs| place.borrow(cs).set(chosen));
            }
        };
        self.gpio.open_input_and(app, (name, length), pull, ret, note)
    }

    fn open_out(&self, app: App<'_>, name: u32, length: u32, active: u32, ret: u32) -> Result<(), Trap> {
        self.gpio.open_output(app, name, length, active, ret)
    }

    fn config_of_output(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let (pin, _) = self.gpio.output(&app, handle)?;
        abi::ret(&mut app, ret, self.config(pin, 1, Pull::None))
    }

    fn config_of_input(&self, mut app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        let pin = self.gpio.input(&app, handle)?;
        let pull = self.pulls.get(pin as usize).map(|pull| critical_section::with(|cs| pull.borrow(cs).get()));
        abi::ret(&mut app, ret, self.config(pin, 0, pull.unwrap_or(Pull::None)))
    }

    fn config(&self, pin: u32, mode: u8, pull: Pull) -> Config<'_> {
        let label = self.gpio.pins.names().get(pin as usize).copied().unwrap_or_default();
        Config { label, mode, is_active_low: self.gpio.pins.is_active_low(pin), pull }
    }

    fn set_state(&self, app: App<'_>, handle: u32, state: u32, ret: u32) -> Result<(), Trap> {
        match abi::case(&[true, false], state)? {
            true => self.set_active(app, handle, ret),
            false => self.set_inactive(app, handle, ret),
        }
    }

    fn set_active(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.drive(app, handle, ret, |_| true)
    }

    fn set_inactive(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.drive(app, handle, ret, |_| false)
    }

    fn toggle(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.drive(app, handle, ret, |active| !active)
    }

    fn drive(&self, mut app: App<'_>, handle: u32, ret: u32, next: fn(bool) -> bool) -> Result<(), Trap> {
        let (pin, active) = self.gpio.output(&app, handle)?;
        abi::ret(&mut app, ret, self.gpio.drive(pin, next(active)).map_err(GpioError))
    }

    /// `pin-state`: 0 if the pin is active.
    fn read(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.measure(app, handle, ret, |active| u8::from(!active))
    }

    fn is_active(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.measure(app, handle, ret, u8::from)
    }

    fn is_inactive(&self, app: App<'_>, handle: u32, ret: u32) -> Result<(), Trap> {
        self.measure(app, handle, ret, |active| u8::from(!active))
    }

    fn measure(&self, mut app: App<'_>, handle: u32, ret: u32, result: fn(bool) -> u8) -> Result<(), Trap> {
        let pin = self.gpio.input(&app, handle)?;
        abi::ret(&mut app, ret, self.gpio.pins.is_active(pin).map(result).map_err(GpioError))
    }

    fn drop_output(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.gpio.drop_output(app, handle)
    }

    fn drop_input(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.gpio.drop_input(app, handle)
    }
}

impl<P: Pins, const N: usize> HostGroup for WasiGpio<P, N> {
    fn name(&self) -> &str {
        self.gpio.name()
    }

    fn resources(&self) -> &[&str] {
        self.gpio.resources()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.gpio.define(linker)?;
        linker.interface("wamr:device/gpio@0.1", self, Self::OPEN)?;
        linker.interface("wasi:gpio/digital@0.2", self, Self::METHODS)
    }

    fn taken(&self, app: u8, event: AppEvent) {
        self.gpio.taken(app, event);
    }

    fn unloaded(&self, app: &AppData) {
        self.gpio.unloaded(app);
    }
}

impl<P, const N: usize> core::fmt::Debug for WasiGpio<P, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("WasiGpio").finish_non_exhaustive()
    }
}

/// The variant `gpio-error`.
struct GpioError(Error);

impl Lower for GpioError {
    const SIZE: u32 = 12;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let case: u8 = match self.0 {
            Error::Io => 0,
            Error::Busy => 1,
            Error::NotFound => 4,
            Error::NotSupported => 7,
            Error::InvalidArgument | Error::NoSpace | Error::Timeout => 8,
        };
        case.lower(app, address)?;
        // The case `other` has a text.
        if case == 8 { "".lower(app, address.wrapping_add(4)) } else { Ok(()) }
    }
}

/// The record `digital-config`.
struct Config<'a> {
    label: &'a str,
    mode: u8,
    is_active_low: bool,
    pull: Pull,
}

impl Lower for Config<'_> {
    const SIZE: u32 = 12;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.label.lower(app, address)?;
        let (has_pull, pull) = match self.pull {
            Pull::None => (0, 0),
            Pull::Up => (1, 0),
            Pull::Down => (1, 1),
        };
        abi::store(app, address.wrapping_add(8), &[self.mode, self.is_active_low.into(), has_pull, pull])
    }
}
