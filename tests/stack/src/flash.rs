//! Puts a signed app and its key into the flash, as an upload does. Nothing is verified here: the device does that later.

use static_cell::ConstStaticCell;
use wamr_device::{
    Action, Buffers, Completion, Device, Event, Records, Role, SignaturePolicy, Supervision, Task, Verified,
};
use wamr_proto::{Command, DataFrame, Digest, FRAME_HEADER, Request, encode};
use wamr_zephyr::slot::{GEOMETRY, Slot};

const APP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/app.wasm"));
const DIGEST: Digest = Digest(*include_bytes!(concat!(env!("OUT_DIR"), "/digest")));
const KEY: &[u8; 32] = include_bytes!(concat!(env!("OUT_DIR"), "/key"));

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());

pub fn install(slot: &mut Slot) {
    let Ok(records) = Records::read(slot, &GEOMETRY) else { panic!("the flash cannot be read") };
    let policy = SignaturePolicy::required(&[]);
    let mut device = Device::new(GEOMETRY, Supervision::DEFAULT, policy, BUFFERS.take());
    device.start(&records);
    let mut handle = |event: Event<'_, 'static>| {
        device.handle(0, event);
        while let Some(action) = device.poll(0) {
            match action {
                Action::Flash(op) => device.handle(0, Event::Flash(op.perform(slot))),
                Action::Execute(task) => {
                    let completion = complete(task);
                    device.handle(0, Event::Executed(task, completion));
                }
                _ => {}
            }
        }
    };
    handle(Event::Connected(Role::Owner));
    let mut ask = |seq, command| {
        let request = encode(&Request { seq, command }).expect("a short request");
        handle(Event::Control(&request));
    };
    ask(1, Command::Trust { key: *KEY });
    ask(2, Command::Begin { size: APP.len() as u32, digest: DIGEST, denied: 0 });
    for (index, bytes) in APP.chunks(64).enumerate() {
        let mut buffer = [0; FRAME_HEADER + 64];
        let frame = DataFrame { offset: 64 * index as u32, bytes };
        handle(Event::Data(frame.encode(&mut buffer).expect("room for it")));
    }
    let commit = encode(&Request { seq: 3, command: Command::Commit }).expect("a short request");
    handle(Event::Control(&commit));
}

fn complete(task: &Task) -> Completion {
    match task {
        Task::Verify(_) => Completion::Verified(Ok(Verified::default())),
        Task::Load { slot, .. } => Completion::Loaded { slot: *slot, result: Ok(()), unloaded: 0 },
        task => panic!("{task:?}"),
    }
}
