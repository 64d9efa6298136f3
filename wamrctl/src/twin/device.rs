//! Puts flash, executor and radio under the device's logic.

use super::flash::{FileFlash, SharedFlash};
use super::worker::{News, Worker};
use crate::ble::peripheral::{Service, Wish};
use crate::failure::{Failure, Status};
use crate::link::Characteristic;
use crate::run::microseconds;
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use std::time::Duration;
use wamr::Limits;
use wamr_device::{Action, Buffers, Device, Event, Geometry, Records, Role, Signatures, Supervision};
use wamr_proto::{Bond, Message};

/// A device made of files and threads.
pub struct Twin {
    device: Device<'static>,
    flash: SharedFlash,
    worker: Worker,
    news: Option<News>,
}

impl Twin {
    /// A device that starts with what its flash holds, and passes on to `log` what apps log.
    ///
    /// # Errors
    /// [`Status::Usage`] when the sizes or the pool do not fit, [`Status::Device`] when the flash can't be read.
    pub fn new(
        mut flash: FileFlash,
        slots: u8,
        pool: usize,
        limits: Limits,
        signatures: Signatures,
        log: fn(&str),
    ) -> Result<Self, Failure> {
        let size = flash.capacity() as u32;
        let geometry = Geometry::new(size, FileFlash::ERASE_SIZE as u32, FileFlash::WRITE_SIZE as u32, slots)
            .map_err(|error| Failure::new(Status::Usage, error).help("pass another --flash-size or --slots"))?;
        let records = Records::read(&mut flash, &geometry)
            .map_err(|error| Failure::new(Status::Device, format!("cannot read the flash: {error:?}")))?;
        // One device for the life of the process.
        let buffers = Box::leak(Box::new(Buffers::new()));
        let mut device = Device::new(geometry, Supervision::DEFAULT, signatures, buffers);
        device.start(&records);
        let flash = SharedFlash::new(flash);
        let worker = Worker::start(flash.clone(), pool, limits, signatures, log)?;
        Ok(Self { device, flash, worker, news: None })
    }
}

impl Service for Twin {
    fn connected(&mut self, role: Role) {
        self.device.handle(Event::Connected(role));
    }

    fn disconnected(&mut self) {
        self.device.handle(Event::Disconnected);
    }

    fn data(&mut self, value: &[u8]) {
        self.device.handle(Event::Data(value));
    }

    fn control(&mut self, value: &[u8]) {
        self.device.handle(Event::Time(milliseconds()));
        self.device.handle(Event::Control(value));
    }

    fn status(&self) -> Message {
        self.device.status()
    }

    fn result(&self) -> Message {
        self.device.receipt()
    }

    fn bonds(&mut self, bond: Option<Bond>) {
        self.device.handle(Event::Bonds(bond));
    }

    fn poll(&mut self) -> Option<Wish> {
        match self.news.take() {
            Some(News::Line(line)) => return Some(Wish::Notify(Characteristic::Log, line)),
            Some(News::End(completion)) => self.device.handle(Event::Executed(completion)),
            None => {}
        }
        loop {
            self.device.handle(Event::Time(milliseconds()));
            match self.device.poll()? {
                Action::Flash(operation) => {
                    let done = operation.perform(&mut *self.flash.lock());
                    self.device.handle(Event::Flash(done));
                }
                Action::Execute(task) => self.worker.begin(task),
                Action::Interrupt => wamr::interrupt(),
                Action::Bonds(op) => return Some(Wish::Bonds(op)),
                Action::Notify(from, value) => return Some(Wish::Notify(from.into(), value)),
            }
        }
    }

    async fn work(&mut self) {
        let time = self.device.next_time().map(|time| time.wrapping_sub(milliseconds()).cast_signed().max(0));
        let elapsed = async {
            match time {
                Some(millis) => tokio::time::sleep(Duration::from_millis(millis as u64)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            news = self.worker.news() => self.news = Some(news),
            () = elapsed => {}
        }
    }
}

/// Time for the device.
fn milliseconds() -> u32 {
    (microseconds() / 1000) as u32
}

impl From<wamr_device::Characteristic> for Characteristic {
    fn from(characteristic: wamr_device::Characteristic) -> Self {
        match characteristic {
            wamr_device::Characteristic::Control => Self::Control,
            wamr_device::Characteristic::Status => Self::Status,
            wamr_device::Characteristic::Result => Self::Result,
        }
    }
}
