//! Types of values, functions, imports and exports.

use core::fmt;
use core::marker::PhantomData;

use crate::PAGE_SIZE;
use crate::limits::MAX_PAGES;
use wamr_sys::{wasm_func_type_t, wasm_import_export_kind_t as kind, wasm_valkind_enum as valkind, wasm_valkind_t};

/// The type of a value.
///
/// [`Func`](crate::Func) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "names of the specification")]
pub enum ValType {
    I32,
    I64,
    F32,
    F64,
    V128,
    FuncRef,
    ExternRef,
}

impl ValType {
    /// WAMR has no other kinds in this build.
    pub(crate) const fn from_kind(kind: wasm_valkind_t) -> Self {
        match kind as valkind::Type {
            valkind::WASM_I32 => Self::I32,
            valkind::WASM_I64 => Self::I64,
            valkind::WASM_F32 => Self::F32,
            valkind::WASM_F64 => Self::F64,
            valkind::WASM_V128 => Self::V128,
            valkind::WASM_FUNCREF => Self::FuncRef,
            _ => Self::ExternRef,
        }
    }

    /// Whether values of the type are references.
    pub const fn is_ref(self) -> bool {
        matches!(self, Self::FuncRef | Self::ExternRef)
    }

    /// The number of cells of a value.
    pub(crate) const fn cells(self) -> usize {
        match self {
            Self::I32 | Self::F32 | Self::FuncRef | Self::ExternRef => 1,
            Self::I64 | Self::F64 => 2,
            Self::V128 => 4,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a function, displayed as `(i32, f64) -> i32`.
///
/// [`Module`](crate::Module) has an example.
#[derive(Clone, Copy)]
pub struct FuncType<'m> {
    raw: wasm_func_type_t,
    module: PhantomData<&'m ()>,
}

impl<'m> FuncType<'m> {
    /// # Safety
    /// `raw` belongs to a module that lives for `'m`.
    pub(crate) unsafe fn from_raw(raw: wasm_func_type_t) -> Self {
        Self { raw, module: PhantomData }
    }

    /// The types of the parameters.
    pub fn params(self) -> impl ExactSizeIterator<Item = ValType> + 'm {
        // SAFETY: the module lives.
        let count = unsafe { wamr_sys::wasm_func_type_get_param_count(self.raw) };
        (0..count as usize).map(move |i| {
            // SAFETY: the module lives; `i` is below the count.
            ValType::from_kind(unsafe { wamr_sys::wasm_func_type_get_param_valkind(self.raw, i as u32) })
        })
    }

    /// The types of the results.
    pub fn results(self) -> impl ExactSizeIterator<Item = ValType> + 'm {
        // SAFETY: the module lives.
        let count = unsafe { wamr_sys::wasm_func_type_get_result_count(self.raw) };
        (0..count as usize).map(move |i| {
            // SAFETY: the module lives; `i` is below the count.
            ValType::from_kind(unsafe { wamr_sys::wasm_func_type_get_result_valkind(self.raw, i as u32) })
        })
    }
}

impl fmt::Display for FuncType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_signature(f, &mut self.params(), &mut self.results())
    }
}

impl fmt::Debug for FuncType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes `(i32, f64) -> i32`; several results as `-> (i32, i32)`; without results, only the parameters.
pub(crate) fn write_signature(
    f: &mut dyn fmt::Write,
    params: &mut dyn ExactSizeIterator<Item = ValType>,
    results: &mut dyn ExactSizeIterator<Item = ValType>,
) -> fmt::Result {
    write_list(f, params, true)?;
    if results.len() > 0 {
        f.write_str(" -> ")?;
        let parentheses = results.len() > 1;
        write_list(f, results, parentheses)?;
    }
    Ok(())
}

fn write_list(
    f: &mut dyn fmt::Write,
    types: &mut dyn ExactSizeIterator<Item = ValType>,
    parentheses: bool,
) -> fmt::Result {
    if parentheses {
        f.write_str("(")?;
    }
    for (i, ty) in types.enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        f.write_str(ty.name())?;
    }
    if parentheses {
        f.write_str(")")?;
    }
    Ok(())
}

/// The type of an import or export.
///
/// [`Module`](crate::Module) has an example.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "named as in the specification")]
pub enum ExternType<'m> {
    Func(FuncType<'m>),
    Table(TableType),
    /// [`Module::memory`](crate::Module::memory) returns its size.
    Memory,
    Global(GlobalType),
}

/// The type of a global.
///
/// [`Global::ty`](crate::Global::ty) returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalType {
    /// The type of its value.
    pub content: ValType,
    /// Whether the value can be set.
    pub mutable: bool,
}

/// The type of a table.
///
/// [`Module::exports`](crate::Module::exports) returns it for exported tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableType {
    /// The type of its elements, one of references.
    pub element: ValType,
    /// How many elements an instance starts with.
    pub minimum: u32,
    /// How many it may grow to: what the module says, but in WAMR no more than 1024 or twice the minimum.
    pub maximum: u32,
}

/// The sizes of a linear memory, in pages.
///
/// The example of [`Module`](crate::Module) shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryType {
    /// Initial number of pages.
    pub minimum: u32,
    /// Maximum number of pages, if the module declares one.
    pub maximum: Option<u32>,
    /// Bytes in a page: [`PAGE_SIZE`], or 1 if the module uses the proposal
    /// [custom page sizes](https://github.com/WebAssembly/custom-page-sizes).
    pub page_size: u32,
}

impl MemoryType {
    /// Initial size in bytes.
    pub fn minimum_bytes(&self) -> u64 {
        self.bytes(self.minimum)
    }

    /// Maximum size in bytes; without a declared maximum, all that 32-bit addresses reach.
    pub fn maximum_bytes(&self) -> u64 {
        self.maximum.map_or(MAX_PAGES as u64 * PAGE_SIZE as u64, |pages| self.bytes(pages))
    }

    fn bytes(&self, pages: u32) -> u64 {
        u64::from(pages) * u64::from(self.page_size)
    }
}

/// Something a module needs from the host.
///
/// The example of [`Module`](crate::Module) shows some.
#[derive(Debug, Clone, Copy)]
pub struct Import<'m> {
    /// The name of the module it is wanted from.
    pub module: &'m str,
    /// Its name there.
    pub name: &'m str,
    /// What it must be.
    pub ty: ExternType<'m>,
}

/// Something a module offers.
///
/// The example of [`Module`](crate::Module) shows some.
#[derive(Debug, Clone, Copy)]
pub struct Export<'m> {
    /// Its name.
    pub name: &'m str,
    /// What it is.
    pub ty: ExternType<'m>,
}

/// As `env.add (i32, i32) -> i32`.
impl fmt::Display for Import<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ", self.module, self.name)?;
        match self.ty {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Table(_) => f.write_str("table"),
            ExternType::Memory => f.write_str("memory"),
            ExternType::Global(_) => f.write_str("global"),
        }
    }
}

impl<'m> ExternType<'m> {
    /// # Safety
    /// `kind` selects the valid type, which belongs to a module that lives for `'m`.
    #[inline(never)]
    pub(crate) unsafe fn from_raw(
        kind: kind::Type,
        func: wasm_func_type_t,
        global: wamr_sys::wasm_global_type_t,
        table: wamr_sys::wasm_table_type_t,
    ) -> Self {
        match kind {
            // SAFETY: the caller's promise.
            kind::WASM_IMPORT_EXPORT_KIND_FUNC => Self::Func(unsafe { FuncType::from_raw(func) }),
            // SAFETY: the caller's promise.
            kind::WASM_IMPORT_EXPORT_KIND_TABLE => unsafe {
                Self::Table(TableType {
                    element: ValType::from_kind(wamr_sys::wasm_table_type_get_elem_kind(table)),
                    minimum: wamr_sys::wasm_table_type_get_init_size(table),
                    maximum: wamr_sys::wasm_table_type_get_max_size(table),
                })
            },
            kind::WASM_IMPORT_EXPORT_KIND_MEMORY => Self::Memory,
            // SAFETY: the caller's promise.
            _ => unsafe {
                Self::Global(GlobalType {
                    content: ValType::from_kind(wamr_sys::wasm_global_type_get_valkind(global)),
                    mutable: wamr_sys::wasm_global_type_get_mutable(global),
                })
            },
        }
    }
}
