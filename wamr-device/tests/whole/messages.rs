//! Messages of clients reach the mailbox if the app is loaded, also while it runs.

use std::sync::Mutex;

use crate::rig::{App, Failed, flash, powered};
use wamr_device::{Mailbox, SignaturePolicy};
use wamr_proto::{AppMessage, Command, ErrorCode, Refusal};

/// Takes a message per app.
#[derive(Default)]
struct Post(Mutex<Vec<(u8, Vec<u8>)>>);

impl Mailbox for Post {
    fn deliver(&self, app: u8, message: &[u8]) -> Result<(), Refusal> {
        let mut taken = self.0.lock().unwrap();
        if taken.iter().any(|(known, _)| *known == app) {
            return Err(ErrorCode::QueueFull.into());
        }
        taken.push((app, message.to_vec()));
        Ok(())
    }
}

fn send(app: u8) -> Command {
    Command::Send { app, message: AppMessage::new(b"hello").unwrap() }
}

fn refused(code: ErrorCode) -> Result<(), Failed> {
    Err(Failed::Refused(code, None))
}

#[test]
fn a_message_reaches_a_loaded_app() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        assert_eq!(rig.ask(send(0)), refused(ErrorCode::NoMessages), "the device has none");
        let post: &Post = Box::leak(Box::default());
        rig.set_mailbox(post);
        assert_eq!(rig.ask(send(1)), refused(ErrorCode::NoApp));
        rig.ask(send(0)).unwrap();
        assert_eq!(*post.0.lock().unwrap(), [(0, b"hello".to_vec())]);
        assert_eq!(rig.ask(send(0)), refused(ErrorCode::QueueFull));
        rig.ask(Command::Stop { app: 0 }).unwrap();
        assert_eq!(rig.ask(send(0)), refused(ErrorCode::NotStarted));
        assert!(send(0).is_possible_beside_a_run());
    });
}
