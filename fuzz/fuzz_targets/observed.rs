//! A device that decodes its status only after a change: the checks read it far more often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wamr_device::{Action, Device, Event};
use wamr_proto::{Message, Status, decode};

pub struct Observed<'b> {
    device: Device<'b>,
    /// Nothing has happened to the device since it gave the status.
    fresh: Cell<bool>,
    /// The last status, as the device encoded it and as it was decoded.
    status: RefCell<(Message, Rc<Status>)>,
}

impl<'b> Observed<'b> {
    pub fn new(device: Device<'b>) -> Self {
        let message = device.status();
        let status = decoded(&message);
        Self { device, fresh: Cell::new(true), status: RefCell::new((message, status)) }
    }

    pub fn handle(&mut self, now: u32, event: Event<'_, 'b>) {
        self.fresh.set(false);
        self.device.handle(now, event);
    }

    pub fn poll(&mut self, now: u32) -> Option<Action<'b>> {
        self.fresh.set(false);
        self.device.poll(now)
    }

    pub fn status(&self) -> Rc<Status> {
        let (message, status) = &mut *self.status.borrow_mut();
        if !self.fresh.replace(true) {
            let now = self.device.status();
            if *message != now {
                *status = decoded(&now);
                *message = now;
            }
        }
        status.clone()
    }
}

fn decoded(message: &[u8]) -> Rc<Status> {
    Rc::new(decode(message).expect("a status"))
}
