//! The interface `kv`.

mod log;
mod record;
mod writer;

use core::cell::RefCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use critical_section::Mutex;
use embedded_storage::nor_flash::NorFlash;
use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup, WearMeter};

use crate::Error;
use crate::abi::{self, App};
use log::{Log, half};
use record::Subject;
pub use record::{KEY_MAX, VALUE_MAX};

/// The limits of the values of apps.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The quota of an app whose manifest does not request one: bytes of flash. A value takes 16 bytes, its key, the name and 16 bytes for the
    /// signer of the app besides.
    pub quota: u32,
    /// How often apps together can cause the erasure of half the flash per hour, and also at once. Then keys cannot be changed.
    pub erases_per_hour: u16,
    /// Returns milliseconds since some moment in the past.
    pub now: fn() -> u32,
}

impl Config {
    /// 1024 bytes, and 12 erasures per hour: a page survives more than two months of an app that always writes.
    pub const fn new(now: fn() -> u32) -> Self {
        Self { quota: 1024, erases_per_hour: 12, now }
    }
}

/// The group `kv`, with flash that it has for itself.
///
/// The values belong to the name of an app and the key that signed it. All versions of the app share them, and they are not restored
/// when the device goes back to an earlier version. They end when a client removes the app.
pub struct Kv<F> {
    /// Taken out while it is used: a flash operation is too long for a critical section. Only the thread that runs apps uses it.
    storage: Mutex<RefCell<Option<Storage<F>>>>,
    config: Config,
    /// The most bytes that an app can request.
    capacity: u32,
    /// Which group of the device this is.
    group: AtomicUsize,
}

struct Storage<F> {
    log: Log<F>,
    wear: WearMeter,
}

impl<F: NorFlash> Storage<F> {
    /// Changes the log if the flash may be erased for it as far as necessary.
    fn change(&mut self, now: u32, change: impl FnOnce(&mut Log<F>, bool) -> Result<bool, Error>) -> Result<(), Error> {
        let may_erase = self.wear.wait(now).is_none();
        if change(&mut self.log, may_erase)? {
            self.wear.spend(now);
        }
        Ok(())
    }
}

impl<F: NorFlash + Send + 'static> Kv<F> {
    const METHODS: &[Method<Self, AppData>] =
        &[Method::new("get", Self::get), Method::new("set", Self::set), Method::new("delete", Self::delete)];

    /// The group on this flash, which has `size` bytes: at least two pages. The group erases and writes all of it.
    pub const fn new(flash: F, size: u32, config: Config) -> Self {
        let storage = Storage { log: Log::new(flash), wear: WearMeter::new(config.erases_per_hour) };
        let storage = Mutex::new(RefCell::new(Some(storage)));
        Self { storage, config, capacity: half::<F>(size), group: AtomicUsize::new(usize::MAX) }
    }

    fn get(&self, mut app: App<'_>, key: u32, length: u32, max: u32, ret: u32) -> Result<(), Trap> {
        let subject = match subject(&app, key, length)? {
            Ok(subject) => subject,
            Err(error) => return fail(&mut app, ret, error),
        };
        let len = match self.with(|storage| storage.log.len(&subject)) {
            Ok(len) if len > max => return fail(&mut app, ret, Error::NoSpace),
            Ok(len) => len,
            Err(error) => return fail(&mut app, ret, error),
        };
        let content = abi::allocate(&mut app, len, 1)?;
        let value = app.bytes_mut(content, len)?;
        match self.with(|storage| storage.log.get(&subject, value)) {
            Ok(()) => abi::ret(&mut app, ret, Ok::<_, Error>(abi::Allocated { content, length: len })),
            Err(error) => fail(&mut app, ret, error),
        }
    }

    fn set(&self, mut app: App<'_>, key: u32, key_length: u32, value: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let value = app.bytes(value, length)?;
        let quota = match app.data().granted_of(self.group.load(Relaxed)) {
            u32::MAX => self.config.quota,
            quota => quota,
        };
        let done = subject(&app, key, key_length)?
            .and_then(|subject| self.change(|log, may_erase| log.set(&subject, value, quota, may_erase)));
        abi::ret(&mut app, ret, done)
    }

    fn delete(&self, mut app: App<'_>, key: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let done = subject(&app, key, length)?
            .and_then(|subject| self.change(|log, may_erase| log.delete(&subject, may_erase)));
        abi::ret(&mut app, ret, done)
    }

    fn change(&self, change: impl FnOnce(&mut Log<F>, bool) -> Result<bool, Error>) -> Result<(), Error> {
        self.with(|storage| storage.change((self.config.now)(), change))
    }

    fn with<R>(&self, work: impl FnOnce(&mut Storage<F>) -> Result<R, Error>) -> Result<R, Error> {
        let place = |storage| critical_section::with(|cs| self.storage.borrow(cs).replace(storage));
        let mut storage = place(None).ok_or(Error::Busy)?;
        let done = work(&mut storage);
        place(Some(storage));
        done
    }
}

/// What a record for a key of the app is about.
fn subject(app: &App<'_>, key: u32, length: u32) -> Result<Result<Subject, Error>, Trap> {
    let key = abi::string(app, key, length)?;
    Ok(Subject::new(app.data().name(), app.data().signer(), key))
}

#[cold]
#[inline(never)]
fn fail(app: &mut App<'_>, ret: u32, error: Error) -> Result<(), Trap> {
    abi::ret(app, ret, Err::<abi::Allocated, _>(error))
}

impl<F: NorFlash + Send + 'static> HostGroup for Kv<F> {
    fn name(&self) -> &str {
        "kv"
    }

    /// The entry `kv:4096` grants 4096 bytes. Half of the flash is the most, because only half of it holds values.
    fn grant(&self, resource: &str) -> Option<u32> {
        resource.parse().ok().filter(|quota| (1..=self.capacity).contains(quota))
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.group.store(linker.group().index(), Relaxed);
        linker.interface("wamr:device/kv@0.1", self, Self::METHODS)
    }

    fn removed(&self, name: &str) {
        // If the flash fails, the values stay until the name is removed again.
        let _ = self.with(|storage| storage.log.clear(name));
    }
}

impl<F> core::fmt::Debug for Kv<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Kv").field("config", &self.config).finish_non_exhaustive()
    }
}
