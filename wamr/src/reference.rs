//! References that pass between host and guest. In WAMR, both kinds are a number in one cell: the index of a function, and for `externref`
//! a number that the host chooses (`wamr-sys/cmake/references.cmake`).

use core::ffi::c_void;
use core::ptr::NonNull;

use crate::func::{Context, sealed};
use crate::id::Id;
use crate::value::{Sealed, WasmValue};
use crate::{Error, Func, ValType};

/// The cell of a null reference: `NULL_REF` in `core/iwasm/interpreter/wasm.h`.
const NULL: u32 = u32::MAX;

/// A handle for a guest, which can keep it and pass it back, but cannot read or forge it.
///
/// It is a number that the host chooses, such as an index into an array, so it costs nothing and needs no cleanup. Values that pass between
/// host and guest are an `Option<ExternRef>`, because a guest can pass null.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (import "env" "read" (func $read (param externref) (result i32)))
/// #     (func (export "twice") (param externref) (result i32)
/// #         (i32.add (call $read (local.get 0)) (call $read (local.get 0)))))"#, |runtime, module| {
/// use wamr::{Caller, ExternRef, Instance, Linker, Trap};
///
/// let mut linker = Linker::<[i32; 2]>::new(runtime);
/// linker.func_wrap("env", "read", |caller: Caller<'_, [i32; 2]>, sensor: Option<ExternRef>| {
///     let sensor = sensor.ok_or(Trap::host("no sensor"))?;
///     Ok::<i32, Trap>(caller.data()[sensor.get() as usize])
/// })?;
/// let mut instance = linker.instantiate(module, [20, 21])?;
/// let twice = instance.get_typed_func::<Option<ExternRef>, i32>("twice")?;
/// assert_eq!(twice.call(&mut instance, ExternRef::new(1))?, 42);
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExternRef(u32);

impl ExternRef {
    /// A handle with this number; `None`, which is null, for `u32::MAX`.
    pub const fn new(handle: u32) -> Option<Self> {
        if handle == NULL { None } else { Some(Self(handle)) }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A function of an instance as a value: an element of a table, or a `funcref` that a guest passes.
///
/// Like a [`Func`], it belongs to its instance; passing it to another one is [`Error::WrongInstance`]. Values that pass between host and
/// guest are an `Option<FuncRef>`, because a guest can pass null. [`Table`](crate::Table) shows how to call one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FuncRef {
    index: u32,
    instance: Id,
}

impl FuncRef {
    /// The function, which can be called.
    ///
    /// # Errors
    /// [`Error::WrongInstance`], [`Error::TooManyValues`].
    pub fn func(self, instance: &impl Context) -> Result<Func, Error> {
        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        // SAFETY: the instance is live and the index one of its functions.
        let raw = unsafe { function(instance.instance(), self.index) };
        Func::new(instance, raw.ok_or(Error::UnknownFunction)?)
    }

    /// # Safety
    /// `raw` is a function of the instance.
    pub(crate) unsafe fn of(instance: &impl sealed::Context, raw: NonNull<c_void>) -> Self {
        // SAFETY: the instance is live and has this function, so the array extends beyond it.
        let (first, second) = unsafe { (function(instance.instance(), 0), function(instance.instance(), 1)) };
        let (first, second) = (first.map_or(0, |first| first.addr().get()), second.map_or(1, |next| next.addr().get()));
        let index = (raw.addr().get() - first) / (second - first);
        Self { index: index as u32, instance: instance.id() }
    }

    /// The index of the function in the module, with imports first.
    pub const fn index(self) -> u32 {
        self.index
    }

    pub(crate) fn belongs_to(self, owner: Id) -> bool {
        self.instance == owner
    }
}

/// The address of the function `index` in WAMR's array. WAMR's public functions return it only for elements of tables.
///
/// # Safety
/// The instance is live and has as many functions at least.
unsafe fn function(instance: wamr_sys::wasm_module_inst_t, index: u32) -> Option<NonNull<c_void>> {
    let mut element = index as usize;
    let table = wamr_sys::wasm_table_inst_t {
        elem_kind: wamr_sys::wasm_valkind_enum::WASM_FUNCREF as wamr_sys::wasm_valkind_t,
        cur_size: 1,
        max_size: 1,
        elems: (&raw mut element).cast(),
    };
    // SAFETY: the caller's promise; the table is one element long.
    NonNull::new(unsafe { wamr_sys::wasm_table_get_func_inst(instance, &table, 0) })
}

impl Sealed for Option<ExternRef> {}
impl WasmValue for Option<ExternRef> {
    const TYPE: ValType = ValType::ExternRef;
    const CELLS: usize = 1;
    #[inline]
    fn store(self, cells: &mut [u32]) -> usize {
        cells[0] = self.map_or(NULL, ExternRef::get);
        1
    }
    #[inline]
    fn load(cells: &[u32], _: Id) -> Self {
        ExternRef::new(cells[0])
    }
}

impl Sealed for Option<FuncRef> {}
impl WasmValue for Option<FuncRef> {
    const TYPE: ValType = ValType::FuncRef;
    const CELLS: usize = 1;
    #[inline]
    fn store(self, cells: &mut [u32]) -> usize {
        cells[0] = self.map_or(NULL, |function| function.index);
        1
    }
    #[inline]
    fn load(cells: &[u32], owner: Id) -> Self {
        (cells[0] != NULL).then_some(FuncRef { index: cells[0], instance: owner })
    }
    #[inline]
    fn belongs_to(self, owner: Id) -> bool {
        self.is_none_or(|function| function.belongs_to(owner))
    }
}
