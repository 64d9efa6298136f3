//! Uploads as changes to an installed module.

use crate::rig::{PAGE, Rig, digest, module};
use wamr_delta::Plan;
use wamr_device::sim::Cut;
use wamr_device::{BLOCK, BLOCKS, Event, Role};
use wamr_proto::{Command, DELTA_FRAME, DataFrame, ErrorCode, Refusal};

/// Modules take more than one page and more than one window.
const SIZE: usize = 7_000;

/// Bytes of the operations in a frame, so that an upload takes many.
const ROOM: usize = 40;

fn old() -> Vec<u8> {
    const { assert!(SIZE > PAGE as usize && SIZE > BLOCK * BLOCKS) };
    let mut old = module(SIZE);
    // Bytes that are not like others.
    let mut state = 1u32;
    for byte in &mut old[8..] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    old[11] = 0;
    old
}

/// The old module with a longer constant, and with addresses that moved.
fn new() -> Vec<u8> {
    let old = old();
    let mut new = [&old[..3_000], b"a longer constant", &old[3_010..]].concat();
    (4_000..6_500).step_by(50).for_each(|at| new[at] = new[at].wrapping_add(7));
    new
}

/// A client that sends a module as changes to another one.
struct Client<'a> {
    plan: Plan<'a>,
    module: &'a [u8],
    next: u32,
    frames: usize,
    bytes: usize,
}

impl<'a> Client<'a> {
    fn new(base: &'a [u8], module: &'a [u8]) -> Self {
        Self { plan: Plan::new(base, module), module, next: 0, frames: 0, bytes: 0 }
    }

    /// Opens the upload, or goes on with it.
    fn begin(&mut self, rig: &mut Rig, base: u8) -> Result<(), Refusal> {
        rig.begin(self.module)?;
        self.next = rig.status().upload.expect("an open upload").durable;
        rig.ask(Command::Base { app: base })
    }

    /// Sends the next frame, if there is one.
    fn send(&mut self, rig: &mut Rig) -> bool {
        let upload = rig.status().upload.expect("an open upload");
        self.next = upload.resend.unwrap_or(self.next);
        if self.next == upload.size {
            return false;
        }
        let mut operations = Vec::new();
        let end = self.plan.frame(self.next, upload.granted, ROOM, &mut operations);
        send(rig, self.next, &operations);
        self.next = end;
        self.frames += 1;
        assert!(self.frames < 1_000, "the upload does not end");
        self.bytes += operations.len();
        true
    }

    /// Uploads the module and checks that it is installed.
    #[track_caller]
    fn upgrade(&mut self, rig: &mut Rig, base: u8) {
        self.begin(rig, base).unwrap();
        self.finish(rig).unwrap();
        rig.assert_app(self.module);
    }

    fn finish(&mut self, rig: &mut Rig) -> Result<(), Refusal> {
        loop {
            while self.send(rig) {}
            match rig.ask(Command::Commit) {
                // The last frame was lost.
                Err(Refusal { code: ErrorCode::Incomplete, bound, .. }) => self.next = bound.unwrap(),
                done => return done,
            }
        }
    }
}

fn send(rig: &mut Rig, offset: u32, operations: &[u8]) {
    let mut buffer = [0; 512];
    let frame = DataFrame { offset: offset | DELTA_FRAME, bytes: operations };
    rig.handle(Event::Data(frame.encode(&mut buffer).unwrap()));
}

/// A device with the old app, and its number.
fn device() -> (Rig, u8) {
    let mut rig = Rig::new();
    rig.install(&old()).unwrap();
    let app = rig.only();
    (rig, app)
}

/// The new app is there, also after a restart.
#[track_caller]
fn assert_new(rig: Rig) {
    let apps = |rig: &Rig| rig.status().apps.iter().map(|app| app.fingerprint).collect::<Vec<_>>();
    assert!(apps(&rig).contains(&(&digest(&new())).into()));
    let restarted = rig.restart();
    assert!(apps(&restarted).contains(&(&digest(&new())).into()));
}

#[test]
fn an_upgrade_sends_what_changed() {
    let (mut rig, app) = device();
    let (old, new) = (old(), new());
    let mut client = Client::new(&old, &new);
    client.upgrade(&mut rig, app);
    assert!(client.bytes < 400, "{} bytes", client.bytes);
    assert!(client.frames > 8, "a test with many frames");
    assert_new(rig);
}

#[test]
fn a_module_copies_from_itself() {
    let (mut rig, app) = device();
    let old = old();
    // Bytes that are not in the base, and once more.
    let more: Vec<_> = old[8..2_000].iter().map(|byte| byte ^ byte >> 1 ^ 0x5a).collect();
    let module = [&old[..8], &more, &more].concat();
    let mut client = Client::new(&old, &module);
    client.upgrade(&mut rig, app);
    assert!(client.bytes < 2_500, "{} bytes", client.bytes);
}

/// In the source, the module follows the base, and begins with the same bytes. In flash, they are in different places.
#[test]
fn a_copy_ends_with_the_base() {
    let (mut rig, app) = device();
    let old = old();
    let module = [&old[..], &[0], &old[100..400]].concat();
    let module: Vec<_> = module.iter().enumerate().map(|(at, byte)| byte ^ (u8::from(at > SIZE) * 0x5a)).collect();
    let mut client = Client::new(&old, &module);
    client.upgrade(&mut rig, app);
    assert!(client.bytes < 500, "{} bytes", client.bytes);
}

#[test]
fn a_base_needs_an_app_and_an_upload() {
    let (mut rig, app) = device();
    assert_eq!(rig.ask(Command::Base { app }), Err(ErrorCode::NoUpload.into()));
    rig.begin(&new()).unwrap();
    assert_eq!(rig.ask(Command::Base { app: app + 1 }), Err(ErrorCode::NoApp.into()));
    // What follows are deltas all the same, but the device takes none.
    send(&mut rig, 0, &[0x5f, 0]);
    assert_eq!(rig.status().upload.unwrap().resend, Some(0));
    rig.stream(&new(), 0, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&new());
}

#[test]
fn disconnects_and_lost_frames_at_every_frame() {
    let (rig, app) = device();
    let (old, new) = (old(), new());
    let flash = rig.flash;
    for cut in 0.. {
        for lost in [false, true] {
            let mut rig = Rig::with_flash(flash.clone());
            let mut client = Client::new(&old, &new);
            client.begin(&mut rig, app).unwrap();
            let is_over = !(0..cut).all(|_| client.send(&mut rig));
            if lost {
                let upload = rig.status().upload.unwrap();
                client.next = client.plan.frame(client.next, upload.granted, ROOM, &mut Vec::new());
                client.send(&mut rig);
            } else {
                rig.handle(Event::Disconnected);
                rig.handle(Event::Connected(Role::Owner));
                client.begin(&mut rig, app).unwrap();
            }
            client.finish(&mut rig).unwrap();
            rig.assert_app(&new);
            if is_over && lost {
                println!("faults at {} frames", client.frames);
                return;
            }
        }
    }
}

/// A frame in an order that no sender has, or with operations that no plan has, changes nothing that the client does not learn of.
#[test]
fn wrong_frames_are_dropped_or_found_out() {
    let (rig, app) = device();
    let (old, new) = (old(), new());
    let cases: [(u32, &[u8], &str); 10] = [
        (1, &[0x47], "after a gap"),
        (0, &[0x46], "a copy that is too short"),
        (0, &[0x81, 1], "starts with a change"),
        (0, &[0x5f, 0xff], "ends early"),
        (0, &[0x60, 0x01, 0x47], "in front of the base"),
        (0, &[0x60, 0xa8, 0x6d, 0x47], "across the end of the base"),
        (0, &[0x60, 0xb0, 0x6d, 0x47], "from the block itself"),
        (0, &[0x60, 0xf0, 0xff, 0x01, 0x47], "behind base and module"),
        (0, &[0x5f, 0x89, 0x46], "larger than the module"),
        (0, &[0x61], "unknown"),
    ];
    for (offset, operations, why) in cases {
        let mut rig = Rig::with_flash(rig.flash.clone());
        let mut client = Client::new(&old, &new);
        client.begin(&mut rig, app).unwrap();
        send(&mut rig, offset, operations);
        assert_eq!(rig.status().upload.unwrap().resend, Some(0), "{why}");
        client.finish(&mut rig).unwrap();
        rig.assert_app(&new);
    }
}

#[test]
fn bytes_behind_the_end_are_dropped() {
    let (mut rig, app) = device();
    let (old, new) = (old(), new());
    let mut client = Client::new(&old, &new);
    client.begin(&mut rig, app).unwrap();
    let almost = new.len() as u32 - 4;
    while client.next < almost {
        let granted = rig.status().upload.unwrap().granted;
        let mut operations = Vec::new();
        let end = client.plan.frame(client.next, granted.min(almost), ROOM, &mut operations);
        send(&mut rig, client.next, &operations);
        client.next = end;
    }
    assert_eq!(rig.status().upload.unwrap().resend, None);
    send(&mut rig, almost, &[0x04, 1, 2, 3, 4, 5]);
    assert_eq!(rig.status().upload.unwrap().resend, Some(almost));
    client.finish(&mut rig).unwrap();
    rig.assert_app(&new);
}

/// The length of a frame with operations says nothing about how many bytes of the module the client sends in a frame.
#[test]
fn the_window_of_deltas_has_no_gap() {
    let (mut rig, app) = device();
    rig.begin(&new()).unwrap();
    rig.ask(Command::Base { app }).unwrap();
    send(&mut rig, 0, &[0x5f, 0xe0, 0x03]);
    let upload = rig.status().upload.unwrap();
    assert_eq!(upload.granted, ((BLOCKS + 1) * BLOCK) as u32);
}

/// A block that waited for copies is used for an upload without any.
#[test]
fn a_discarded_delta_leaves_nothing_in_its_blocks() {
    let (mut rig, app) = device();
    for more in 0..3 {
        rig.begin(&new()).unwrap();
        rig.ask(Command::Base { app }).unwrap();
        send(&mut rig, 0, &[0x5f, 8]);
        send(&mut rig, 40, &[0x47 + more]);
        rig.ask(Command::Abort).unwrap();
    }
    let other = module(SIZE);
    rig.install(&other).unwrap();
    let numbers: Vec<_> = rig.status().apps.iter().map(|app| app.number).collect();
    assert!(numbers.iter().any(|number| rig.loaded[usize::from(*number)] == Some(digest(&other))));
}

/// The device erases no slot but that of the upload while an upload is open.
#[test]
fn a_base_can_be_removed_during_the_upload() {
    let (mut rig, app) = device();
    let (old, new) = (old(), new());
    let mut client = Client::new(&old, &new);
    client.begin(&mut rig, app).unwrap();
    client.send(&mut rig);
    rig.ask(Command::Remove { app }).unwrap();
    rig.rest();
    client.finish(&mut rig).unwrap();
    rig.assert_app(&new);
}

#[test]
fn a_base_whose_flash_is_lost_is_found_out_and_a_full_upload_follows() {
    let (mut rig, app) = device();
    let (old, new) = (old(), new());
    let mut client = Client::new(&old, &new);
    client.begin(&mut rig, app).unwrap();
    client.send(&mut rig);
    let start = 2 * PAGE + u32::from(app) * 3 * PAGE;
    embedded_storage::nor_flash::NorFlash::erase(&mut rig.flash, start, start + 3 * PAGE).unwrap();
    assert_eq!(client.finish(&mut rig).unwrap_err().code, ErrorCode::DigestMismatch);
    rig.begin(&new).unwrap();
    rig.stream(&new, 0, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&new);
}

/// What was copied before the power was cut stays, and what follows may come in any way.
#[test]
fn power_cuts_in_a_delta_at_every_operation() {
    let (rig, app) = device();
    let (old, new) = (old(), new());
    let mut cuts = 0;
    for cut in Cut::ALL {
        for operations in 0.. {
            let mut flash = rig.flash.clone();
            flash.cut_after(operations, cut);
            let mut first = Rig::with_flash(flash);
            let mut client = Client::new(&old, &new);
            // It may fail for want of power.
            let _ = client.begin(&mut first, app).map(|()| {
                for _ in 0..2 * SIZE / ROOM {
                    if !first.flash.is_powered() || !client.send(&mut first) {
                        break;
                    }
                }
                first.ask(Command::Commit)
            });
            let powered = first.flash.is_powered();
            first.flash.power_on();
            let mut second = first.restart();
            if second.status().apps.iter().all(|app| app.fingerprint != (&digest(&new)).into()) {
                second.assert_started(app, &old);
                if operations % 2 == 0 {
                    client.begin(&mut second, app).unwrap();
                    client.finish(&mut second).unwrap();
                } else {
                    second.begin(&new).unwrap();
                    let durable = second.status().upload.unwrap().durable;
                    second.stream(&new, durable as usize, 100);
                    second.ask(Command::Commit).unwrap();
                }
            }
            assert_new(second);
            if powered {
                break;
            }
            cuts += 1;
        }
    }
    println!("power cuts in a delta: {cuts}");
    assert!(cuts > 80);
}
