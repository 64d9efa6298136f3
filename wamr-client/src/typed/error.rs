//! Why a typed call failed.

use crate::Error;
use std::fmt::Display;

/// Why a function with WIT types could not be called.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The link or the device failed.
    #[error(transparent)]
    Client(#[from] Error),
    /// The description of the types in the module cannot be read.
    #[error("the module describes its types in a way that cannot be read: {0}")]
    Types(String),
    /// An argument does not have the type of its parameter.
    #[error("`{given}` is not a value of {parameter}, which has the type {ty}: {why}")]
    Argument {
        /// The name of the parameter.
        parameter: String,
        /// Its type.
        ty: String,
        /// The text.
        given: String,
        /// The position and the reason.
        why: String,
    },
    /// The number of arguments is wrong.
    #[error("{signature} does not take {given} arguments")]
    Count {
        /// The function and its type.
        signature: String,
        /// The number of arguments.
        given: usize,
    },
    /// The arguments are more than eight numbers when they are flat, which no call can carry.
    #[error("the arguments have {flat} parts, and a call has at most 8: pass a list instead of a record")]
    TooManyArguments {
        /// The number of parts.
        flat: usize,
    },
    /// A type that cannot be passed: a resource, a future or a stream.
    #[error("values of type {0} cannot be passed to or from an app")]
    Unsupported(String),
    /// The app trapped while it allocated or freed memory.
    #[error("the app failed in {function}: {why}")]
    Allocation {
        /// The export.
        function: String,
        /// The outcome.
        why: String,
    },
    /// The result is not what its type requires.
    #[error("the app returned an invalid result: {0}")]
    Result(String),
}

impl TypedError {
    pub(super) fn types(error: impl Display) -> Self {
        Self::Types(error.to_string())
    }
}
