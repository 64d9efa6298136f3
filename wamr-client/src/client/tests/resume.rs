//! Uploads whose connection is lost: at every frame, with and without a restart of the device, and permanently.

use super::*;
use crate::Event;
use crate::link::Connect;

/// Connects to the same device each time.
pub(super) struct Connector {
    pub link: FakeLink,
    connections: u32,
    /// Runs before each connection.
    pub before: fn(&mut Rig, u32) -> Result<(), Error>,
}

impl Connect for Connector {
    type Link = FakeLink;

    async fn connect(&mut self) -> Result<FakeLink, Error> {
        let mut rig = self.link.0.borrow_mut();
        (self.before)(&mut rig, self.connections)?;
        self.connections += 1;
        Ok(self.link.clone())
    }
}

/// Uploads a module. Returns the result, and the events in words.
async fn upload(connector: &mut Connector, bytes: &[u8], digest: Digest) -> (Result<(), Error>, Vec<String>) {
    let mut told = Vec::new();
    let done = crate::client::upload(connector, 3, bytes, digest, 0, |event| match event {
        Event::Started(bytes) => told.push(format!("from {bytes}")),
        Event::Progress(_) => {}
        Event::Lost { pause, attempts: tries, .. } => told.push(format!("lost {tries}, {} ms", pause.as_millis())),
        Event::Searching | Event::Connected(_) | Event::Denied { .. } | Event::Delta(_) | Event::Uploaded => {
            unreachable!("not events of an upload")
        }
    });
    let done = done.await.map(drop);
    (done, told)
}

pub(super) fn connector(rig: Rig, before: fn(&mut Rig, u32) -> Result<(), Error>) -> Connector {
    Connector { link: rig.link(), connections: 0, before }
}

/// The connection is lost once.
pub(super) fn reconnect(rig: &mut Rig, number: u32) -> Result<(), Error> {
    if number > 0 {
        rig.reconnect();
    }
    Ok(())
}

pub(super) fn restart(rig: &mut Rig, number: u32) -> Result<(), Error> {
    if number > 0 {
        rig.restart();
    }
    Ok(())
}

#[test]
fn an_upload_resumes_wherever_the_connection_is_lost() {
    block_on(async {
        let (bytes, digest) = module();
        let mut count = 0;
        for before in [reconnect, restart] {
            for cut in 0..bytes.len() / 240 {
                let mut connector = connector(Rig { cut: Some(cut), ..Rig::new() }, before);
                let (done, told) = upload(&mut connector, &bytes, digest).await;
                assert_eq!(done, Ok(()), "cut at {cut}");
                let durable = cut * 240 / 4096 * 4096;
                assert_eq!(told[..2], ["from 0", "lost 1, 500 ms"]);
                let from: usize = told[2].strip_prefix("from ").unwrap().parse().unwrap();
                assert!(from >= durable && told.len() == 3, "cut at {cut}: {told:?}");
                assert!(connector.link.0.borrow().is_installed(&digest));
                count += 1;
            }
        }
        println!("{count} uploads whose connection ended");
    });
}

#[test]
fn an_install_whose_answer_is_lost_is_not_repeated() {
    block_on(async {
        let (bytes, digest) = module();
        let mut connector = connector(Rig { mute_commit: true, ..Rig::new() }, reconnect);
        let (done, told) = upload(&mut connector, &bytes, digest).await;
        assert_eq!((done, &told[..]), (Ok(()), &["from 0".to_owned(), "lost 1, 500 ms".to_owned()][..]));
        let frames = connector.link.0.borrow().frames;
        assert!(frames <= bytes.len().div_ceil(240) + bytes.len() / 4096, "{frames} frames: sent once");
    });
}

#[test]
fn the_client_gives_up_on_a_device_that_stays_away() {
    block_on(async {
        let (bytes, digest) = module();
        let away = |_: &mut Rig, number: u32| match number {
            0 => Ok(()),
            _ => Err(Error::NotFound(None)),
        };
        let mut connector = connector(Rig { cut: Some(20), ..Rig::new() }, away);
        let (done, told) = upload(&mut connector, &bytes, digest).await;
        assert_eq!(done, Err(Error::NotFound(None)));
        assert_eq!(told, ["from 0", "lost 1, 500 ms", "lost 2, 1000 ms", "lost 3, 2000 ms"]);
    });
}

#[test]
fn the_client_does_not_wait_for_a_device_that_was_never_found() {
    block_on(async {
        let (bytes, digest) = module();
        let mut connector = connector(Rig::new(), |_, _| Err(Error::NotFound(None)));
        let (done, told) = upload(&mut connector, &bytes, digest).await;
        assert_eq!((done, told), (Err(Error::NotFound(None)), vec![]));
    });
}

#[test]
fn a_refusal_is_final() {
    block_on(async {
        let mut connector = connector(Rig::new(), reconnect);
        let (done, told) = upload(&mut connector, &[0; FLASH], Digest([0; 32])).await;
        assert!(matches!(done, Err(Error::Refused { .. })), "{done:?}");
        assert_eq!((told, connector.connections), (vec![], 1));
    });
}
