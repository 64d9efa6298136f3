//! The device's end of a line.

use wamr_proto::{Characteristic, Message};

use crate::{SILENCE_MS, ToClient, ToDevice};

/// The device behind a line.
pub trait Service {
    /// A client may use the device from now on. Returns `false` if the device serves another client.
    fn connected(&mut self) -> bool;

    /// That client is gone.
    fn disconnected(&mut self);

    /// The client wrote to *data*.
    fn data(&mut self, value: &[u8]);

    /// The client wrote to *control*.
    fn control(&mut self, value: &[u8]);

    /// Returns the value of *status* or *result*; an empty one for the others.
    fn value(&mut self, of: Characteristic) -> Message;

    /// The client has subscribed to *log* or *message*.
    fn listens(&mut self, to: Characteristic);
}

/// The state of a line: whether there is a session on it. A line has one at a time.
#[derive(Debug, Default)]
pub struct Session {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// The number of the last request.
    request: Option<u8>,
    /// When the last frame arrived.
    heard: u32,
}

impl Session {
    /// Makes a line without a session.
    pub const fn new() -> Self {
        Self { open: None }
    }

    /// Whether there is a session, so that notifications are sent.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Handles a frame from the client. Calls `answer` with the answer, if there is one. `now` is in milliseconds, and may wrap.
    pub fn handle(
        &mut self,
        now: u32,
        frame: ToDevice<'_>,
        service: &mut impl Service,
        mut answer: impl FnMut(ToClient<'_>),
    ) {
        if frame == ToDevice::Open {
            self.close(service);
            let is_free = service.connected();
            self.open = is_free.then_some(Open { request: None, heard: now });
            return answer(if is_free { ToClient::Open } else { ToClient::Busy });
        }
        let Some(open) = &mut self.open else { return answer(ToClient::Closed) };
        open.heard = now;
        match frame {
            ToDevice::Open | ToDevice::Close => {
                self.close(service);
                answer(ToClient::Closed);
            }
            ToDevice::Ping => answer(ToClient::Open),
            ToDevice::Data(value) => service.data(value),
            ToDevice::Control(number, value) => {
                // The client repeats a request if the answer was lost.
                if open.request.replace(number) != Some(number) {
                    service.control(value);
                }
                answer(ToClient::Taken(number));
            }
            ToDevice::Read(characteristic) => answer(ToClient::Value(characteristic, &service.value(characteristic))),
            ToDevice::Listen(to) => {
                service.listens(to);
                answer(ToClient::Open);
            }
        }
    }

    /// Ends a session without frames for [`SILENCE_MS`]. Returns when to call this again.
    pub fn time_out(&mut self, now: u32, service: &mut impl Service) -> Option<u32> {
        let heard = self.open.as_ref()?.heard;
        if now.wrapping_sub(heard) >= SILENCE_MS {
            self.close(service);
            return None;
        }
        Some(heard.wrapping_add(SILENCE_MS))
    }

    /// Ends the session, if there is one: the line is gone.
    pub fn close(&mut self, service: &mut impl Service) {
        if self.open.take().is_some() {
            service.disconnected();
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;
    use std::vec::Vec;
    use std::{format, vec};

    use super::*;

    /// Writes down the calls.
    #[derive(Default)]
    struct Calls {
        calls: Vec<String>,
        is_busy: bool,
    }

    impl Service for Calls {
        fn connected(&mut self) -> bool {
            self.calls.push("connected".into());
            !self.is_busy
        }
        fn disconnected(&mut self) {
            self.calls.push("disconnected".into());
        }
        fn data(&mut self, value: &[u8]) {
            self.calls.push(format!("data {value:?}"));
        }
        fn control(&mut self, value: &[u8]) {
            self.calls.push(format!("control {value:?}"));
        }
        fn value(&mut self, of: Characteristic) -> Message {
            Message::from_slice(&[of as u8]).unwrap()
        }
        fn listens(&mut self, to: Characteristic) {
            self.calls.push(format!("listens {to:?}"));
        }
    }

    struct Line {
        session: Session,
        service: Calls,
    }

    impl Line {
        fn new() -> Self {
            Self { session: Session::new(), service: Calls::default() }
        }

        /// Returns the answer, and the calls since the last frame.
        fn send(&mut self, now: u32, frame: ToDevice<'_>) -> (Option<String>, Vec<String>) {
            let mut answered = None;
            let answer = |answer: ToClient<'_>| assert_eq!(answered.replace(format!("{answer:?}")), None, "one answer");
            self.session.handle(now, frame, &mut self.service, answer);
            (answered, std::mem::take(&mut self.service.calls))
        }
    }

    fn answer(text: &str, calls: &[&str]) -> (Option<String>, Vec<String>) {
        (Some(text.into()), calls.iter().map(|call| (*call).into()).collect())
    }

    #[test]
    fn a_session_passes_on_what_the_client_does() {
        let mut line = Line::new();
        assert_eq!(line.send(0, ToDevice::Open), answer("Open", &["connected"]));
        assert_eq!(line.send(1, ToDevice::Data(&[7])), (None, vec!["data [7]".into()]));
        assert_eq!(line.send(1, ToDevice::Read(Characteristic::Status)), answer("Value(Status, [1])", &[]));
        assert_eq!(line.send(1, ToDevice::Listen(Characteristic::Log)), answer("Open", &["listens Log"]));
        assert_eq!(line.send(1, ToDevice::Ping), answer("Open", &[]));
        assert_eq!(line.send(2, ToDevice::Close), answer("Closed", &["disconnected"]));
        assert!(!line.session.is_open());
    }

    #[test]
    fn a_repeated_request_is_taken_once() {
        let mut line = Line::new();
        line.send(0, ToDevice::Open);
        assert_eq!(line.send(0, ToDevice::Control(0, &[1])), answer("Taken(0)", &["control [1]"]));
        assert_eq!(line.send(0, ToDevice::Control(0, &[1])), answer("Taken(0)", &[]));
        assert_eq!(line.send(0, ToDevice::Control(1, &[1])), answer("Taken(1)", &["control [1]"]));
        line.send(0, ToDevice::Open);
        assert_eq!(line.send(0, ToDevice::Control(1, &[2])), answer("Taken(1)", &["control [2]"]), "a new session");
    }

    #[test]
    fn without_a_session_every_frame_is_answered_with_that() {
        let mut line = Line::new();
        for frame in [
            ToDevice::Close,
            ToDevice::Ping,
            ToDevice::Data(&[1]),
            ToDevice::Control(0, &[1]),
            ToDevice::Read(Characteristic::Status),
            ToDevice::Listen(Characteristic::Log),
        ] {
            assert_eq!(line.send(0, frame), answer("Closed", &[]), "{frame:?}");
        }
        line.service.is_busy = true;
        assert_eq!(line.send(0, ToDevice::Open), answer("Busy", &["connected"]));
        assert!(!line.session.is_open());
    }

    #[test]
    fn a_client_that_opens_again_ends_its_session_first() {
        let mut line = Line::new();
        line.send(0, ToDevice::Open);
        assert_eq!(line.send(0, ToDevice::Open), answer("Open", &["disconnected", "connected"]));
    }

    #[test]
    fn a_silent_session_ends() {
        let mut line = Line::new();
        let start = u32::MAX - 5_000;
        line.send(start, ToDevice::Open);
        line.send(start.wrapping_add(3_000), ToDevice::Ping);
        let end = start.wrapping_add(13_000);
        assert_eq!(line.session.time_out(end.wrapping_sub(1), &mut line.service), Some(end));
        assert!(line.session.is_open());
        line.service.calls.clear();
        assert_eq!(line.session.time_out(end, &mut line.service), None);
        assert_eq!(line.service.calls, ["disconnected"]);
        assert_eq!(line.session.time_out(end, &mut line.service), None);
    }
}
