//! How a device uses its pool.

use minicbor::Decode;

/// The use of the whole pool, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(array)]
pub struct PoolSummary {
    /// Its size.
    #[n(0)]
    pub size: u32,
    /// What is free, possibly in several blocks.
    #[n(1)]
    pub free: u32,
    /// The largest free block. An app must fit into it.
    #[n(2)]
    pub largest: u32,
}

/// What an app takes of the pool, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
#[cbor(array)]
pub struct AppPool {
    /// The loaded module: its code, as the interpreter executes it, and its tables.
    #[n(0)]
    pub code: u32,
    /// Linear memory.
    #[n(1)]
    pub memory: u32,
    /// The stack of the interpreter.
    #[n(2)]
    pub stack: u32,
    /// Reserved for memory that may grow.
    #[n(3)]
    pub room: u32,
    /// All other: the instance, what the device knows of the app, and the bookkeeping of the pool.
    #[n(4)]
    pub overhead: u32,
}

impl AppPool {
    /// All that the app takes.
    pub fn total(&self) -> u32 {
        let Self { code, memory, stack, room, overhead } = *self;
        [code, memory, stack, room, overhead].into_iter().fold(0, u32::saturating_add)
    }
}
