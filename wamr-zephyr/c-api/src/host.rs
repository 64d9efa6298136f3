//! Host functions in C: groups and functions from iterable sections, and what a function can ask of the app that calls it.

use core::ffi::{CStr, c_char, c_int};
use core::fmt::Write;
use core::mem::offset_of;

use heapless::Vec;
use wamr_device::{AppData, GroupLinker, HostGroup};
use wamr_proto::Text;
use wamr_zephyr::wamr::{Caller, Error, MAX_VALUES, Trap, Val, ValType};
use zephyr::{printkln, raw};

use crate::section;

/// `union wamr_zephyr_value` of `wamr_zephyr.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Value {
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
}

impl Value {
    pub const ZERO: Self = Self { i64: 0 };

    pub const fn from_i32(i32: i32) -> Self {
        Self { i32 }
    }

    pub const fn from_i64(i64: i64) -> Self {
        Self { i64 }
    }

    pub const fn from_f32(f32: f32) -> Self {
        Self { f32 }
    }

    pub const fn from_f64(f64: f64) -> Self {
        Self { f64 }
    }

    fn new(val: &Val) -> Self {
        match *val {
            Val::I32(value) => Self::from_i32(value),
            Val::I64(value) => Self::from_i64(value),
            Val::F32(value) => Self::from_f32(value),
            Val::F64(value) => Self::from_f64(value),
            // No signature has them.
            Val::FuncRef(_) | Val::ExternRef(_) => Self::ZERO,
        }
    }

    fn get(self, ty: ValType) -> Val {
        // SAFETY: all bits of the union are initialised (`ZERO`, or a value that C wrote over it), and each is valid in every member.
        unsafe {
            match ty {
                ValType::I64 => Val::I64(self.i64),
                ValType::F32 => Val::F32(self.f32),
                ValType::F64 => Val::F64(self.f64),
                _ => Val::I32(self.i32),
            }
        }
    }
}

/// `wamr_zephyr_function_t` of `wamr_zephyr.h`.
type CFunction = unsafe extern "C" fn(caller: *mut AppCaller<'_>, args: *const Value, result: *mut Value) -> c_int;

/// `struct wamr_zephyr_host_function` of `wamr_zephyr.h`.
#[repr(C)]
struct Function {
    group: *const c_char,
    name: *const c_char,
    signature: *const c_char,
    function: CFunction,
}

// SAFETY: constant, and the strings are literals.
unsafe impl Sync for Function {}

/// `struct wamr_zephyr_host_group` of `wamr_zephyr.h`.
#[repr(C)]
pub struct Group {
    name: *const c_char,
    resources: *const *const c_char,
    resource_count: usize,
    unloaded: Option<unsafe extern "C" fn(slot: u8)>,
}

// SAFETY: constant, and the names are literals.
unsafe impl Sync for Group {}

// The same as in zephyr/c_api/rust.c.
const _: () = {
    let pointer = size_of::<*const u8>();
    assert!(offset_of!(Function, function) == 3 * pointer && size_of::<Function>() == 4 * pointer);
    assert!(offset_of!(Group, resource_count) == 2 * pointer && offset_of!(Group, unloaded) == 3 * pointer);
    assert!(size_of::<Group>() == 4 * pointer);
};

unsafe extern "C" {
    // Made by the linker, see zephyr/c_api/sections.ld.
    static _wamr_zephyr_host_function_list_start: Function;
    static _wamr_zephyr_host_function_list_end: Function;
    static _wamr_zephyr_host_group_list_start: Group;
    static _wamr_zephyr_host_group_list_end: Group;
}

fn functions() -> &'static [Function] {
    // SAFETY: entries come from WAMR_ZEPHYR_HOST_FUNCTION only.
    unsafe {
        section::entries(
            &raw const _wamr_zephyr_host_function_list_start,
            &raw const _wamr_zephyr_host_function_list_end,
        )
    }
}

/// The groups of the application.
pub fn groups() -> &'static [Group] {
    // SAFETY: entries come from WAMR_ZEPHYR_HOST_GROUP only.
    unsafe {
        section::entries(&raw const _wamr_zephyr_host_group_list_start, &raw const _wamr_zephyr_host_group_list_end)
    }
}

/// A literal of the application: empty if it is not UTF-8.
fn literal(text: *const c_char) -> &'static str {
    // SAFETY: the macros of the header make it of a literal.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or_default()
}

/// The types of a function.
struct Signature {
    params: Vec<ValType, MAX_VALUES>,
    result: Option<ValType>,
}

impl Signature {
    fn parse(text: &str) -> Option<Self> {
        let (params, result) = text.strip_prefix('(')?.split_once(')')?;
        let params = params.chars().map(ty);
        let mut parsed = Vec::new();
        for param in params {
            parsed.push(param?).ok()?;
        }
        let mut result = result.chars();
        let parsed = Self { params: parsed, result: result.next().map(ty).map_or(Some(None), |ty| ty.map(Some))? };
        result.next().is_none().then_some(parsed)
    }
}

fn ty(letter: char) -> Option<ValType> {
    Some(match letter {
        'i' => ValType::I32,
        'I' => ValType::I64,
        'f' => ValType::F32,
        'F' => ValType::F64,
        _ => return None,
    })
}

/// Whether every function has a group and a signature. Prints the first that has not.
pub fn are_valid() -> bool {
    let fault = |function: &&Function| {
        !groups().iter().any(|group| group.name() == literal(function.group))
            || Signature::parse(literal(function.signature)).is_none()
    };
    let faulty = functions().iter().find(fault);
    if let Some(function) = faulty {
        let (group, name, signature) = (literal(function.group), literal(function.name), literal(function.signature));
        printkln!(
            "wamr: {group}.{name} {signature}: define the group with WAMR_ZEPHYR_HOST_GROUP, and types as in (iIfF)i"
        );
    }
    faulty.is_none()
}

impl HostGroup for Group {
    fn name(&self) -> &str {
        literal(self.name)
    }

    fn resource(&self, number: u32) -> Option<&str> {
        let number = number as usize;
        // SAFETY: WAMR_ZEPHYR_HOST_GROUP counts the names.
        (number < self.resource_count).then(|| literal(unsafe { *self.resources.add(number) }))
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        let group = linker.group();
        for function in functions().iter().filter(|function| literal(function.group) == self.name()) {
            // Checked before.
            if let Some(Signature { params, result }) = Signature::parse(literal(function.signature)) {
                let call = move |caller: Caller<'_, AppData>, args: &[Val], results: &mut [Val]| {
                    call(function, group, caller, args, results.first_mut())
                };
                linker.func_new(literal(function.name), &params, result.as_slice(), call)?;
            }
        }
        Ok(())
    }

    fn unloaded(&self, app: &AppData) {
        if let Some(unloaded) = self.unloaded {
            // SAFETY: a function of the application that takes the number of a slot.
            unsafe { unloaded(app.number()) }
        }
    }
}

/// `struct wamr_zephyr_caller` of `wamr_zephyr.h`, opaque there.
struct AppCaller<'a> {
    caller: Caller<'a, AppData>,
    /// The group of the function that it calls.
    group: wamr_device::Group<'a>,
    /// Ends the call, whatever the function returns.
    trap: Option<Trap>,
}

fn call<'a>(
    function: &Function,
    group: wamr_device::Group<'a>,
    caller: Caller<'a, AppData>,
    args: &[Val],
    result: Option<&mut Val>,
) -> Result<(), Trap> {
    let args: Vec<Value, MAX_VALUES> = args.iter().map(Value::new).collect();
    let mut returned = Value::ZERO;
    let mut caller = AppCaller { caller, group, trap: None };
    // SAFETY: a function of the application that keeps to the header. The pointers are good for the call.
    let status = unsafe { (function.function)(&mut caller, args.as_ptr(), &mut returned) };
    match caller.trap {
        Some(trap) => return Err(trap),
        None if status < 0 => return Err(failed(status)),
        None => {}
    }
    if let Some(result) = result {
        // It is 0 so far, of the type that the signature says.
        *result = returned.get(result.ty());
    }
    Ok(())
}

#[cold]
fn failed(status: c_int) -> Trap {
    let mut text = Text::default();
    let _ = write!(text, "errno {}", status.unsigned_abs());
    Trap::host(text.as_str())
}

/// `wamr_zephyr_memory` of `wamr_zephyr.h`.
///
/// # Safety
/// `caller` comes from the running call of a host function.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_zephyr_memory(caller: *mut AppCaller<'_>, offset: u32, length: u32) -> *mut u8 {
    // SAFETY: the caller's promise. Nothing else uses it while C runs.
    let caller = unsafe { &mut *caller };
    match caller.caller.bytes_mut(offset, length) {
        Ok(bytes) => bytes.as_mut_ptr(),
        Err(trap) => {
            caller.trap = Some(trap);
            core::ptr::null_mut()
        }
    }
}

/// `wamr_zephyr_require` of `wamr_zephyr.h`.
///
/// # Safety
/// As for `wamr_zephyr_memory`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_zephyr_require(caller: *mut AppCaller<'_>, resource: u32) -> c_int {
    // SAFETY: the caller's promise.
    let caller = unsafe { &mut *caller };
    match caller.caller.data().require(caller.group, resource) {
        Ok(()) => 0,
        Err(trap) => {
            caller.trap = Some(trap);
            -(raw::EACCES as c_int)
        }
    }
}

/// `wamr_zephyr_caller_slot` of `wamr_zephyr.h`.
///
/// # Safety
/// As for `wamr_zephyr_memory`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_zephyr_caller_slot(caller: *const AppCaller<'_>) -> u8 {
    // SAFETY: the caller's promise.
    unsafe { &*caller }.caller.data().number()
}

/// `wamr_zephyr_caller_name` of `wamr_zephyr.h`.
///
/// # Safety
/// As for `wamr_zephyr_memory`; `buf` is writable for `size` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_zephyr_caller_name(caller: *const AppCaller<'_>, buf: *mut u8, size: usize) -> usize {
    // SAFETY: the caller's promise.
    let name = unsafe { &*caller }.caller.data().name().as_bytes();
    if let Some(room) = size.checked_sub(1) {
        let length = name.len().min(room);
        // SAFETY: the caller's promise; one byte is left for the NUL.
        unsafe {
            buf.copy_from_nonoverlapping(name.as_ptr(), length);
            buf.add(length).write(0);
        }
    }
    name.len()
}

/// `wamr_zephyr_trap` of `wamr_zephyr.h`.
///
/// # Safety
/// As for `wamr_zephyr_memory`; `text` is a C string.
#[unsafe(no_mangle)]
unsafe extern "C" fn wamr_zephyr_trap(caller: *mut AppCaller<'_>, text: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("a text that is not UTF-8");
    // SAFETY: the caller's promise.
    unsafe { &mut *caller }.trap = Some(Trap::host(text));
    -(raw::ECANCELED as c_int)
}
