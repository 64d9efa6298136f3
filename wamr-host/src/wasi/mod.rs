//! The shim for WASI preview 1: programs that use a console, clocks, random numbers and files run as they are.
//!
//! Such a program imports from `wasi_snapshot_preview1`, which is also the capability in its manifest. That one capability permits all of
//! these functions. For files, the manifest lists `file` besides: the files of an app are those of that group, in the directory `/`. A
//! program imports other interfaces, such as pins, from `wamr:device`.

mod errno;
mod files;
mod output;

use core::fmt::Write as _;

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup, LogLine, PerApp};
use wamr_proto::Text;

use crate::Error;
use crate::abi::{self, App, Lower, store, word};
use crate::file::Store;
use crate::log::Level;
use errno::{BADF, Errno, INVAL, NOTSUP, SUCCESS, done};
use files::Descriptors;
use output::Output;

/// The name of the group: the module that programs import from.
pub const NAME: &str = "wasi_snapshot_preview1";

/// The most bytes that one call reads or writes, and the most buffers. A program goes on with another call.
pub const TRANSFER_MAX: u32 = 1024;
const BUFFERS_MAX: u32 = 16;

/// The most random bytes of one call.
pub const RANDOM_MAX: u32 = 1024;

/// The longest sleep of one call in microseconds. Meanwhile no app runs.
pub const SLEEP_MAX: u64 = 1_000_000;

/// What programs need of a platform.
pub trait System: Sync + 'static {
    /// Logs a line of a program. It is safe to print.
    fn log(&self, level: Level, line: &LogLine<'_>);

    /// Returns microseconds since the start.
    fn micros(&self) -> u64;

    /// Returns seconds since 1970-01-01 00:00:00 UTC, if they are known.
    fn unix_time(&self) -> Option<u64>;

    /// Fills a buffer with random bytes that are fit for cryptography.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NotSupported`].
    fn random(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Waits this many microseconds, at most [`SLEEP_MAX`].
    fn sleep(&self, micros: u64);
}

/// The group `wasi_snapshot_preview1`.
pub struct Wasi<S> {
    system: S,
    files: Option<&'static dyn Store>,
    output: PerApp<Output>,
    descriptors: PerApp<Descriptors>,
}

/// Descriptors: standard input, output and error.
const STDIN: u32 = 0;
const STDERR: u32 = 2;

/// Clocks.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

impl<S: System> Wasi<S> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("args_get", Self::args_get),
        Method::new("args_sizes_get", Self::args_sizes_get),
        Method::new("environ_get", Self::environ_get),
        Method::new("environ_sizes_get", Self::environ_sizes_get),
        Method::new("clock_res_get", Self::clock_res_get),
        Method::new("clock_time_get", Self::clock_time_get),
        Method::new("fd_close", Self::fd_close),
        Method::new("fd_datasync", Self::fd_sync),
        Method::new("fd_fdstat_get", Self::fd_fdstat_get),
        Method::new("fd_fdstat_set_flags", Self::fd_fdstat_set_flags),
        Method::new("fd_filestat_get", Self::fd_filestat_get),
        Method::new("fd_prestat_get", Self::fd_prestat_get),
        Method::new("fd_prestat_dir_name", Self::fd_prestat_dir_name),
        Method::new("fd_read", Self::fd_read),
        Method::new("fd_seek", Self::fd_seek),
        Method::new("fd_sync", Self::fd_sync),
        Method::new("fd_tell", Self::fd_tell),
        Method::new("fd_write", Self::fd_write),
        Method::new("path_filestat_get", Self::path_filestat_get),
        Method::new("path_open", Self::path_open),
        Method::new("path_rename", Self::path_rename),
        Method::new("path_unlink_file", Self::path_unlink_file),
        Method::new("poll_oneoff", Self::poll_oneoff),
        Method::new("proc_exit", Self::proc_exit),
        Method::new("random_get", Self::random_get),
        Method::new("sched_yield", Self::sched_yield),
    ];

    /// The group on this platform, with files if it has the group `file`.
    pub const fn new(system: S, files: Option<&'static dyn Store>) -> Self {
        Self { system, files, output: PerApp::new(), descriptors: PerApp::new() }
    }

    /// One argument: the name of the app.
    fn args_sizes_get(&self, mut app: App<'_>, count: u32, size: u32) -> Errno {
        let length = app.data().name().len() as u32 + 1;
        put(&mut app, count, 1_u32)?;
        put(&mut app, size, length)
    }

    fn args_get(&self, mut app: App<'_>, pointers: u32, text: u32) -> Errno {
        put(&mut app, pointers, text)?;
        // With the zero at its end.
        let mut name = heapless::Vec::<u8, 17>::from_slice(app.data().name().as_bytes()).unwrap_or_default();
        let _ = name.push(0);
        store(&mut app, text, &name)?;
        Ok(SUCCESS)
    }

    /// No variables.
    fn environ_sizes_get(&self, mut app: App<'_>, count: u32, size: u32) -> Errno {
        put(&mut app, count, 0_u32)?;
        put(&mut app, size, 0_u32)
    }

    fn environ_get(&self, _: App<'_>, _pointers: u32, _text: u32) -> Errno {
        Ok(SUCCESS)
    }

    fn clock_res_get(&self, mut app: App<'_>, clock: u32, ret: u32) -> Errno {
        match clock {
            REALTIME => put(&mut app, ret, 1_000_000_000_u64),
            MONOTONIC => put(&mut app, ret, 1000_u64),
            _ => Ok(INVAL),
        }
    }

    fn clock_time_get(&self, mut app: App<'_>, clock: u32, _precision: u64, ret: u32) -> Errno {
        match self.now(clock) {
            Ok(micros) => put(&mut app, ret, micros.saturating_mul(1000)),
            Err(errno) => Ok(errno),
        }
    }

    /// The time of a clock in microseconds, or the number of an error.
    fn now(&self, clock: u32) -> Result<u64, u32> {
        match clock {
            REALTIME => self.system.unix_time().map(|seconds| seconds.saturating_mul(1_000_000)).ok_or(NOTSUP),
            MONOTONIC => Ok(self.system.micros()),
            _ => Err(INVAL),
        }
    }

    fn random_get(&self, mut app: App<'_>, address: u32, length: u32) -> Errno {
        if length > RANDOM_MAX {
            return Ok(INVAL);
        }
        done(self.system.random(app.bytes_mut(address, length)?))
    }

    fn fd_write(&self, mut app: App<'_>, descriptor: u32, buffers: u32, count: u32, ret: u32) -> Errno {
        transfer(&mut app, buffers, count, ret, |app, address, length| match descriptor {
            STDIN => Ok(Err(BADF)),
            1..=STDERR => {
                let bytes = app.bytes(address, length)?;
                self.print(app.data(), |output, log| output.write(descriptor as usize - 1, bytes, log));
                Ok(Ok(length))
            }
            _ => self.write_file(app, descriptor, address, length),
        })
    }

    /// Works on the output of a program. It is taken out meanwhile, as logging takes too long for a critical section.
    fn print(&self, app: &AppData, work: impl FnOnce(&mut Output, &mut dyn FnMut(Level, &str))) {
        let (name, number) = (app.name(), app.number());
        let mut output = self.output.take(number).unwrap_or_default();
        work(&mut output, &mut |level, text| self.system.log(level, &LogLine { name, app: number, text }));
        self.output.with(number, |place| *place = output);
    }

    /// Standard input is at its end.
    fn fd_read(&self, mut app: App<'_>, descriptor: u32, buffers: u32, count: u32, ret: u32) -> Errno {
        transfer(&mut app, buffers, count, ret, |app, address, length| match descriptor {
            STDIN => Ok(Ok(0)),
            _ => self.read_file(app, descriptor, address, length),
        })
    }

    fn sched_yield(&self, _: App<'_>) -> u32 {
        SUCCESS
    }

    /// Sleeps. Programs cannot wait for anything else, nor for several events.
    fn poll_oneoff(&self, mut app: App<'_>, subscriptions: u32, events: u32, count: u32, ret: u32) -> Errno {
        const CLOCK: u8 = 0;
        const ABSOLUTE: u8 = 1;
        let Some(subscription) = app.bytes(subscriptions, 48)?.first_chunk::<48>().filter(|_| count > 0) else {
            return Ok(INVAL);
        };
        if count > 1 || subscription[8] != CLOCK {
            return Ok(NOTSUP);
        }
        let user: [u8; 8] = core::array::from_fn(|index| subscription[index]);
        let is_absolute = subscription[40] & ABSOLUTE != 0;
        let clock = word(&app, subscriptions.wrapping_add(16))?;
        let (low, high) = (word(&app, subscriptions.wrapping_add(24))?, word(&app, subscriptions.wrapping_add(28))?);
        let timeout = (u64::from(high) << 32 | u64::from(low)).div_ceil(1000);
        let micros = match self.now(clock) {
            Ok(now) if is_absolute => timeout.saturating_sub(now),
            Err(INVAL) => return Ok(INVAL),
            Err(errno) if is_absolute => return Ok(errno),
            _ => timeout,
        };
        if micros > SLEEP_MAX {
            return Ok(INVAL);
        }
        self.system.sleep(micros);
        let mut event = [0; 32];
        event[..8].copy_from_slice(&user);
        store(&mut app, events, &event)?;
        put(&mut app, ret, 1_u32)
    }

    /// Ends the call. The trap has the status.
    fn proc_exit(&self, app: App<'_>, status: u32) -> Result<(), Trap> {
        self.print(app.data(), Output::flush);
        let mut text = Text::default();
        let _ = write!(text, "exited with status {status}");
        Err(Trap::host(text.as_str()))
    }
}

/// The number of transferred bytes, or of an error.
type Transferred = Result<Result<u32, u32>, Trap>;

/// Reads or writes the buffers of a call, one after the other, until one was not transferred completely. The call fails if the first one
/// does.
fn transfer(
    app: &mut App<'_>,
    buffers: u32,
    count: u32,
    ret: u32,
    one: impl Fn(&mut App<'_>, u32, u32) -> Transferred,
) -> Errno {
    let mut total = 0;
    // Without buffers, only the descriptor is checked.
    for index in 0..count.clamp(1, BUFFERS_MAX) {
        let at = buffers.wrapping_add(8 * index);
        let (address, length) = if count == 0 { (0, 0) } else { (word(app, at)?, word(app, at.wrapping_add(4))?) };
        let length = length.min(TRANSFER_MAX - total);
        match one(app, address, length)? {
            Ok(done) => {
                total += done;
                if done < length || total == TRANSFER_MAX {
                    break;
                }
            }
            Err(errno) if index == 0 => return Ok(errno),
            Err(_) => break,
        }
    }
    put(app, ret, total)
}

/// Writes a number to the memory of the app.
fn put(app: &mut App<'_>, address: u32, value: impl Lower) -> Errno {
    abi::ret(app, address, value)?;
    Ok(SUCCESS)
}

impl<S: System> HostGroup for Wasi<S> {
    fn name(&self) -> &str {
        NAME
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.interface(NAME, self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.print(app, Output::flush);
        self.output.take(app.number());
        // The group `file` closes them.
        self.descriptors.take(app.number());
    }
}

impl<S> core::fmt::Debug for Wasi<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Wasi").finish_non_exhaustive()
    }
}
