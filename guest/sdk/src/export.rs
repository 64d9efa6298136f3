//! Functions of an app that clients can call.
//!
//! [`export!`](crate::export!) exports methods of the app, and a WIT file describes their types. `wamrctl manifest --wit` puts the description
//! into the module, and `wamrctl call` passes values by it:
//!
//! ```wit
//! package example:thermostat;
//!
//! world thermostat {
//!     record target { celsius: f64 }
//!     export set-point: func(target: target) -> result<_, string>;
//! }
//! ```
//!
//! ```ignore
//! wamr_guest::export! { Thermostat {
//!     "set-point" => set_point(celsius: f64) -> Result<(), &'static str>;
//! } }
//!
//! impl Thermostat {
//!     fn set_point(&mut self, celsius: f64) -> Result<(), &'static str> {
//!         // …
//!     }
//! }
//! ```
//!
//! ```console
//! $ wamrctl call thermostat set-point '{celsius: 21.5}'
//! ```
//!
//! A parameter is a number, a `bool` or a `char`. A record is its fields, one after the other, and all parameters together are at most
//! eight. A result is one of these types, nothing, a text that lives as long as the app, or an `Option` or `Result` of these, with a text as
//! the error. Nothing needs a heap. An app that takes strings or lists needs one, and `wit-bindgen` in place of this crate.

use crate::{App, Slot};
use core::cell::UnsafeCell;

/// What an exported function returns.
pub trait Lower {
    /// The result of the function in the module.
    type Flat;

    /// Lowers the value as the Canonical ABI requires.
    fn lower(self) -> Self::Flat;
}

/// A value that is one number, or none.
pub trait Scalar: Lower<Flat = Self> + Copy {}

macro_rules! scalar {
    ($($ty:ty),*) => {$(
        impl Lower for $ty {
            type Flat = Self;

            #[inline(always)]
            fn lower(self) -> Self {
                self
            }
        }

        impl Scalar for $ty {}
    )*};
}

scalar!((), bool, char, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64);

/// Memory for a result that is not one number: a case and what belongs to it. The device reads it before it calls the app again.
#[repr(align(8))]
struct Area(UnsafeCell<[u8; 16]>);

// SAFETY: a WebAssembly instance has one thread.
unsafe impl Sync for Area {}

static AREA: Area = Area(UnsafeCell::new([0; 16]));

/// Writes a value to the area and returns the address of the area. `T` has to be aligned at the offset, and to end within the area.
#[inline(always)]
fn put<T>(offset: usize, value: T) -> *const u8 {
    let area = AREA.0.get().cast::<u8>();
    // SAFETY: there is no reference to the area, and the callers pass what fits.
    unsafe { area.add(offset).cast::<T>().write(value) };
    area
}

fn put_text(offset: usize, text: &'static str) -> *const u8 {
    put(offset, [text.as_ptr().addr(), text.len()])
}

impl Lower for &'static str {
    type Flat = *const u8;

    #[inline(always)]
    fn lower(self) -> *const u8 {
        put_text(0, self)
    }
}

impl<T: Scalar> Lower for Option<T> {
    type Flat = *const u8;

    #[inline(always)]
    fn lower(self) -> *const u8 {
        if let Some(value) = self {
            put(align_of::<T>(), value);
        }
        put(0, u8::from(self.is_some()))
    }
}

impl<T: Scalar> Lower for Result<T, &'static str> {
    type Flat = *const u8;

    #[inline(always)]
    fn lower(self) -> *const u8 {
        let offset = const { if align_of::<T>() > size_of::<usize>() { align_of::<T>() } else { size_of::<usize>() } };
        match self {
            Ok(value) => put(offset, value),
            Err(text) => put_text(offset, text),
        };
        put(0, u8::from(self.is_err()))
    }
}

/// The result of a function in the module, for a function of this type.
#[doc(hidden)]
pub trait Function {
    type Flat;
}

impl<R: Lower> Function for fn() -> R {
    type Flat = R::Flat;
}

/// The app of this module.
#[doc(hidden)]
pub trait Instance: App + 'static {
    fn slot() -> &'static Slot<Self>;
}

/// Exports methods of the [`App`]: see the [module](mod@crate::export). A call before the app has started ends with a trap.
#[macro_export]
macro_rules! export {
    ($app:ty { $($name:literal => $method:ident($($argument:ident: $ty:ty),* $(,)?) $(-> $result:ty)?;)* }) => {
        $(const _: () = {
            #[unsafe(export_name = $name)]
            extern "C" fn export($($argument: $ty),*) -> <fn() $(-> $result)? as $crate::export::Function>::Flat {
                // SAFETY: only the device can name this function.
                let app = unsafe { <$app as $crate::export::Instance>::slot().started() };
                $crate::export::Lower::lower(app.$method($($argument),*))
            }
        };)*
    };
}
