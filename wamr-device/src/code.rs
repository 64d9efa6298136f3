//! Loads the code of an app: WebAssembly, or native code where the device runs that.

use core::ops::Range;

use wamr::{Limits, Module, Runtime};
use wamr_proto::Refusal;
#[cfg(wamr_native)]
use {wamr::NativeCode, wamr_proto::ErrorCode};

use crate::image::Image;
use crate::ledger::Signer;
use crate::refusal::refusal;

/// The bytes of a module for as long as the program runs, if they are where native code can run. Without a runtime for that, nothing.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    #[cfg(wamr_native)]
    module: Option<&'static [u8]>,
}

impl Place {
    #[cfg(wamr_native)]
    pub fn of(image: &(impl Image + ?Sized), range: Range<u32>) -> Self {
        Self { module: image.in_place(range) }
    }

    #[cfg(not(wamr_native))]
    pub fn of(_: &(impl Image + ?Sized), _: Range<u32>) -> Self {
        Self {}
    }
}

/// Loads a verified module. How much of the pool it needs is known when it has an instance.
pub(crate) fn load<'rt>(
    runtime: &'rt Runtime,
    bytes: &[u8],
    #[cfg_attr(not(wamr_native), expect(unused_variables))] (place, signer): (Place, Option<Signer>),
    limits: &Limits,
) -> Result<Module<'rt>, Refusal> {
    #[cfg(wamr_native)]
    if wamr::is_native(bytes) {
        if signer.is_none() {
            return Err(Refusal::new(ErrorCode::NativeNotPermitted, "it is not signed, or nothing checks signatures"));
        }
        return load_native(runtime, bytes, place, limits);
    }
    Module::with_room(runtime, bytes, limits).map_err(|error| refusal(&error))
}

/// Loads native code that a key with the right to sign it signed.
#[cfg(wamr_native)]
#[expect(unsafe_code)]
fn load_native<'rt>(
    runtime: &'rt Runtime,
    #[cfg_attr(target_os = "none", expect(unused_variables))] bytes: &[u8],
    place: Place,
    limits: &Limits,
) -> Result<Module<'rt>, Refusal> {
    let loaded = match place.module {
        // SAFETY: whoever has the right to sign native code vouches for it, and the signature was checked in the read that this is
        // part of. The device does not write to the slot of an app that is loaded.
        Some(module) => unsafe { Module::from_native_with_room(runtime, file(module)?, limits) },
        // SAFETY: as above.
        #[cfg(not(target_os = "none"))]
        None => unsafe { Module::copy_native_with_room(runtime, file(bytes)?, limits) },
        #[cfg(target_os = "none")]
        None => return Err(invalid("the flash of the slots cannot run native code in place")),
    };
    loaded.map_err(|error| refusal(&error))
}

/// The AOT file in a module.
#[cfg(wamr_native)]
fn file(module: &[u8]) -> Result<&[u8], Refusal> {
    match NativeCode::in_module(module) {
        Ok(Some(code)) => Ok(code.file),
        Ok(None) => Err(invalid("it is not native code")),
        Err(error) => Err(refusal(&error)),
    }
}

#[cfg(wamr_native)]
fn invalid(message: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidModule, message)
}
