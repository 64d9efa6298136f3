//! State of a host group for each app.

use core::cell::RefCell;

use crate::APPS_MAX;
use critical_section::Mutex;

/// One `T` for each app that uses a group: made when it is first used, gone when the group [takes](Self::take) it, usually in
/// [`HostGroup::unloaded`](crate::HostGroup::unloaded).
///
/// It can be used from any thread and from interrupts: it is accessed in a [`critical_section`], so keep accesses short.
///
/// ```
/// use wamr_device::PerApp;
///
/// static READINGS: PerApp<u32> = PerApp::new();
///
/// let app = 3; // AppData::number
/// READINGS.with(app, |readings| *readings += 1);
/// READINGS.with(app, |readings| *readings += 1);
/// assert_eq!(READINGS.take(app), Some(2));
/// assert_eq!(READINGS.take(app), None);
/// ```
#[derive(Debug)]
pub struct PerApp<T>(Mutex<RefCell<[Option<T>; APPS_MAX]>>);

impl<T> PerApp<T> {
    /// No app has any state.
    pub const fn new() -> Self {
        Self(Mutex::new(RefCell::new([const { None }; APPS_MAX])))
    }

    /// Calls `access` with the state of the app with this [number](crate::AppData::number).
    ///
    /// # Panics
    /// If `access` uses this object, or no app has such a number.
    pub fn with<R>(&self, app: u8, access: impl FnOnce(&mut T) -> R) -> R
    where
        T: Default,
    {
        critical_section::with(|cs| {
            access(self.0.borrow(cs).borrow_mut()[usize::from(app)].get_or_insert_with(T::default))
        })
    }

    /// Takes the state of an app. `None` if it has not been used since it was taken last.
    ///
    /// # Panics
    /// As [`with`](Self::with).
    pub fn take(&self, app: u8) -> Option<T> {
        critical_section::with(|cs| self.0.borrow(cs).borrow_mut()[usize::from(app)].take())
    }
}

impl<T> Default for PerApp<T> {
    fn default() -> Self {
        Self::new()
    }
}
