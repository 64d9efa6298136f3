//! Interfaces: tables of host functions that are methods of one object.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;

use wamr_sys::HostFunction;

use crate::host_func::{Cells, HostResult, Signature, enter_shared};
use crate::pool_box::{PoolBox, PoolSlice};
use crate::runtime_ref::RuntimeRef;
use crate::value::for_each_arity;
use crate::{Caller, Error, WasmValue};

/// A host function of an interface: a function of an object `O`, which takes a [`Caller`] and up to 16 parameters of type [`WasmValue`].
///
/// Tables of methods are constants. They take no memory of the pool besides two pointers for each method.
/// [`Linker::interface`](crate::Linker::interface) has an example.
// The table is read as one of raw methods.
#[repr(transparent)]
pub struct Method<O, T> {
    raw: RawMethod,
    object: PhantomData<fn(O) -> O>,
    /// Invariant: the function reads and writes exactly a `T`.
    ty: PhantomData<fn(T) -> T>,
}

/// A method of any object.
#[derive(Clone, Copy)]
pub(crate) struct RawMethod {
    pub name: &'static str,
    pub signature: &'static Signature,
    call: wamr_sys::Call,
}

impl<O, T> Method<O, T> {
    /// A method with this name, which is what guests import.
    pub const fn new<P, F: IntoMethod<O, T, P>>(name: &'static str, _function: F) -> Self {
        const { assert!(size_of::<F>() == 0, "a method captures nothing") }
        let raw = RawMethod { name, signature: const { &F::SIGNATURE }, call: F::trampoline };
        Self { raw, object: PhantomData, ty: PhantomData }
    }

    /// The table without its types.
    pub(crate) fn raw(methods: &[Self]) -> &[RawMethod] {
        // SAFETY: a method consists of a raw method and a type without size.
        unsafe { core::slice::from_raw_parts(methods.as_ptr().cast(), methods.len()) }
    }
}

impl<O, T> core::fmt::Debug for Method<O, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.raw.name)
    }
}

/// The methods of an object as a [`Linker`](crate::Linker) defines them.
pub(crate) struct Interface<'rt> {
    pub module: &'rt str,
    methods: &'rt [RawMethod],
    /// One for each method. WAMR points to them.
    functions: PoolSlice<'rt, HostFunction>,
    pub older: Option<PoolBox<'rt, Interface<'rt>>>,
}

impl<'rt> Interface<'rt> {
    pub fn new(
        runtime: &RuntimeRef<'rt>,
        module: &'rt str,
        closure: NonNull<c_void>,
        methods: &'rt [RawMethod],
    ) -> Result<Self, Error> {
        let functions = methods.iter().map(|method| HostFunction { call: method.call, closure });
        // SAFETY: the linker holds the runtime.
        let functions = unsafe { PoolSlice::new(runtime.heap(), functions) }?;
        Ok(Self { module, methods, functions, older: None })
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.methods.iter().map(|method| method.name)
    }

    /// The type and the function of a method.
    pub fn method(&self, name: &str) -> Option<(&Signature, &HostFunction)> {
        let index = self.methods.iter().position(|method| method.name == name)?;
        Some((self.methods.get(index)?.signature, self.functions.get(index)?))
    }
}

/// A function that can be a [`Method`]: `fn(&O, Caller<'_, T>, parameters…) -> impl HostResult`.
///
/// `Params` only distinguishes the implementations. [`Linker::interface`](crate::Linker::interface) has an example.
pub trait IntoMethod<O, T, Params>: Copy + 'static {
    #[doc(hidden)]
    const SIGNATURE: Signature;

    /// The function that WAMR calls: a [`wamr_sys::Call`].
    ///
    /// # Safety
    /// For WAMR only, for an import with the signature above, with an `O` as the closure and a `State<T>` as the instance's custom data.
    #[doc(hidden)]
    unsafe extern "C" fn trampoline(
        exec_env: wamr_sys::wasm_exec_env_t,
        cells: *mut u32,
        closure: *mut c_void,
        state: *mut c_void,
    ) -> bool;
}

macro_rules! method {
    ($count:literal $($param:ident)*) => {
        #[allow(unused_variables, unused_mut)]
        impl<T, Object, F, R, $($param),*> IntoMethod<Object, T, (($($param,)*), R)> for F
        where
            F: Fn(&Object, Caller<'_, T>, $($param),*) -> R + Copy + 'static,
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
                let mut call = |caller: Caller<'_, T>, mut cells: Cells<'_>, result: &mut [u32]| {
                    let owner = cells.1;
                    // SAFETY: `Method::new` got a value of this type, which has no size.
                    let function = unsafe { NonNull::<F>::dangling().as_ref() };
                    // SAFETY: the caller's promise: the object lives as long as the linker.
                    let object = unsafe { &*closure.cast::<Object>() };
                    function(object, caller, $(cells.next::<$param>()),*).store(result, owner)
                };
                // SAFETY: the caller's promise.
                unsafe { enter_shared::<T>(exec_env, (cells, count), R::TYPE.is_some(), state, &mut call) }
            }
        }
    };
}

for_each_arity!(method);
