//! Host functions by name.

use core::ffi::c_void;
use core::fmt::{self, Write};
use core::marker::PhantomData;
use core::ptr::NonNull;

#[cfg(feature = "alloc")]
use alloc::rc::Rc;

use wamr_sys::HostFunction;
use wamr_sys::heap::Heap;

use crate::func_new::DynamicFunc;
use crate::host_func::Signature;
use crate::id::Id;
use crate::pool_box::PoolBox;
use crate::runtime_ref::{AsRuntime, RuntimeRef};
use crate::{Caller, Error, Import, Instance, IntoHostFunc, Message, Module, Trap, Val, ValType};

/// Host functions that modules can import, by module and name. `T` is the host's data in each instance.
///
/// The linker keeps the closures in the pool. Its instances borrow or share it, so no guest can call a function after its closure is
/// dropped.
///
/// [`func_wrap`](Self::func_wrap) and [`Instance`](crate::Instance) have examples.
pub struct Linker<'rt, T = ()> {
    id: Id,
    /// A list, because there is no allocator to grow an array.
    newest: Option<PoolBox<'rt, Definition<'rt>>>,
    /// Goes after the functions.
    runtime: RuntimeRef<'rt>,
    data: PhantomData<fn(T) -> T>,
}

struct Definition<'rt> {
    module: &'rt str,
    name: &'rt str,
    /// Static, or beside the closure.
    signature: NonNull<Signature>,
    host: HostFunction,
    /// Drops the closure and frees its memory.
    drop: unsafe fn(NonNull<c_void>),
    older: Option<PoolBox<'rt, Definition<'rt>>>,
}

impl Definition<'_> {
    fn signature(&self) -> &Signature {
        // SAFETY: lives as long as the definition.
        unsafe { self.signature.as_ref() }
    }

    /// Makes WAMR bind the imports with the name of `import` to this definition.
    ///
    /// WAMR's table of host functions is global and sorted in place. It holds this function only during the binding; the module keeps the
    /// pointers to the signature and the host function.
    fn bind(&self, module: &Module<'_>, import: &wamr_sys::wasm_import_t) -> Result<(), Error> {
        let mut symbol = self.host.symbol(import.name, self.signature().as_c_str());
        // SAFETY: left at the end of this function. The host owns the table, whichever guest runs.
        let _entered = unsafe { Heap::enter(module.runtime().heap()) };
        // SAFETY: the strings belong to the module or live as long as the linker, with which alone the module can be
        // instantiated; the symbol is unregistered before it goes.
        unsafe {
            if !wamr_sys::wasm_runtime_register_natives_raw(import.module_name, &mut symbol, 1) {
                return Err(Error::out_of_memory());
            }
            // False while other imports are unbound.
            wamr_sys::wasm_runtime_resolve_symbols(module.raw());
            wamr_sys::wasm_runtime_unregister_natives(import.module_name, &mut symbol);
        }
        Ok(())
    }
}

impl Drop for Definition<'_> {
    fn drop(&mut self) {
        // SAFETY: `drop` was made for `closure`, and runs once. No instance is left: each borrows or shares the linker.
        unsafe { (self.drop)(self.host.closure) };
    }
}

impl<'rt, T> Linker<'rt, T> {
    /// A linker without definitions.
    pub fn new(runtime: impl AsRuntime<'rt>) -> Self {
        Self { id: Id::next(), newest: None, runtime: runtime.runtime_ref(), data: PhantomData }
    }

    /// Defines `module.name` as a closure, which has the type of the import; see [`IntoHostFunc`].
    ///
    /// ```
    /// # fn show(runtime: &wamr::Runtime) -> Result<(), wamr::Error> {
    /// use wamr::{Caller, Linker, Trap};
    ///
    /// let mut linker = Linker::<u32>::new(runtime);
    /// linker.func_wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b))?;
    /// linker.func_wrap("env", "count", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1)?;
    /// linker.func_wrap("env", "log", |caller: Caller<'_, u32>, address: u32, length: u32| {
    ///     let text = caller.bytes(address, length)?;
    ///     core::str::from_utf8(text).map_err(|_| Trap::host("not UTF-8"))?;
    ///     Ok::<(), Trap>(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`].
    pub fn func_wrap<P, F>(&mut self, module: &'rt str, name: &'rt str, function: F) -> Result<&mut Self, Error>
    where
        F: IntoHostFunc<T, P> + 'rt,
    {
        self.define(module, name, function, F::trampoline, |_| NonNull::from(const { &F::SIGNATURE }))
    }

    /// Defines `module.name` with a type that is known only at run time, for example from a table of C functions. The closure gets the
    /// arguments and a slice for the result, which is zero or null until the closure sets it. [`func_wrap`](Self::func_wrap) is faster.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show(r#"(module (import "env" "max" (func $max (param i32 i32) (result i32)))
    /// #     (func (export "run") (result i32) (call $max (i32.const 7) (i32.const 42))))"#, |runtime, module| {
    /// use wamr::{Linker, Trap, Val, ValType};
    ///
    /// let mut linker = Linker::<()>::new(runtime);
    /// linker.func_new("env", "max", &[ValType::I32; 2], &[ValType::I32], |_caller, params, results| {
    ///     let [Val::I32(a), Val::I32(b)] = *params else { return Err(Trap::host("not two numbers")) };
    ///     results[0] = Val::I32(a.max(b));
    ///     Ok(())
    /// })?;
    /// let mut instance = linker.instantiate(module, ())?;
    /// assert_eq!(instance.get_typed_func::<(), i32>("run")?.call(&mut instance, ())?, 42);
    /// # Ok(()) }) }
    /// ```
    ///
    /// A result whose type differs from `results` is a [`Trap::Host`](crate::Trap::Host).
    ///
    /// # Errors
    /// [`Error::TooManyValues`] for more than 16 parameters or more than one result; [`Error::TypeMismatch`] for `v128`;
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`].
    pub fn func_new<F>(
        &mut self,
        module: &'rt str,
        name: &'rt str,
        params: &[ValType],
        results: &[ValType],
        function: F,
    ) -> Result<&mut Self, Error>
    where
        F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Trap> + 'rt,
    {
        let function = DynamicFunc::new(params, results, function)?;
        self.define(module, name, function, DynamicFunc::<F>::trampoline::<T>, DynamicFunc::signature)
    }

    /// Puts the closure into the pool and adds it to the list. `call` gets it as its closure.
    fn define<F: 'rt>(
        &mut self,
        module: &'rt str,
        name: &'rt str,
        closure: F,
        call: wamr_sys::Call,
        signature: impl FnOnce(NonNull<F>) -> NonNull<Signature>,
    ) -> Result<&mut Self, Error> {
        if self.definition(module, name).is_some() {
            return Err(Error::DuplicateDefinition);
        }
        // SAFETY: the linker holds the runtime.
        let closure = unsafe { PoolBox::new(self.runtime.heap(), closure) }?.into_raw();
        let definition = Definition {
            module,
            name,
            signature: signature(closure),
            host: HostFunction { call, closure: closure.cast() },
            drop: drop_closure::<F>,
            older: None,
        };
        // SAFETY: the linker holds the runtime.
        let mut definition = unsafe { PoolBox::new(self.runtime.heap(), definition) }?;
        definition.older = self.newest.take();
        self.newest = Some(definition);
        Ok(self)
    }

    /// Creates an instance of `module` that imports functions of this linker, and runs the functions that [`Instance::new`] lists.
    ///
    /// Host functions access `data` with [`Caller::data`](crate::Caller::data).
    ///
    /// # Errors
    /// [`Error::UnresolvedImports`], [`Error::LinkedElsewhere`], and those of [`Instance::new`].
    pub fn instantiate<'l>(&'l self, module: &Module<'rt>, data: T) -> Result<Instance<'l, T>, Error> {
        self.link(module)?;
        // SAFETY: all imports are bound to functions of this linker, which the instance borrows, and these expect a `T`.
        unsafe { Instance::start(module.clone(), data) }
    }

    /// Like [`instantiate`](Self::instantiate), but the instance shares the linker instead of borrowing it. If the linker and the module
    /// share the runtime as well, the instance borrows nothing and can be an `Instance<'static, T>`.
    ///
    /// The [front page](crate#one-struct-that-owns-everything) has an example.
    ///
    /// # Errors
    /// Those of [`instantiate`](Self::instantiate).
    #[cfg(feature = "alloc")]
    pub fn instantiate_shared(self: &Rc<Self>, module: &Module<'rt>, data: T) -> Result<Instance<'rt, T>, Error> {
        self.link(module)?;
        // SAFETY: all imports are bound to functions of this linker, which the instance keeps, and these expect a `T`.
        let mut instance = unsafe { Instance::start(module.clone(), data) }?;
        instance.keep(Rc::clone(self));
        Ok(instance)
    }

    /// The imports of `module` that this linker does not define, or defines with another type.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show(r#"(module (import "env" "now" (func (result i64))) (import "env" "log" (func (param i32 i32))))"#, |runtime, module| {
    /// use wamr::Linker;
    ///
    /// let mut linker = Linker::<()>::new(runtime);
    /// linker.func_wrap("env", "log", |_: i32| ())?;
    /// let missing: Vec<_> = linker.unresolved(module).map(|import| import.to_string()).collect();
    /// assert_eq!(missing, ["env.now () -> i64", "env.log (i32, i32)"]);
    /// let error = linker.instantiate(module, ()).unwrap_err();
    /// assert_eq!(error.to_string(), "the host does not provide env.now () -> i64, env.log (i32, i32)");
    /// # Ok(()) }) }
    /// ```
    pub fn unresolved<'m>(&self, module: &'m Module<'_>) -> impl Iterator<Item = Import<'m>> {
        module.imports().filter(|import| self.resolve(import).is_none())
    }

    /// Whether the linker defines any function of a module of this name.
    ///
    /// ```
    #[doc = include_str!("../doc/show.txt")]
    /// # fn main() -> Result<(), wamr::Error> {
    /// # show("(module)", |runtime, _| {
    /// let mut linker = wamr::Linker::<()>::new(runtime);
    /// linker.func_wrap("env", "log", |_: i32| ())?;
    /// assert!(linker.defines("env") && !linker.defines("gpio"));
    /// # Ok(()) }) }
    /// ```
    pub fn defines(&self, module: &str) -> bool {
        self.definitions().any(|definition| definition.module == module)
    }

    /// Makes WAMR bind every import of `module` to a definition of this linker.
    fn link(&self, module: &Module<'rt>) -> Result<(), Error> {
        if module.linker().get().is_some_and(|id| id != self.id) {
            return Err(Error::LinkedElsewhere);
        }
        refuse_unresolved(self.unresolved(module))?;

        // WAMR also binds an import `_f` to a function `f`, so names with more underscores must be bound first.
        let underscores = |import: &Import<'_>| import.name.bytes().take_while(|&byte| byte == b'_').count();
        let most = module.imports().map(|import| underscores(&import)).max().unwrap_or(0);
        for count in (0..=most).rev() {
            for (raw, import) in module.raw_imports().zip(module.imports()) {
                if underscores(&import) == count && !raw.linked {
                    let definition = self.resolve(&import).ok_or(Error::LinkedElsewhere)?;
                    module.linker().set(Some(self.id));
                    definition.bind(module, &raw)?;
                }
            }
        }
        Ok(())
    }

    fn resolve(&self, import: &Import<'_>) -> Option<&Definition<'rt>> {
        let crate::ExternType::Func(ty) = import.ty else { return None };
        let definition = self.definition(import.module, import.name)?;
        (Signature::of(ty)? == *definition.signature()).then_some(definition)
    }

    fn definition(&self, module: &str, name: &str) -> Option<&Definition<'rt>> {
        self.definitions().find(|definition| definition.module == module && definition.name == name)
    }

    fn definitions(&self) -> impl Iterator<Item = &Definition<'rt>> {
        core::iter::successors(self.newest.as_deref(), |definition| definition.older.as_deref())
    }
}

/// Fails if there is any import.
pub(crate) fn refuse_unresolved<'m>(mut imports: impl Iterator<Item = Import<'m>>) -> Result<(), Error> {
    let Some(first) = imports.next() else { return Ok(()) };
    let mut list = Message::new();
    let _ = write!(list, "{first}");
    for import in imports {
        let _ = write!(list, ", {import}");
    }
    Err(Error::UnresolvedImports(list))
}

impl<T> fmt::Debug for Linker<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.definitions().map(|definition| (definition.module, definition.name));
        f.debug_list().entries(names).finish()
    }
}

/// # Safety
/// `closure` came from a `PoolBox<F>` and is not used again.
unsafe fn drop_closure<F>(closure: NonNull<c_void>) {
    // SAFETY: the caller's promise.
    drop(unsafe { PoolBox::<F>::from_raw(closure.cast()) });
}
