//! A device that was built without deltas rejects them, and takes whole modules.

use crate::rig::{App, Failed, digest, flash, powered};
use wamr_device::{Event, SignaturePolicy};
use wamr_proto::{Command, DELTA_FRAME, DataFrame, ErrorCode};

#[test]
fn a_base_is_refused_and_the_whole_module_follows() {
    powered(&mut flash(), SignaturePolicy::optional(&[]), |rig| {
        rig.install(&App::new("app", 1)).unwrap();
        let (app, new) = (rig.number(), App::new("app", 2));
        let module = new.module();
        rig.ask(Command::Begin { size: module.len() as u32, digest: digest(&module), denied: 0 }).unwrap();
        assert_eq!(rig.ask(Command::Base { app }), Err(Failed::Refused(ErrorCode::Malformed, None)));
        // A copy of 64 bytes.
        let delta = DataFrame { offset: DELTA_FRAME, bytes: &[0x5f, 32] };
        rig.handle(Event::Data(delta.encode(&mut [0; 6]).unwrap()));
        assert_eq!(rig.status().upload.unwrap().resend, Some(0), "nothing was made");
        rig.install(&new).unwrap();
        rig.assert_version("app", 2);
    });
}
