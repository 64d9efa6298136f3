//! Traps.

use core::fmt;

use crate::message::{CText, Message};

/// The reason why a guest stopped before it returned.
///
/// The instance stays usable: the next call starts with linear memory and globals as the trap left them.
/// [`Usage::backtrace`](crate::Usage::backtrace) shows where the guest was.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (memory 1) (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#, |_, module| {
/// use wamr::{Instance, Trap};
///
/// let mut instance = Instance::new(module)?;
/// let load = instance.get_typed_func::<u32, i32>("load")?;
/// let error = load.call(&mut instance, 65_536).unwrap_err();
/// assert_eq!(error.as_trap(), Some(&Trap::MemoryOutOfBounds));
/// assert_eq!(load.call(&mut instance, 0)?, 0);
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trap {
    /// The guest executed `unreachable`: it aborted or panicked.
    Unreachable,
    /// The call used up its [fuel](crate::Instance::set_fuel).
    OutOfFuel,
    /// The call exceeded its [deadline](crate::Limits::deadline).
    DeadlineExceeded,
    /// Another thread [interrupted](crate::interrupt) the call.
    Interrupted,
    /// The call made more [host calls](crate::Limits::host_calls) than allowed.
    TooManyHostCalls,
    /// The host functions of the call took [longer](crate::Limits::host_time) than allowed.
    HostTimeExceeded,
    /// The calls nested too deeply for the [stack](crate::Limits::stack_size) of the instance.
    StackOverflow,
    /// Too little of the thread's stack was left, or calls through host functions nested deeper than
    /// [`MAX_NESTED_CALLS`](crate::MAX_NESTED_CALLS).
    NativeStackOverflow,
    /// A load, store or bulk operation beyond the end of linear memory.
    MemoryOutOfBounds,
    /// A table access beyond the end of the table.
    TableOutOfBounds,
    /// An indirect call to an index beyond the end of the table.
    UndefinedElement,
    /// An indirect call to an empty element of the table.
    UninitializedElement,
    /// An indirect call to a function of another type.
    IndirectCallTypeMismatch,
    /// An integer was divided by zero.
    DivisionByZero,
    /// The result of an integer operation does not fit its type.
    IntegerOverflow,
    /// A NaN was converted to an integer.
    InvalidConversion,
    /// The pool had no room during the call.
    OutOfMemory,
    /// A host function panicked.
    HostPanic,
    /// A host function returned [`Trap::host`].
    Host(Message),
    /// Any other trap, with WAMR's text.
    Other(Message),
}

/// Generates both directions of the table of traps and texts. An array of traps would take 2 KB of flash.
macro_rules! texts {
    ($($trap:ident: $text:literal;)*) => {
        const TEXTS: &[&str] = &[$($text),*];

        /// The positions of the texts.
        #[derive(Clone, Copy)]
        enum Place { $($trap),* }

        /// The trap for the text at a position.
        fn at(place: usize) -> Option<Trap> {
            [$(Place::$trap),*].get(place).map(|place| match place {
                $(Place::$trap => Trap::$trap),*
            })
        }

        /// The text of a trap, empty if it has none in the table.
        fn text(trap: &Trap) -> &'static str {
            let place = match trap {
                $(Trap::$trap => Place::$trap,)*
                Trap::Host(_) | Trap::Other(_) => return "",
            };
            TEXTS[place as usize]
        }
    };
}

/// The trap that WAMR reports with `text`.
fn known(text: &str) -> Option<Trap> {
    at(TEXTS.iter().position(|known| *known == text)?)
}

// WAMR reports traps only as texts: `wasm_set_exception` in `core/iwasm/interpreter/` and `core/iwasm/common/`, and those of
// `wamr_sys::meter`.
texts! {
    Unreachable: "unreachable";
    OutOfFuel: "instruction limit exceeded";
    DeadlineExceeded: "deadline exceeded";
    Interrupted: "interrupted";
    TooManyHostCalls: "too many host calls";
    HostTimeExceeded: "host functions took too long";
    StackOverflow: "wasm operand stack overflow";
    NativeStackOverflow: "native stack overflow";
    MemoryOutOfBounds: "out of bounds memory access";
    TableOutOfBounds: "out of bounds table access";
    UndefinedElement: "undefined element";
    UninitializedElement: "uninitialized element";
    IndirectCallTypeMismatch: "indirect call type mismatch";
    DivisionByZero: "integer divide by zero";
    IntegerOverflow: "integer overflow";
    InvalidConversion: "invalid conversion to integer";
    OutOfMemory: "allocate memory failed";
    HostPanic: "host function panicked";
}

/// Marks the text of a [`Trap::Host`] while WAMR stores it. No text of WAMR's starts with it, and guests cannot create texts.
const HOST: &str = "host function failed: ";

/// The prefix of every text in WAMR.
const EXCEPTION: &str = "Exception: ";

impl Trap {
    /// A trap for a host function to return, with the reason.
    pub fn host(reason: &str) -> Self {
        Self::Host(reason.into())
    }

    /// The trap that WAMR's text reports; `None` if it reports none.
    pub(crate) fn from_exception(text: &str) -> Option<Self> {
        let text = text.strip_prefix(EXCEPTION)?;
        if let Some(reason) = text.strip_prefix(HOST) {
            return Some(Self::Host(reason.into()));
        }
        Some(known(text).unwrap_or_else(|| Self::Other(text.into())))
    }

    /// Makes the running call of `instance` end with this trap once the host function returns.
    ///
    /// # Safety
    /// `instance` is live.
    pub(crate) unsafe fn raise(&self, instance: wamr_sys::wasm_module_inst_t) {
        use fmt::Write;
        let mut text = Message::new();
        let _ = write!(text, "{self}");
        let text = CText::from(&text);
        // SAFETY: `instance` is live; WAMR copies the text, which ends in NUL.
        unsafe { wamr_sys::wasm_runtime_set_exception(instance, text.as_ptr()) };
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(reason) => write!(f, "{HOST}{reason}"),
            Self::Other(text) => f.write_str(text),
            known => f.write_str(text(known)),
        }
    }
}

impl core::error::Error for Trap {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn every_text_comes_back() {
        for text in TEXTS {
            let trap = Trap::from_exception(&format!("Exception: {text}")).expect("a trap");
            assert!(!matches!(trap, Trap::Host(_) | Trap::Other(_)), "{trap:?}");
            assert_eq!(trap.to_string(), *text);
        }
        let host = Trap::host("sensor 3 is off");
        assert_eq!(Trap::from_exception(&format!("Exception: {host}")), Some(host));
        assert_eq!(Trap::from_exception("Exception: new in WAMR"), Some(Trap::Other("new in WAMR".into())));
        assert_eq!(Trap::from_exception("allocate memory failed"), None);
    }
}
