//! The interface `wasi:spi/spi`.

use core::time::Duration;

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::abi::{self, App, Lower};
use crate::{Opened, Sharing};

/// The most bytes that one call can read.
pub const READ_MAX: usize = 256;

/// The most operations of a transaction.
pub const OPERATIONS_MAX: usize = 8;

/// Part of a transaction.
#[derive(Debug)]
pub enum Operation<'a> {
    /// Reads into the buffer.
    Read(&'a mut [u8]),
    /// Writes the bytes.
    Write(&'a [u8]),
    /// Writes the bytes, and reads into the buffer at the same time. Both have the same length.
    Transfer(&'a [u8], &'a mut [u8]),
    /// Waits this many nanoseconds.
    Delay(u32),
}

/// Why an operation failed: `error` of `wasi:spi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferError {
    /// Data was lost.
    Overrun,
    /// Two controllers use the bus.
    ModeFault,
    /// The frames do not fit those of the device.
    FrameFormat,
    /// The device cannot be selected.
    ChipSelectFault,
    /// Anything else: no such device, a device that another app uses, or more bytes or operations than are possible.
    Other,
}

impl Lower for TransferError {
    const SIZE: u32 = 12;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        (*self as u8).lower(app, address)?;
        // The case `other` has a text.
        if *self == Self::Other { "".lower(app, address.wrapping_add(4)) } else { Ok(()) }
    }
}

/// The devices on the SPI buses of a platform, by their numbers.
pub trait Devices: Sync + 'static {
    /// Returns the names of the devices, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Performs operations while the device stays selected.
    ///
    /// # Errors
    /// [`TransferError`].
    fn transact(&self, device: u32, operations: &mut [Operation<'_>]) -> Result<(), TransferError>;
}

/// The group `spi`. A device belongs to one app at a time.
#[derive(Debug)]
pub struct Spi<D> {
    devices: D,
    opened: Opened,
}

impl<D: Devices> Spi<D> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("[method]spi-device.read", Self::read),
        Method::new("[method]spi-device.write", Self::write),
        Method::new("[method]spi-device.transfer", Self::transfer),
        Method::new("[method]spi-device.transaction", Self::transaction),
        Method::new("[resource-drop]spi-device", Self::close),
        Method::new("spi-device_drop", Self::close),
    ];

    /// The group with these devices.
    pub const fn new(devices: D) -> Self {
        Self { devices, opened: Opened::new() }
    }

    /// Returns the devices.
    pub fn devices(&self) -> &D {
        &self.devices
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let opened = self.opened.open(self, &app, (name, length), Sharing::Exclusive)?;
        abi::ret(&mut app, ret, opened.map_err(|_| TransferError::Other))
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        self.opened.close(app.data(), handle).map(drop)
    }

    fn read(&self, mut app: App<'_>, handle: u32, length: u64, ret: u32) -> Result<(), Trap> {
        let device = self.opened.resource(app.data(), handle)?;
        let mut buffer = [0; READ_MAX];
        let read = take(&mut &mut buffer[..], length).ok_or(TransferError::Other).and_then(|read| {
            self.devices.transact(device, &mut [Operation::Read(&mut *read)])?;
            Ok(&*read)
        });
        abi::ret(&mut app, ret, read)
    }

    /// The interface declares the error as the value of success, where it means nothing. A failure has no value.
    fn write(&self, mut app: App<'_>, handle: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let device = self.opened.resource(app.data(), handle)?;
        let written = self.devices.transact(device, &mut [Operation::Write(app.bytes(data, length)?)]);
        abi::ret(&mut app, ret, written.map(|()| TransferError::Overrun).map_err(drop))
    }

    fn transfer(&self, mut app: App<'_>, handle: u32, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let device = self.opened.resource(app.data(), handle)?;
        let write = app.bytes(data, length)?;
        let mut buffer = [0; READ_MAX];
        let read = take(&mut &mut buffer[..], length.into()).ok_or(TransferError::Other).and_then(|read| {
            self.devices.transact(device, &mut [Operation::Transfer(write, &mut *read)])?;
            Ok(&*read)
        });
        abi::ret(&mut app, ret, read)
    }

    fn transaction(&self, mut app: App<'_>, handle: u32, list: u32, count: u32, ret: u32) -> Result<(), Trap> {
        let device = self.opened.resource(app.data(), handle)?;
        let mut buffer = [0; READ_MAX];
        let results = self.transact(&app, device, (list, count), &mut buffer)?;
        abi::ret(&mut app, ret, results.map(|done| Results { bytes: &buffer, done }))
    }

    /// Performs the operations of a list in the app's memory. Returns what each of them has done.
    fn transact(
        &self,
        app: &App<'_>,
        device: u32,
        (list, count): (u32, u32),
        buffer: &mut [u8],
    ) -> Result<Result<[Option<Done>; OPERATIONS_MAX], TransferError>, Trap> {
        let (mut done, mut operations) = ([None; OPERATIONS_MAX], [const { Operation::Delay(0) }; OPERATIONS_MAX]);
        let Some(used) = operations.get_mut(..count as usize) else { return Ok(Err(TransferError::Other)) };
        let mut rest = buffer;
        let mut delays = 0u64;
        for (at, (operation, done)) in (0..count).zip(used.iter_mut().zip(&mut done)) {
            let item = list.wrapping_add(at * ITEM);
            let (one, other) = (abi::word(app, item.wrapping_add(8))?, abi::word(app, item.wrapping_add(12))?);
            let (case, length) = match app.bytes(item, 1)? {
                // The number of bytes has 64 bits.
                [case @ 0] => (*case, u64::from(other) << 32 | u64::from(one)),
                [case @ 2] => (*case, other.into()),
                [case] => (*case, 0),
                _ => (u8::MAX, 0),
            };
            let Some(read) = take(&mut rest, length) else { return Ok(Err(TransferError::Other)) };
            *done = Some(Done { case, length: read.len() });
            *operation = match case {
                0 => Operation::Read(read),
                1 => Operation::Write(app.bytes(one, other)?),
                2 => Operation::Transfer(app.bytes(one, other)?, read),
                3 => {
                    delays += u64::from(one);
                    Operation::Delay(one)
                }
                _ => return Err(Trap::host("an operation has no such case")),
            };
        }
        // Nothing can stop a delay.
        if Duration::from_nanos(delays) > app.time_left().map_or(DELAYS_MAX, |left| left.min(DELAYS_MAX)) {
            return Ok(Err(TransferError::Other));
        }
        Ok(self.devices.transact(device, used).map(|()| done))
    }
}

/// The longest time that the delays of a transaction can take together.
const DELAYS_MAX: Duration = Duration::from_millis(100);

/// The size of an operation in a list: the case, and a number of 64 bits or a list.
const ITEM: u32 = 16;

/// Takes the first bytes of a buffer, if it has so many.
fn take<'b>(buffer: &mut &'b mut [u8], length: u64) -> Option<&'b mut [u8]> {
    let length = usize::try_from(length).ok()?;
    let (taken, rest) = core::mem::take(buffer).split_at_mut_checked(length)?;
    *buffer = rest;
    Some(taken)
}

/// An operation that was performed.
#[derive(Clone, Copy)]
struct Done {
    /// Its case, also that of the result.
    case: u8,
    /// The number of bytes that it has read.
    length: usize,
}

/// The results of a transaction, with what its operations have read one after the other: a `list<operation-result>`.
struct Results<'a> {
    bytes: &'a [u8],
    done: [Option<Done>; OPERATIONS_MAX],
}

impl Results<'_> {
    /// The size of a result in a list: the case and a list.
    const ITEM: u32 = 12;
}

impl Lower for Results<'_> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        let count = self.done.iter().flatten().count() as u32;
        let list = abi::allocate(app, count * Self::ITEM, 4)?;
        let mut rest = self.bytes;
        for (at, done) in (0..count).zip(self.done.iter().flatten()) {
            let item = list.wrapping_add(at * Self::ITEM);
            done.case.lower(app, item)?;
            if done.case % 2 == 0 {
                let Some((read, left)) = rest.split_at_checked(done.length) else { break };
                read.lower(app, item.wrapping_add(4))?;
                rest = left;
            }
        }
        list.lower(app, address)?;
        count.lower(app, address.wrapping_add(4))
    }
}

impl<D: Devices> HostGroup for Spi<D> {
    fn name(&self) -> &str {
        "spi"
    }

    fn resources(&self) -> &[&str] {
        self.devices.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.opened.bind(linker.group());
        linker.interface("wasi:spi/spi", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(drop);
    }
}
