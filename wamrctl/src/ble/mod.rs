//! Bluetooth LE over HCI: trouble-host on a controller that is reached over TCP or a serial line.
//!
//! The layers, from the wire up: [`port`] opens the line, [`h4`] cuts it into packets, [`transport`] hands them to
//! trouble-host no faster than it can take them, [`pool`] holds its buffers, [`host`] starts it. On top stand the two
//! roles: [`central`] connects to a device, which [`scan`] finds and [`secure`] pairs with, and [`peripheral`] is one, with [`admission`] at its
//! door.

pub mod admission;
pub mod central;
mod h4;
pub mod host;
pub mod peripheral;
mod pool;
mod port;
pub mod scan;
pub mod secure;
mod transport;

pub use port::Port;

use std::future::Future;

/// Runs something that uses Bluetooth, and the tasks that it starts, to its end.
///
/// All of it stays on this thread, on a `LocalSet`: trouble-host's futures can't change threads, and polled as the
/// runtime's own future they can keep the processor busy without need.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
