//! The examples in `docs/host-api.md`, one file for each interface.
#![no_std]
#![allow(missing_docs, reason = "the page describes what they show")]

pub mod adc;
pub mod clock;
pub mod crypto;
pub mod digital;
pub mod events;
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
pub mod timer;
pub mod uart;
