//! Why a module is rejected.

use thiserror::Error;

/// Why a module is rejected. Offsets are in bytes from the start of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// It does not start like a core module of WebAssembly 1.
    #[error("not a WebAssembly module")]
    NotAModule,
    /// Its first section is not a signature.
    #[error("the module is not signed: its first section is not a signature")]
    NotSigned,
    /// It ends before or within the signature section.
    #[error("the module ends at byte {offset}, before the end of its signature")]
    Truncated {
        /// Where it ends.
        offset: usize,
    },
    /// The signature section does not end within the first [`HEAD_MAX`](crate::HEAD_MAX) bytes.
    #[error("too many signatures: the signature section ends at byte {end}, the limit is {}", crate::HEAD_MAX)]
    TooLong {
        /// Where it would end.
        end: usize,
    },
    /// The bytes do not have the format of a signature section.
    #[error("the signature is malformed at byte {offset}: {fault}")]
    Malformed {
        /// The offset of the fault.
        offset: usize,
        /// The fault.
        fault: Fault,
    },
    /// The signature has a later version of the format, or signs something other than a module.
    #[error("the signature has the unsupported {field} {value} at byte {offset}: only 1 is supported")]
    Unsupported {
        /// The offset of the value.
        offset: usize,
        /// The field that contains the value.
        field: Field,
        /// The value.
        value: u8,
    },
    /// No trusted key made any of the signatures.
    #[error("the module is not signed with a trusted key")]
    UnknownKey,
    /// A trusted key signed a module with other bytes.
    #[error("the module was altered after it was signed")]
    Altered,
}

/// What is wrong with a malformed signature section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A number has more than 32 bits.
    #[error("a number is too large")]
    Number,
    /// Something extends beyond the end of its container.
    #[error("it extends beyond the end of its container")]
    Overrun,
    /// Something is shorter than its container.
    #[error("bytes are left over")]
    Trailing,
    /// A set has no hashes.
    #[error("a set has no hashes")]
    NoHashes,
    /// An Ed25519 signature does not have 64 bytes.
    #[error("an Ed25519 signature must have 64 bytes")]
    SignatureSize,
}

/// A field at the start of a signature section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Field {
    /// Version of the specification.
    #[error("version")]
    Version,
    /// The kind of signed content. 1 is a module.
    #[error("content type")]
    ContentType,
    /// The hash function. 1 is SHA-256.
    #[error("hash function")]
    HashFunction,
}
