//! Why a module is not accepted.

use thiserror::Error;

/// Why a module is not accepted. Offsets are in bytes from the start of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// It does not start as a core module of WebAssembly 1 does.
    #[error("not a WebAssembly module")]
    NotAModule,
    /// Its first section is not a signature.
    #[error("the module is not signed: its first section is no signature")]
    NotSigned,
    /// It ends within the signature section, or before.
    #[error("the module ends at byte {offset}, before its signature does")]
    Truncated {
        /// Where it ends.
        offset: usize,
    },
    /// The signature section does not end within the first [`HEAD_MAX`](crate::HEAD_MAX) bytes.
    #[error(
        "the signature ends at byte {end}, and only {} bytes may hold it: there are too many signatures",
        crate::HEAD_MAX
    )]
    TooLong {
        /// Where it would end.
        end: usize,
    },
    /// The bytes are not of the format.
    #[error("the signature is malformed at byte {offset}: {fault}")]
    Malformed {
        /// Where what is wrong starts.
        offset: usize,
        /// What is wrong.
        fault: Fault,
    },
    /// The signature is of a later version of the format, or signs what is not a module.
    #[error("the signature at byte {offset} has the {field} {value}, and only 1 is known")]
    Unsupported {
        /// Where the value stands.
        offset: usize,
        /// What it says.
        field: Field,
        /// The value.
        value: u8,
    },
    /// None of the trusted keys made one of the signatures.
    #[error("the module is not signed with a trusted key")]
    UnknownKey,
    /// A trusted key signed a module, but other bytes than these.
    #[error("the module was altered after it was signed")]
    Altered,
}

/// What is wrong with bytes that are not of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A number has more than 32 bits.
    #[error("a number is too large")]
    Number,
    /// Something goes beyond the end of what it is in.
    #[error("it goes beyond its end")]
    Overrun,
    /// Something is shorter than what it is in.
    #[error("bytes are left over")]
    Trailing,
    /// A set has no hashes.
    #[error("no hashes")]
    NoHashes,
    /// A signature by Ed25519 does not have 64 bytes.
    #[error("not 64 bytes, as signatures by Ed25519 have")]
    SignatureSize,
}

/// What stands at the start of a signature section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Field {
    /// Version of the specification.
    #[error("version")]
    Version,
    /// What is signed; 1 is a module.
    #[error("content type")]
    ContentType,
    /// What the hashes are; 1 is SHA-256.
    #[error("hash function")]
    HashFunction,
}
