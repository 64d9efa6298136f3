//! The runtimes. A firmware contains one of them.

#[cfg(feature = "empty")]
mod empty;
#[cfg(feature = "native")]
mod native;
#[cfg(feature = "pulley")]
mod pulley;
#[cfg(feature = "tinywasm")]
mod tinywasm;
#[cfg(feature = "upstream")]
mod upstream;
#[cfg(feature = "wamr")]
mod wamr;
#[cfg(feature = "wasefire")]
mod wasefire;
#[cfg(feature = "wasm3")]
mod wasm3;
#[cfg(feature = "wasmi")]
mod wasmi;

pub fn run() {
    #[cfg(feature = "empty")]
    empty::run();
    #[cfg(feature = "native")]
    native::run();
    #[cfg(feature = "pulley")]
    pulley::run();
    #[cfg(feature = "tinywasm")]
    tinywasm::run();
    #[cfg(feature = "upstream")]
    upstream::run();
    #[cfg(feature = "wamr")]
    wamr::run();
    #[cfg(feature = "wasefire")]
    wasefire::run();
    #[cfg(feature = "wasm3")]
    wasm3::run();
    #[cfg(feature = "wasmi")]
    wasmi::run();
}
