#![no_std]
#![warn(missing_docs)]
//! Apps in Rust for devices that run WebAssembly: pins, buses, timers, storage, files and messages.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use core::time::Duration;
//! use wamr_guest::{App, Event, Result, gpio, timer};
//!
//! const TICK: u32 = 0;
//!
//! struct Blink {
//!     led: gpio::OutputPin,
//! }
//!
//! #[wamr_guest::app]
//! impl App for Blink {
//!     fn start() -> Result<Self> {
//!         timer::start_periodic(TICK, Duration::from_millis(500))?;
//!         Ok(Self { led: gpio::OutputPin::open("led0", false)? })
//!     }
//!
//!     fn on_event(&mut self, event: Event) -> Result {
//!         if let Event::Timer { id: TICK, .. } = event {
//!             self.led.toggle()?;
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! Each module of this crate is one interface of the WIT package `wamr:device` in the repository's directory `wit/`. An app imports the
//! functions that it calls and nothing else. Resources have names that the firmware chooses, and the app's manifest requests them.
//!
//! Nothing here needs an allocator: functions that return bytes write them to a buffer of the caller.
//!
//! Drivers of crates.io work unchanged: [`gpio`], [`i2c`], [`spi`], [`pwm`] and [`delay`] implement the traits of `embedded-hal` 1.0.
//!
//! # Features
//! - `panic-handler` (default): a panic ends the app with a trap.
//! - `log`: the macros of the crate `log` write to the device's log, and so do panics and errors of the app. Formatting text takes about
//!   3 KB of a module.

mod abi;
mod app;
mod error;
mod event;
#[cfg(all(feature = "panic-handler", target_family = "wasm"))]
mod panic;

pub mod adc;
pub mod clock;
pub mod crypto;
pub mod delay;
pub mod digital;
pub mod export;
pub mod file;
pub mod gpio;
pub mod i2c;
pub mod kv;
pub mod log;
pub mod message;
pub mod net;
pub mod pwm;
pub mod rng;
pub mod sensor;
pub mod spi;
pub mod system;
pub mod text;
pub mod timer;
pub mod uart;

pub use app::{App, Slot};
pub use error::{Error, Result};
pub use event::Event;

/// Makes the exports of a module from `impl App for …`. A module has one app.
pub use wamr_guest_macros::app;

/// The types of all interfaces, which tools read from a section of the module. `wamrctl manifest` reduces it to those that the app uses.
#[doc(hidden)]
pub const DESCRIPTION: &[u8; include_bytes!("description.bin").len()] = include_bytes!("description.bin");

/// Ends the app with a trap.
fn trap() -> ! {
    #[cfg(target_family = "wasm")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_family = "wasm"))]
    panic!("trap")
}
