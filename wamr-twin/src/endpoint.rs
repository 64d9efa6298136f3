//! The device's logic with flash and executor under it, as a transport sees it.

use crate::Role;
use crate::clock::milliseconds;
use crate::events::woken;
use crate::flash::SharedFlash;
use crate::messages::Group;
use crate::worker::{News, Worker};
use std::time::Duration;
use tokio::sync::mpsc;
use wamr_device::{Action, BondsOp, Device, Event};
use wamr_proto::{Bond, Message};
use wamr_transport::Characteristic;

/// What the device wants of its transport.
pub enum Wish {
    /// Notify the client.
    Notify(Characteristic, Message),
    /// Do something with the bonds, and pass the result to [`Endpoint::bonds`].
    Bonds(BondsOp),
}

/// A running twin. No method blocks for long.
pub struct Endpoint {
    device: Device<'static>,
    flash: SharedFlash,
    worker: Worker,
    news: Option<News>,
    group: &'static Group,
    /// Messages of apps to the client.
    messages: mpsc::Receiver<Message>,
}

impl Endpoint {
    pub(crate) fn new(
        device: Device<'static>,
        flash: SharedFlash,
        worker: Worker,
        (group, messages): (&'static Group, mpsc::Receiver<Message>),
    ) -> Self {
        Self { device, flash, worker, news: None, group, messages }
    }

    /// A client has connected, and may use the device.
    pub fn connected(&mut self, role: Role) {
        self.device.handle(milliseconds(), Event::Connected(role));
    }

    /// That client is gone.
    pub fn disconnected(&mut self) {
        self.wants_messages(false);
        self.device.handle(milliseconds(), Event::Disconnected);
    }

    /// The client wrote to *data*.
    pub fn data(&mut self, value: &[u8]) {
        self.device.handle(milliseconds(), Event::Data(value));
    }

    /// The client wrote to *control*.
    pub fn control(&mut self, value: &[u8]) {
        self.device.handle(milliseconds(), Event::Control(value));
    }

    /// The value of a characteristic that clients can read; empty of the others.
    pub fn value(&self, of: Characteristic) -> Message {
        match of {
            Characteristic::Status => self.device.status(),
            Characteristic::Result => self.device.receipt(),
            Characteristic::Control | Characteristic::Log | Characteristic::Message => Message::new(),
        }
    }

    /// The result of [`Wish::Bonds`]: the bond that was found or removed.
    pub fn bonds(&mut self, bond: Option<Bond>) {
        self.device.handle(milliseconds(), Event::Bonds(bond));
    }

    /// The connected client has subscribed to messages of apps, or no longer. Apps learn from it whether they can send messages.
    pub fn wants_messages(&self, wants: bool) {
        self.group.client().set_wanted(wants);
    }

    /// Does what there is to do, up to the next wish; `None` when nothing is left.
    pub fn poll(&mut self) -> Option<Wish> {
        match self.news.take() {
            Some(News::Line(line)) => return Some(Wish::Notify(Characteristic::Log, line)),
            Some(News::Message(value)) => return Some(Wish::Notify(Characteristic::Message, value)),
            Some(News::End(task, completion)) => self.device.handle(milliseconds(), Event::Executed(task, completion)),
            None => {}
        }
        loop {
            match self.device.poll(milliseconds())? {
                Action::Flash(operation) => {
                    let done = operation.perform(&mut *self.flash.lock());
                    self.device.handle(milliseconds(), Event::Flash(done));
                }
                Action::Execute(task) => self.worker.begin(task),
                Action::Interrupt => wamr::interrupt(),
                Action::Bonds(op) => return Some(Wish::Bonds(op)),
                Action::Notify(from, value) => return Some(Wish::Notify(from.into(), value)),
            }
        }
    }

    /// Waits until [`poll`](Self::poll) has something to do that comes from the twin itself. Dropping the future loses nothing.
    pub async fn work(&mut self) {
        let time = self.device.next_time().map(|time| time.wrapping_sub(milliseconds()).cast_signed().max(0));
        let elapsed = async {
            match time {
                Some(millis) => tokio::time::sleep(Duration::from_millis(millis as u64)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // What an app sends comes before the end of its call.
            Some(value) = self.messages.recv() => self.news = Some(News::Message(value)),
            news = self.worker.news() => self.news = Some(news),
            () = elapsed => {}
            () = woken() => {}
        }
    }
}
