//! Refusals with a reason.

use core::fmt::{Display, Write};

use wamr::{Error, Trap};
use wamr_proto::{ErrorCode, Refusal, Text};

/// Returns as much of a reason as fits into a refusal.
pub(crate) fn text(reason: &dyn Display) -> Text {
    let mut text = Text::default();
    let _ = write!(text, "{reason}");
    text
}

/// Creates a refusal with a reason.
pub(crate) fn explain(code: ErrorCode, reason: &dyn Display) -> Refusal {
    Refusal { code, bound: None, message: text(reason) }
}

/// Returns the refusal of a module that could not be started.
#[inline(never)]
pub(crate) fn refusal(error: &Error) -> Refusal {
    let (code, text): (_, &dyn Display) = match error {
        Error::NoShare { .. } => (ErrorCode::OutOfMemory, &"in the pool, beside the other apps"),
        Error::OutOfMemory { .. } => (ErrorCode::OutOfMemory, &"in the app's memory quota"),
        // WAMR reports this for a start function, and for an instance that does not fit.
        Error::Trap(trap @ Trap::OutOfMemory) => (ErrorCode::OutOfMemory, trap),
        Error::UnresolvedImports(list) => (ErrorCode::UnknownImport, list),
        Error::InvalidModule(message) => (ErrorCode::InvalidModule, message),
        Error::Trap(trap @ Trap::Interrupted) => (ErrorCode::Interrupted, trap),
        Error::Trap(trap) => (ErrorCode::StartFailed, trap),
        Error::TooLarge { what, .. } => (ErrorCode::LimitExceeded, what),
        Error::MemoryTooLarge { .. } => (ErrorCode::LimitExceeded, &"pages of memory"),
        Error::TooManyInstances { .. } => (ErrorCode::LimitExceeded, &"instances are alive"),
        Error::PoolSize => (ErrorCode::LimitExceeded, error),
        error => (ErrorCode::InvalidModule, error),
    };
    let (count, bound) = match *error {
        // The free bytes may be fragmented, so that none of them is usable.
        Error::NoShare { wanted, free } | Error::OutOfMemory { wanted, free } => {
            (None, Some(if wanted > free { wanted - free } else { wanted }))
        }
        Error::TooLarge { size, limit, .. } => (Some(size as u32), Some(limit as u32)),
        Error::MemoryTooLarge { pages, limit } => (Some(pages), Some(limit)),
        Error::TooManyInstances { limit } => (Some(limit), Some(limit)),
        _ => (None, None),
    };
    let mut message = Text::default();
    if let Some(count) = count {
        let _ = write!(message, "{count} ");
    }
    let _ = write!(message, "{text}");
    Refusal { code, bound, message }
}
