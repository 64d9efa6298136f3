//! Host functions whose types are known at run time only.

use core::ffi::c_void;

use crate::host_func::{Caller, Signature, enter_with};
use crate::{Error, Linker, MAX_VALUES, Trap, Val, ValType};

/// A closure with the types that it was defined with.
struct Untyped<F> {
    params: heapless::Vec<ValType, MAX_VALUES, u8>,
    result: Option<ValType>,
    function: F,
}

impl<'rt, T> Linker<'rt, T> {
    /// Defines `module.name` with types that are known at run time only: for bridges to other languages. Prefer
    /// [`func_wrap`](Self::func_wrap), which is faster and takes the types from the closure.
    ///
    /// The closure gets as many arguments as there are `params`, of these types, and must return a value of type `result`, or none
    /// without one. Anything else is a trap.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show(r#"(module (import "env" "add" (func $add (param i32 i64) (result i64)))
    /// #     (func (export "run") (result i64) (call $add (i32.const 40) (i64.const 2))))"#, |runtime, module| {
    /// use wamr::{Limits, Linker, Val, ValType};
    ///
    /// let mut linker = Linker::<()>::new(runtime);
    /// let (params, result) = (&[ValType::I32, ValType::I64], Some(ValType::I64));
    /// linker.func_new("env", "add", params, result, |_, args| match *args {
    ///     [Val::I32(a), Val::I64(b)] => Ok(Some(Val::I64(i64::from(a) + b))),
    ///     _ => unreachable!("the parameters are as defined"),
    /// })?;
    /// let mut instance = linker.instantiate(module, &Limits::DEFAULT, ())?;
    /// assert_eq!(instance.get_typed_func::<(), i64>("run")?.call(&mut instance, ())?, 42);
    /// # Ok(()) }) }
    /// ```
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`]; [`Error::TooManyValues`] with more than [`MAX_VALUES`] parameters;
    /// [`Error::TypeMismatch`] if one of the types is `v128`.
    pub fn func_new<F>(
        &mut self,
        module: &'rt str,
        name: &'rt str,
        params: &[ValType],
        result: Option<ValType>,
        function: F,
    ) -> Result<&mut Self, Error>
    where
        F: Fn(Caller<'_, T>, &[Val]) -> Result<Option<Val>, Trap> + 'rt,
    {
        if params.iter().chain(&result).any(|ty| *ty == ValType::V128) {
            return Err(Error::TypeMismatch("v128 cannot be passed to the host".into()));
        }
        let params = heapless::Vec::from_slice(params).map_err(|_| Error::TooManyValues)?;
        let signature = Signature::new(&params, result);
        self.define(module, name, signature, call::<T, F>, Untyped { params, result, function })
    }
}

/// What WAMR calls: a [`wamr_sys::Call`].
///
/// # Safety
/// For WAMR only, for an import of the closure's types, with an `Untyped<F>` as the closure and a `State<T>` as the instance's custom
/// data.
unsafe extern "C" fn call<T, F>(
    exec_env: wamr_sys::wasm_exec_env_t,
    cells: *mut u32,
    closure: *mut c_void,
    state: *mut c_void,
) -> bool
where
    F: Fn(Caller<'_, T>, &[Val]) -> Result<Option<Val>, Trap>,
{
    // SAFETY: the caller's promise.
    let params = unsafe { &(*closure.cast::<Untyped<F>>()).params };
    let count = params.iter().map(|ty| ty.cells()).sum();
    // SAFETY: the caller's promise, and the parameters take that many cells.
    unsafe {
        enter_with(exec_env, (cells, count), closure, state, |untyped: &Untyped<F>, caller, cells, stored| {
            let (mut cells, owner) = (cells.0, cells.1);
            let mut args = heapless::Vec::<Val, MAX_VALUES>::new();
            for ty in &untyped.params {
                let Some((arg, taken)) = Val::load(*ty, cells, owner) else { break };
                cells = &cells[taken..];
                let _ = args.push(arg);
            }
            let result = (untyped.function)(caller, &args)?;
            if result.map(Val::ty) != untyped.result {
                return Err(Trap::host("the result has another type than was defined"));
            }
            let Some(result) = result else { return Ok(false) };
            if !result.belongs_to(owner) {
                return Err(Trap::host("the function belongs to another instance"));
            }
            result.store(stored);
            Ok(true)
        })
    }
}
