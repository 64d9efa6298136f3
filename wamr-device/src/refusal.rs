//! Refusals with a reason.

use core::fmt::{Display, Write};

use wamr::{Error, Trap};
use wamr_proto::{ErrorCode, Refusal, Text};

/// Returns as much of a reason as fits into a refusal.
#[inline(never)]
pub(crate) fn text(reason: &dyn Display) -> Text {
    let mut text = Text::default();
    let _ = write!(text, "{reason}");
    text
}

/// Creates a refusal with a reason.
#[inline(never)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_how_much_is_missing_or_allowed() {
        for (error, code, bound) in [
            (Error::NoShare { wanted: 9, free: 7 }, ErrorCode::OutOfMemory, 2),
            // Enough is free, but in pieces.
            (Error::NoShare { wanted: 9, free: 9 }, ErrorCode::OutOfMemory, 9),
            (Error::OutOfMemory { wanted: 7, free: 9 }, ErrorCode::OutOfMemory, 7),
            (Error::MemoryTooLarge { pages: 3, limit: 2 }, ErrorCode::LimitExceeded, 2),
            (Error::TooManyInstances { limit: 5 }, ErrorCode::LimitExceeded, 5),
        ] {
            let refusal = refusal(&error);
            assert_eq!((refusal.code, refusal.bound), (code, Some(bound)), "{error}");
        }
        let text = refusal(&Error::TooManyInstances { limit: 5 }).message;
        assert_eq!(text.as_str(), "5 instances are alive");
    }
}
