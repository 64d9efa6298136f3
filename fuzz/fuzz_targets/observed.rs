//! A device whose status is asked for far more often than it changes.

use std::cell::OnceCell;
use std::rc::Rc;

use wamr_device::{Action, Device, Event};
use wamr_proto::{Status, decode};

pub struct Observed<'b> {
    device: Device<'b>,
    /// As it was decoded since something happened to the device.
    status: OnceCell<Rc<Status>>,
}

impl<'b> Observed<'b> {
    pub fn new(device: Device<'b>) -> Self {
        Self { device, status: OnceCell::new() }
    }

    pub fn handle(&mut self, event: Event<'_, 'b>) {
        self.status.take();
        self.device.handle(event);
    }

    pub fn poll(&mut self) -> Option<Action<'b>> {
        self.status.take();
        self.device.poll()
    }

    pub fn status(&self) -> Rc<Status> {
        self.status.get_or_init(|| Rc::new(decode(&self.device.status()).expect("a status"))).clone()
    }
}
