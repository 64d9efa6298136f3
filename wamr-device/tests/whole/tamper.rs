//! Somebody changes flash behind the device's back, as a probe on the bus of external flash can.

use crate::rig::{App, Failed, Rig, digest, flash, powered};
use wamr_device::SignaturePolicy;
use wamr_device::sim::SimFlash;
use wamr_proto::{AppState, Command, ErrorCode};

/// Overwrites the only place of these bytes in flash.
fn replace(rig: &mut Rig<'_, '_, '_>, old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let mut bytes = rig.flash.bytes().to_vec();
    let places: Vec<_> = (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    let [at] = places[..] else { panic!("at {places:?}") };
    bytes[at..][..new.len()].copy_from_slice(new);
    *rig.flash = SimFlash::from_bytes(bytes);
}

/// The cell that announced a module, for another one.
fn announcement(cell: &[u8], module: &[u8]) -> Vec<u8> {
    let mut cell = cell.to_vec();
    cell[16..48].copy_from_slice(&digest(module).0);
    let check = digest(&cell[..56]);
    cell[56..].copy_from_slice(&check.0[..8]);
    cell
}

#[test]
fn a_module_that_was_changed_after_the_start_is_not_loaded() {
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        let (app, other) = (App::new("app", 1).module(), App::new("app", 2).module());
        rig.install_module(&app).unwrap();
        rig.assert_version("app", 1);
        replace(rig, &app, &other);
        let refused = Err(Failed::Refused(ErrorCode::DigestMismatch, None));
        assert_eq!(rig.ask(Command::Start { app: 0 }), refused);
        assert_eq!((rig.status().apps[0].state, rig.status().apps[0].failures), (AppState::Stopped, 1));
        // It was never the device's own doing, and the right bytes are as good as before.
        replace(rig, &other, &app);
        rig.ask(Command::Start { app: 0 }).unwrap();
        rig.assert_version("app", 1);
    });
}

#[test]
fn a_changed_digest_does_not_stand_for_a_signature() {
    powered(&mut flash(), SignaturePolicy::required(Box::leak(Box::new([crate::rig::public(1)]))), |rig| {
        let app = App::new("app", 1).signed(1).module();
        rig.install_module(&app).unwrap();
        let cell = rig.flash.bytes().windows(64).find(|cell| cell.starts_with(b"WAMROPN")).unwrap().to_vec();
        for (other, code) in [
            (App::new("app", 2).signed(2).module(), ErrorCode::UnknownKey),
            (App::new("app", 2).with(|app| app.ballast = 104).module(), ErrorCode::NotSigned),
        ] {
            let mut other = other;
            other.resize(app.len(), 0);
            replace(rig, &app, &other);
            replace(rig, &cell, &announcement(&cell, &other));
            let Err(Failed::Refused(refused, _)) = rig.ask(Command::Start { app: 0 }) else { panic!("it was started") };
            assert!(refused == code || refused == ErrorCode::BadSignature, "{refused}");
            replace(rig, &announcement(&cell, &other), &cell);
            replace(rig, &other, &app);
            rig.ask(Command::Start { app: 0 }).unwrap();
            rig.assert_version("app", 1);
        }
    });
}

#[test]
fn the_signature_protects_a_signed_module_at_each_start() {
    powered(&mut flash(), SignaturePolicy::required(Box::leak(Box::new([crate::rig::public(1)]))), |rig| {
        let app = App::new("app", 1).signed(1).module();
        rig.install_module(&app).unwrap();
        // The last byte is code or data, so only a hash of the whole module finds it.
        let mut other = app.clone();
        *other.last_mut().unwrap() ^= 1;
        replace(rig, &app, &other);
        assert_eq!(rig.ask(Command::Start { app: 0 }), Err(Failed::Refused(ErrorCode::DigestMismatch, None)));
        replace(rig, &other, &app);
        rig.ask(Command::Start { app: 0 }).unwrap();
        rig.assert_version("app", 1);
    });
}
