//! Upgrades of a device that has the version before.

use super::resume::{Connector, connector, reconnect, restart};
use super::*;
use crate::client::resume::upload_over;
use std::cell::Cell;
use tokio::time::Instant;

/// The module with a longer text, and with addresses that moved.
fn new() -> (Vec<u8>, Digest) {
    let old = module().0;
    let mut new = [&old[..9_000], b"a longer text", &old[9_005..]].concat();
    (10_000..15_000).step_by(40).for_each(|at| new[at] = new[at].wrapping_add(8));
    let digest = Digest(Sha256::digest(&new).into());
    (new, digest)
}

/// A device with the old version.
async fn device() -> Rig {
    let (bytes, digest) = module();
    let link = Rig::new().link();
    Client::new(link.clone()).upload(&bytes, digest, 0, |_| ()).await.unwrap();
    let rig = Rc::into_inner(link.0).unwrap().into_inner();
    Rig { frames: 0, bytes: 0, ..rig }
}

/// The old version, if the fingerprint is that of the old version.
fn old(fingerprint: &Fingerprint) -> Option<Vec<u8>> {
    let (bytes, digest) = module();
    (*fingerprint == Fingerprint::from(&digest)).then_some(bytes)
}

/// The old version with another byte.
fn damaged(at: usize) -> Vec<u8> {
    let mut bytes = module().0;
    bytes[at] ^= 1;
    bytes
}

/// Uploads the new version. Returns the number of attempts with a delta.
async fn upgrade(connector: &mut Connector, bases: Bases<'_>) -> usize {
    let ((bytes, digest), mut deltas) = (new(), 0);
    let report = |event: crate::Event<'_>| deltas += usize::from(matches!(event, crate::Event::Delta(_)));
    upload_over(None, connector, 3, bases, &bytes, digest, 0, report).await.unwrap();
    assert!(connector.link.0.borrow().is_installed(&digest));
    deltas
}

/// Like [`upgrade`], for a connection that is lost once: nothing takes time but the pause before the next connection.
async fn resume(connector: &mut Connector, bases: Bases<'_>) -> usize {
    let begin = Instant::now();
    let deltas = upgrade(connector, bases).await;
    let took = begin.elapsed();
    assert!(took < RESEND_AFTER, "{} ms", took.as_millis());
    deltas
}

/// The number of frames that an upgrade takes.
async fn frames() -> usize {
    let mut connector = connector(device().await, reconnect);
    upgrade(&mut connector, &old).await;
    connector.link.0.borrow().frames
}

#[test]
fn an_upgrade_sends_what_changed() {
    block_on(async {
        let mut connector = connector(device().await, reconnect);
        assert_eq!(upgrade(&mut connector, &old).await, 1);
        let rig = connector.link.0.borrow();
        println!("{} bytes in {} frames", rig.bytes, rig.frames);
        assert!(rig.bytes < 450 && rig.frames <= 10, "{} bytes in {} frames", rig.bytes, rig.frames);
    });
}

#[test]
fn an_upgrade_resumes_wherever_the_connection_is_lost() {
    block_on(async {
        let frames = frames().await;
        let mut count = 0;
        for before in [reconnect, restart] {
            for cut in 0..frames {
                let mut connector = connector(Rig { cut: Some(cut), ..device().await }, before);
                assert_eq!(resume(&mut connector, &old).await, 2, "cut at {cut}");
                count += 1;
            }
        }
        println!("{count} upgrades whose connection ended");
    });
}

#[test]
fn an_upload_of_the_whole_module_goes_on_with_what_changed() {
    block_on(async {
        for before in [reconnect, restart] {
            for cut in (0..new().0.len() / 240).step_by(4) {
                let mut connector = connector(Rig { cut: Some(cut), ..device().await }, before);
                let is_first = Cell::new(true);
                let second = |fingerprint: &Fingerprint| if is_first.replace(false) { None } else { old(fingerprint) };
                assert_eq!(resume(&mut connector, &second).await, 1, "cut at {cut}");
            }
        }
    });
}

#[test]
fn lost_frames_of_an_upgrade_are_sent_again() {
    block_on(async {
        for first in 0..frames().await {
            // A lost frame is noticed by the device if another one follows, or after a second.
            for length in [1, 2, 8] {
                let mut connector = connector(Rig { losses: first..first + length, ..device().await }, reconnect);
                assert_eq!(upgrade(&mut connector, &old).await, 1, "{length} from {first}");
            }
        }
    });
}

#[test]
fn without_the_base_everything_is_sent() {
    block_on(async {
        let whole = |bases: Bases<'static>, rig: Rig| async move {
            let mut connector = connector(rig, reconnect);
            assert_eq!(upgrade(&mut connector, bases).await, 0);
            assert!(connector.link.0.borrow().bytes > new().0.len());
        };
        whole(NO_BASES, device().await).await;
        // Firmware without deltas.
        whole(&old, Rig { takes_deltas: false, ..device().await }).await;
    });
}

#[test]
fn with_the_wrong_base_everything_is_sent_again() {
    block_on(async {
        let wrong = |_: &Fingerprint| Some(damaged(19_000));
        let mut connector = connector(device().await, reconnect);
        assert_eq!(upgrade(&mut connector, &wrong).await, 1);
        assert!(connector.link.0.borrow().bytes > new().0.len());
    });
}

/// A later process does not know how the bytes were made that the device already has.
#[test]
fn an_upload_that_goes_on_with_a_wrong_delta_is_sent_again() {
    block_on(async {
        let wrong = |_: &Fingerprint| Some(damaged(100));
        let away = |_: &mut Rig, number: u32| if number == 0 { Ok(()) } else { Err(Error::NotFound(None)) };
        let (bytes, digest) = new();
        for cut in 0..frames().await {
            let mut connector = connector(Rig { cut: Some(cut), ..device().await }, away);
            let first = upload_over(None, &mut connector, 3, &wrong, &bytes, digest, 0, |_| ()).await;
            assert_eq!(first.map(drop), Err(Error::NotFound(None)));
            connector.before = reconnect;
            assert_eq!(upgrade(&mut connector, NO_BASES).await, 0, "cut at {cut}");
        }
    });
}

/// A status contains only the first of many apps.
#[test]
fn each_of_many_apps_can_be_the_base() {
    block_on(async {
        let mut connector = connector(Rig::new(), reconnect);
        let mut client = Client::new(connector.link.clone());
        let others = (1..SLOTS as u8 - 1).map(|first| vec![first; 100]);
        for bytes in others.chain([module().0]) {
            client.upload(&bytes, Digest(Sha256::digest(&bytes).into()), 0, |_| ()).await.unwrap();
        }
        let status = client.status().await.unwrap();
        assert!(status.apps.iter().all(|app| old(&app.fingerprint).is_none()), "it is not in the status");
        let ((bytes, digest), mut deltas) = (new(), 0);
        let report = |event: crate::Event<'_>| deltas += usize::from(matches!(event, crate::Event::Delta(_)));
        let mut client = upload_over(None, &mut connector, 3, &old, &bytes, digest, 0, report).await.unwrap();
        assert_eq!(deltas, 1);
        assert!(client.number_of(&digest).await.unwrap().is_some());
    });
}

/// The client has seen the base in a status. Then its app is removed before the device hears of the base, or its flash is lost during the
/// upload.
#[test]
fn after_the_loss_of_the_base_everything_is_sent() {
    block_on(async {
        let mut connector = connector(device().await, reconnect);
        let link = connector.link.clone();
        let removed = |fingerprint: &Fingerprint| {
            let mut rig = link.0.borrow_mut();
            rig.handle(Event::Control(&encode(&Request { seq: 1_000, command: Command::Remove { app: 0 } }).unwrap()));
            old(fingerprint)
        };
        assert_eq!(upgrade(&mut connector, &removed).await, 0);
        assert!(connector.link.0.borrow().bytes > new().0.len());
        for before in 0..frames().await {
            let mut connector = self::connector(Rig { loses_base: Some(before), ..device().await }, reconnect);
            assert_eq!(upgrade(&mut connector, &old).await, 1, "lost before frame {before}");
        }
    });
}
