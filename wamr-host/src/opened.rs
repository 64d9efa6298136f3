//! The resources that apps have opened, and their handles.

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use critical_section::Mutex;
use wamr::Trap;
use wamr_device::{APPS_MAX, AppData, Group, HostGroup};

use crate::Error;
use crate::abi::{self, App};

/// Whether several apps can open a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Any number of apps, each once.
    Shared,
    /// One app at a time.
    Exclusive,
}

/// The resources of a group that each app has opened. A handle is the number of the resource plus one, so an app can open a resource
/// once.
#[derive(Debug)]
pub struct Opened {
    /// Which group of the device this is.
    group: AtomicUsize,
    /// One bit for each resource, by the number of the app.
    apps: [Mutex<Cell<u32>>; APPS_MAX],
}

impl Opened {
    /// No app has opened anything.
    pub const fn new() -> Self {
        Self { group: AtomicUsize::new(usize::MAX), apps: [const { Mutex::new(Cell::new(0)) }; APPS_MAX] }
    }

    /// Sets the group whose resources these are. A group calls this when it [defines](HostGroup::define) its functions.
    pub fn bind(&self, group: Group<'_>) {
        self.group.store(group.index(), Relaxed);
    }

    /// Returns what the manifest of an app grants it of the group, as [`AppData::granted`] does.
    pub fn granted(&self, app: &AppData) -> u32 {
        app.granted_of(self.group.load(Relaxed))
    }

    /// Returns the number of the resource whose name is in the memory of the app: its address and its length.
    ///
    /// # Errors
    /// The inner error is for the app: [`Error::NotFound`]. The outer one is a trap: the manifest of the app does not grant the resource, or
    /// the name is not a string.
    pub fn find(
        &self,
        group: &dyn HostGroup,
        app: &App<'_>,
        (address, length): (u32, u32),
    ) -> Result<Result<u32, Error>, Trap> {
        let name = abi::string(app, address, length)?;
        let Some(number) = group.resources().iter().position(|known| *known == name) else {
            return Ok(Err(Error::NotFound));
        };
        let number = number as u32;
        app.data().require_of(group, self.group.load(Relaxed), number)?;
        Ok(Ok(number))
    }

    /// Opens the resource of this name for an app, and returns its handle.
    ///
    /// # Errors
    /// As for [`find`](Self::find), and [`Error::Busy`] for the app.
    pub fn open(
        &self,
        group: &dyn HostGroup,
        app: &App<'_>,
        name: (u32, u32),
        sharing: Sharing,
    ) -> Result<Result<u32, Error>, Trap> {
        self.open_with(group, app, name, sharing, |_| Ok(()))
    }

    /// Opens a resource, and configures it with its number. If that fails, the resource is closed again.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and those of `configure` for the app.
    pub fn open_with(
        &self,
        group: &dyn HostGroup,
        app: &App<'_>,
        name: (u32, u32),
        sharing: Sharing,
        configure: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<Result<u32, Error>, Trap> {
        match self.find(group, app, name)? {
            Ok(number) => self.open_number(app.data(), number, sharing, configure),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Opens the resource with this number, below 32, as [`open_with`](Self::open_with) does after it has found the name. Requires no grant.
    ///
    /// # Errors
    /// [`Error::Busy`] and those of `configure` for the app.
    pub fn open_number(
        &self,
        app: &AppData,
        number: u32,
        sharing: Sharing,
        configure: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<Result<u32, Error>, Trap> {
        let taken = critical_section::with(|cs| {
            let own = self.bits(app.number()).borrow(cs);
            let mut others = self.apps.iter().map(|bits| bits.borrow(cs).get());
            let bit = 1 << number;
            let taken = match sharing {
                Sharing::Shared => own.get() & bit != 0,
                Sharing::Exclusive => others.any(|bits| bits & bit != 0),
            };
            if !taken {
                own.set(own.get() | bit);
            }
            taken
        });
        if taken {
            return Ok(Err(Error::Busy));
        }
        let handle = number + 1;
        if let Err(error) = configure(number) {
            self.close(app, handle)?;
            return Ok(Err(error));
        }
        Ok(Ok(handle))
    }

    /// Opens the first of `count` resources without names that no app has opened, and configures it with its number. If that fails, it is
    /// closed again. Returns its handle.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if apps have opened all of them, and those of `configure`.
    pub fn open_any(
        &self,
        app: &AppData,
        count: u32,
        configure: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<u32, Error> {
        let number = critical_section::with(|cs| {
            let opened = self.apps.iter().fold(0, |opened, bits| opened | bits.borrow(cs).get());
            let number = opened.trailing_ones();
            let own = self.bits(app.number()).borrow(cs);
            (number < count).then(|| {
                own.set(own.get() | 1 << number);
                number
            })
        });
        let number = number.ok_or(Error::NoSpace)?;
        configure(number).inspect_err(|_| self.set(app.number(), self.of(app.number()) & !(1 << number)))?;
        Ok(number + 1)
    }

    /// Returns the resource of a handle.
    ///
    /// # Errors
    /// A trap if the app has no such handle.
    pub fn resource(&self, app: &AppData, handle: u32) -> Result<u32, Trap> {
        let number = handle.wrapping_sub(1);
        if self.of(app.number()) & 1u32.checked_shl(number).unwrap_or(0) == 0 {
            return Err(no_such_handle());
        }
        Ok(number)
    }

    /// Closes a handle, and returns its resource.
    ///
    /// # Errors
    /// Those of [`resource`](Self::resource).
    pub fn close(&self, app: &AppData, handle: u32) -> Result<u32, Trap> {
        let number = self.resource(app, handle)?;
        self.set(app.number(), self.of(app.number()) & !(1 << number));
        Ok(number)
    }

    /// Closes everything that an app has opened, and returns the resources. A group calls this when an app is
    /// [unloaded](HostGroup::unloaded).
    pub fn close_all(&self, app: &AppData) -> impl Iterator<Item = u32> + use<> {
        let opened = self.opened_by(app.number());
        self.set(app.number(), 0);
        opened
    }

    /// Returns the resources that an app has opened.
    pub fn opened_by(&self, app: u8) -> impl Iterator<Item = u32> + use<> {
        let opened = self.of(app);
        (0..u32::BITS).filter(move |number| opened & (1 << number) != 0)
    }

    /// Returns the apps that have opened a resource.
    pub fn apps(&self, number: u32) -> impl Iterator<Item = u8> + '_ {
        (0..APPS_MAX as u8).filter(move |app| self.of(*app) & (1 << number) != 0)
    }

    fn of(&self, app: u8) -> u32 {
        critical_section::with(|cs| self.bits(app).borrow(cs).get())
    }

    fn set(&self, app: u8, bits: u32) {
        critical_section::with(|cs| self.bits(app).borrow(cs).set(bits));
    }

    fn bits(&self, app: u8) -> &Mutex<Cell<u32>> {
        &self.apps[usize::from(app) % APPS_MAX]
    }
}

impl Default for Opened {
    fn default() -> Self {
        Self::new()
    }
}

#[cold]
#[inline(never)]
fn no_such_handle() -> Trap {
    Trap::host("a handle is not open")
}
