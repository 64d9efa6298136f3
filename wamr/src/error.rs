//! Why something could not be done.

use core::fmt;

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
    /// The pool or a share of it is smaller than [`MIN_POOL_SIZE`], or larger than 4 GiB.
    PoolSize,
    /// The pool, or the module's [share](crate::Limits::pool) of it, has no room for the module, the instance or the closure.
    OutOfMemory {
        /// Bytes of the block that could not be had; more may be wanted after it. 0 when that is not known.
        wanted: u32,
        /// Bytes that were free then, maybe in several pieces.
        free: u32,
    },
    /// The pool has no room for the module's [share](crate::Limits::pool) beside what is taken.
    NoShare {
        /// Bytes of the share.
        wanted: u32,
        /// Bytes that are free, maybe in several pieces.
        free: u32,
    },
    /// The bytes are not a module that WAMR accepts; the message says where it stopped.
    InvalidModule(Message),
    /// The bytes are code compiled ahead of time, which WAMR would run unchecked.
    AotFile,
    /// The module goes beyond a fixed limit.
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How much there is.
        size: usize,
        /// How much is accepted.
        limit: usize,
    },
    /// The module imports what the linker does not define with that type. The message lists as many imports as fit;
    /// [`Linker::unresolved`](crate::Linker::unresolved) gives them all.
    UnresolvedImports(Message),
    /// The linker defines that function already.
    DuplicateDefinition,
    /// The module was instantiated with another linker before, to whose functions WAMR bound it. Load it again.
    LinkedElsewhere,
    /// WAMR could not instantiate the module for another reason than those above and below.
    Instantiation(Message),
    /// The module's initial memory is larger than [`Limits::memory_pages`](crate::Limits::memory_pages).
    MemoryTooLarge {
        /// Pages the module starts with; when none are allowed, the pages it may grow to.
        pages: u32,
        /// Pages allowed.
        limit: u32,
    },
    /// As many instances are alive as [`Limits::instances`](crate::Limits::instances) allows.
    TooManyInstances {
        /// How many that is.
        limit: u32,
    },
    /// The module exports no function of that name.
    UnknownFunction,
    /// The function, global or table has another type; the message shows it.
    TypeMismatch(Message),
    /// The function has more parameters or results than [`MAX_VALUES`], or as a host function more than one result.
    TooManyValues,
    /// The function, global or table belongs to another instance, or to one that is gone.
    WrongInstance,
    /// The global cannot be changed.
    ImmutableGlobal,
    /// The table has no such element.
    TableAccess,
    /// The range does not lie within linear memory.
    MemoryAccess,
    /// Linear memory cannot grow by that much.
    MemoryGrow,
    /// The guest stopped early, or one of its data or element segments lies out of bounds.
    Trap(Trap),
}

impl Error {
    /// The trap, if that is what happened.
    pub fn as_trap(&self) -> Option<&Trap> {
        match self {
            Self::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The last allocation that failed.
    #[cold]
    pub(crate) fn out_of_memory() -> Self {
        let (wanted, free) = wamr_sys::heap::take_failure();
        Self::OutOfMemory { wanted, free }
    }

    /// Sorts a message that WAMR gave for a failed load or instantiation.
    pub(crate) fn from_wamr(message: &str, otherwise: impl FnOnce(Message) -> Self) -> Self {
        // What failed is told by the variant.
        let prefixes = ["WASM module load failed: ", "WASM module instantiate failed: "];
        let message = prefixes.iter().find_map(|prefix| message.strip_prefix(prefix)).unwrap_or(message);
        if let Some(trap) = Trap::from_exception(message) {
            return Self::Trap(trap);
        }
        match message {
            // A data or element segment that does not fit, which the specification has trap.
            "out of bounds memory access" => Self::Trap(Trap::MemoryOutOfBounds),
            "out of bounds table access" => Self::Trap(Trap::TableOutOfBounds),
            "allocate memory failed" | "allocate linear memory failed" => Self::out_of_memory(),
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
            Self::AlreadyInitialized => f.write_str("the process has a runtime already: use it for this module too, or drop it first"),
            Self::PoolSize => write!(f, "a pool, or a share of it, has {MIN_POOL_SIZE} bytes to 4 GiB"),
            Self::NoShare { wanted, free } => {
                write!(f, "the pool has no room for a share of {wanted} bytes: {free} are free")
            }
            Self::OutOfMemory { wanted, free } if wanted > free => {
                write!(f, "the pool lacks {} bytes: {wanted} are wanted and {free} are free", wanted - free)
            }
            Self::OutOfMemory { wanted: 0, .. } => f.write_str("the pool is too small for this"),
            Self::OutOfMemory { wanted, free } => {
                write!(f, "the pool has no {wanted} bytes in one piece: {free} are free in smaller ones")
            }
            Self::InvalidModule(message) => write!(f, "not a valid WebAssembly module: {message}"),
            Self::AotFile => f.write_str("AOT files are not accepted: give the .wasm file it was compiled from"),
            Self::TooLarge { what, size, limit } => write!(f, "{size} {what}, at most {limit} are accepted"),
            Self::UnresolvedImports(list) => write!(f, "the host does not provide {list}"),
            Self::DuplicateDefinition => f.write_str("the linker defines this function already"),
            Self::LinkedElsewhere => f.write_str("the module is bound to another linker: load it again"),
            Self::Instantiation(message) => write!(f, "the module cannot be instantiated: {message}"),
            Self::MemoryTooLarge { pages, limit } => {
                write!(f, "the module wants {pages} pages of memory, at most {limit} are allowed")
            }
            Self::TooManyInstances { limit } => write!(f, "{limit} instances are alive, no more are allowed: drop one"),
            Self::UnknownFunction => f.write_str("the module exports no function of this name"),
            Self::TypeMismatch(actual) => write!(f, "it has another type: {actual}"),
            Self::TooManyValues => {
                write!(f, "a function has at most {MAX_VALUES} parameters and results, a host function one result")
            }
            Self::WrongInstance => f.write_str("what was used belongs to another instance: look it up in this one"),
            Self::ImmutableGlobal => f.write_str("the global is immutable"),
            Self::TableAccess => f.write_str("the table has no element at this index"),
            Self::MemoryAccess => f.write_str("the range lies outside of linear memory"),
            Self::MemoryGrow => f.write_str("linear memory cannot grow by that much"),
            Self::Trap(trap) => write!(f, "trap: {trap}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        None // The trap is part of the text.
    }
}
