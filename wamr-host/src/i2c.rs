//! The interfaces `wamr:device/i2c` and `wasi:i2c/i2c`.

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App, Lower};
use crate::{Opened, Sharing};

/// The most bytes that one call can read.
pub const READ_MAX: usize = 256;

/// The most operations of a transaction.
pub const OPERATIONS_MAX: usize = 8;

/// Part of a transfer.
#[derive(Debug)]
pub enum Operation<'a> {
    /// Reads into the buffer.
    Read(&'a mut [u8]),
    /// Writes the bytes.
    Write(&'a [u8]),
}

/// Why a transfer failed: `error-code` of `wasi:i2c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferError {
    /// The bus does not work.
    Bus,
    /// Another controller won the bus.
    ArbitrationLoss,
    /// A byte was not acknowledged.
    NoAcknowledge(NoAcknowledge),
    /// Data was lost.
    Overrun,
    /// Anything else, such as more bytes or operations than are possible.
    Other,
}

/// The byte that was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoAcknowledge {
    /// The address.
    Address,
    /// Data.
    Data,
    /// One of these.
    Unknown,
}

impl Lower for TransferError {
    const SIZE: u32 = 2;
    const ALIGN: u32 = 1;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let (case, source) = match *self {
            Self::Bus => (0, 0),
            Self::ArbitrationLoss => (1, 0),
            Self::NoAcknowledge(source) => (2, source as u8),
            Self::Overrun => (3, 0),
            Self::Other => (4, 0),
        };
        abi::store(app, address, &[case, source])
    }
}

/// The buses of a platform, and devices on them, by their numbers.
pub trait Buses: Sync + 'static {
    /// Returns the names, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Returns the address if this is one device on a bus. Apps that open it reach no other.
    fn address(&self, bus: u32) -> Option<u16>;

    /// Performs operations with a repeated start between those of different kinds, and a stop at the end.
    ///
    /// # Errors
    /// [`TransferError`].
    fn transfer(&self, bus: u32, address: u16, operations: &mut [Operation<'_>]) -> Result<(), TransferError>;
}

/// The group `i2c`.
#[derive(Debug)]
pub struct I2c<B> {
    buses: B,
    opened: Opened,
}

impl<B: Buses> I2c<B> {
    const OPEN: &[Method<Self, AppData>] = &[Method::new("open", Self::open)];
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("[method]i2c.transaction", Self::transaction),
        Method::new("[method]i2c.read", Self::read),
        Method::new("[method]i2c.write", Self::write),
        Method::new("[method]i2c.write-read", Self::write_read),
        Method::new("[resource-drop]i2c", Self::close),
        Method::new("i2c_drop", Self::close),
    ];

    /// The group with these buses.
    pub const fn new(buses: B) -> Self {
        Self { buses, opened: Opened::new() }
    }

    /// Returns the buses.
    pub fn buses(&self) -> &B {
        &self.buses
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let opened = self.opened.open(self, &app, (name, length), Sharing::Shared)?;
        abi::ret(&mut app, ret, opened)
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.opened.close(app.data(), handle).map(drop)
    }

    fn read(&self, mut app: App<'_>, handle: u32, address: u32, length: u64, ret: u32) -> Result<(), Trap> {
        let mut buffer = [0; READ_MAX];
        let read = self.transfer(&app, handle, address, &[], buffer_of(&mut buffer, length))?;
        abi::ret(&mut app, ret, read)
    }

    fn write(&self, mut app: App<'_>, handle: u32, address: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let written = self.transfer(&app, handle, address, app.bytes(data, length)?, Some(&mut []))?;
        abi::ret(&mut app, ret, written.map(drop))
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn write_read(
        &self,
        mut app: App<'_>,
        handle: u32,
        address: u32,
        data: u32,
        length: u32,
        read: u64,
        ret: u32,
    ) -> Result<(), Trap> {
        let mut buffer = [0; READ_MAX];
        let bytes = app.bytes(data, length)?;
        let read = self.transfer(&app, handle, address, bytes, buffer_of(&mut buffer, read))?;
        abi::ret(&mut app, ret, read)
    }

    /// Writes, then reads, and leaves out what has no bytes, unless both have none.
    fn transfer<'b>(
        &self,
        app: &App<'_>,
        handle: u32,
        address: u32,
        write: &[u8],
        read: Option<&'b mut [u8]>,
    ) -> Result<Result<&'b [u8], TransferError>, Trap> {
        let bus = self.opened.resource(app.data(), handle)?;
        let Some(read) = read else { return Ok(Err(TransferError::Other)) };
        let (writes, reads) = (!write.is_empty() || read.is_empty(), !read.is_empty());
        let mut operations = [Operation::Write(write), Operation::Read(&mut *read)];
        let operations = match (writes, reads) {
            (true, false) => &mut operations[..1],
            (false, _) => &mut operations[1..],
            (true, true) => &mut operations[..],
        };
        let done = self.perform(bus, address, operations);
        Ok(done.map(|()| &*read))
    }

    fn perform(&self, bus: u32, address: u32, operations: &mut [Operation<'_>]) -> Result<(), TransferError> {
        let address = u16::try_from(address).map_err(|_| TransferError::Other)?;
        if self.buses.address(bus).is_some_and(|only| only != address) {
            return Err(TransferError::NoAcknowledge(NoAcknowledge::Address));
        }
        self.buses.transfer(bus, address, operations)
    }

    fn transaction(
        &self,
        mut app: App<'_>,
        handle: u32,
        address: u32,
        list: u32,
        count: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let bus = self.opened.resource(app.data(), handle)?;
        let mut buffer = [0; READ_MAX];
        let lengths = match self.transact(&app, bus, address, (list, count), &mut buffer)? {
            Ok(lengths) => lengths,
            Err(error) => return abi::ret(&mut app, ret, Err::<Reads<'_>, _>(error)),
        };
        abi::ret(&mut app, ret, Ok::<_, TransferError>(Reads { bytes: &buffer, lengths }))
    }

    /// Performs the operations of a list in the app's memory. Returns the number of bytes that each of them read, `None` for writes.
    fn transact(
        &self,
        app: &App<'_>,
        bus: u32,
        address: u32,
        (list, count): (u32, u32),
        buffer: &mut [u8],
    ) -> Result<Result<[Option<usize>; OPERATIONS_MAX], TransferError>, Trap> {
        if count as usize > OPERATIONS_MAX {
            return Ok(Err(TransferError::Other));
        }
        let mut lengths = [None; OPERATIONS_MAX];
        let mut operations = [const { Operation::Write(&[]) }; OPERATIONS_MAX];
        let mut rest = buffer;
        for (at, (operation, length)) in (0..count).zip(operations.iter_mut().zip(&mut lengths)) {
            let item = list.wrapping_add(at * ITEM);
            let (one, other) = (abi::word(app, item.wrapping_add(8))?, abi::word(app, item.wrapping_add(12))?);
            match app.bytes(item, 1)? {
                [0] => {
                    // The number of bytes has 64 bits.
                    let wanted = usize::try_from(one).unwrap_or(usize::MAX);
                    if other != 0 || wanted > rest.len() {
                        return Ok(Err(TransferError::Other));
                    }
                    let (read, left) = core::mem::take(&mut rest).split_at_mut(wanted);
                    (*operation, *length, rest) = (Operation::Read(read), Some(wanted), left);
                }
                [1] => *operation = Operation::Write(app.bytes(one, other)?),
                _ => return Err(Trap::host("an operation has no such case")),
            }
        }
        let done = self.perform(bus, address, &mut operations[..count as usize]);
        Ok(done.map(|()| lengths))
    }
}

/// The size of an operation in a list: the case, and a number of 64 bits or a list.
const ITEM: u32 = 16;

/// The part of a buffer that has this many bytes, if it has so many.
fn buffer_of(buffer: &mut [u8], length: u64) -> Option<&mut [u8]> {
    buffer.get_mut(..usize::try_from(length).ok()?)
}

/// What the operations of a transaction have read, one after the other: a `list<list<u8>>`.
struct Reads<'a> {
    bytes: &'a [u8],
    lengths: [Option<usize>; OPERATIONS_MAX],
}

impl Lower for Reads<'_> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let count = self.lengths.iter().flatten().count() as u32;
        let lists = abi::allocate(app, count * <[u8]>::SIZE, <[u8]>::ALIGN)?;
        let mut rest = self.bytes;
        for (at, length) in (0..count).zip(self.lengths.iter().flatten()) {
            let Some((bytes, left)) = rest.split_at_checked(*length) else { break };
            bytes.lower(app, lists.wrapping_add(at * <[u8]>::SIZE))?;
            rest = left;
        }
        lists.lower(app, address)?;
        count.lower(app, address.wrapping_add(4))
    }
}

impl<B: Buses> HostGroup for I2c<B> {
    fn name(&self) -> &str {
        "i2c"
    }

    fn resources(&self) -> &[&str] {
        self.buses.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.opened.bind(linker.group());
        linker.interface("wamr:device/i2c@0.1", self, Self::OPEN)?;
        linker.interface("wasi:i2c/i2c@0.2.0-draft", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(drop);
    }
}
