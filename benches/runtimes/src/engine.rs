//! What the measurement asks of a runtime.

/// Why a runtime refuses a module. The reason is printed.
pub type Failure = &'static str;

/// A WebAssembly runtime, as a firmware uses it.
pub trait Engine {
    type Module;
    type Instance;

    /// Decodes, checks and translates a module in flash.
    fn load(&self, module: &'static [u8]) -> Result<Self::Module, Failure>;

    /// With a stack of [`STACK`] bytes, if the runtime has one of its own.
    fn instantiate(&self, module: Self::Module) -> Result<Self::Instance, Failure>;

    /// The exported function `name`, in the fastest way to call it.
    fn function<'i>(
        instance: &'i mut Self::Instance,
        name: &'static str,
    ) -> Result<impl FnMut(i32) -> i32 + 'i, Failure>;

    /// The most memory that the runtime has used since the start, in bytes.
    fn memory_peak(&self) -> usize {
        crate::board::heap_peak()
    }

    /// The app with a small memory, in the form that the runtime can make small.
    const SMALL: Small = Small::Pages;
}

/// Bytes of the stack of WebAssembly.
#[allow(dead_code, reason = "not every runtime has a stack of its own")]
pub const STACK: usize = 4096;

/// How a runtime can give an app less memory than a page of 64 KiB.
#[derive(Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "a runtime has one of them, if any")]
pub enum Small {
    /// Pages of one byte: the proposal "custom page sizes".
    Pages,
    /// It computes from exported globals how much of a page the app uses.
    Shrunk,
    /// The host gives the module less memory than it asks for.
    Truncated,
}
