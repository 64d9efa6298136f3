//! Exported globals.

use core::fmt;
use core::mem::zeroed;
use core::ptr::NonNull;

use crate::func::{Context, sealed};
use crate::id::Id;
use crate::types::GlobalType;
use crate::{Error, Message, Val, ValType, func};

/// An exported global of an instance.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (global (export "level") (mut i32) (i32.const 5)))"#, |_, module| {
/// use wamr::{Instance, Val};
///
/// let mut instance = Instance::new(module)?;
/// let level = instance.get_global("level").expect("the module exports it");
/// assert_eq!(level.get(&instance)?, Val::I32(5));
/// level.set(&mut instance, Val::I32(6))?;
/// assert!(level.set(&mut instance, Val::I64(6)).is_err());
/// # Ok(()) }) }
/// ```
#[derive(Clone, Copy)]
pub struct Global {
    /// Cells in the instance, which do not move.
    cells: NonNull<[u32; 2]>,
    ty: GlobalType,
    instance: Id,
}

impl Global {
    /// The type of the value, and whether it can be set.
    pub fn ty(&self) -> GlobalType {
        self.ty
    }

    /// The value.
    ///
    /// # Errors
    /// [`Error::WrongInstance`] if the global belongs to another instance.
    pub fn get(&self, instance: &impl Context) -> Result<Val, Error> {
        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        let mut cells = [0; 2];
        // SAFETY: the instance is live and holds as many cells.
        unsafe {
            self.cells.cast::<u32>().copy_to_nonoverlapping(NonNull::from(&mut cells).cast(), self.ty.content.cells())
        };
        Val::load(self.ty.content, &cells, self.instance).map(|(value, _)| value).ok_or_else(|| self.mismatch())
    }

    /// Sets the value.
    ///
    /// # Errors
    /// [`Error::ImmutableGlobal`]; [`Error::TypeMismatch`] if the value has another type; [`Error::WrongInstance`] if the global, or
    /// the function that the value refers to, belongs to another instance.
    pub fn set(&self, instance: &mut impl Context, value: Val) -> Result<(), Error> {
        if self.instance != instance.id() || !value.belongs_to(self.instance) {
            return Err(Error::WrongInstance);
        }
        if !self.ty.mutable {
            return Err(Error::ImmutableGlobal);
        }
        if value.ty() != self.ty.content {
            return Err(self.mismatch());
        }
        let mut cells = [0; 2];
        let count = value.store(&mut cells);
        // SAFETY: as in `get`; nobody else uses them, because the instance is borrowed exclusively.
        unsafe { self.cells.cast::<u32>().copy_from_nonoverlapping(NonNull::from(&cells).cast(), count) };
        Ok(())
    }

    #[cold]
    fn mismatch(&self) -> Error {
        Error::TypeMismatch(Message::from(self.ty.content.name()))
    }
}

/// The exported global `name` of a guest.
pub(crate) fn find(context: &impl sealed::Context, name: &str) -> Option<Global> {
    let kind = wamr_sys::wasm_import_export_kind_t::WASM_IMPORT_EXPORT_KIND_GLOBAL;
    let name = func::export(context, kind, name)?;
    // SAFETY: numbers and null pointers are valid.
    let mut raw: wamr_sys::wasm_global_inst_t = unsafe { zeroed() };
    // SAFETY: the instance is live, the name belongs to its module.
    let found = unsafe { wamr_sys::wasm_runtime_get_export_global_inst(context.instance(), name, &mut raw) };
    let ty = GlobalType { content: ValType::from_kind(raw.kind), mutable: raw.is_mutable };
    let cells = NonNull::new(raw.global_data.cast()).filter(|_| found && ty.content != ValType::V128)?;
    Some(Global { cells, ty, instance: context.id() })
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global").field("ty", &self.ty).finish_non_exhaustive()
    }
}
