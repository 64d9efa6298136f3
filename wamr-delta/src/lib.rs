//! Deltas: a module as changes to another one that the receiver has.
//!
//! A delta consists of frames. Each produces bytes of the module from some offset on, and needs no state from the frames before it. So
//! frames can be lost and sent again, and a transfer resumes at any offset. The receiver needs random access to its *source*: the base,
//! which is the module that it has, followed by those bytes of the new module that it has written already.
//!
//! The receiver writes the module in blocks of [`BLOCK`] bytes. It reads the source only when a block is written, and takes no memory for
//! that: until then, the place of bytes to be copied describes the copy ([`Copies`]).
//!
//! # Format
//!
//! A frame is a sequence of operations. They use a cursor in the source, which starts at the offset of the frame. Each operation that
//! produces bytes moves it forward by as many. Integers are LEB128.
//!
//! | first byte | operation |
//! |---|---|
//! | `00nnnnnn` | literal: `n` + 1 bytes follow |
//! | `010nnnnn` | copy `n` + 1 bytes |
//! | `01100000` | seek: an integer follows, which moves the cursor forward if it is even: by half of it; otherwise backward: by half of it plus one |
//! | `1nnnnnkk` | change: copy `n` bytes, then add `k` bytes that follow to the next `k` bytes of the source, each modulo 256. If `k` is 0, add those of the previous change |
//!
//! After the largest `n` of each kind, an integer follows, and is added to `n`.
//!
//! In each block of the module, bytes from one place of the source start with at least [`COPY_MIN`] copied bytes before the first changed
//! one, and bytes of the new module come from before this block. A copy or a change does not cross the end of the base: this is where
//! another place starts.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "encode")]
extern crate alloc;

#[cfg(feature = "encode")]
mod align;
mod copies;
#[cfg(feature = "encode")]
mod plan;
mod runs;

pub use copies::Copies;
#[cfg(feature = "encode")]
pub use plan::Plan;
pub use runs::{Malformed, Run, Runs};

/// Number of bytes that a receiver writes at once.
pub const BLOCK: usize = 512;

/// Minimum number of unchanged bytes at the start of a copy in a block: the description of the copy has this size.
pub const COPY_MIN: usize = 8;
