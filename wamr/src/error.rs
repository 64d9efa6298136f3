//! Errors.

use core::fmt;

use wamr_sys::heap::Failure;

use crate::{MAX_VALUES, MIN_POOL_SIZE, Message, Trap};

/// An error of this crate.
///
/// ```
/// use wamr::{Error, Trap};
///
/// let error = Error::Trap(Trap::host("sensor 3 is off"));
/// assert_eq!(error.as_trap(), Some(&Trap::host("sensor 3 is off")));
/// assert_eq!(error.to_string(), "trap: host function failed: sensor 3 is off");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The process already has a [`Runtime`](crate::Runtime), maybe on another thread. Load further modules with that one, send
    /// requests to [its thread](crate#threads), or drop it first.
    AlreadyInitialized,
    /// The pool or a [memory quota](crate::Limits::pool) is smaller than [`MIN_POOL_SIZE`] or larger than 4 GiB.
    PoolSize,
    /// The pool, or the [memory quota](crate::Limits::pool) of the module, has no room for the module, the instance or the closure.
    OutOfMemory {
        /// Size of the block that could not be allocated, in bytes; 0 if unknown. Further blocks may be needed after it.
        wanted: u32,
        /// Free bytes at that moment, possibly in several pieces.
        free: u32,
    },
    /// The pool has no room left for the [memory quota](crate::Limits::pool) of the module.
    NoShare {
        /// Size of the quota in bytes.
        wanted: u32,
        /// Free bytes, possibly in several pieces.
        free: u32,
    },
    /// The bytes are not a module that WAMR accepts. The message describes the first error.
    InvalidModule(Message),
    /// The file was compiled ahead of time. WAMR would run its code without validation. Only `Module::from_native` loads such files.
    AotFile,
    /// The native code is for another kind of processor, which the message describes.
    #[cfg(wamr_native)]
    WrongProcessor(Message),
    /// The native code counts its instructions by other rules than this runtime, or not at all.
    #[cfg(wamr_native)]
    FuelScheme,
    /// The module exceeds a limit on its size or contents.
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// The size of the module.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The linker does not define some imports of the module with these types. The message lists as many as fit;
    /// [`Linker::unresolved`](crate::Linker::unresolved) returns all of them.
    UnresolvedImports(Message),
    /// The linker already defines this function.
    DuplicateDefinition,
    /// The module was already instantiated with another linker, and WAMR binds imports only once. Load the module again.
    LinkedElsewhere,
    /// WAMR could not instantiate the module for a reason that no other variant covers.
    Instantiation(Message),
    /// The module's initial memory is larger than [`Limits::memory_pages`](crate::Limits::memory_pages).
    MemoryTooLarge {
        /// Initial memory of the module in pages of 64 KiB, rounded up; if the limit is 0, its maximum.
        pages: u32,
        /// The limit in pages.
        limit: u32,
    },
    /// The number of live instances has reached [`Limits::instances`](crate::Limits::instances).
    TooManyInstances {
        /// The limit.
        limit: u32,
    },
    /// The module exports no function of this name.
    UnknownFunction,
    /// The function, global or table has another type, which the message shows.
    TypeMismatch(Message),
    /// The function has more parameters or results than [`MAX_VALUES`], or as a host function more than one result.
    TooManyValues,
    /// The function, global or table belongs to another instance, which may have been dropped.
    WrongInstance,
    /// The global is immutable.
    ImmutableGlobal,
    /// The table has no element at this index.
    TableAccess,
    /// The range is outside linear memory.
    MemoryAccess,
    /// Linear memory cannot grow by that much.
    MemoryGrow,
    /// The samples are not those of one block.
    #[cfg(feature = "block")]
    BlockLength {
        /// Input samples of a frame.
        inputs: usize,
        /// Output samples of a frame.
        outputs: usize,
        /// The most frames of a block.
        capacity: usize,
    },
    /// The guest trapped, or one of its data or element segments is out of bounds.
    Trap(Trap),
}

impl Error {
    /// The trap, if the error is one.
    pub fn as_trap(&self) -> Option<&Trap> {
        match self {
            Self::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The error for the last allocation that failed.
    #[cold]
    pub(crate) fn out_of_memory() -> Self {
        let Failure { wanted, free, is_short } = wamr_sys::heap::take_failure();
        if is_short { Self::NoShare { wanted, free } } else { Self::OutOfMemory { wanted, free } }
    }

    /// The error for a message of WAMR after a failed load or instantiation.
    #[cold]
    #[inline(never)]
    pub(crate) fn from_wamr(message: &str, otherwise: fn(Message) -> Self) -> Self {
        // The variant shows which of them failed.
        let prefixes = ["WASM module load failed: ", "WASM module instantiate failed: "];
        #[cfg(wamr_native)]
        let prefixes = [prefixes[0], prefixes[1], "AOT module load failed: ", "AOT module instantiate failed: "];
        let message = prefixes.iter().find_map(|prefix| message.strip_prefix(prefix)).unwrap_or(message);
        if let Some(trap) = Trap::from_exception(message) {
            return Self::Trap(trap);
        }
        match message {
            // `check_machine_info` and what is around it in `core/iwasm/aot/aot_loader.c`.
            #[cfg(wamr_native)]
            _ if message.starts_with("invalid target") => Self::WrongProcessor(message.into()),
            // A data or element segment that does not fit: a trap according to the specification.
            "out of bounds memory access" => Self::Trap(Trap::MemoryOutOfBounds),
            "out of bounds table access" => Self::Trap(Trap::TableOutOfBounds),
            "allocate memory failed" | "allocate linear memory failed" | "failed to allocate bitmaps" => {
                Self::out_of_memory()
            }
            _ => otherwise(message.into()),
        }
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInitialized => {
                f.write_str("the process has a runtime already: use it for this module too, or drop it first")
            }
            Self::PoolSize => write!(f, "a pool or memory quota must have {MIN_POOL_SIZE} bytes to 4 GiB"),
            Self::NoShare { wanted, free } => {
                write!(f, "the pool has no room for a memory quota of {wanted} bytes: {free} are free")
            }
            Self::OutOfMemory { wanted, free } if wanted > free => {
                write!(f, "the pool lacks {} bytes: {wanted} are needed and {free} are free", wanted - free)
            }
            Self::OutOfMemory { wanted: 0, .. } => f.write_str("the pool is too small for this"),
            Self::OutOfMemory { wanted, free } => {
                write!(f, "the pool has no block of {wanted} bytes: {free} are free in smaller blocks")
            }
            Self::InvalidModule(message) => write!(f, "not a valid WebAssembly module: {message}"),
            Self::AotFile => f.write_str("AOT files are not accepted: use the .wasm file it was compiled from"),
            #[cfg(wamr_native)]
            Self::WrongProcessor(message) => {
                write!(f, "the native code is for another processor: {message}; compile the module for this one")
            }
            #[cfg(wamr_native)]
            Self::FuelScheme => f.write_str(
                "the native code does not count its instructions as this runtime does: compile the module with the `wamrctl` of this version",
            ),
            Self::TooLarge { what, size, limit } => write!(f, "{size} {what}, at most {limit} are allowed"),
            Self::UnresolvedImports(list) => write!(f, "the host does not provide {list}"),
            Self::DuplicateDefinition => f.write_str("the linker already defines this function"),
            Self::LinkedElsewhere => f.write_str("the module is bound to another linker: load it again"),
            Self::Instantiation(message) => write!(f, "the module cannot be instantiated: {message}"),
            Self::MemoryTooLarge { pages, limit } => {
                write!(f, "the module needs {pages} pages of memory, at most {limit} are allowed")
            }
            Self::TooManyInstances { limit } => write!(f, "{limit} instances are alive, which is the limit: drop one"),
            Self::UnknownFunction => f.write_str("the module exports no function of this name"),
            Self::TypeMismatch(actual) => write!(f, "it has another type: {actual}"),
            Self::TooManyValues => {
                write!(f, "a function has at most {MAX_VALUES} parameters and results, a host function one result")
            }
            Self::WrongInstance => f.write_str("the item belongs to another instance: look it up in this one"),
            Self::ImmutableGlobal => f.write_str("the global is immutable"),
            Self::TableAccess => f.write_str("the table has no element at this index"),
            Self::MemoryAccess => f.write_str("the range is outside linear memory"),
            Self::MemoryGrow => f.write_str("linear memory cannot grow by that much"),
            #[cfg(feature = "block")]
            Self::BlockLength { inputs, outputs, capacity } => write!(
                f,
                "a block has at most {capacity} frames, each with {inputs} input samples and {outputs} output samples"
            ),
            Self::Trap(trap) => write!(f, "trap: {trap}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        None // The trap is part of the text.
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn each_message_about_an_allocation_is_out_of_memory() {
        for what in ["allocate memory failed", "allocate linear memory failed", "failed to allocate bitmaps"] {
            for stage in ["load", "instantiate"] {
                let message = std::format!("WASM module {stage} failed: {what}");
                let error = Error::from_wamr(&message, Error::Instantiation);
                assert!(matches!(error, Error::OutOfMemory { .. }), "{message}: {error}");
            }
        }
    }
}
