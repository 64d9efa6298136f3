//! Functions of an instance.

use core::ffi::{c_char, c_void};
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::id::Id;
use crate::module::{INITIALIZE, raw_exports};
use crate::types::write_signature;
use crate::{
    Caller, Error, FuncRef, Global, Instance, Message, Table, Val, ValType, WasmParams, WasmResults, global, message,
    table,
};

/// Maximum number of parameters, and of results, of a function that the host calls or defines.
pub const MAX_VALUES: usize = 16;

/// What a function can be called on: an [`Instance`] or, in a host function, its [`Caller`].
///
/// The example of [`Caller`](crate::Caller) calls a function on both.
pub trait Context: sealed::Context {}

impl<T> Context for Instance<'_, T> {}
impl<T> Context for Caller<'_, T> {}

pub(crate) mod sealed {
    use super::{Error, Id, NonNull, c_void};

    pub trait Context {
        fn id(&self) -> Id;
        fn instance(&self) -> wamr_sys::wasm_module_inst_t;
        /// # Safety
        /// As for `Instance::call`.
        unsafe fn call(&mut self, function: NonNull<c_void>, cells: *mut u32) -> Result<(), Error>;
    }
}

impl<T> sealed::Context for Instance<'_, T> {
    fn id(&self) -> Id {
        Instance::id(self)
    }

    fn instance(&self) -> wamr_sys::wasm_module_inst_t {
        self.raw()
    }

    #[inline]
    unsafe fn call(&mut self, function: NonNull<c_void>, cells: *mut u32) -> Result<(), Error> {
        // SAFETY: the caller's promise.
        unsafe { Instance::call(self, function, cells) }
    }
}

impl<T> sealed::Context for Caller<'_, T> {
    fn id(&self) -> Id {
        Caller::id(self)
    }

    fn instance(&self) -> wamr_sys::wasm_module_inst_t {
        Caller::instance(self)
    }

    unsafe fn call(&mut self, function: NonNull<c_void>, cells: *mut u32) -> Result<(), Error> {
        // SAFETY: the caller's promise.
        unsafe { Caller::call(self, function, cells) }
    }
}

/// A function of an instance whose type was checked when it was looked up.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (func (export "divide") (param i64 i64) (result i64 i64)
/// #     (i64.div_s (local.get 0) (local.get 1)) (i64.rem_s (local.get 0) (local.get 1))))"#, |_, module| {
/// use wamr::{Error, Instance, Trap};
///
/// let mut instance = Instance::new(module)?;
/// let divide = instance.get_typed_func::<(i64, i64), (i64, i64)>("divide")?;
/// assert_eq!(divide.call(&mut instance, (17, 5))?, (3, 2));
/// // The instance can be called again after a trap.
/// assert_eq!(divide.call(&mut instance, (1, 0)), Err(Error::Trap(Trap::DivisionByZero)));
/// assert_eq!(divide.call(&mut instance, (1, 1))?, (1, 0));
///
/// let wrong = instance.get_typed_func::<(i32, i32), i32>("divide").unwrap_err();
/// assert_eq!(wrong.to_string(), "it has another type: (i64, i64) -> (i64, i64)");
/// # Ok(()) }) }
/// ```
pub struct TypedFunc<P, R> {
    raw: NonNull<c_void>,
    instance: Id,
    ty: PhantomData<fn(P) -> R>,
}

#[cfg(feature = "block")]
impl<P, R> TypedFunc<P, R> {
    /// Whether `instance` is the function's own.
    pub(crate) fn belongs_to(&self, instance: &impl Context) -> bool {
        self.instance == instance.id()
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// Calls the function on `instance`, its instance, or on the [`Caller`] in a host function.
    ///
    /// # Errors
    /// [`Error::Trap`]; [`Error::WrongInstance`] if the function or a function reference in `params` belongs to another instance.
    #[inline]
    pub fn call(&self, instance: &mut impl Context, params: P) -> Result<R, Error> {
        /// WAMR reads the parameters from here and writes the results here.
        union Cells<P: Copy, R: Copy> {
            params: P,
            results: R,
        }

        if self.instance != instance.id() || !params.belong_to(self.instance) {
            return Err(Error::WrongInstance);
        }
        // SAFETY: arrays of numbers.
        let mut cells: Cells<P::Cells, R::Cells> = unsafe { core::mem::zeroed() };
        // SAFETY: all of it is initialised.
        params.store_all(unsafe { &mut cells.params }.as_mut());
        // SAFETY: the function belongs to the instance and has the types `P` and `R`, for which there is room.
        unsafe { instance.call(self.raw, (&raw mut cells).cast())? };
        // SAFETY: initialised above, and the results overwritten.
        Ok(R::load_all(unsafe { &cells.results }.as_ref(), self.instance))
    }
}

/// A function of an instance whose type is checked at each call.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2))))"#, |_, module| {
/// use wamr::{Instance, Val, ValType};
///
/// let mut instance = Instance::new(module)?;
/// let half = instance.get_func("half")?;
/// assert_eq!((half.params(), half.results()), (&[ValType::F64][..], &[ValType::F64][..]));
/// let results = half.call(&mut instance, &[Val::F64(5.0)])?;
/// assert_eq!(results[0], Val::F64(2.5));
/// assert!(half.call(&mut instance, &[]).is_err());
/// # Ok(()) }) }
/// ```
#[derive(Clone)]
pub struct Func {
    raw: NonNull<c_void>,
    instance: Id,
    params: Types,
    results: Types,
}

type Types = heapless::Vec<ValType, MAX_VALUES, u8>;

impl Func {
    /// The types of the parameters.
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The types of the results.
    pub fn results(&self) -> &[ValType] {
        &self.results
    }

    /// Calls the function on `instance`, its instance, and returns the results.
    ///
    /// # Errors
    /// [`Error::TypeMismatch`] if `params` have another number or other types than the function's parameters; [`Error::Trap`];
    /// [`Error::WrongInstance`] if the function or a function reference in `params` belongs to another instance.
    pub fn call(&self, instance: &mut impl Context, params: &[Val]) -> Result<Vals, Error> {
        if self.instance != instance.id() || !params.iter().all(|param| param.belongs_to(self.instance)) {
            return Err(Error::WrongInstance);
        }
        if !params.iter().map(|param| param.ty()).eq(self.params.iter().copied()) {
            return Err(mismatch(&self.params, &self.results));
        }
        let mut cells = [0; 2 * MAX_VALUES];
        params.iter().fold(0, |at, param| at + param.store(&mut cells[at..]));
        // SAFETY: the function belongs to the instance, the parameters have its types, and `cells` has room for the most values.
        unsafe { instance.call(self.raw, cells.as_mut_ptr())? };
        let mut at = 0;
        let results = self.results.iter().filter_map(|&ty| {
            let (value, length) = Val::load(ty, &cells[at..], self.instance)?;
            at += length;
            Some(value)
        });
        Ok(Vals(results.collect()))
    }
}

/// The results of a [`Func::call`]: a slice of at most [`MAX_VALUES`] values.
///
/// The example of [`Func`] shows some.
#[derive(Debug, Clone, PartialEq)]
pub struct Vals(heapless::Vec<Val, MAX_VALUES, u8>);

impl core::ops::Deref for Vals {
    type Target = [Val];

    fn deref(&self) -> &[Val] {
        &self.0
    }
}

/// The exported function `name` of a guest.
fn find(context: &impl sealed::Context, name: &str) -> Result<Func, Error> {
    // A reactor may rely on exactly one call, which instantiation made.
    if name == INITIALIZE {
        return Err(Error::UnknownFunction);
    }
    let kind = wamr_sys::wasm_import_export_kind_t::WASM_IMPORT_EXPORT_KIND_FUNC;
    let raw = export(context, kind, name).and_then(|name| {
        // SAFETY: the instance is live, the name belongs to its module.
        NonNull::new(unsafe { wamr_sys::wasm_runtime_lookup_function(context.instance(), name) })
    });
    Func::new(context, raw.ok_or(Error::UnknownFunction)?)
}

/// The name of an export of this kind as a C string, which WAMR's own copy is.
pub(crate) fn export(
    context: &impl sealed::Context,
    kind: wamr_sys::wasm_import_export_kind_t::Type,
    name: &str,
) -> Option<*const c_char> {
    // SAFETY: the instance is live.
    let module = unsafe { wamr_sys::wasm_runtime_get_module(context.instance()) };
    // SAFETY: the string belongs to the module.
    let found = raw_exports(module).find(|export| export.kind == kind && unsafe { message::name(export.name) } == name);
    found.map(|export| export.name)
}

impl Func {
    /// A function of the guest with its types.
    pub(crate) fn new(context: &impl sealed::Context, raw: NonNull<c_void>) -> Result<Self, Error> {
        let instance = context.instance();
        let mut kinds = [0; MAX_VALUES];
        // SAFETY: `raw` is a function of this instance; the array is as long as the count.
        let (params, results) = unsafe {
            let count = wamr_sys::wasm_func_get_param_count(raw.as_ptr(), instance);
            let used = kinds.get_mut(..count as usize).ok_or(Error::TooManyValues)?;
            wamr_sys::wasm_func_get_param_types(raw.as_ptr(), instance, used.as_mut_ptr());
            let params = types(used);

            let count = wamr_sys::wasm_func_get_result_count(raw.as_ptr(), instance);
            let used = kinds.get_mut(..count as usize).ok_or(Error::TooManyValues)?;
            wamr_sys::wasm_func_get_result_types(raw.as_ptr(), instance, used.as_mut_ptr());
            let results = types(used);
            (params, results)
        };
        if params.iter().chain(&results).any(|&ty| ty == ValType::V128) {
            return Err(mismatch(&params, &results));
        }
        Ok(Self { raw, instance: context.id(), params, results })
    }

    /// The function as a value to pass to a guest.
    ///
    /// # Errors
    /// [`Error::WrongInstance`] if the function belongs to another instance.
    pub fn to_ref(&self, instance: &impl Context) -> Result<FuncRef, Error> {
        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        // SAFETY: the function belongs to the instance.
        Ok(unsafe { FuncRef::of(instance, self.raw) })
    }

    /// The function as a [`TypedFunc`], if it has this type.
    ///
    /// # Errors
    /// [`Error::TypeMismatch`].
    pub fn typed<P: WasmParams, R: WasmResults>(&self) -> Result<TypedFunc<P, R>, Error> {
        if *self.params != *P::TYPES || *self.results != *R::TYPES {
            return Err(mismatch(&self.params, &self.results));
        }
        Ok(TypedFunc { raw: self.raw, instance: self.instance, ty: PhantomData })
    }
}

macro_rules! lookup {
    ($context:ident) => {
        impl<T> $context<'_, T> {
            /// The exported function `name`, whose type must be this one.
            ///
            /// # Errors
            /// [`Error::UnknownFunction`], [`Error::TypeMismatch`], [`Error::TooManyValues`].
            pub fn get_typed_func<P: WasmParams, R: WasmResults>(&self, name: &str) -> Result<TypedFunc<P, R>, Error> {
                find(self, name)?.typed()
            }

            /// The exported function `name`. `_initialize` is not available: [`Instance::new`](crate::Instance::new) calls it.
            ///
            /// # Errors
            /// [`Error::UnknownFunction`], [`Error::TooManyValues`].
            pub fn get_func(&self, name: &str) -> Result<Func, Error> {
                find(self, name)
            }

            /// The exported global `name`.
            pub fn get_global(&self, name: &str) -> Option<Global> {
                global::find(self, name)
            }

            /// The exported table `name`.
            pub fn get_table(&self, name: &str) -> Option<Table> {
                table::find(self, name)
            }
        }
    };
}

lookup!(Instance);
lookup!(Caller);

#[cold]
fn mismatch(params: &[ValType], results: &[ValType]) -> Error {
    let mut text = Message::new();
    let _ = write_signature(&mut text, &mut params.iter().copied(), &mut results.iter().copied());
    Error::TypeMismatch(text)
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunc").finish_non_exhaustive()
    }
}

impl fmt::Debug for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Func ")?;
        write_signature(f, &mut self.params.iter().copied(), &mut self.results.iter().copied())
    }
}

/// The types for WAMR's numbers, at most as many as fit.
#[inline(never)]
fn types(kinds: &[wamr_sys::wasm_valkind_t]) -> Types {
    kinds.iter().map(|&kind| ValType::from_kind(kind)).collect()
}
