//! Modules that are announced by their heads, as files are.

use crate::rig::{App, Failed, Rig, digest, flash, powered, public};
use wamr_device::{SignaturePolicy, announced, head};
use wamr_proto::{AppState, Command, DataFrame, Digest, ErrorCode, Fingerprint};

fn required() -> SignaturePolicy {
    SignaturePolicy::required(Box::leak(Box::new([public(1)])))
}

fn optional() -> SignaturePolicy {
    SignaturePolicy::optional(Box::leak(Box::new([public(1)])))
}

fn announced_by_head(module: &[u8]) -> Digest {
    announced(&module[..head(module).unwrap().unwrap()])
}

fn install(rig: &mut Rig<'_, '_, '_>, module: &[u8]) -> Result<(), Failed> {
    rig.install_announced(module, announced_by_head(module), 0)
}

fn refused(code: ErrorCode) -> Result<(), Failed> {
    Err(Failed::Refused(code, None))
}

#[test]
fn a_head_is_known_from_its_last_byte_on() {
    let module = App::new("app", 1).signed(1).module();
    let end = head(&module).unwrap().unwrap();
    assert!((9..module.len()).contains(&end));
    for len in 0..end {
        assert_eq!(head(&module[..len]), Ok(None), "{len}");
    }
    assert_eq!(head(&module[..end]), Ok(Some(end)));
    assert_eq!(head(&App::new("app", 1).module()), Err(ErrorCode::NotSigned));
    assert_eq!(head(b"\x7fELF"), Err(ErrorCode::InvalidModule));
    assert_eq!(head(b"\0asm\x01\0\0\0\0\xff\xff\xff\xff\xff\xff"), Err(ErrorCode::BadSignature));
}

#[test]
fn a_signed_file_is_an_app_like_any_other() {
    let mut flash = flash();
    let (old, new) = (App::new("app", 1).signed(1).module(), App::new("app", 2).signed(1).module());
    powered(&mut flash, required(), |rig| {
        install(rig, &old).unwrap();
        rig.assert_version("app", 1);
        install(rig, &new).unwrap();
        rig.assert_version("app", 2);
        assert_eq!(rig.status().apps[0].fingerprint, Fingerprint::from(&announced_by_head(&new)));
    });
    powered(&mut flash, required(), |rig| {
        rig.assert_version("app", 2);
        let app = rig.status().apps[0].number;
        rig.ask(Command::Start { app }).unwrap();
        rig.install_module(&old).unwrap();
        rig.assert_version("app", 1);
    });
}

#[test]
fn what_follows_the_head_is_what_was_signed() {
    powered(&mut flash(), required(), |rig| {
        let module = App::new("app", 1).signed(1).module();
        let mut other = module.clone();
        *other.last_mut().unwrap() ^= 1;
        assert_eq!(install(rig, &other), refused(ErrorCode::BadSignature));
        assert_eq!(rig.install_announced(&other, digest(&module), 0), refused(ErrorCode::DigestMismatch));
        let stranger = App::new("app", 1).signed(2).module();
        assert_eq!(install(rig, &stranger), refused(ErrorCode::UnknownKey));
        // Another head.
        assert_eq!(rig.install_announced(&module, announced_by_head(&stranger), 0), refused(ErrorCode::DigestMismatch));
        install(rig, &module).unwrap();
    });
}

#[test]
fn without_a_signature_that_is_checked_a_head_announces_nothing() {
    let module = App::new("app", 1).signed(1).module();
    powered(&mut flash(), SignaturePolicy::OFF, |rig| {
        assert_eq!(install(rig, &module), refused(ErrorCode::DigestMismatch));
        rig.install_module(&module).unwrap();
    });
    let unsigned = App::new("app", 1).module();
    powered(&mut flash(), optional(), |rig| {
        for len in 0..unsigned.len() {
            let digest = announced(&unsigned[..len]);
            assert_eq!(rig.install_announced(&unsigned, digest, 0), refused(ErrorCode::DigestMismatch), "{len}");
        }
        rig.install_module(&unsigned).unwrap();
    });
}

#[test]
fn a_revoked_key_is_the_reason_why_a_file_does_not_start() {
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        install(rig, &App::new("app", 1).signed(1).module()).unwrap();
        rig.ask(Command::Revoke { key: public(1) }).unwrap();
        assert_eq!(rig.ask(Command::Start { app: 0 }), refused(ErrorCode::UnknownKey));
        assert_eq!(rig.status().apps[0].state, AppState::Stopped);
    });
}

#[test]
fn the_upload_of_a_file_resumes_after_a_loss_of_power() {
    let module = App::new("app", 1).signed(1).with(|app| app.ballast = 6000).module();
    let begin = Command::Begin { size: module.len() as u32, digest: announced_by_head(&module), denied: 0 };
    let mut flash = flash();
    powered(&mut flash, required(), |rig| {
        rig.ask(begin.clone()).unwrap();
        for (number, bytes) in module[..5000].chunks(200).enumerate() {
            let frame = DataFrame { offset: 200 * number as u32, bytes };
            rig.handle(wamr_device::Event::Data(frame.encode(&mut [0; 204]).unwrap()));
        }
    });
    powered(&mut flash, required(), |rig| {
        rig.ask(begin).unwrap();
        assert_eq!(rig.status().upload.unwrap().durable, 4096);
        install(rig, &module).unwrap();
        rig.assert_version("app", 1);
    });
}
