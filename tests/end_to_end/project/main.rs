//! Sends a message when its timer expires, and answers each message with the version of the app and the message that it stored last.
//! `?` is not stored.
#![no_std]
#![no_main]

use core::time::Duration;
use wamr_guest::message::{self, Peer};
use wamr_guest::{App, Error, Event, Result, kv, timer};

/// The test changes it. Version 3 does not start.
const VERSION: u8 = 1;

const KEY: &str = "last";

struct Project;

#[wamr_guest::app]
impl App for Project {
    fn start() -> Result<Self> {
        timer::start_periodic(0, Duration::from_millis(300))?;
        if VERSION == 3 { Err(Error::Io) } else { Ok(Self) }
    }

    fn on_event(&mut self, event: Event) -> Result {
        match event {
            // Nobody may listen.
            Event::Timer { .. } => _ = message::send(Peer::Client, b"tick"),
            Event::Message { .. } => {
                let mut buffer = [0; 16];
                while let Some(received) = message::receive(&mut buffer)? {
                    if received.data != b"?" {
                        kv::set(KEY, received.data)?;
                    }
                    let mut answer = [b'0' + VERSION; 17];
                    let length = kv::get(KEY, &mut answer[1..])?.len();
                    message::send(received.sender.peer(), &answer[..1 + length])?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
