//! Host functions whose type is known only at run time.

use core::ffi::c_void;
use core::ptr::NonNull;

use crate::host_func::{Cells, HostResult, Signature, enter, foreign};
use crate::id::Id;
use crate::{Caller, Error, MAX_VALUES, Trap, Val, ValType};

/// A closure and its type.
pub(crate) struct DynamicFunc<F> {
    signature: Signature,
    function: F,
}

impl<F> DynamicFunc<F> {
    /// # Errors
    /// [`Error::TooManyValues`]; [`Error::TypeMismatch`] for `v128`.
    pub fn new(params: &[ValType], results: &[ValType], function: F) -> Result<Self, Error> {
        if params.len() > MAX_VALUES || results.len() > 1 {
            return Err(Error::TooManyValues);
        }
        if params.iter().chain(results).any(|&ty| ty == ValType::V128) {
            return Err(Error::TypeMismatch(ValType::V128.name().into()));
        }
        Ok(Self { signature: Signature::new(params, results.first().copied()), function })
    }

    /// The signature of the function at `this`. It lives as long as the function.
    pub fn signature(this: NonNull<Self>) -> NonNull<Signature> {
        // SAFETY: the field of an object that `this` points to.
        unsafe { NonNull::new_unchecked(&raw mut (*this.as_ptr()).signature) }
    }

    /// The function that WAMR calls: a [`wamr_sys::Call`].
    ///
    /// # Safety
    /// For WAMR only, for an import with the signature of the closure, a `Self`, and with a `State<T>` as the instance's custom data.
    pub unsafe extern "C" fn trampoline<T>(
        exec_env: wamr_sys::wasm_exec_env_t,
        cells: *mut u32,
        closure: *mut c_void,
        state: *mut c_void,
    ) -> bool
    where
        F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Trap>,
    {
        // SAFETY: the caller's promise; the closure lives as long as its linker.
        let signature = unsafe { &*Self::signature(NonNull::new_unchecked(closure.cast())).as_ptr() };
        let count = signature.params().map(ValType::cells).sum();
        let call = |this: &Self, caller: Caller<'_, T>, cells: Cells<'_>| {
            let params = load(&this.signature, cells);
            let mut result = this.signature.result().map(zero);
            (this.function)(caller, &params, result.as_mut_slice())?;
            match (result, this.signature.result()) {
                (Some(value), Some(ty)) if value.ty() != ty => {
                    Err(Trap::host("the host function returned a value of another type"))
                }
                _ => Ok(Returned(result)),
            }
        };
        // SAFETY: the caller's promise.
        unsafe { enter(exec_env, (cells, count), signature.result().is_some(), closure, state, call) }
    }
}

#[inline(never)]
fn load(signature: &Signature, Cells(mut cells, owner): Cells<'_>) -> heapless::Vec<Val, MAX_VALUES, u8> {
    let values = signature.params().filter_map(|ty| {
        let (value, length) = Val::load(ty, cells, owner)?;
        cells = &cells[length..];
        Some(value)
    });
    values.collect()
}

/// The value of a result until the host function sets it.
fn zero(ty: ValType) -> Val {
    match ty {
        ValType::I64 => Val::I64(0),
        ValType::F32 => Val::F32(0.0),
        ValType::F64 => Val::F64(0.0),
        ValType::FuncRef => Val::FuncRef(None),
        ValType::ExternRef => Val::ExternRef(None),
        ValType::I32 | ValType::V128 => Val::I32(0),
    }
}

/// The result, whose type is that of the signature.
struct Returned(Option<Val>);

impl HostResult for Returned {
    /// Unknown at compile time.
    const TYPE: Option<ValType> = None;

    fn store(self, cells: &mut [u32], owner: Id) -> Result<(), Trap> {
        let Some(value) = self.0 else { return Ok(()) };
        if !value.belongs_to(owner) {
            return Err(foreign());
        }
        value.store(cells);
        Ok(())
    }
}
