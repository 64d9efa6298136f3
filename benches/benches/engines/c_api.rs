use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::mem::zeroed;
use std::ptr::{null, null_mut};

use wamr::Runtime;
use wamr_benches::Engine;
use wamr_sys as sys;

/// WAMR's C API, used as a program in C would: the measure of what `wamr` adds. It is the same build of WAMR, which meters.
pub struct CApi<'rt>(PhantomData<&'rt Runtime>);

/// What `env.add` is for a program in C: a raw native.
unsafe extern "C" fn add(_: sys::wasm_exec_env_t, slots: *mut u64) {
    // SAFETY: WAMR passes a slot for each of the two parameters, and takes the result from the first.
    unsafe { *slots.cast::<i32>() = (*slots.cast::<i32>()).wrapping_add(*slots.add(1).cast::<i32>()) };
}

impl<'rt> CApi<'rt> {
    pub fn new(_: &'rt Runtime) -> Self {
        let add = sys::NativeSymbol {
            symbol: c"add".as_ptr(),
            func_ptr: add as *mut _,
            signature: c"(ii)i".as_ptr(),
            attachment: null_mut(),
        };
        // SAFETY: WAMR is initialised and keeps the table, which is never freed.
        let registered =
            unsafe { sys::wasm_runtime_register_natives_raw(c"env".as_ptr(), Box::leak(Box::new(add)), 1) };
        assert!(registered);
        Self(PhantomData)
    }
}

pub struct Module<'rt>(sys::wasm_module_t, PhantomData<&'rt Runtime>);

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: loaded, and without an instance.
        unsafe { sys::wasm_runtime_unload(self.0) };
    }
}

pub struct Instance<'rt> {
    instance: sys::wasm_module_inst_t,
    exec_env: sys::wasm_exec_env_t,
    _module: Module<'rt>,
}

impl Drop for Instance<'_> {
    fn drop(&mut self) {
        // SAFETY: both are live and not used again.
        unsafe {
            sys::wasm_runtime_destroy_exec_env(self.exec_env);
            sys::wasm_runtime_deinstantiate(self.instance);
        }
    }
}

impl<'rt> Engine for CApi<'rt> {
    const NAME: &'static str = "c";
    type Module = Module<'rt>;
    type Instance = Instance<'rt>;

    fn load(&self, wasm: &[u8]) -> Module<'rt> {
        let mut error = [0; 128];
        // SAFETY: WAMR is initialised; with `wasm_binary_freeable` it only reads the bytes, and only now.
        let module = unsafe {
            let mut args: sys::LoadArgs = zeroed();
            args.name = c"".as_ptr().cast_mut();
            args.wasm_binary_freeable = true;
            sys::wasm_runtime_load_ex(wasm.as_ptr().cast_mut(), wasm.len() as u32, &args, error.as_mut_ptr(), 128)
        };
        // SAFETY: WAMR writes a C string.
        assert!(!module.is_null(), "{:?}", unsafe { CStr::from_ptr(error.as_ptr()) });
        Module(module, PhantomData)
    }

    fn instantiate(&self, module: Module<'rt>) -> Instance<'rt> {
        // SAFETY: the module is loaded.
        let (instance, exec_env) = unsafe {
            let instance = sys::wasm_runtime_instantiate(module.0, 64 * 1024, 0, null_mut(), 0);
            assert!(!instance.is_null());
            (instance, sys::wasm_runtime_create_exec_env(instance, 64 * 1024))
        };
        assert!(!exec_env.is_null());
        Instance { instance, exec_env, _module: module }
    }

    fn function<'i>(instance: &'i mut Instance<'rt>, name: &str) -> impl FnMut(i32) -> i32 + 'i {
        let name = CString::new(name).expect("no NUL");
        // SAFETY: the instance is live.
        let function = unsafe { sys::wasm_runtime_lookup_function(instance.instance, name.as_ptr()) };
        assert_ne!(function.cast_const(), null());
        let exec_env = instance.exec_env;
        move |argument| {
            let mut cells = [argument as u32, 0];
            // SAFETY: the instance is borrowed, and the function takes and returns an `i32`.
            assert!(unsafe { sys::wasm_runtime_call_wasm(exec_env, function, 1, cells.as_mut_ptr()) });
            cells[0] as i32
        }
    }
}
