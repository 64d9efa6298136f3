//! The group `message`.

use wamr_host::Error;
use wamr_host::message::{Client, Messages};
use wamr_proto::{AppMessage, MessageFrame};
use zephyr::kconfig;

use crate::EVENTS;
use crate::service::transport::{self, NotSent};

const QUEUE: usize = kconfig::CONFIG_WAMR_ZEPHYR_HOST_MESSAGE_QUEUE as usize;

pub static GROUP: Messages<Transports, QUEUE> = Messages::new(Transports, &EVENTS);

/// The client on any transport.
pub struct Transports;

impl Client for Transports {
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error> {
        let value = MessageFrame { app, bytes: message }.encode().ok_or(Error::InvalidArgument)?;
        transport::message(&value).map_err(|not_sent| match not_sent {
            NotSent::NoClient => Error::NotFound,
            NotSent::Busy => Error::NoSpace,
        })
    }
}
