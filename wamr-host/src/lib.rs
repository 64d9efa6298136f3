//! The interfaces of `wit/` as host groups.
//!
//! Each file is one interface: its functions for apps, and a trait for its drivers. A platform implements the traits (Zephyr in
//! `wamr-zephyr`, a simulated board in `wamr-twin`), so apps find the same interfaces everywhere.
//!
//! [`abi`] is the canonical ABI of WIT, also for interfaces of a product: `docs/host-api.md` shows one.
#![no_std]
#![forbid(unsafe_code)]

pub mod abi;
pub mod adc;
pub mod clock;
pub mod crypto;
mod error;
pub mod file;
pub mod gpio;
pub mod i2c;
pub mod kv;
mod listed;
pub mod log;
pub mod message;
pub mod net;
mod opened;
pub mod pwm;
pub mod rng;
pub mod sensor;
pub mod spi;
pub mod system;
pub mod timer;
pub mod uart;
pub mod wasi;

pub use error::Error;
pub use opened::{Opened, Sharing};
