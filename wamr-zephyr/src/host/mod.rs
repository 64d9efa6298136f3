//! The interfaces of `wit/` under Zephyr: drivers for the groups of [`wamr_host`], each behind a Kconfig option.
//!
//! A file is one group. `zephyr/host/` has the C code that Zephyr's macros need.

#[cfg(CONFIG_WAMR_ZEPHYR_HOST_ADC)]
mod adc;
#[cfg(any(CONFIG_WAMR_ZEPHYR_HOST_CLOCK, CONFIG_WAMR_ZEPHYR_HOST_WASI))]
mod clock;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CRYPTO)]
mod crypto;
#[allow(dead_code, reason = "not every group has errors")]
mod errno;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_FILE)]
mod file;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_GPIO)]
mod gpio;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_I2C)]
mod i2c;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_KV)]
mod kv;
#[cfg(any(CONFIG_WAMR_ZEPHYR_HOST_LOG, CONFIG_WAMR_ZEPHYR_HOST_WASI))]
mod log;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
pub mod message;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_NET)]
mod net;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_PWM)]
mod pwm;
#[cfg(any(CONFIG_WAMR_ZEPHYR_HOST_RNG, CONFIG_WAMR_ZEPHYR_HOST_WASI))]
mod rng;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_SENSOR)]
mod sensor;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_SPI)]
mod spi;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_SYSTEM)]
mod system;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_TIMER)]
mod timer;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_UART)]
mod uart;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI)]
mod wasi;

use wamr_device::HostGroup;

#[cfg(any(CONFIG_WAMR_ZEPHYR_HOST_CLOCK, CONFIG_WAMR_ZEPHYR_HOST_WASI))]
pub use clock::set_unix_time;
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_CRYPTO)]
pub use crypto::{KeyUse, import_key, set_key};
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_SYSTEM)]
pub use system::set_battery;

/// The groups of this build.
pub const GROUPS: &[&dyn HostGroup] = &[
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_LOG)]
    &log::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_CLOCK)]
    &clock::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_TIMER)]
    &timer::GROUP,
    #[cfg(all(CONFIG_WAMR_ZEPHYR_HOST_GPIO, not(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)))]
    &gpio::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI_GPIO)]
    &gpio::WASI,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_I2C)]
    &i2c::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_SPI)]
    &spi::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_ADC)]
    &adc::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_PWM)]
    &pwm::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_SENSOR)]
    &sensor::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_UART)]
    &uart::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_NET)]
    &net::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_RNG)]
    &rng::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_CRYPTO)]
    &crypto::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_SYSTEM)]
    &system::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_KV)]
    &kv::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_FILE)]
    &file::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    &message::GROUP,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_WASI)]
    &wasi::GROUP,
];

/// The names in the node `wamr,grants` of the devicetree, in its order: a constant for each group with resources.
#[allow(dead_code, reason = "empty without such a group")]
mod grants {
    include!(concat!(env!("OUT_DIR"), "/grants.rs"));
}
