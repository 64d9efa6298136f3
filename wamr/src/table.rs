//! Exported tables.

use core::ffi::c_char;
use core::fmt;
use core::mem::zeroed;

use crate::func::{Context, sealed};
use crate::id::Id;
use crate::{Error, Message, Val, ValType, func};

/// An exported table of an instance. Only the guest can grow it.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (table (export "handlers") 2 funcref) (elem (i32.const 0) $f)
/// #     (func $f (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#, |_, module| {
/// use wamr::{Instance, Val};
///
/// let mut instance = Instance::new(module)?;
/// let handlers = instance.get_table("handlers").expect("the module exports it");
/// assert_eq!(handlers.size(&instance)?, 2);
/// assert_eq!(handlers.get(&instance, 1)?, Val::FuncRef(None));
///
/// let Val::FuncRef(Some(handler)) = handlers.get(&instance, 0)? else { panic!("it is set") };
/// let handler = handler.func(&instance)?.typed::<i32, i32>()?;
/// assert_eq!(handler.call(&mut instance, 21)?, 42);
/// # Ok(()) }) }
/// ```
#[derive(Clone, Copy)]
pub struct Table {
    /// Belongs to the module, which lives as long as the instance.
    name: *const c_char,
    element: ValType,
    instance: Id,
}

impl Table {
    /// The type of the elements: [`ValType::FuncRef`] or [`ValType::ExternRef`].
    pub fn element(&self) -> ValType {
        self.element
    }

    /// The current number of elements.
    ///
    /// # Errors
    /// [`Error::WrongInstance`] if the table belongs to another instance.
    pub fn size(&self, instance: &impl Context) -> Result<u32, Error> {
        Ok(self.raw(instance)?.cur_size)
    }

    /// The element at `index`.
    ///
    /// # Errors
    /// [`Error::TableAccess`] beyond the end; [`Error::WrongInstance`] if the table belongs to another instance.
    pub fn get(&self, instance: &impl Context, index: u32) -> Result<Val, Error> {
        let slot = slot(&self.raw(instance)?, index)?;
        // SAFETY: the instance is live and `index` below the size. Some of WAMR's nulls have more bits than a cell.
        let cell = unsafe { slot.read_unaligned() } as u32;
        Val::load(self.element, &[cell], self.instance).map(|(value, _)| value).ok_or_else(|| self.mismatch())
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// [`Error::TableAccess`] beyond the end; [`Error::TypeMismatch`] if the value has another type; [`Error::WrongInstance`] if the
    /// table, or the function that the value refers to, belongs to another instance.
    pub fn set(&self, instance: &mut impl Context, index: u32, value: Val) -> Result<(), Error> {
        let slot = slot(&self.raw(instance)?, index)?;
        if !value.belongs_to(self.instance) {
            return Err(Error::WrongInstance);
        }
        if value.ty() != self.element {
            return Err(self.mismatch());
        }
        let mut cells = [0; 2];
        value.store(&mut cells);
        // SAFETY: as in `get`; nobody else uses it, because the instance is borrowed exclusively.
        unsafe { slot.write_unaligned(cells[0] as usize) };
        Ok(())
    }

    /// The current table; the guest may have grown it.
    fn raw(&self, instance: &impl Context) -> Result<wamr_sys::wasm_table_inst_t, Error> {
        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        // SAFETY: the instance is live and so is the name.
        unsafe { look_up(instance.instance(), self.name) }.ok_or(Error::WrongInstance)
    }

    #[cold]
    fn mismatch(&self) -> Error {
        Error::TypeMismatch(Message::from(self.element.name()))
    }
}

/// The address of an element: `table_elem_type_t` in `core/iwasm/interpreter/wasm.h`.
fn slot(table: &wamr_sys::wasm_table_inst_t, index: u32) -> Result<*mut usize, Error> {
    if index >= table.cur_size {
        return Err(Error::TableAccess);
    }
    Ok(table.elems.cast::<usize>().wrapping_add(index as usize))
}

/// # Safety
/// The instance is live; `name` is a C string.
unsafe fn look_up(instance: wamr_sys::wasm_module_inst_t, name: *const c_char) -> Option<wamr_sys::wasm_table_inst_t> {
    // SAFETY: numbers and null pointers are valid; the rest is the caller's promise.
    unsafe {
        let mut raw = zeroed();
        wamr_sys::wasm_runtime_get_export_table_inst(instance, name, &mut raw).then_some(raw)
    }
}

/// The exported table `name` of a guest.
pub(crate) fn find(context: &impl sealed::Context, name: &str) -> Option<Table> {
    let kind = wamr_sys::wasm_import_export_kind_t::WASM_IMPORT_EXPORT_KIND_TABLE;
    let name = func::export(context, kind, name)?;
    // SAFETY: the instance is live, the name belongs to its module.
    let raw = unsafe { look_up(context.instance(), name) }?;
    Some(Table { name, element: ValType::from_kind(raw.elem_kind), instance: context.id() })
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("element", &self.element).finish_non_exhaustive()
    }
}
