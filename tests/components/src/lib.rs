//! Runs apps as components in Wasmtime, with simulated hardware behind the interfaces of `wit/`.
#![forbid(unsafe_code)]

mod bme280;
mod board;
mod digital;
mod host;
mod net;
mod script;

pub use board::Board;
pub use script::play;

/// The host's side of the interfaces, made from `wit/` by Wasmtime.
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "app",
        with: {
            "wamr:device/gpio.input-pin": crate::board::Name,
            "wamr:device/gpio.output-pin": crate::board::Name,
            "wasi:gpio/digital.digital-in-pin": crate::board::Name,
            "wasi:gpio/digital.digital-out-pin": crate::board::Name,
            "wamr:device/adc.channel": crate::board::Name,
            "wamr:device/pwm.channel": crate::board::Name,
            "wamr:device/sensor.sensor": crate::board::Name,
            "wamr:device/uart.port": crate::board::Name,
            "wamr:device/file.file": crate::board::Name,
            "wamr:device/net.remote-host": crate::board::Name,
            "wamr:device/net.connection": crate::board::Name,
            "wamr:device/net.udp-socket": crate::board::Name,
            "wasi:i2c/i2c.i2c": crate::board::Name,
            "wasi:spi/spi.spi-device": crate::board::Name,
        },
    });
}

use bindings::App;
use bindings::wamr::device::events::Event;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Result, Store};
use wit_component::ComponentEncoder;

/// Makes a component of an app's core module, as `wasm-tools component new` does. Its imports and exports have to be those that the module
/// describes.
///
/// # Errors
/// If they are not.
pub fn component(module: &[u8]) -> Result<Vec<u8>, String> {
    let encode = || ComponentEncoder::default().validate(true).module(module)?.encode();
    encode().map_err(|error| format!("{error:#}"))
}

/// An app that runs on a board.
pub struct Running {
    store: Store<Board>,
    app: App,
}

impl Running {
    /// Loads and starts an app.
    ///
    /// # Errors
    /// If the component does not fit the interfaces, or `start` traps.
    pub fn start(component: &[u8], board: Board) -> Result<Self> {
        let engine = Engine::new(Config::new().wasm_custom_page_sizes(true))?;
        let component = Component::from_binary(&engine, component)?;
        let mut linker = Linker::new(&engine);
        App::add_to_linker::<_, HasSelf<_>>(&mut linker, |board: &mut Board| board)?;
        let mut store = Store::new(&engine, board);
        let app = App::instantiate(&mut store, &component, &linker)?;
        app.call_start(&mut store)?;
        let mut running = Self { store, app };
        running.deliver()?;
        Ok(running)
    }

    /// The board.
    pub fn board(&mut self) -> &mut Board {
        self.store.data_mut()
    }

    /// Ends the app.
    pub fn stop(self) -> Board {
        let mut board = self.store.into_data();
        board.app_ends();
        board
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// If the app traps.
    pub fn wait(&mut self, milliseconds: u64) -> Result<()> {
        let end = self.board().micros + milliseconds * 1000;
        while self.board().expire_next(end) {
            self.deliver()?;
        }
        self.board().micros = end;
        Ok(())
    }

    /// Calls the app for each event that waits.
    ///
    /// # Errors
    /// If the app traps.
    pub fn deliver(&mut self) -> Result<()> {
        while let Some(event) = self.board().events.pop_front() {
            self.app.call_on_event(&mut self.store, event)?;
        }
        Ok(())
    }

    /// Calls the app for an event.
    ///
    /// # Errors
    /// If the app traps.
    pub fn event(&mut self, event: Event) -> Result<()> {
        self.board().events.push_back(event);
        self.deliver()
    }
}
