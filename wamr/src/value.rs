//! Values that pass between host and guest. WAMR stores them in 32-bit cells, a 64-bit value in two.

use crate::id::Id;
use crate::{ExternRef, FuncRef, ValType};

mod sealed {
    /// Restricts the traits for values to the types that WAMR passes unchanged.
    pub trait Sealed {}
}
pub(crate) use sealed::Sealed;

/// A value of any type except `v128`.
///
/// [`Func`](crate::Func) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "names of the specification")]
pub enum Val {
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    FuncRef(Option<FuncRef>),
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// The type of the value.
    pub const fn ty(self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// Whether the value may be passed to the instance `owner`.
    pub(crate) fn belongs_to(self, owner: Id) -> bool {
        !matches!(self, Self::FuncRef(Some(function)) if !function.belongs_to(owner))
    }

    /// Writes the value to the front of `cells`, and returns the number of cells.
    pub(crate) fn store(self, cells: &mut [u32]) -> usize {
        match self {
            Self::I32(value) => value.store(cells),
            Self::I64(value) => value.store(cells),
            Self::F32(value) => value.store(cells),
            Self::F64(value) => value.store(cells),
            Self::FuncRef(value) => value.store(cells),
            Self::ExternRef(value) => value.store(cells),
        }
    }

    /// Reads a value of type `ty` of the instance `owner` from the front of `cells`, and returns it with the number of cells; `None` for
    /// `v128`.
    pub(crate) fn load(ty: ValType, cells: &[u32], owner: Id) -> Option<(Self, usize)> {
        Some(match ty {
            ValType::I32 => (Self::I32(i32::load(cells, owner)), i32::CELLS),
            ValType::I64 => (Self::I64(i64::load(cells, owner)), i64::CELLS),
            ValType::F32 => (Self::F32(f32::load(cells, owner)), f32::CELLS),
            ValType::F64 => (Self::F64(f64::load(cells, owner)), f64::CELLS),
            ValType::FuncRef => (Self::FuncRef(WasmValue::load(cells, owner)), 1),
            ValType::ExternRef => (Self::ExternRef(WasmValue::load(cells, owner)), 1),
            ValType::V128 => return None,
        })
    }
}

/// Displays `7`, `1.5`, `function 3`, `host 8` or `null`.
impl core::fmt::Display for Val {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::I32(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F32(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::FuncRef(Some(function)) => write!(f, "function {}", function.index()),
            Self::ExternRef(Some(handle)) => write!(f, "host {}", handle.get()),
            Self::FuncRef(None) | Self::ExternRef(None) => f.write_str("null"),
        }
    }
}

/// A Rust type for a WebAssembly value: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, `Option<`[`FuncRef`]`>`,
/// `Option<`[`ExternRef`]`>`.
///
/// [`TypedFunc`](crate::TypedFunc) has an example.
pub trait WasmValue: Copy + Sealed {
    #[doc(hidden)]
    const TYPE: ValType;
    #[doc(hidden)]
    const CELLS: usize;
    #[doc(hidden)]
    fn store(self, cells: &mut [u32]) -> usize;
    #[doc(hidden)]
    fn load(cells: &[u32], owner: Id) -> Self;
    /// Whether the value may be passed to the instance `owner`.
    #[doc(hidden)]
    #[inline]
    fn belongs_to(self, owner: Id) -> bool {
        let _ = owner;
        true
    }
}

macro_rules! value_of_one_cell {
    ($($rust:ty: $variant:ident, $to:expr, $from:expr;)*) => {$(
        impl Sealed for $rust {}
        impl WasmValue for $rust {
            const TYPE: ValType = ValType::$variant;
            const CELLS: usize = 1;
            #[inline]
            fn store(self, cells: &mut [u32]) -> usize {
                cells[0] = $to(self);
                1
            }
            #[inline]
            fn load(cells: &[u32], _: Id) -> Self {
                $from(cells[0])
            }
        }
    )*};
}

macro_rules! value_of_two_cells {
    ($($rust:ty: $variant:ident;)*) => {$(
        impl Sealed for $rust {}
        impl WasmValue for $rust {
            const TYPE: ValType = ValType::$variant;
            const CELLS: usize = 2;
            #[inline]
            fn store(self, cells: &mut [u32]) -> usize {
                let [a, b, c, d, e, f, g, h] = self.to_ne_bytes();
                cells[0] = u32::from_ne_bytes([a, b, c, d]);
                cells[1] = u32::from_ne_bytes([e, f, g, h]);
                2
            }
            #[inline]
            fn load(cells: &[u32], _: Id) -> Self {
                let [a, b, c, d] = cells[0].to_ne_bytes();
                let [e, f, g, h] = cells[1].to_ne_bytes();
                Self::from_ne_bytes([a, b, c, d, e, f, g, h])
            }
        }
    )*};
}

value_of_one_cell! {
    i32: I32, i32::cast_unsigned, u32::cast_signed;
    u32: I32, core::convert::identity, core::convert::identity;
    f32: F32, f32::to_bits, f32::from_bits;
}
value_of_two_cells! {
    i64: I64;
    u64: I64;
    f64: F64;
}

/// The parameters of a function: a tuple of up to 16 [`WasmValue`]s, or a single one.
///
/// [`TypedFunc`](crate::TypedFunc) has an example.
pub trait WasmParams: Sealed {
    #[doc(hidden)]
    const TYPES: &'static [ValType];
    /// Room for the cells of all values.
    #[doc(hidden)]
    type Cells: Copy + AsMut<[u32]>;
    /// Returns the number of cells written.
    #[doc(hidden)]
    fn store_all(self, cells: &mut [u32]) -> usize;
    /// Whether the values may be passed to the instance `owner`.
    #[doc(hidden)]
    fn belong_to(&self, owner: Id) -> bool;
}

/// The results of a function: a tuple of up to 16 [`WasmValue`]s, or a single one; `()` for none.
///
/// [`TypedFunc`](crate::TypedFunc) has an example.
pub trait WasmResults: Sealed {
    #[doc(hidden)]
    const TYPES: &'static [ValType];
    /// Room for the cells of all values.
    #[doc(hidden)]
    type Cells: Copy + AsRef<[u32]>;
    #[doc(hidden)]
    fn load_all(cells: &[u32], owner: Id) -> Self;
}

impl<V: WasmValue> WasmParams for V {
    const TYPES: &'static [ValType] = &[V::TYPE];
    type Cells = [u32; 2];
    #[inline]
    fn store_all(self, cells: &mut [u32]) -> usize {
        self.store(cells)
    }
    #[inline]
    fn belong_to(&self, owner: Id) -> bool {
        self.belongs_to(owner)
    }
}

impl<V: WasmValue> WasmResults for V {
    const TYPES: &'static [ValType] = &[V::TYPE];
    type Cells = [u32; 2];
    #[inline]
    fn load_all(cells: &[u32], owner: Id) -> Self {
        V::load(cells, owner)
    }
}

macro_rules! tuple {
    ($count:literal $($value:ident)*) => {
        impl<$($value: WasmValue),*> Sealed for ($($value,)*) {}

        #[allow(non_snake_case, unused_mut, unused_variables, unused_assignments)]
        impl<$($value: WasmValue),*> WasmParams for ($($value,)*) {
            const TYPES: &'static [ValType] = &[$($value::TYPE),*];
            type Cells = [u32; 2 * $count];
            #[inline]
            fn store_all(self, cells: &mut [u32]) -> usize {
                let ($($value,)*) = self;
                let mut at = 0;
                $(at += $value.store(&mut cells[at..]);)*
                at
            }
            #[inline]
            fn belong_to(&self, owner: Id) -> bool {
                let ($($value,)*) = *self;
                true $(&& $value.belongs_to(owner))*
            }
        }

        #[allow(non_snake_case, unused_mut, unused_variables, unused_assignments, clippy::unused_unit)]
        impl<$($value: WasmValue),*> WasmResults for ($($value,)*) {
            const TYPES: &'static [ValType] = &[$($value::TYPE),*];
            type Cells = [u32; 2 * $count];
            #[inline]
            fn load_all(cells: &[u32], owner: Id) -> Self {
                let mut at = 0;
                $(
                    let $value = $value::load(&cells[at..], owner);
                    at += $value::CELLS;
                )*
                ($($value,)*)
            }
        }
    };
}

/// Calls a macro for every number of values up to [`MAX_VALUES`](crate::MAX_VALUES), with the number and as many names.
macro_rules! for_each_arity {
    ($macro:ident) => {
        $macro!(0);
        $macro!(1 A);
        $macro!(2 A B);
        $macro!(3 A B C);
        $macro!(4 A B C D);
        $macro!(5 A B C D E);
        $macro!(6 A B C D E G);
        $macro!(7 A B C D E G H);
        $macro!(8 A B C D E G H I);
        $macro!(9 A B C D E G H I J);
        $macro!(10 A B C D E G H I J K);
        $macro!(11 A B C D E G H I J K L);
        $macro!(12 A B C D E G H I J K L M);
        $macro!(13 A B C D E G H I J K L M N);
        $macro!(14 A B C D E G H I J K L M N O);
        $macro!(15 A B C D E G H I J K L M N O P);
        $macro!(16 A B C D E G H I J K L M N O P Q);
    };
}
pub(crate) use for_each_arity;

for_each_arity!(tuple);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_their_cells() {
        let values = (-5i32, 1u64 << 40, 2.5f32, -1.0e300f64, i64::MIN, u32::MAX);
        let mut cells = [0; 12];
        assert_eq!(values.store_all(&mut cells), 9);
        assert_eq!(<(i32, u64, f32, f64, i64, u32) as WasmResults>::load_all(&cells, Id::next()), values);
    }
}
