//! What a device does with apps, without I/O of its own.
#![no_std]

#[cfg(feature = "sim")]
extern crate alloc;

mod device;
mod flash;
#[cfg(feature = "sim")]
pub mod sim;
mod slot;
mod task;
mod upload;

pub use device::{Action, Characteristic, Device, Event};
pub use flash::{BLOCK, BLOCKS, Block, Buffers, FlashDone, FlashOp};
pub use slot::{Geometry, GeometryError, Records};
pub use task::{ActivateError, Activation, Completion, RunRequest, Task};
