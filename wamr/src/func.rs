//! Functions of an instance.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::id::Id;
use crate::types::write_signature;
use crate::{Error, Instance, Message, Val, ValType, WasmParams, WasmResults, message};

/// The most parameters, and the most results, that a function called from the host may have.
pub const MAX_VALUES: usize = 16;

/// An exported function whose type was checked when it was looked up.
pub struct TypedFunc<P, R> {
    raw: NonNull<c_void>,
    instance: Id,
    ty: PhantomData<fn(P) -> R>,
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// Calls the function of `instance`.
    ///
    /// # Errors
    /// [`Error::Trap`]; [`Error::WrongInstance`] when the function belongs to another instance.
    #[inline]
    pub fn call<T>(&self, instance: &mut Instance<'_, T>, params: P) -> Result<R, Error> {
        /// What WAMR reads the parameters from and writes the results to.
        union Argv<P: Copy, R: Copy> {
            params: P,
            results: R,
        }

        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        // SAFETY: arrays of numbers.
        let mut argv: Argv<P::Cells, R::Cells> = unsafe { core::mem::zeroed() };
        // SAFETY: all of it is initialised.
        let argc = params.store_all(unsafe { &mut argv.params }.as_mut());
        // SAFETY: the function belongs to the instance and has the types `P` and `R`, for which `argv` has room.
        unsafe { instance.call(self.raw, argc, (&raw mut argv).cast())? };
        // SAFETY: initialised above, and the results overwritten.
        Ok(R::load_all(unsafe { &argv.results }.as_ref()))
    }
}

/// An exported function of any numeric type, checked at each call.
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

    /// Calls the function of `instance` and gives its results.
    ///
    /// # Errors
    /// [`Error::TypeMismatch`] when `params` differ from the function's in number or type; [`Error::Trap`]; [`Error::WrongInstance`] when the
    /// function belongs to another instance.
    pub fn call<T>(&self, instance: &mut Instance<'_, T>, params: &[Val]) -> Result<Vals, Error> {
        if self.instance != instance.id() {
            return Err(Error::WrongInstance);
        }
        if !params.iter().map(|param| param.ty()).eq(self.params.iter().copied()) {
            return Err(mismatch(&self.params, &self.results));
        }
        let mut cells = [0; 2 * MAX_VALUES];
        let argc = params.iter().fold(0, |at, param| at + param.store(&mut cells[at..]));
        // SAFETY: the function belongs to the instance, the parameters have its types, and `cells` has room for the most values.
        unsafe { instance.call(self.raw, argc, cells.as_mut_ptr())? };
        let mut at = 0;
        let results = self.results.iter().filter_map(|&ty| {
            let (value, length) = Val::load(ty, &cells[at..])?;
            at += length;
            Some(value)
        });
        Ok(Vals(results.collect()))
    }
}

/// The results of a call, a slice of at most [`MAX_VALUES`] values.
#[derive(Debug, Clone, PartialEq)]
pub struct Vals(heapless::Vec<Val, MAX_VALUES, u8>);

impl core::ops::Deref for Vals {
    type Target = [Val];

    fn deref(&self) -> &[Val] {
        &self.0
    }
}

impl<T> Instance<'_, T> {
    /// The exported function `name`, if it has this type.
    ///
    /// # Errors
    /// [`Error::UnknownFunction`], [`Error::TypeMismatch`], [`Error::TooManyValues`].
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(&self, name: &str) -> Result<TypedFunc<P, R>, Error> {
        let func = self.get_func(name)?;
        if *func.params != *P::TYPES || *func.results != *R::TYPES {
            return Err(mismatch(&func.params, &func.results));
        }
        Ok(TypedFunc { raw: func.raw, instance: func.instance, ty: PhantomData })
    }

    /// The exported function `name`, if its parameters and results are numbers.
    ///
    /// # Errors
    /// [`Error::UnknownFunction`], [`Error::TypeMismatch`], [`Error::TooManyValues`].
    pub fn get_func(&self, name: &str) -> Result<Func, Error> {
        let raw = self.lookup(name).ok_or(Error::UnknownFunction)?;
        let mut kinds = [0; MAX_VALUES];
        // SAFETY: `raw` is a function of this instance; the array is as long as the count.
        let (params, results) = unsafe {
            let count = wamr_sys::wasm_func_get_param_count(raw.as_ptr(), self.raw());
            let used = kinds.get_mut(..count as usize).ok_or(Error::TooManyValues)?;
            wamr_sys::wasm_func_get_param_types(raw.as_ptr(), self.raw(), used.as_mut_ptr());
            let params: Types = used.iter().map(|&kind| ValType::from_kind(kind)).collect();

            let count = wamr_sys::wasm_func_get_result_count(raw.as_ptr(), self.raw());
            let used = kinds.get_mut(..count as usize).ok_or(Error::TooManyValues)?;
            wamr_sys::wasm_func_get_result_types(raw.as_ptr(), self.raw(), used.as_mut_ptr());
            let results: Types = used.iter().map(|&kind| ValType::from_kind(kind)).collect();
            (params, results)
        };
        if params.iter().chain(&results).any(|ty| matches!(ty, ValType::V128 | ValType::FuncRef | ValType::ExternRef)) {
            return Err(mismatch(&params, &results));
        }
        Ok(Func { raw, instance: self.id(), params, results })
    }

    fn lookup(&self, name: &str) -> Option<NonNull<c_void>> {
        // WAMR wants a C string: the export's own name is one.
        let export = self.module().raw_exports().find(|export| {
            export.kind == wamr_sys::wasm_import_export_kind_t::WASM_IMPORT_EXPORT_KIND_FUNC
                // SAFETY: the string belongs to the module.
                && unsafe { message::name(export.name) } == name
        })?;
        // SAFETY: the instance is live.
        NonNull::new(unsafe { wamr_sys::wasm_runtime_lookup_function(self.raw(), export.name) })
    }
}

#[cold]
fn mismatch(params: &[ValType], results: &[ValType]) -> Error {
    let mut text = Message::new();
    let _ = write_signature(&mut text, params.iter().copied(), results.iter().copied());
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
        write_signature(f, self.params.iter().copied(), self.results.iter().copied())
    }
}
