//! Modules: checked WebAssembly files.

use core::cell::Cell;
use core::fmt;
use core::mem::{MaybeUninit, zeroed};
use core::ptr::NonNull;

use wamr_sys::heap::{Entered, Heap};

use crate::id::Id;
use crate::instance::most_pages;
use crate::message::{self, CText};
use crate::pool_box::{PoolBox, PoolBytes};
use crate::runtime_ref::{AsRuntime, RuntimeRef};
use crate::share::Share;
use crate::{Error, Export, ExternType, Import, Limits, MIN_POOL_SIZE, MemoryType, PAGE_SIZE, PoolUsage, scan};

/// The export that instantiation calls.
pub(crate) const INITIALIZE: &str = "_initialize";

/// A loaded module. Clones are the same module, which is unloaded with the last clone.
///
/// Its imports and exports can be listed without an instance. [`custom_sections`](crate::custom_sections) and
/// [`function_name`](crate::function_name) read the bytes of a module.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (import "env" "now" (func (result i64))) (memory (export "memory") 1 4)
/// #     (func (export "run") (param i32) (drop (memory.grow (local.get 0)))))"#, |_, module| {
/// use wamr::ExternType;
///
/// let imports: Vec<_> = module.imports().map(|import| import.to_string()).collect();
/// assert_eq!(imports, ["env.now () -> i64"]);
/// let memory = module.memory().expect("it defines one");
/// assert_eq!((memory.minimum, memory.maximum), (1, Some(4)));
/// for export in module.exports() {
///     match export.ty {
///         ExternType::Func(ty) => println!("{} {ty}", export.name),
///         other => println!("{} {other:?}", export.name),
///     }
/// }
/// assert!(matches!(module.get_export("run"), Some(ExternType::Func(ty)) if ty.params().len() == 1));
/// assert!(module.get_export("stop").is_none());
/// # Ok(()) }) }
/// ```
pub struct Module<'rt> {
    shared: NonNull<Shared>,
    /// Dropped after the module is unloaded.
    runtime: RuntimeRef<'rt>,
}

/// What the bytes of a module are.
#[derive(Clone, Copy)]
enum Form {
    Wasm,
    /// Native code, which stays where it is.
    #[cfg(wamr_native)]
    Native,
    /// Native code that is copied into the pool.
    #[cfg(all(wamr_native, not(target_os = "none")))]
    NativeCopy,
}

/// The part of a module that its clones share.
struct Shared {
    raw: wamr_sys::wasm_module_t,
    users: Cell<usize>,
    /// The linker whose functions the imports are bound to. WAMR binds them only once.
    linker: Cell<Option<Id>>,
    memory: Option<MemoryType>,
    #[cfg(wamr_native)]
    native: bool,
    limits: Limits,
    /// The bytes, if WAMR keeps pointers into them.
    _bytes: Option<PoolBytes>,
    /// The memory quota of the module and its instances, if it has one.
    share: Option<Share>,
}

/// The block that a module takes of the pool besides its memory quota, in bytes.
const COST: u32 = Heap::block_size(size_of::<Shared>() as u32);

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: loaded, and unloaded only here. No instance is left, because each holds a clone.
        unsafe { wamr_sys::wasm_runtime_unload(self.raw) };
    }
}

impl<'rt> Module<'rt> {
    /// Loads a module [with](Self::with_limits) [`Limits::DEFAULT`].
    ///
    /// # Errors
    /// Those of [`with_limits`](Self::with_limits).
    pub fn new(runtime: impl AsRuntime<'rt>, bytes: &[u8]) -> Result<Self, Error> {
        Self::with_limits(runtime, bytes, &Limits::DEFAULT)
    }

    /// Checks and loads `bytes`, a WebAssembly file, into the pool. The limits apply to the module, its instances and their calls.
    ///
    /// The bytes are only read, and not needed afterwards. They may be in flash, there at an address divisible by 4.
    ///
    /// # Errors
    /// [`Error::InvalidModule`] for anything that WAMR cannot run, and for an invalid `_initialize` (see
    /// [`Instance::new`](crate::Instance::new)); [`Error::AotFile`], [`Error::TooLarge`], [`Error::OutOfMemory`], [`Error::NoShare`].
    pub fn with_limits(runtime: impl AsRuntime<'rt>, bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::load(runtime.runtime_ref(), bytes, limits, None)
    }

    /// Loads a module like [`with_limits`](Self::with_limits), but [`Limits::pool`] is only the maximum of its memory quota: if the pool has
    /// less, the module gets all of it. Create its instance next, and then [fit](Self::fit_quota) the quota to what both need.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show(r#"(module)"#, |runtime, _| {
    /// let bytes = wat::parse_str(r#"(module (memory 100 (pagesize 1)))"#).unwrap();
    /// let module = wamr::Module::with_room(runtime, &bytes, &wamr::Limits::MCU)?;
    /// let instance = wamr::Instance::new(&module)?;
    /// module.fit_quota()?;
    /// assert!(module.quota() < 16 * 1024);
    /// # drop(instance);
    /// # Ok(()) }) }
    /// ```
    ///
    /// # Errors
    /// Those of [`with_limits`](Self::with_limits).
    pub fn with_room(runtime: impl AsRuntime<'rt>, bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let runtime = runtime.runtime_ref();
        let most = limits.pool.unwrap_or(u32::MAX);
        Self::load(runtime, bytes, limits, Some(most))
    }

    /// Loads native code that `wamrctl compile` made from a module. The module runs as it would in the interpreter: with the same host
    /// functions, limits and traps, and the same fuel. A trap has no [backtrace](crate::Usage::backtrace), and
    /// [`Limits::stack_size`] does not limit the code, only [`Limits::native_stack`] does. The limits on functions and tables of a module
    /// do not apply.
    ///
    /// The code is executed where it is, if it was compiled so for a microcontroller; the bytes are then at an address divisible by 4.
    ///
    /// # Errors
    /// [`Error::WrongProcessor`], [`Error::FuelScheme`], and those of [`with_limits`](Self::with_limits).
    ///
    /// # Safety
    /// The bytes were made by `wamrctl compile`, with WAMR's compiler of this version, and not changed since: nothing validates the code.
    #[cfg(wamr_native)]
    pub unsafe fn from_native(runtime: impl AsRuntime<'rt>, bytes: &'rt [u8], limits: &Limits) -> Result<Self, Error> {
        let memory = crate::native::check(bytes, limits)?;
        Self::load_checked(runtime.runtime_ref(), bytes, limits, memory, (Form::Native, None))
    }

    /// Loads native code like [`from_native`](Self::from_native), with a memory quota as in [`with_room`](Self::with_room).
    ///
    /// # Errors
    /// Those of [`from_native`](Self::from_native).
    ///
    /// # Safety
    /// As for [`from_native`](Self::from_native).
    #[cfg(wamr_native)]
    pub unsafe fn from_native_with_room(
        runtime: impl AsRuntime<'rt>,
        bytes: &'rt [u8],
        limits: &Limits,
    ) -> Result<Self, Error> {
        Self::load_native(runtime.runtime_ref(), bytes, limits, Form::Native)
    }

    /// Loads native code like [`from_native_with_room`](Self::from_native_with_room), from bytes that are not needed afterwards: they are
    /// copied into the pool. Only for computers, as microcontrollers execute the code where it is.
    ///
    /// # Errors
    /// Those of [`from_native`](Self::from_native).
    ///
    /// # Safety
    /// As for [`from_native`](Self::from_native).
    #[cfg(all(wamr_native, not(target_os = "none")))]
    pub unsafe fn copy_native_with_room(
        runtime: impl AsRuntime<'rt>,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Self, Error> {
        Self::load_native(runtime.runtime_ref(), bytes, limits, Form::NativeCopy)
    }

    #[cfg(wamr_native)]
    fn load_native(runtime: RuntimeRef<'rt>, bytes: &[u8], limits: &Limits, form: Form) -> Result<Self, Error> {
        let memory = crate::native::check(bytes, limits)?;
        Self::load_checked(runtime, bytes, limits, memory, (form, Some(limits.pool.unwrap_or(u32::MAX))))
    }

    /// `most` is the maximum of the quota if the pool determines it.
    fn load(runtime: RuntimeRef<'rt>, bytes: &[u8], limits: &Limits, most: Option<u32>) -> Result<Self, Error> {
        if !wamr_sys::INTERPRETER {
            return Err(Error::InvalidModule("only native code runs here: compile it with `wamrctl compile`".into()));
        }
        let memory = scan::check(bytes, limits)?;
        Self::load_checked(runtime, bytes, limits, memory, (Form::Wasm, most))
    }

    /// Loads bytes that were checked. Those of [`Form::Native`] must outlive the module.
    fn load_checked(
        runtime: RuntimeRef<'rt>,
        bytes: &[u8],
        limits: &Limits,
        memory: Option<MemoryType>,
        (form, most): (Form, Option<u32>),
    ) -> Result<Self, Error> {
        // Not in the quota, which it holds, and before it, because that may take all that is free.
        // SAFETY: the runtime lives as long as the module.
        let mut place = unsafe { PoolBox::new(runtime.heap(), MaybeUninit::<Shared>::uninit()) }?;
        let quota = match most.zip(runtime.heap()) {
            Some((most, heap)) => Some(most.min(heap.largest().max(MIN_POOL_SIZE as u32))),
            None => limits.pool,
        };
        let share = quota.map(|size| Share::new(&runtime, size)).transpose()?;
        if let Some(share) = &share {
            share.heap().set_short(quota < most);
        }
        let heap = share.as_ref().map(Share::heap).or(runtime.heap());

        // The fast interpreter translates the code and, with `wasm_binary_freeable`, copies everything else, so it neither changes nor
        // keeps the bytes. The classic one executes the bytes themselves, and changes them.
        let (native, copies) = match form {
            Form::Wasm => (false, wamr_sys::CLASSIC_INTERP),
            #[cfg(wamr_native)]
            Form::Native => (true, false),
            #[cfg(all(wamr_native, not(target_os = "none")))]
            Form::NativeCopy => (true, true),
        };
        let copy = if copies { Some(PoolBytes::copy(heap, bytes)?) } else { None };
        let pointer = copy.as_ref().map_or(bytes.as_ptr().cast_mut(), PoolBytes::as_ptr);
        // SAFETY: null pointers and false are valid.
        let mut args: wamr_sys::LoadArgs = unsafe { zeroed() };
        args.name = c"".as_ptr().cast_mut();
        args.wasm_binary_freeable = copy.is_none() && !native;
        args.no_resolve = true;
        let mut error = CText::new();
        // SAFETY: left before the heap is dropped.
        let entered = unsafe { Heap::enter(heap) };
        // SAFETY: the runtime is initialized. WAMR changes the bytes only if they are the copy, and never the name.
        let raw = unsafe {
            wamr_sys::wasm_runtime_load_ex(pointer, bytes.len() as u32, &args, error.as_mut_ptr(), error.len())
        };
        drop(entered);
        if raw.is_null() {
            return Err(Error::from_wamr(&error.message(), Error::InvalidModule));
        }
        place.write(Shared {
            raw,
            users: Cell::new(1),
            linker: Cell::new(None),
            memory,
            #[cfg(wamr_native)]
            native,
            limits: *limits,
            _bytes: copy,
            share,
        });
        let module = Self { shared: place.into_raw().cast(), runtime };
        module.check_reactor()?;
        Ok(module)
    }

    /// Rejects a module whose exports violate WASI's application ABI: `_initialize` makes it a reactor, which that function initializes;
    /// `_start` makes it a command, which runs once.
    fn check_reactor(&self) -> Result<(), Error> {
        let reason = match self.get_export(INITIALIZE) {
            None => return Ok(()),
            Some(ExternType::Func(ty)) if ty.params().len() + ty.results().len() == 0 => {
                if self.get_export("_start").is_none() {
                    return Ok(());
                }
                "it exports both `_start` and `_initialize`: keep one of them"
            }
            Some(_) => "its export `_initialize` is not a function () -> ()",
        };
        Err(Error::InvalidModule(reason.into()))
    }

    /// The imports of the module.
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        // SAFETY: the module is loaded, and the import one of its own.
        self.raw_imports().map(|raw| unsafe { import(&raw) })
    }

    /// The exports of the module.
    pub fn exports(&self) -> impl Iterator<Item = Export<'_>> {
        // SAFETY: the module is loaded, and the export one of its own.
        raw_exports(self.raw()).map(|raw| unsafe { export(&raw) })
    }

    /// The type of the export `name`.
    pub fn get_export(&self, name: &str) -> Option<ExternType<'_>> {
        self.exports().find(|export| export.name == name).map(|export| export.ty)
    }

    /// The linear memory that the module defines.
    pub fn memory(&self) -> Option<MemoryType> {
        self.shared().memory
    }

    /// Bytes in a page of its memory.
    pub(crate) fn page_size(&self) -> usize {
        self.memory().map_or(PAGE_SIZE, |memory| memory.page_size as usize)
    }

    /// The limits of the module and its instances.
    pub fn limits(&self) -> &Limits {
        &self.shared().limits
    }

    /// Usage of the module's [memory quota](Limits::pool), or of the whole pool if it has none.
    pub fn pool_usage(&self) -> PoolUsage {
        self.shared().share.as_ref().map_or_else(|| self.runtime.pool_usage(), |share| PoolUsage::of(share.heap()))
    }

    /// What the module's [memory quota](Limits::pool) takes of the pool, in bytes, with all bookkeeping. 0 without a quota.
    pub fn quota(&self) -> u32 {
        self.shared().share.as_ref().map_or(0, |share| Heap::block_size(share.heap().size()) + COST)
    }

    /// The largest block that is free in the module's memory quota or, without a quota, in the pool, in bytes.
    pub fn room(&self) -> u32 {
        self.heap().map_or(u32::MAX, Heap::largest)
    }

    /// The block that the memory of an instance needs to grow to its maximum, in bytes: the stack is behind the memory. 0 if the module has
    /// no `memory.grow` and no `memory.size`: its memory cannot grow.
    pub fn growth(&self) -> u32 {
        // SAFETY: the module is loaded, and not native code, of which this is not known.
        let grows = self.is_native() || unsafe { wamr_sys::heap::grows(self.raw()) };
        let most = |memory: MemoryType| memory.maximum.unwrap_or(u32::MAX);
        let memory = self.memory().filter(|memory| grows && most(*memory) > memory.minimum);
        memory.map_or(0, |memory| {
            let bytes = most(memory).min(most_pages(self)).saturating_mul(memory.page_size);
            // With the header of the block.
            bytes.saturating_add(2 * Heap::ALIGN as u32)
        })
    }

    /// Returns the part of the module's [memory quota](Limits::pool) to the pool that it and its instances do not use now. Room is kept for
    /// a memory that the module may grow: for its maximum or, if the quota is less, for what the quota holds. An instance never needs
    /// more than that after it was created. Nothing happens without a quota, and on an allocator.
    ///
    /// # Errors
    /// [`Error::NoShare`] if a memory that may grow needs a larger quota than the pool had room for [at first](Self::with_room), and the
    /// limit permits that. Without a limit, such a memory can grow to what the pool had.
    pub fn fit_quota(&self) -> Result<(), Error> {
        let (Some(share), Some(pool)) = (&self.shared().share, self.runtime.heap()) else { return Ok(()) };
        let keep = self.growth();
        let missing = keep.saturating_sub(self.room());
        if let Some(most) = self.limits().pool.filter(|_| missing > 0 && share.heap().is_short()) {
            let free = share.heap().size();
            return Err(Error::NoShare { wanted: free.saturating_add(missing).min(most), free });
        }
        share.fit(pool, keep);
        Ok(())
    }

    /// The heap of the module and its instances; `None` for the runtime's allocator.
    pub(crate) fn heap(&self) -> Option<&Heap> {
        self.shared().share.as_ref().map(Share::heap).or(self.runtime.heap())
    }

    /// Makes WAMR allocate for this module until the value is dropped.
    ///
    /// # Safety
    /// The module outlives the value. Values are dropped in the reverse order of their creation.
    pub(crate) unsafe fn enter_heap(&self) -> Entered {
        // SAFETY: the caller's promise.
        unsafe { Heap::enter(self.heap()) }
    }

    pub(crate) fn runtime(&self) -> &RuntimeRef<'rt> {
        &self.runtime
    }

    pub(crate) fn raw(&self) -> wamr_sys::wasm_module_t {
        self.shared().raw
    }

    pub(crate) fn linker(&self) -> &Cell<Option<Id>> {
        &self.shared().linker
    }

    pub(crate) fn raw_imports(&self) -> impl Iterator<Item = wamr_sys::wasm_import_t> {
        let raw = self.raw();
        // SAFETY: the module is loaded.
        let count = unsafe { wamr_sys::wasm_runtime_get_import_count(raw) };
        // The last import of native code is that of its counting, see `wamr-sys/cmake/native.cmake`.
        let count = count - i32::from(self.is_native());
        // SAFETY: the module is loaded; `i` is below the count.
        (0..count).map(move |i| unsafe { raw_import(raw, i) })
    }

    fn is_native(&self) -> bool {
        #[cfg(wamr_native)]
        return !wamr_sys::INTERPRETER || self.shared().native;
        #[cfg(not(wamr_native))]
        return false;
    }

    fn shared(&self) -> &Shared {
        // SAFETY: lives until the last clone is dropped.
        unsafe { self.shared.as_ref() }
    }
}

impl Clone for Module<'_> {
    fn clone(&self) -> Self {
        let users = &self.shared().users;
        users.set(users.get().checked_add(1).expect("as many clones as memory has bytes"));
        Self { shared: self.shared, runtime: self.runtime.clone() }
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        let users = self.shared().users.get() - 1;
        self.shared().users.set(users);
        if users == 0 {
            // SAFETY: this is the last clone.
            drop(unsafe { PoolBox::<Shared>::from_raw(self.shared) });
        }
    }
}

impl fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").finish_non_exhaustive()
    }
}

/// The exports of a loaded module in WAMR's representation.
pub(crate) fn raw_exports(module: wamr_sys::wasm_module_t) -> impl Iterator<Item = wamr_sys::wasm_export_t> {
    // SAFETY: the module is loaded.
    let count = unsafe { wamr_sys::wasm_runtime_get_export_count(module) };
    // SAFETY: the module is loaded; `i` is below the count.
    (0..count).map(move |i| unsafe { raw_export(module, i) })
}

// These functions are not inlined: imports and exports are listed in many places.

/// # Safety
/// The module is loaded and has more than `index` imports.
#[inline(never)]
unsafe fn raw_import(module: wamr_sys::wasm_module_t, index: i32) -> wamr_sys::wasm_import_t {
    // SAFETY: numbers and null pointers are valid; the rest is the caller's promise.
    unsafe {
        let mut import = zeroed();
        wamr_sys::wasm_runtime_get_import_type(module, index, &mut import);
        import
    }
}

/// # Safety
/// The module is loaded and has more than `index` exports.
#[inline(never)]
unsafe fn raw_export(module: wamr_sys::wasm_module_t, index: i32) -> wamr_sys::wasm_export_t {
    // SAFETY: numbers and null pointers are valid; the rest is the caller's promise.
    unsafe {
        let mut export = zeroed();
        wamr_sys::wasm_runtime_get_export_type(module, index, &mut export);
        export
    }
}

/// # Safety
/// The import belongs to a module that lives.
#[inline(never)]
unsafe fn import<'m>(raw: &wamr_sys::wasm_import_t) -> Import<'m> {
    // SAFETY: the caller's promise: the strings and types belong to the module.
    unsafe {
        Import {
            module: message::name(raw.module_name),
            name: message::name(raw.name),
            ty: ExternType::from_raw(raw.kind, raw.u.func_type, raw.u.global_type, raw.u.table_type),
        }
    }
}

/// # Safety
/// The export belongs to a module that lives.
#[inline(never)]
unsafe fn export<'m>(raw: &wamr_sys::wasm_export_t) -> Export<'m> {
    // SAFETY: the caller's promise: the string and type belong to the module.
    unsafe {
        Export {
            name: message::name(raw.name),
            ty: ExternType::from_raw(raw.kind, raw.u.func_type, raw.u.global_type, raw.u.table_type),
        }
    }
}
