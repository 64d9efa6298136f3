//! The canonical ABI: how the values of WIT types pass between an app and the device.
//!
//! An app is a core module. Strings and lists arrive as an address and a length. A result that is not a single number goes to the address
//! that the app passes as the last parameter; strings and lists in it go to memory that the app allocates with its export
//! `cabi_realloc`. The source is the [canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md).

use wamr::{Caller, Error, Trap};
use wamr_device::{AppData, REALLOC};

/// The app that calls a host function.
pub type App<'a> = Caller<'a, AppData>;

/// Reads a string of the app.
///
/// # Errors
/// A trap if it is out of bounds or not UTF-8.
pub fn string<'a>(app: &'a App<'_>, address: u32, length: u32) -> Result<&'a str, Trap> {
    core::str::from_utf8(app.bytes(address, length)?).map_err(|_| not_utf8())
}

/// Reads a number of a record or a variant of the app: four bytes, least significant first.
///
/// # Errors
/// A trap if it is out of bounds.
pub fn word(app: &App<'_>, address: u32) -> Result<u32, Trap> {
    let bytes = app.bytes(address, 4)?;
    Ok(bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)))
}

/// Checks the number of an `enum` or of the case of a `variant`, and returns the case.
///
/// # Errors
/// A trap if there is no such case.
pub fn case<T: Copy>(cases: &[T], number: u32) -> Result<T, Trap> {
    cases.get(number as usize).copied().ok_or_else(no_such_case)
}

/// Writes a result to the address that the app passed for it.
///
/// # Errors
/// A trap if the address is out of bounds or not aligned, and those of [`allocate`].
pub fn ret<T: Lower>(app: &mut App<'_>, address: u32, value: T) -> Result<(), Trap> {
    if !address.is_multiple_of(T::ALIGN) {
        return Err(not_aligned());
    }
    value.lower(app, address)
}

/// Lets the app allocate memory, and returns its address. During this call, the app cannot call the device.
///
/// # Errors
/// A trap if the app has no `cabi_realloc`, if that traps, or if the memory is not aligned or out of bounds.
#[inline(never)]
pub fn allocate(app: &mut App<'_>, size: u32, align: u32) -> Result<u32, Trap> {
    let realloc = REALLOC
        .iter()
        .find_map(|name| app.get_typed_func::<(u32, u32, u32, u32), u32>(name).ok())
        .ok_or_else(|| Trap::host("the app exports no cabi_realloc"))?;
    let address =
        app.without_host_calls(|app| realloc.call(app, (0, 0, align, size))).map_err(|error| match error {
            Error::Trap(trap) => trap,
            _ => Trap::host("cabi_realloc cannot be called"),
        })?;
    if !address.is_multiple_of(align) {
        return Err(not_aligned());
    }
    app.bytes(address, size)?;
    Ok(address)
}

/// A value that can be written to the memory of an app.
pub trait Lower {
    /// Its size in bytes.
    const SIZE: u32;
    /// Its alignment in bytes.
    const ALIGN: u32;

    /// Writes the value to an aligned address.
    ///
    /// # Errors
    /// A trap if the memory ends before, and those of [`allocate`].
    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap>;
}

/// Copies bytes into the memory of an app.
///
/// # Errors
/// A trap if the address is out of bounds.
pub fn store(app: &mut App<'_>, address: u32, bytes: &[u8]) -> Result<(), Trap> {
    app.bytes_mut(address, bytes.len() as u32)?.copy_from_slice(bytes);
    Ok(())
}

macro_rules! lower_number {
    ($($type:ty)*) => {$(
        impl Lower for $type {
            const SIZE: u32 = size_of::<$type>() as u32;
            const ALIGN: u32 = Self::SIZE;

            fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
                store(app, address, &self.to_le_bytes())
            }
        }
    )*};
}

lower_number!(u8 u16 u32 i32 u64 i64);

impl Lower for bool {
    const SIZE: u32 = 1;
    const ALIGN: u32 = 1;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        u8::from(*self).lower(app, address)
    }
}

impl Lower for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;

    fn lower(&self, _: &mut App<'_>, _: u32) -> Result<(), Trap> {
        Ok(())
    }
}

/// A `list<u8>`.
impl Lower for [u8] {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let length = self.len() as u32;
        let content = allocate(app, length, 1)?;
        store(app, content, self)?;
        content.lower(app, address)?;
        length.lower(app, address.wrapping_add(4))
    }
}

/// A `list<u8>` in memory that the app has allocated.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    /// Its address.
    pub content: u32,
    /// Its length in bytes.
    pub length: u32,
}

impl Lower for Allocated {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.content.lower(app, address)?;
        self.length.lower(app, address.wrapping_add(4))
    }
}

impl Lower for str {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.as_bytes().lower(app, address)
    }
}

impl<T: Lower + ?Sized> Lower for &T {
    const SIZE: u32 = T::SIZE;
    const ALIGN: u32 = T::ALIGN;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        (**self).lower(app, address)
    }
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: u32 = variant_size(T::SIZE, T::ALIGN);
    const ALIGN: u32 = T::ALIGN;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.is_some().lower(app, address)?;
        self.as_ref().map_or(Ok(()), |value| value.lower(app, address.wrapping_add(Self::ALIGN)))
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: u32 = variant_size(max(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: u32 = max(T::ALIGN, E::ALIGN);

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.is_err().lower(app, address)?;
        let payload = address.wrapping_add(Self::ALIGN);
        match self {
            Ok(value) => value.lower(app, payload),
            Err(error) => error.lower(app, payload),
        }
    }
}

const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

/// The size of a variant: the number of the case, padding, and the largest payload.
pub const fn variant_size(payload: u32, align: u32) -> u32 {
    (align + payload).next_multiple_of(align)
}

/// Implements [`Lower`] for an `enum` whose numbers are those of its cases in WIT.
macro_rules! lower_as_number {
    ($type:ty) => {
        impl $crate::abi::Lower for $type {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;

            fn lower(&self, app: &mut $crate::abi::App<'_>, address: u32) -> Result<(), wamr::Trap> {
                (*self as u8).lower(app, address)
            }
        }
    };
}
pub(crate) use lower_as_number;

#[cold]
#[inline(never)]
fn not_aligned() -> Trap {
    Trap::host("an address is not aligned")
}

#[cold]
#[inline(never)]
fn not_utf8() -> Trap {
    Trap::host("a string is not UTF-8")
}

#[cold]
#[inline(never)]
fn no_such_case() -> Trap {
    Trap::host("a variant has no such case")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_canonical_abi() {
        assert_eq!((<Option<u64>>::SIZE, <Option<u64>>::ALIGN), (16, 8));
        assert_eq!((<Option<u8>>::SIZE, <Option<u8>>::ALIGN), (2, 1));
        assert_eq!((<Result<(), u8>>::SIZE, <Result<(), u8>>::ALIGN), (2, 1));
        assert_eq!((<Result<&[u8], u8>>::SIZE, <Result<&[u8], u8>>::ALIGN), (12, 4));
        assert_eq!((<Result<i64, u8>>::SIZE, <Result<bool, u8>>::SIZE), (16, 2));
    }
}
