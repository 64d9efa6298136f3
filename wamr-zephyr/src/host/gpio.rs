//! The group `gpio`: the pins of the devicetree node `wamr,grants`.

use core::ffi::c_int;

use wamr_host::Error;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)]
use wamr_host::gpio::WasiGpio;
use wamr_host::gpio::{Edge, Gpio, Pins, Pull};

use super::errno::done;
use super::grants;
use crate::EVENTS;

pub static GROUP: Gpio<Granted, { grants::GPIO.len() }> = Gpio::new(Granted, &EVENTS);

/// The group with the interface of WASI, which takes the place of the other.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)]
pub static WASI: WasiGpio<Granted, { grants::GPIO.len() }> = WasiGpio::new(&GROUP);

unsafe extern "C" {
    // zephyr/host/gpio.c
    fn wamr_gpio_input(pin: u32, pull: u32) -> c_int;
    fn wamr_gpio_output(pin: u32, active: bool) -> c_int;
    fn wamr_gpio_get(pin: u32) -> c_int;
    fn wamr_gpio_set(pin: u32, active: bool) -> c_int;
    fn wamr_gpio_watch(pin: u32, edge: c_int) -> c_int;
    fn wamr_gpio_rearm(pin: u32);
    fn wamr_gpio_release(pin: u32);
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)]
    fn wamr_gpio_is_active_low(pin: u32) -> bool;
}

/// An app's pin has changed.
#[unsafe(no_mangle)]
extern "C" fn wamr_gpio_changed(pin: u32, active: bool) {
    GROUP.changed(pin, active);
}

pub struct Granted;

// SAFETY of the calls: the group passes only numbers of its names, and the C code has a pin for each name. It has a place in its tables
// for each number of `Pull` and `Edge`.
impl Pins for Granted {
    fn names(&self) -> &[&str] {
        grants::GPIO
    }

    fn input(&self, pin: u32, pull: Pull) -> Result<(), Error> {
        let pull = match pull {
            Pull::None => 0,
            Pull::Up => 1,
            Pull::Down => 2,
        };
        // SAFETY: see above.
        done(unsafe { wamr_gpio_input(pin, pull) }).map(drop)
    }

    fn output(&self, pin: u32, active: bool) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_gpio_output(pin, active) }).map(drop)
    }

    fn is_active(&self, pin: u32) -> Result<bool, Error> {
        // SAFETY: see above.
        done(unsafe { wamr_gpio_get(pin) }).map(|state| state != 0)
    }

    fn set(&self, pin: u32, active: bool) -> Result<(), Error> {
        // SAFETY: see above.
        done(unsafe { wamr_gpio_set(pin, active) }).map(drop)
    }

    fn watch(&self, pin: u32, edge: Option<Edge>) -> Result<(), Error> {
        let edge = match edge {
            None => -1,
            Some(Edge::Rising) => 0,
            Some(Edge::Falling) => 1,
            Some(Edge::Both) => 2,
        };
        // SAFETY: see above.
        done(unsafe { wamr_gpio_watch(pin, edge) }).map(drop)
    }

    fn rearm(&self, pin: u32) {
        // SAFETY: see above.
        unsafe { wamr_gpio_rearm(pin) }
    }

    fn release(&self, pin: u32) {
        // SAFETY: see above.
        unsafe { wamr_gpio_release(pin) }
    }

    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)]
    fn is_active_low(&self, pin: u32) -> bool {
        // SAFETY: see above.
        unsafe { wamr_gpio_is_active_low(pin) }
    }
}
