//! What a twin consists of, before it starts.

use crate::board::Board;
use crate::endpoint::Endpoint;
use crate::events::EVENTS;
use crate::flash::{Flash, SharedFlash};
use crate::folder::Folder;
use crate::local::LocalTwin;
use crate::messages::{Group, Outbox};
use crate::worker::Worker;
use crate::{Error, Limits, SignaturePolicy, Supervision, milliseconds};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use wamr_device::{Buffers, Device, Geometry, HostGroup, Records};
use wamr_host::file::{self, File};
use wamr_host::kv::{Config, Kv};

/// A device made of flash, memory and threads, to be started.
pub struct Twin {
    flash: Flash,
    slots: u8,
    pool: usize,
    apps: Apps,
    supervision: Supervision,
}

/// What the executor's thread needs to know about apps.
pub(crate) struct Apps {
    pub limits: Limits,
    pub signatures: SignaturePolicy,
    pub log: Box<dyn Fn(&str) + Send + Sync>,
    pub board: Board,
    pub groups: Vec<&'static dyn HostGroup>,
    pub files: Option<&'static FileGroup>,
}

impl Twin {
    /// A twin with this flash, of four slots, with a pool of 512 KiB, of which an app gets at most 128 KiB. An app's call may
    /// execute 10,000,000,000 instructions and take 5 seconds. Unsigned apps run, no key is trusted, and what apps log is
    /// dropped. Its hardware is [`Board::new`].
    pub fn new(flash: Flash) -> Self {
        // A computer's stacks do not fit into the pool of a small device.
        let limits = Limits {
            fuel: Some(10_000_000_000),
            deadline: Some(std::time::Duration::from_secs(5)),
            stack_size: Limits::MCU.stack_size,
            pool: Some(128 * 1024),
            ..Limits::MPU
        };
        let apps = Apps {
            limits,
            signatures: SignaturePolicy::optional(&[]),
            log: Box::new(|_| ()),
            board: Board::new(),
            groups: Vec::new(),
            files: None,
        };
        Self { flash, slots: 4, pool: 512 * 1024, apps, supervision: Supervision::DEFAULT }
    }

    /// Divides the flash into this many slots: one more than there are to be apps, so that each can be replaced.
    pub fn slots(mut self, slots: u8) -> Self {
        self.slots = slots;
        self
    }

    /// Gives this many bytes of memory to all apps and their runtime. They are not freed when the twin ends.
    pub fn pool(mut self, bytes: usize) -> Self {
        self.pool = bytes;
        self
    }

    /// Runs each app within these limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.apps.limits = limits;
        self
    }

    /// Runs modules according to this policy.
    pub fn signatures(mut self, signatures: SignaturePolicy) -> Self {
        self.apps.signatures = signatures;
        self
    }

    /// Restarts apps according to this policy.
    pub fn supervision(mut self, supervision: Supervision) -> Self {
        self.supervision = supervision;
        self
    }

    /// Calls `log` with each line that an app logs, on the thread on which apps run.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.apps.log = Box::new(log);
        self
    }

    /// Simulates this board. Its script is not executed by itself.
    pub fn board(mut self, board: Board) -> Self {
        self.apps.board = board;
        self
    }

    /// Offers a group of functions to apps, besides `wamr` and those of the board. It takes the place of one with the same name.
    ///
    /// # Panics
    /// [`start`](Self::start) panics if there are more groups than a device has.
    pub fn host(mut self, group: &'static dyn HostGroup) -> Self {
        self.apps.groups.push(group);
        self
    }

    /// Lets apps store values in this flash: it offers the group `kv` to them.
    ///
    /// # Panics
    /// As [`host`](Self::host).
    pub fn kv(self, flash: Flash) -> Self {
        self.host(kv(flash))
    }

    /// Lets apps have files in this folder: it offers the group `file` to them.
    ///
    /// # Panics
    /// As [`host`](Self::host).
    pub fn files(mut self, folder: Folder) -> Self {
        self.apps.files = Some(files(folder));
        self
    }

    /// Starts the twin with the apps that its flash holds. It works while a [`Transport`](crate::Transport) serves the endpoint.
    ///
    /// # Errors
    /// [`Error::Geometry`] and [`Error::Pool`] when the sizes do not fit, [`Error::Flash`] when the flash cannot be read,
    /// [`Error::Occupied`] when there is a runtime in this process already.
    pub fn start(self) -> Result<Endpoint, Error> {
        let Self { mut flash, slots, pool, mut apps, supervision } = self;
        let size = flash.capacity() as u32;
        let geometry = Geometry::new(size, Flash::ERASE_SIZE as u32, Flash::WRITE_SIZE as u32, slots)?;
        let records = Records::read(&mut flash, &geometry).map_err(|error| Error::Flash(format!("{error:?}")))?;
        let flash = SharedFlash::new(flash);
        let signatures = apps.signatures;
        let (outbox, messages) = Outbox::new();
        // Groups live as long as the process.
        let group: &'static Group = Box::leak(Box::new(Group::new(outbox, &EVENTS)));
        apps.groups.push(group);
        let worker = Worker::start(flash.clone(), pool, apps)?;
        // Kilobytes that are not freed, as the pool.
        let mut device = Device::new(geometry, supervision, signatures, Box::leak(Box::new(Buffers::new())));
        device.set_events(&EVENTS);
        device.set_mailbox(group);
        device.start(&records);
        Ok(Endpoint::new(device, flash, worker, (group, messages)))
    }

    /// Starts the twin on a thread of its own, for clients in this process.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn spawn(self) -> Result<LocalTwin, Error> {
        LocalTwin::spawn(self)
    }
}

/// The group `kv` with this flash. As other groups, it lives as long as the process.
pub fn kv(flash: Flash) -> &'static dyn HostGroup {
    let size = flash.capacity() as u32;
    Box::leak(Box::new(Kv::new(flash, size, Config::new(milliseconds))))
}

/// How many files all apps together can have open.
const FILES_OPEN: usize = 8;

/// The group `file` of a computer.
pub type FileGroup = File<Folder, FILES_OPEN>;

/// The group `file` with this folder. As other groups, it lives as long as the process.
pub fn files(folder: Folder) -> &'static FileGroup {
    Box::leak(Box::new(File::new(folder, file::Config::new(milliseconds))))
}
