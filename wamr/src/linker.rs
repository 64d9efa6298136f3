//! Host functions by name.

use core::ffi::c_void;
use core::fmt::{self, Write};
use core::marker::PhantomData;
use core::ptr::NonNull;

#[cfg(feature = "alloc")]
use alloc::rc::Rc;

use wamr_sys::HostFunction;

use crate::func_new::DynamicFunc;
use crate::host_func::Signature;
use crate::id::Id;
use crate::interface::{Interface, Method, RawMethod};
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
    interfaces: Option<PoolBox<'rt, Interface<'rt>>>,
    module_name: fn(&str) -> &str,
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
    fn function(&self) -> Function<'_> {
        // SAFETY: the signature lives as long as the definition.
        Function { signature: unsafe { self.signature.as_ref() }, host: &self.host }
    }
}

/// A defined function, closure or method.
#[derive(Clone, Copy)]
struct Function<'a> {
    signature: &'a Signature,
    host: &'a HostFunction,
}

impl Function<'_> {
    /// Makes WAMR bind the imports with the name of `import` to this function.
    ///
    /// WAMR's table of host functions is global and sorted in place. It holds this function only during the binding; the module keeps the
    /// pointers to the signature and the host function.
    fn bind(&self, module: &Module<'_>, import: &wamr_sys::wasm_import_t) -> Result<(), Error> {
        let mut symbol = self.host.symbol(import.name, self.signature.as_c_str());
        // What the table allocates is freed at the end of this function, and the pool may have no more room beside the module.
        // SAFETY: left there, too. The module lives.
        let _entered = unsafe { module.enter_heap() };
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
        Self {
            id: Id::next(),
            newest: None,
            interfaces: None,
            module_name: |name| name,
            runtime: runtime.runtime_ref(),
            data: PhantomData,
        }
    }

    /// Sets a function that translates the module names of imports into those of definitions, for example to ignore a version. By
    /// default, both are equal.
    pub fn set_module_name(&mut self, name: fn(&str) -> &str) {
        self.module_name = name;
    }

    /// Defines the methods of an object as functions of the module `module`.
    ///
    /// ```
    /// # fn main() -> Result<(), wamr::Error> {
    #[doc = include_str!("../doc/show.txt")]
    /// # show(r#"(module (import "lamp" "set" (func $set (param i32))) (func (export "run") (call $set (i32.const 7))))"#, |runtime, module| {
    /// use core::cell::Cell;
    /// use wamr::{Caller, Linker, Method};
    ///
    /// struct Lamp(Cell<u32>);
    ///
    /// impl Lamp {
    ///     const METHODS: &[Method<Lamp, ()>] = &[Method::new("set", Lamp::set)];
    ///
    ///     fn set(&self, _: Caller<'_, ()>, brightness: u32) {
    ///         self.0.set(brightness);
    ///     }
    /// }
    ///
    /// let lamp = Lamp(Cell::new(0));
    /// let mut linker = Linker::new(runtime);
    /// linker.interface("lamp", &lamp, Lamp::METHODS)?;
    /// let mut instance = linker.instantiate(module, ())?;
    /// instance.get_typed_func::<(), ()>("run")?.call(&mut instance, ())?;
    /// assert_eq!(lamp.0.get(), 7);
    /// # Ok(()) }) }
    /// ```
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`].
    pub fn interface<O>(
        &mut self,
        module: &'rt str,
        object: &'rt O,
        methods: &'rt [Method<O, T>],
    ) -> Result<&mut Self, Error> {
        self.define_methods(module, NonNull::from(object).cast(), Method::raw(methods))?;
        Ok(self)
    }

    // The same code for all types of objects.
    #[inline(never)]
    fn define_methods(
        &mut self,
        module: &'rt str,
        object: NonNull<c_void>,
        methods: &'rt [RawMethod],
    ) -> Result<(), Error> {
        let interface = Interface::new(&self.runtime, module, object, methods)?;
        if interface.names().any(|name| self.definition(module, name).is_some()) {
            return Err(Error::DuplicateDefinition);
        }
        // SAFETY: the linker holds the runtime.
        let mut interface = unsafe { PoolBox::new(self.runtime.heap(), interface) }?;
        interface.older = self.interfaces.take();
        self.interfaces = Some(interface);
        Ok(())
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
                    let function = self.resolve(&import).ok_or(Error::LinkedElsewhere)?;
                    module.linker().set(Some(self.id));
                    function.bind(module, &raw)?;
                }
            }
        }
        Ok(())
    }

    fn resolve(&self, import: &Import<'_>) -> Option<Function<'_>> {
        let crate::ExternType::Func(ty) = import.ty else { return None };
        let function = self.definition((self.module_name)(import.module), import.name)?;
        (Signature::of(ty)? == *function.signature).then_some(function)
    }

    fn definition(&self, module: &str, name: &str) -> Option<Function<'_>> {
        let of_module = |interface: &&Interface<'rt>| interface.module == module;
        let mut methods = self.interfaces().filter(of_module).filter_map(|interface| interface.method(name));
        if let Some((signature, host)) = methods.next() {
            return Some(Function { signature, host });
        }
        let found = self.definitions().find(|definition| definition.module == module && definition.name == name)?;
        Some(found.function())
    }

    fn interfaces(&self) -> impl Iterator<Item = &Interface<'rt>> {
        core::iter::successors(self.interfaces.as_deref(), |interface| interface.older.as_deref())
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
        let methods = self.interfaces().flat_map(|interface| interface.names().map(|name| (interface.module, name)));
        let names = self.definitions().map(|definition| (definition.module, definition.name));
        f.debug_list().entries(names).entries(methods).finish()
    }
}

/// # Safety
/// `closure` came from a `PoolBox<F>` and is not used again.
unsafe fn drop_closure<F>(closure: NonNull<c_void>) {
    // SAFETY: the caller's promise.
    drop(unsafe { PoolBox::<F>::from_raw(closure.cast()) });
}
