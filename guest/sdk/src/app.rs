//! What an app is: a value that starts and receives events.

use crate::{Error, Event, Result};
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

/// An app. `#[wamr_guest::app]` on its implementation makes the module's exports from it.
///
/// If a function returns an error, the app ends with a trap, and the device restarts it as its manifest says. With the feature `log`, the
/// error is in the device's log.
pub trait App: Sized {
    /// The device calls this once, after it has loaded the app.
    ///
    /// # Errors
    /// If the app cannot run.
    fn start() -> Result<Self>;

    /// The device calls this for each event. Between events, the app does not run and the device can sleep.
    ///
    /// # Errors
    /// If the app cannot go on.
    fn on_event(&mut self, event: Event) -> Result;
}

/// The place for the app of this module.
#[doc(hidden)]
pub struct Slot<A> {
    app: UnsafeCell<MaybeUninit<A>>,
    started: Cell<bool>,
}

// SAFETY: a WebAssembly instance has one thread.
unsafe impl<A> Sync for Slot<A> {}

#[allow(clippy::new_without_default, reason = "only a static needs it")]
impl<A: App> Slot<A> {
    pub const fn new() -> Self {
        Self { app: UnsafeCell::new(MaybeUninit::uninit()), started: Cell::new(false) }
    }

    /// # Safety
    /// Only the device may call this, once.
    #[inline(always)]
    pub unsafe fn start(&self) {
        #[cfg(feature = "log")]
        crate::log::install();
        let app = succeed(A::start());
        // SAFETY: the device does not call an app while it runs, so there is no other reference.
        unsafe { (*self.app.get()).write(app) };
        self.started.set(true);
    }

    /// # Safety
    /// Only the device may call this, after `start` has returned.
    #[inline(always)]
    pub unsafe fn on_event(&self, case: u32, first: u32, second: u32) {
        // SAFETY: `start` has written it. The device does not call an app while it runs, so there is no other reference.
        let app = unsafe { (*self.app.get()).assume_init_mut() };
        if let Some(event) = Event::lift(case, first, second) {
            succeed(app.on_event(event));
        }
    }

    /// The app, for a call of a client. Traps before `start` has returned: clients can call an app that could not start.
    ///
    /// # Safety
    /// Only for a function that only the device may call, and once.
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "each call of the device has the app for itself")]
    pub unsafe fn started(&self) -> &mut A {
        if !self.started.get() {
            crate::trap();
        }
        // SAFETY: `start` has written it. The device does not call an app while it runs, so there is no other reference.
        unsafe { (*self.app.get()).assume_init_mut() }
    }
}

#[inline(always)]
fn succeed<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(_error) => {
            #[cfg(feature = "log")]
            ::log::error!("the app ends: {_error}");
            crate::trap()
        }
    }
}

/// Exports an [`App`] from this module.
#[doc(hidden)]
#[macro_export]
macro_rules! export_app {
    ($app:ty) => {
        const _: () = {
            static APP: $crate::Slot<$app> = $crate::Slot::new();

            impl $crate::export::Instance for $app {
                fn slot() -> &'static $crate::Slot<Self> {
                    &APP
                }
            }

            #[unsafe(export_name = "start")]
            extern "C" fn start() {
                // SAFETY: only the device can name this function.
                unsafe { APP.start() }
            }

            #[unsafe(export_name = "on-event")]
            extern "C" fn on_event(case: u32, first: u32, second: u32) {
                // SAFETY: only the device can name this function.
                unsafe { APP.on_event(case, first, second) }
            }

            // Here, because the linker drops sections of crates that it does not need anything from.
            #[unsafe(link_section = "component-type:wamr:device")]
            static DESCRIPTION: [u8; $crate::DESCRIPTION.len()] = *$crate::DESCRIPTION;
        };
    };
}
