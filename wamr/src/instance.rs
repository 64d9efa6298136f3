//! Instances of modules.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::time::Duration;

#[cfg(feature = "alloc")]
use alloc::rc::Rc;

#[cfg(feature = "alloc")]
use crate::Linker;
use crate::id::Id;
use crate::linker::refuse_unresolved;
use crate::message::CText;
use crate::meter::{self, CallLimits, HostBudget, Metered, Usage, forget_trace};
use crate::pool_box::PoolBox;
use crate::runtime_ref::RuntimeRef;
use crate::{Error, Limits, Module, PAGE_SIZE, Trap};

/// An instance of a module: its memory, its globals and the host's data `T`, ready for calls.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (import "env" "tick" (func $tick)) (func (export "run") (call $tick) (call $tick)))"#, |runtime, module| {
/// use wamr::{Caller, Instance, Linker, Trap};
///
/// let mut linker = Linker::new(runtime);
/// linker.func_wrap("env", "tick", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1)?;
/// let mut instance: Instance<'_, u32> = linker.instantiate(module, 40)?;
/// let run = instance.get_typed_func::<(), ()>("run")?;
/// run.call(&mut instance, ())?;
/// assert_eq!(*instance.data(), 42);
/// assert_eq!(instance.usage().host_calls, 2);
///
/// let fuel = instance.usage().fuel;
/// instance.set_fuel(Some(fuel - 1));
/// assert_eq!(run.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
/// instance.set_fuel(None);
/// instance.set_host_limits(1, None);
/// assert_eq!(run.call(&mut instance, ()), Err(Trap::TooManyHostCalls.into()));
/// assert_eq!(instance.module().imports().count(), 1);
/// # Ok(()) }) }
/// ```
pub struct Instance<'l, T = ()> {
    raw: wamr_sys::wasm_module_inst_t,
    exec_env: wamr_sys::wasm_exec_env_t,
    /// In the pool, because WAMR holds its address, and to keep an `Instance` small.
    state: PoolBox<'l, State<T>>,
    /// The linker's functions read and write exactly a `T`: its lifetimes may neither shrink nor grow.
    data: PhantomData<fn(T) -> T>,
    module: Module<'l>,
    _counted: Counted<'l>,
    /// The linker of the host functions, if the instance shares it.
    #[cfg(feature = "alloc")]
    linker: Option<Rc<Linker<'l, T>>>,
}

/// What host functions know about the instance that calls them: WAMR's custom data.
pub(crate) struct State<T> {
    pub id: Id,
    pub host: HostBudget,
    limits: CallLimits,
    usage: Usage,
    pub data: T,
}

impl<'l> Instance<'l> {
    /// Creates an instance of a module without imports, and runs its start function. For other modules, see
    /// [`Linker::instantiate`](crate::Linker::instantiate).
    ///
    /// If the module exports `_initialize`, it is a reactor according to WASI's application ABI. That function runs next, before any other
    /// export, and it runs once per instance: the host cannot call it. `__post_instantiate` follows, then `__wasm_call_ctors` if there
    /// is no `_initialize`, which would call it itself. The limits of one call apply to all of these together.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Instantiation`], [`Error::MemoryTooLarge`], [`Error::TooManyInstances`],
    /// [`Error::UnresolvedImports`]; [`Error::Trap`] from one of these functions or for a segment out of bounds.
    pub fn new(module: &Module<'l>) -> Result<Self, Error> {
        refuse_unresolved(module.imports())?;
        // SAFETY: there is nothing to bind.
        unsafe { Self::start(module.clone(), ()) }
    }
}

impl<'l, T> Instance<'l, T> {
    /// # Safety
    /// All imports are bound to host functions that outlive the instance and take a `T` as the host's data.
    pub(crate) unsafe fn start(module: Module<'l>, data: T) -> Result<Self, Error> {
        let limits = module.limits();
        let bytes = module.memory().map_or(0, |memory| match limits.memory_pages {
            // WAMR has no limit of 0 pages, see `instantiate`.
            0 => memory.maximum_bytes(),
            _ => memory.minimum_bytes(),
        });
        let pages = bytes.div_ceil(PAGE_SIZE as u64) as u32;
        if pages > limits.memory_pages {
            return Err(Error::MemoryTooLarge { pages, limit: limits.memory_pages });
        }
        let counted = Counted::new(module.runtime(), limits.instances)?;
        let call = CallLimits::new(limits);
        let state = State { id: Id::next(), host: HostBudget::new(&call), limits: call, usage: Usage::default(), data };
        // SAFETY: the instance holds the module, and that the runtime.
        let state = unsafe { PoolBox::new(module.heap(), state) }?;
        // SAFETY: left at the end of this function.
        let _entered = unsafe { module.enter_heap() };
        let raw = instantiate(&module, state.as_ptr().cast())?;
        // SAFETY: `raw` is a new instance.
        let exec_env = unsafe { wamr_sys::wasm_runtime_create_exec_env(raw, limits.stack_size) };
        if exec_env.is_null() {
            // SAFETY: nothing else knows `raw`.
            unsafe { wamr_sys::wasm_runtime_deinstantiate(raw) };
            return Err(Error::out_of_memory());
        }
        // SAFETY: `exec_env` is live. Each call sets a limit, if there is one.
        unsafe { wamr_sys::set_native_stack(exec_env, core::ptr::null_mut()) };
        Ok(Self {
            raw,
            exec_env,
            state,
            data: PhantomData,
            module,
            _counted: counted,
            #[cfg(feature = "alloc")]
            linker: None,
        })
    }

    /// Keeps the linker as long as the instance.
    #[cfg(feature = "alloc")]
    pub(crate) fn keep(&mut self, linker: Rc<Linker<'l, T>>) {
        self.linker = Some(linker);
    }

    /// The limits of the next calls, with times in whole microseconds. They begin as those of the module.
    pub fn limits(&self) -> Limits {
        self.state.limits.with(self.module.limits())
    }

    /// Sets the maximum number of instructions of each following call; see [`Limits::fuel`].
    pub fn set_fuel(&mut self, instructions: Option<u64>) {
        self.state.limits.fuel = instructions.unwrap_or(u64::MAX);
    }

    /// Sets the maximum duration of each following call; see [`Limits::deadline`].
    pub fn set_deadline(&mut self, time: Option<Duration>) {
        self.state.limits.deadline = meter::micros(time);
    }

    /// Sets the maximum number of host calls in each following call, and their maximum total duration; see [`Limits::host_calls`] and
    /// [`Limits::host_time`].
    pub fn set_host_limits(&mut self, calls: u32, time: Option<Duration>) {
        (self.state.limits.host_calls, self.state.limits.host_time) = (calls, meter::micros(time));
    }

    /// The usage of the last call.
    pub fn usage(&self) -> &Usage {
        &self.state.usage
    }

    /// The host's data.
    pub fn data(&self) -> &T {
        &self.state.data
    }

    /// The host's data, mutable.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.state.data
    }

    /// The module of the instance.
    pub fn module(&self) -> &Module<'l> {
        &self.module
    }

    pub(crate) fn raw(&self) -> wamr_sys::wasm_module_inst_t {
        self.raw
    }

    pub(crate) fn id(&self) -> Id {
        self.state.id
    }

    /// Calls `function`, whose parameters lie in `cells` and whose results will.
    ///
    /// # Safety
    /// `function` belongs to this instance, and there are as many cells as its parameters take, and as its results.
    #[inline]
    pub(crate) unsafe fn call(&mut self, function: NonNull<c_void>, cells: *mut u32) -> Result<(), Error> {
        let state = &mut *self.state;
        let native_stack = self.module.limits().native_stack;
        if native_stack.is_some() {
            // SAFETY: `exec_env` is live.
            unsafe { wamr_sys::set_native_stack(self.exec_env, stack_boundary(native_stack)) };
        }
        state.host = HostBudget::new(&state.limits);
        // SAFETY: left at the end of this function.
        let _entered = unsafe { self.module.enter_heap() };
        let metered = Metered::start(&state.limits)?;
        // SAFETY: the caller's promise. The instance runs once at a time, as it is borrowed exclusively; `start`'s caller promised that
        // its host functions live, and `start` told WAMR the thread's stack.
        let done = unsafe { wamr_sys::call(self.exec_env, function.as_ptr(), cells) };
        // Not the reference from above: host functions have accessed the state meanwhile.
        let state = &mut *self.state;
        state.usage.update(&state.limits, metered.end(), &state.host);
        if done { Ok(()) } else { Err(self.trapped()) }
    }

    #[cold]
    fn trapped(&mut self) -> Error {
        self.state.usage.add_trace();
        // SAFETY: the instance is live.
        unsafe { take_trap(self.raw) }
    }
}

impl<T> Drop for Instance<'_, T> {
    fn drop(&mut self) {
        // SAFETY: both are live and not used again. Data and module go after the instance.
        unsafe {
            wamr_sys::wasm_runtime_destroy_exec_env(self.exec_env);
            wamr_sys::wasm_runtime_deinstantiate(self.raw);
        }
    }
}

impl<T> fmt::Debug for Instance<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

/// Takes the trap that ended a call. If it stayed, WAMR would fail every later call with it.
///
/// # Safety
/// `instance` is live.
#[cold]
pub(crate) unsafe fn take_trap(instance: wamr_sys::wasm_module_inst_t) -> Error {
    // SAFETY: the instance is live; WAMR gives null or a C string in it.
    unsafe {
        let text = crate::message::name(wamr_sys::wasm_runtime_get_exception(instance));
        let trap = Trap::from_exception(text).unwrap_or_else(|| Trap::Other(text.into()));
        wamr_sys::wasm_runtime_clear_exception(instance);
        trap.into()
    }
}

/// The limit of linear memory in pages of the module.
pub(crate) fn most_pages(module: &Module<'_>) -> u32 {
    module.limits().memory_pages.saturating_mul(PAGE_SIZE.checked_div(module.page_size()).unwrap_or(1) as u32)
}

/// Instantiates `module` and runs its start function.
fn instantiate(module: &Module<'_>, state: NonNull<c_void>) -> Result<wamr_sys::wasm_module_inst_t, Error> {
    let limits = module.limits();
    let metered = Metered::start(&CallLimits::new(limits))?;
    let mut args = core::ptr::null_mut();
    let mut error = CText::new();
    // SAFETY: the module is loaded; `args` is made first and destroyed last. No heap inside linear memory: allocating is the
    // guest's business.
    let raw = unsafe {
        if !wamr_sys::heap::for_a_while(|| wamr_sys::wasm_runtime_instantiation_args_create(&mut args)) {
            _ = metered.end();
            return Err(Error::out_of_memory());
        }
        wamr_sys::wasm_runtime_instantiation_args_set_default_stack_size(args, limits.stack_size);
        wamr_sys::wasm_runtime_instantiation_args_set_host_managed_heap_size(args, 0);
        // WAMR takes 0 pages for no limit. With a limit of 0, `start` accepts only memories that cannot grow.
        wamr_sys::wasm_runtime_instantiation_args_set_max_memory_pages(args, most_pages(module).max(1));
        wamr_sys::wasm_runtime_instantiation_args_set_custom_data(args, state.as_ptr());

        let stack = wamr_sys::StartStack::set(stack_boundary(limits.native_stack));
        let raw = wamr_sys::wasm_runtime_instantiate_ex2(module.raw(), args, error.as_mut_ptr(), error.len());
        _ = metered.end();
        forget_trace();
        drop(stack);
        wamr_sys::wasm_runtime_instantiation_args_destroy(args);
        raw
    };
    if raw.is_null() {
        return Err(Error::from_wamr(&error.message(), Error::Instantiation));
    }
    Ok(raw)
}

/// Counts the live instances of a runtime, which WAMR does not.
struct Counted<'rt>(RuntimeRef<'rt>);

impl<'rt> Counted<'rt> {
    fn new(runtime: &RuntimeRef<'rt>, limit: u32) -> Result<Self, Error> {
        let living = runtime.instances();
        if living.get() >= limit {
            return Err(Error::TooManyInstances { limit });
        }
        living.set(living.get() + 1);
        Ok(Self(runtime.clone()))
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let living = self.0.instances();
        living.set(living.get() - 1);
    }
}

/// The lowest address that a call from here may reach on the thread's stack. With null, WAMR asks the system.
#[inline(never)]
fn stack_boundary(size: Option<u32>) -> *mut u8 {
    let Some(size) = size else { return core::ptr::null_mut() };
    let here = core::ptr::from_ref(&size).addr();
    // Null would remove the limit.
    core::ptr::without_provenance_mut(here.saturating_sub(size as usize).max(1))
}
