//! How modules and linkers hold their runtime: borrowed, or shared.

use core::ops::Deref;

#[cfg(feature = "alloc")]
use alloc::rc::Rc;

use crate::Runtime;

/// An argument for the runtime of a [`Module`](crate::Module) or a [`Linker`](crate::Linker): `&Runtime`, which is borrowed, or with the
/// feature `alloc` `&Rc<Runtime>`, which is shared. A module that shares its runtime borrows nothing, so `'rt` can be `'static`.
///
/// The [front page](crate#one-struct-that-owns-everything) has an example.
pub trait AsRuntime<'rt>: Sealed {
    #[doc(hidden)]
    fn runtime_ref(self) -> RuntimeRef<'rt>;
}

mod sealed {
    pub trait Sealed {}
}
use sealed::Sealed;

impl Sealed for &Runtime {}
impl<'rt> AsRuntime<'rt> for &'rt Runtime {
    #[inline]
    fn runtime_ref(self) -> RuntimeRef<'rt> {
        RuntimeRef::Borrowed(self)
    }
}

#[cfg(feature = "alloc")]
impl Sealed for &Rc<Runtime> {}
#[cfg(feature = "alloc")]
impl<'rt> AsRuntime<'rt> for &Rc<Runtime> {
    fn runtime_ref(self) -> RuntimeRef<'rt> {
        RuntimeRef::Shared(Rc::clone(self))
    }
}

/// A runtime that lives as long as the value.
#[derive(Debug, Clone)]
pub enum RuntimeRef<'rt> {
    Borrowed(&'rt Runtime),
    #[cfg(feature = "alloc")]
    Shared(Rc<Runtime>),
}

impl Deref for RuntimeRef<'_> {
    type Target = Runtime;

    #[inline]
    fn deref(&self) -> &Runtime {
        match self {
            Self::Borrowed(runtime) => runtime,
            #[cfg(feature = "alloc")]
            Self::Shared(runtime) => runtime,
        }
    }
}
