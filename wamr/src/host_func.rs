//! Host functions: how WAMR calls a Rust closure.

use core::ffi::{CStr, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::time::Duration;

use crate::id::Id;
use crate::instance::{State, take_trap};
use crate::meter::{HostBudget, Nested};
use crate::value::for_each_arity;
use crate::{Error, FuncType, Trap, ValType, WasmValue, clock, meter, panic};

/// The guest that calls a host function: its memory, its exports, and the host's data in the instance.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (import "env" "each" (func $each (param i32))) (memory 1) (data (i32.const 8) "abc")
/// #     (func (export "letter") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 32)))
/// #     (func (export "run") (call $each (i32.const 8))))"#, |runtime, module| {
/// use std::time::Duration;
///
/// use wamr::{Caller, Linker, Trap};
///
/// let mut linker = Linker::<String>::new(runtime);
/// linker.func_wrap("env", "each", |mut caller: Caller<'_, String>, address: u32| {
///     let letter = caller.get_typed_func::<u32, u32>("letter").map_err(|_| Trap::host("no `letter`"))?;
///     for at in 0..3 {
///         let byte = caller.bytes(address + at, 1)?[0];
///         // The guest runs again, within the budget of the call that led here.
///         let byte = letter.call(&mut caller, byte.into()).map_err(|_| Trap::host("`letter` failed"))?;
///         let (text, memory) = caller.data_and_memory_mut();
///         text.push(byte as u8 as char);
///         memory[at as usize] = byte as u8;
///     }
///     assert!(caller.time_left().is_some());
///     Ok::<(), Trap>(())
/// })?;
/// let mut instance = linker.instantiate(module, String::new())?;
/// instance.set_deadline(Some(Duration::from_secs(1)));
/// instance.get_typed_func::<(), ()>("run")?.call(&mut instance, ())?;
/// assert_eq!(instance.data(), "ABC");
/// assert_eq!(&instance.memory()[..3], b"ABC");
/// # Ok(()) }) }
/// ```
pub struct Caller<'a, T> {
    exec_env: wamr_sys::wasm_exec_env_t,
    /// A pointer, because a call of the guest may lead to another host function, which accesses the same data.
    state: NonNull<State<T>>,
    lifetime: PhantomData<&'a mut T>,
}

impl<T> Caller<'_, T> {
    /// The host's data in the instance, from [`Linker::instantiate`](crate::Linker::instantiate).
    pub fn data(&self) -> &T {
        // SAFETY: the data lives as long as the instance, which is running. The caller gives access to it: other host functions run
        // only while a call of the guest borrows the caller exclusively.
        unsafe { &(*self.state.as_ptr()).data }
    }

    /// The host's data in the instance, mutable.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: as in `data`.
        unsafe { &mut (*self.state.as_ptr()).data }
    }

    /// Time left until the [deadline](crate::Limits::deadline) of the running call; `None` without a deadline. A host function must not
    /// wait longer than that.
    pub fn time_left(&self) -> Option<Duration> {
        meter::time_left()
    }

    /// Runs `body`, during which every host call of the guest traps. An embedder needs this to call functions that must only compute,
    /// such as the `cabi_realloc` of a component.
    pub fn without_host_calls<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        struct Reopen(*mut HostBudget, bool);
        impl Drop for Reopen {
            fn drop(&mut self) {
                // SAFETY: the state lives as long as the running instance, and nothing refers to the budget.
                unsafe { (*self.0).closed = self.1 };
            }
        }
        // SAFETY: as in `drop` above.
        let budget = unsafe { &raw mut (*self.state.as_ptr()).host };
        // SAFETY: as above.
        let _reopen = Reopen(budget, unsafe { core::mem::replace(&mut (*budget).closed, true) });
        body(self)
    }

    pub(crate) fn instance(&self) -> wamr_sys::wasm_module_inst_t {
        // SAFETY: the execution environment is in use.
        unsafe { wamr_sys::wasm_runtime_get_module_inst(self.exec_env) }
    }

    pub(crate) fn id(&self) -> Id {
        // SAFETY: as in `data`.
        unsafe { (*self.state.as_ptr()).id }
    }

    /// Calls the guest within the running call, whose budget it spends.
    ///
    /// # Safety
    /// As for `Instance::call`.
    pub(crate) unsafe fn call(&mut self, function: NonNull<c_void>, cells: *mut u32) -> Result<(), Error> {
        let _nested = Nested::enter()?;
        // SAFETY: the caller's promise; WAMR takes calls from within host functions, and checks the native stack before each.
        unsafe {
            if wamr_sys::call(self.exec_env, function.as_ptr(), cells) {
                return Ok(());
            }
            // The host function decides whether the guest that called it continues.
            Err(take_trap(self.instance()))
        }
    }
}

impl<T> core::fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

/// A return type of a host function: `()` or a [`WasmValue`], or a `Result` of one of these and a [`Trap`].
/// [`Linker::func_wrap`](crate::Linker::func_wrap) has examples.
pub trait HostResult {
    #[doc(hidden)]
    const TYPE: Option<ValType>;
    #[doc(hidden)]
    fn store(self, cells: &mut [u32], owner: Id) -> Result<(), Trap>;
}

impl HostResult for () {
    const TYPE: Option<ValType> = None;
    fn store(self, _: &mut [u32], _: Id) -> Result<(), Trap> {
        Ok(())
    }
}

impl<V: WasmValue> HostResult for V {
    const TYPE: Option<ValType> = Some(V::TYPE);
    fn store(self, cells: &mut [u32], owner: Id) -> Result<(), Trap> {
        if !self.belongs_to(owner) {
            return Err(foreign());
        }
        WasmValue::store(self, cells);
        Ok(())
    }
}

/// The trap for a host function that returns a function of another instance.
#[cold]
pub(crate) fn foreign() -> Trap {
    Trap::host("the function belongs to another instance")
}

impl<R: HostResult> HostResult for Result<R, Trap> {
    const TYPE: Option<ValType> = R::TYPE;
    fn store(self, cells: &mut [u32], owner: Id) -> Result<(), Trap> {
        self?.store(cells, owner)
    }
}

/// A function type in WAMR's notation, such as `(iF)I`. WAMR compares it with the type of the import, so a guest cannot call a host
/// function with values of other types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; Self::LENGTH]);

impl Signature {
    /// The letter for `funcref`, for which WAMR has none.
    const FUNC_REF: u8 = b'p';

    /// Two parentheses, 16 parameters, a result and NUL.
    const LENGTH: usize = 20;

    /// # Panics
    /// With more than [`MAX_VALUES`](crate::MAX_VALUES) parameters.
    pub(crate) const fn new(params: &[ValType], result: Option<ValType>) -> Self {
        let mut text = [0; Self::LENGTH];
        text[0] = b'(';
        let mut at = 1;
        while at <= params.len() {
            text[at] = Self::letter(params[at - 1]);
            at += 1;
        }
        text[at] = b')';
        if let Some(result) = result {
            text[at + 1] = Self::letter(result);
        }
        Self(text)
    }

    /// The signature of a type in a module; `None` for types that no host function can have.
    pub(crate) fn of(ty: FuncType<'_>) -> Option<Self> {
        let mut params = [ValType::I32; crate::MAX_VALUES];
        let count = ty.params().len();
        for (param, actual) in params.get_mut(..count)?.iter_mut().zip(ty.params()) {
            *param = actual;
        }
        if ty.results().len() > 1 {
            return None;
        }
        let signature = Self::new(&params[..count], ty.results().next());
        (!signature.has(b'?')).then_some(signature)
    }

    /// See `compare_type_with_signature` in `core/iwasm/common/wasm_native.c`.
    const fn letter(ty: ValType) -> u8 {
        match ty {
            ValType::I32 => b'i',
            ValType::I64 => b'I',
            ValType::F32 => b'f',
            ValType::F64 => b'F',
            ValType::ExternRef => b'r',
            ValType::FuncRef => Self::FUNC_REF,
            ValType::V128 => b'?',
        }
    }

    /// The types of the parameters.
    pub(crate) fn params(&self) -> impl Iterator<Item = ValType> {
        self.0[1..].iter().map_while(|&letter| Self::ty(letter))
    }

    /// The type of the result.
    pub(crate) fn result(&self) -> Option<ValType> {
        let end = self.0.iter().position(|&letter| letter == b')')?;
        Self::ty(*self.0.get(end + 1)?)
    }

    /// The type for a letter.
    const fn ty(letter: u8) -> Option<ValType> {
        Some(match letter {
            b'i' => ValType::I32,
            b'I' => ValType::I64,
            b'f' => ValType::F32,
            b'F' => ValType::F64,
            b'r' => ValType::ExternRef,
            Self::FUNC_REF => ValType::FuncRef,
            _ => return None,
        })
    }

    /// The signature for WAMR. If it is empty, WAMR does not check types; the linker has compared them already, see [`of`](Self::of).
    pub(crate) fn as_c_str(&self) -> &CStr {
        if self.has(Self::FUNC_REF) {
            return c"";
        }
        // SAFETY: the last byte is NUL, as the longest signature needs one byte less.
        unsafe { CStr::from_ptr(self.0.as_ptr().cast()) }
    }

    #[expect(clippy::manual_contains, reason = "`contains` would search with `memchr` of `core`, which takes 0.3 KB")]
    fn has(&self, letter: u8) -> bool {
        self.0.iter().any(|&other| other == letter)
    }
}

/// A closure or function that a guest can call, with an optional [`Caller`], up to 16 parameters of type [`WasmValue`], and a
/// [`HostResult`].
///
/// `Params` only distinguishes the implementations. [`Linker::func_wrap`](crate::Linker::func_wrap) has examples.
pub trait IntoHostFunc<T, Params> {
    #[doc(hidden)]
    const SIGNATURE: Signature;

    /// The function that WAMR calls: a [`wamr_sys::Call`].
    ///
    /// # Safety
    /// For WAMR only, for an import with the signature above, with a `Self` as the closure and a `State<T>` as the instance's custom
    /// data.
    #[doc(hidden)]
    unsafe extern "C" fn trampoline(
        exec_env: wamr_sys::wasm_exec_env_t,
        cells: *mut u32,
        closure: *mut c_void,
        state: *mut c_void,
    ) -> bool;
}

/// The part of a trampoline that does not depend on the types of the parameters.
///
/// # Safety
/// As for [`IntoHostFunc::trampoline`], for a function whose parameters take `count` cells and which has a result or none.
#[inline]
pub(crate) unsafe fn enter<T, F, R: HostResult>(
    exec_env: wamr_sys::wasm_exec_env_t,
    (cells, count): (*mut u32, usize),
    has_result: bool,
    closure: *mut c_void,
    state: *mut c_void,
    call: impl FnOnce(&F, Caller<'_, T>, Cells<'_>) -> R,
) -> bool {
    let run = |caller: Caller<'_, T>, cells: Cells<'_>, result: &mut [u32]| {
        let owner = cells.1;
        // SAFETY: the caller's promise.
        call(unsafe { &*closure.cast::<F>() }, caller, cells).store(result, owner)
    };
    // SAFETY: the caller's promise.
    unsafe { enter_with(exec_env, (cells, count), has_result, state, run) }
}

/// A host function with its parameters still in cells, which writes its result into others.
type SharedCall<'a, T> = dyn FnMut(Caller<'_, T>, Cells<'_>, &mut [u32]) -> Result<(), Trap> + 'a;

/// [`enter`] for functions that share this code: smaller, and a little slower.
///
/// # Safety
/// As for [`enter`].
#[inline(never)]
pub(crate) unsafe fn enter_shared<T>(
    exec_env: wamr_sys::wasm_exec_env_t,
    cells: (*mut u32, usize),
    has_result: bool,
    state: *mut c_void,
    call: &mut SharedCall<'_, T>,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe { enter_with(exec_env, cells, has_result, state, call) }
}

/// # Safety
/// As for [`enter`].
#[inline]
unsafe fn enter_with<T>(
    exec_env: wamr_sys::wasm_exec_env_t,
    (cells, count): (*mut u32, usize),
    has_result: bool,
    state: *mut c_void,
    call: impl FnOnce(Caller<'_, T>, Cells<'_>, &mut [u32]) -> Result<(), Trap>,
) -> bool {
    // SAFETY: the caller's promise. Only this refers to the state while no host function runs.
    let (state, params) =
        unsafe { (NonNull::new_unchecked(state.cast::<State<T>>()), core::slice::from_raw_parts(cells, count)) };
    // SAFETY: the state lives as long as the instance.
    let (budget, owner) = unsafe { (&raw mut (*state.as_ptr()).host, (*state.as_ptr()).id) };
    let mut result = [0; 2];
    // SAFETY: as above, and no reference to the state is kept.
    let outcome = unsafe { (*budget).begin() }.and_then(|timed| {
        let start = timed.then(clock::now);
        let caller = Caller { exec_env, state, lifetime: PhantomData };
        panic::guard(|| call(caller, Cells(params, owner), &mut result))?;
        let took = start.map(|start| clock::now().saturating_sub(start));
        // SAFETY: as above.
        took.map_or(Ok(()), |took| unsafe { (*budget).end(took) })
    });
    match outcome {
        Ok(()) => {
            if has_result {
                // SAFETY: there are at least two cells, and `params` is not used any more.
                unsafe { cells.cast::<[u32; 2]>().write(result) };
            }
            // The trace of a trap that the host function got from the guest and did not pass on.
            meter::forget_trace();
            true
        }
        Err(trap) => {
            // SAFETY: the instance is running.
            unsafe { trap.raise(wamr_sys::wasm_runtime_get_module_inst(exec_env)) };
            false
        }
    }
}

/// The cells of the parameters that have not been read yet, and their instance.
pub(crate) struct Cells<'a>(pub &'a [u32], pub Id);

impl Cells<'_> {
    #[inline]
    pub fn next<V: WasmValue>(&mut self) -> V {
        let (value, rest) = self.0.split_at(V::CELLS);
        self.0 = rest;
        V::load(value, self.1)
    }
}

/// Marks functions that take a [`Caller`]. `Caller` itself would require `'static` data.
#[derive(Debug)]
pub struct WithCaller;

macro_rules! host_func {
    ($count:literal $($param:ident)*) => {
        #[allow(unused_variables, unused_mut)]
        impl<T, F, R, $($param),*> IntoHostFunc<T, (($($param,)*), R)> for F
        where
            F: Fn($($param),*) -> R,
            R: HostResult,
            $($param: WasmValue,)*
        {
            const SIGNATURE: Signature = Signature::new(&[$($param::TYPE),*], R::TYPE);

            unsafe extern "C" fn trampoline(
                exec_env: wamr_sys::wasm_exec_env_t,
                cells: *mut u32,
                closure: *mut c_void,
                state: *mut c_void,
            ) -> bool {
                let count = 0 $(+ $param::CELLS)*;
                let call = |function: &F, _: Caller<'_, T>, mut cells: Cells<'_>| function($(cells.next::<$param>()),*);
                // SAFETY: the caller's promise.
                unsafe { enter::<T, F, R>(exec_env, (cells, count), R::TYPE.is_some(), closure, state, call) }
            }
        }

        #[allow(unused_variables, unused_mut)]
        impl<T, F, R, $($param),*> IntoHostFunc<T, (WithCaller, ($($param,)*), R)> for F
        where
            F: Fn(Caller<'_, T>, $($param),*) -> R,
            R: HostResult,
            $($param: WasmValue,)*
        {
            const SIGNATURE: Signature = Signature::new(&[$($param::TYPE),*], R::TYPE);

            unsafe extern "C" fn trampoline(
                exec_env: wamr_sys::wasm_exec_env_t,
                cells: *mut u32,
                closure: *mut c_void,
                state: *mut c_void,
            ) -> bool {
                let count = 0 $(+ $param::CELLS)*;
                let call =
                    |function: &F, caller: Caller<'_, T>, mut cells: Cells<'_>| function(caller, $(cells.next::<$param>()),*);
                // SAFETY: the caller's promise.
                unsafe { enter::<T, F, R>(exec_env, (cells, count), R::TYPE.is_some(), closure, state, call) }
            }
        }
    };
}

for_each_arity!(host_func);
