//! A module that can run.

use core::ffi::c_void;
use core::fmt;
use core::ptr::NonNull;

use crate::id::Id;
use crate::linker::refuse_unresolved;
use crate::message::CText;
use crate::pool_box::PoolBox;
use crate::{Error, Module, PAGE_SIZE, Trap};

/// The limits of an instance.
///
/// ```
/// let config = wamr::InstanceConfig { fuel: Some(1_000_000), ..Default::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceConfig {
    /// Bytes of the pool for the guest's calls: operands, locals and frames. Default: 8 KiB.
    ///
    /// The guest's own stack in linear memory is the guest's affair. While a start function runs this much is needed twice.
    pub stack_size: u32,
    /// Bytes of the thread's stack that a call may use, interpreter and host functions together. By default WAMR asks the system for the
    /// end of the stack; set this where the system does not know it, as on Zephyr's `native_sim`.
    pub native_stack: Option<u32>,
    /// Instructions that a call may execute, see [`Instance::set_fuel`]. Start functions have the same limit. Default: no limit.
    pub fuel: Option<u32>,
    /// Pages that linear memory may have. Default: as many as the module says.
    pub max_memory_pages: Option<u32>,
}

impl Default for InstanceConfig {
    fn default() -> Self {
        Self { stack_size: 8 * 1024, native_stack: None, fuel: None, max_memory_pages: None }
    }
}

/// A module with memory, globals and the host's data `T`, ready for calls.
pub struct Instance<'l, T = ()> {
    raw: wamr_sys::wasm_module_inst_t,
    exec_env: wamr_sys::wasm_exec_env_t,
    id: Id,
    native_stack: Option<u32>,
    /// The limit of instructions of the next call, and of the last one with what it left; in WAMR's notation.
    limit: i32,
    last_limit: i32,
    last_left: i32,
    /// In the pool, as WAMR holds its address.
    data: PoolBox<'l, T>,
    module: Module<'l>,
}

impl<'l> Instance<'l> {
    /// Makes an instance of a module without imports and runs its start function. For others see
    /// [`Linker::instantiate`](crate::Linker::instantiate).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Instantiation`], [`Error::MemoryTooLarge`], [`Error::Trap`] from the start function,
    /// [`Error::UnresolvedImports`].
    pub fn new(module: &Module<'l>, config: &InstanceConfig) -> Result<Self, Error> {
        refuse_unresolved(module.imports())?;
        // SAFETY: there is nothing to bind.
        unsafe { Self::start(module.clone(), config, ()) }
    }
}

impl<'l, T> Instance<'l, T> {
    /// # Safety
    /// All imports are bound to host functions that live for `'l` and take a `T` as the host's data.
    pub(crate) unsafe fn start(module: Module<'l>, config: &InstanceConfig, data: T) -> Result<Self, Error> {
        // SAFETY: the module borrows the runtime for `'l`.
        let data = unsafe { PoolBox::new(data) }?;
        let raw = instantiate(&module, config, data.as_ptr().cast())?;
        // SAFETY: `raw` is a new instance.
        let exec_env = unsafe { wamr_sys::wasm_runtime_create_exec_env(raw, config.stack_size) };
        if exec_env.is_null() {
            // SAFETY: nothing else knows `raw`.
            unsafe { wamr_sys::wasm_runtime_deinstantiate(raw) };
            return Err(Error::OutOfMemory);
        }
        let mut instance = Self {
            raw,
            exec_env,
            id: Id::next(),
            native_stack: config.native_stack,
            limit: limit(None),
            last_limit: limit(None),
            last_left: 0,
            data,
            module,
        };
        instance.set_fuel(config.fuel);

        // WAMR applies the limit to growth only.
        let pages = (instance.memory().len() / PAGE_SIZE) as u32;
        match config.max_memory_pages {
            Some(limit) if pages > limit => Err(Error::MemoryTooLarge { pages, limit }),
            _ => Ok(instance),
        }
    }

    /// Lets each following call execute at most `instructions`, host functions not counted; `None` lifts the limit. WAMR counts up to
    /// 2³¹ - 1, larger numbers mean as much. A bulk operation such as `memory.fill` is one instruction.
    pub fn set_fuel(&mut self, instructions: Option<u32>) {
        self.limit = limit(instructions);
        // SAFETY: `exec_env` is live.
        unsafe { wamr_sys::wasm_runtime_set_instruction_count_limit(self.exec_env, self.limit) };
    }

    /// How many instructions the last call executed; `None` before the first one and when it had no limit.
    pub fn fuel_consumed(&self) -> Option<u32> {
        (self.last_limit >= 0).then(|| (self.last_limit - self.last_left) as u32)
    }

    /// The host's data.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The host's data, to change it.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The module it was made from.
    pub fn module(&self) -> &Module<'l> {
        &self.module
    }

    pub(crate) fn raw(&self) -> wamr_sys::wasm_module_inst_t {
        self.raw
    }

    pub(crate) fn id(&self) -> Id {
        self.id
    }

    /// Calls `function` with `argc` cells of arguments in `argv`.
    ///
    /// # Safety
    /// `function` belongs to this instance, `argc` is the number of cells its parameters take, and `argv` has room for these and for
    /// those of its results, which overwrite them.
    #[inline]
    pub(crate) unsafe fn call(&mut self, function: NonNull<c_void>, argc: usize, argv: *mut u32) -> Result<(), Error> {
        if self.native_stack.is_some() {
            let boundary = stack_boundary(self.native_stack);
            // SAFETY: `exec_env` is live.
            unsafe { wamr_sys::wasm_runtime_set_native_stack_boundary(self.exec_env, boundary) };
        }
        wamr_sys::set_instructions_left(self.limit);
        // SAFETY: the caller's promise. The instance runs once at a time, as it is borrowed exclusively; `start`'s caller promised that
        // its host functions live.
        let done = unsafe { wamr_sys::wasm_runtime_call_wasm(self.exec_env, function.as_ptr(), argc as u32, argv) };
        self.last_limit = self.limit;
        self.last_left = wamr_sys::instructions_left();
        // SAFETY: the instance is live.
        if done { Ok(()) } else { Err(unsafe { take_trap(self.raw) }) }
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

/// The trap that ended the last call. WAMR would fail every later call with it if it stayed.
///
/// # Safety
/// `instance` is live.
#[cold]
unsafe fn take_trap(instance: wamr_sys::wasm_module_inst_t) -> Error {
    // SAFETY: the instance is live; WAMR gives null or a C string in it.
    unsafe {
        let text = crate::message::name(wamr_sys::wasm_runtime_get_exception(instance));
        let trap = Trap::from_exception(text).unwrap_or_else(|| Trap::Other(text.into()));
        wamr_sys::wasm_runtime_clear_exception(instance);
        trap.into()
    }
}

/// Instantiates `module`; its start function runs.
fn instantiate(
    module: &Module<'_>,
    config: &InstanceConfig,
    data: NonNull<c_void>,
) -> Result<wamr_sys::wasm_module_inst_t, Error> {
    let mut args = core::ptr::null_mut();
    let mut error = CText::new();
    // SAFETY: the module is loaded; `args` is made first and destroyed last. No heap inside linear memory: with one WAMR checks bounds
    // wrongly (its #5080).
    let raw = unsafe {
        if !wamr_sys::wasm_runtime_instantiation_args_create(&mut args) {
            return Err(Error::OutOfMemory);
        }
        wamr_sys::wasm_runtime_instantiation_args_set_default_stack_size(args, config.stack_size);
        wamr_sys::wasm_runtime_instantiation_args_set_host_managed_heap_size(args, 0);
        wamr_sys::wasm_runtime_instantiation_args_set_max_memory_pages(args, config.max_memory_pages.unwrap_or(0));
        wamr_sys::wasm_runtime_instantiation_args_set_custom_data(args, data.as_ptr());

        let limits = wamr_sys::StartLimits::set(limit(config.fuel), stack_boundary(config.native_stack));
        let raw = wamr_sys::wasm_runtime_instantiate_ex2(module.raw(), args, error.as_mut_ptr(), error.len());
        drop(limits);
        wamr_sys::wasm_runtime_instantiation_args_destroy(args);
        raw
    };
    if raw.is_null() {
        return Err(Error::from_wamr(&error.message(), Error::Instantiation));
    }
    Ok(raw)
}

/// WAMR's notation of a number of instructions.
fn limit(fuel: Option<u32>) -> i32 {
    fuel.map_or(-1, |fuel| i32::try_from(fuel).unwrap_or(i32::MAX))
}

/// The lowest address that a call from here may reach on the thread's stack; null lets WAMR ask the system.
#[inline(never)]
fn stack_boundary(size: Option<u32>) -> *mut u8 {
    let Some(size) = size else { return core::ptr::null_mut() };
    let here = core::ptr::from_ref(&size).addr();
    // Null would lift the limit.
    core::ptr::without_provenance_mut(here.saturating_sub(size as usize).max(1))
}
