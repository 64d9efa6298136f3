//! What a radio and its clients can do to an upload: the device keeps the old app or has the new one, whole, and an upload
//! that goes on completes. Faults are tried at every frame, and pairs of them at every pair of frames.

use crate::rig::{PAGE, Rig, digest, module};
use wamr_device::sim::SimFlash;
use wamr_device::{BLOCK, BLOCKS, Event, Role};
use wamr_proto::{Command, DataFrame, ErrorCode, FRAME_HEADER};

/// Module bytes in a frame: blocks end inside of frames, and frames inside of blocks.
const STEP: usize = 300;

/// A module that takes more than one page of flash and more than one window.
fn new() -> Vec<u8> {
    const { assert!(SIZE > PAGE as usize && SIZE > BLOCK * BLOCKS) };
    module(SIZE)
}

const SIZE: usize = 5000;

fn old() -> Vec<u8> {
    module(64)
}

/// Another client's module, of the same size, so that its frames would fit.
fn other() -> Vec<u8> {
    let mut other = new();
    other[8..].reverse();
    other
}

/// The values that a client writes to *data* for a module.
fn frames(module: &[u8]) -> Vec<Vec<u8>> {
    let frames = (0..).step_by(STEP).zip(module.chunks(STEP));
    frames.map(|(offset, bytes)| frame(offset, bytes)).collect()
}

fn frame(offset: u32, bytes: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; FRAME_HEADER + bytes.len()];
    DataFrame { offset, bytes }.encode(&mut buffer).unwrap();
    buffer
}

/// All pairs of `0..count`, the smaller number first.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
}

/// Flash with the old app, for many devices.
struct Cases {
    flash: SimFlash,
    count: usize,
}

impl Cases {
    fn new() -> Self {
        let mut rig = Rig::new();
        rig.install(&old()).unwrap();
        Self { flash: rig.flash, count: 0 }
    }

    /// A device with the old app.
    fn device(&mut self) -> Rig {
        self.count += 1;
        Rig::with_flash(self.flash.clone())
    }

    /// A device to which these values come after the start of the new module's upload: with or without faults between them, it
    /// has the old app, and installs the new one when its client has filled the gaps.
    #[track_caller]
    fn mended<'a>(&mut self, values: impl IntoIterator<Item = &'a Vec<u8>>) {
        let mut rig = self.device();
        rig.begin(&new()).unwrap();
        values.into_iter().for_each(|value| rig.handle(Event::Data(value)));
        assert_holds_one_of(&rig, &[old()]);
        go_on(&mut rig, &new());
        rig.ask(Command::Commit).unwrap();
        assert_installed(rig, &new());
    }

    /// The same for values that may hold other bytes than the module's, of which no device can know before it has the digest.
    #[track_caller]
    fn found_out<'a>(&mut self, values: impl IntoIterator<Item = &'a Vec<u8>>) {
        let mut rig = self.device();
        rig.begin(&new()).unwrap();
        values.into_iter().for_each(|value| rig.handle(Event::Data(value)));
        assert_holds_one_of(&rig, &[old()]);
        go_on(&mut rig, &new());
        if let Err(refusal) = rig.ask(Command::Commit) {
            assert_eq!(refusal.code, ErrorCode::DigestMismatch);
            assert_holds_one_of(&rig, &[old()]);
            rig.begin(&new()).unwrap();
            go_on(&mut rig, &new());
            rig.ask(Command::Commit).unwrap();
        }
        assert_installed(rig, &new());
    }

    fn print(&self, what: &str) {
        println!("{what}: {} cases", self.count);
    }
}

/// Sends what the device of an open upload misses, as its status tells.
#[track_caller]
fn go_on(rig: &mut Rig, module: &[u8]) {
    for _ in 0..3 {
        let upload = rig.status().upload.expect("an open upload");
        if upload.durable == upload.size {
            return;
        }
        rig.stream(module, upload.resend.unwrap_or(upload.durable) as usize, STEP);
    }
    panic!("the upload does not get on: {:?}", rig.status().upload);
}

/// The device holds exactly one of these apps, whole, and would after a power cut.
#[track_caller]
fn assert_holds_one_of(rig: &Rig, apps: &[Vec<u8>]) {
    let restarted = Rig::with_flash(rig.flash.clone());
    for device in [rig, &restarted] {
        let number = device.only();
        let fingerprint = device.app(number).unwrap().fingerprint;
        let app = apps.iter().find(|app| fingerprint == (&digest(app)).into());
        device.assert_app(app.expect("one of the apps"));
    }
}

#[track_caller]
fn assert_installed(rig: Rig, module: &[u8]) {
    rig.assert_app(module);
    rig.restart().assert_app(module);
}

fn reconnect(rig: &mut Rig) {
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
}

#[test]
fn disconnects_at_every_frame() {
    let (frames, mut cases) = (frames(&new()), Cases::new());
    // Before each of two frames, or before one and at the end.
    for (first, second) in pairs(frames.len() + 1) {
        let mut rig = cases.device();
        let mut sent = 0;
        for cut in [first, second] {
            rig.begin(&new()).unwrap();
            let durable = rig.status().upload.unwrap().durable as usize;
            assert!(durable + PAGE as usize > sent, "{durable} of {sent} bytes survived a disconnect");
            frames[durable / STEP..cut.max(durable / STEP)].iter().for_each(|value| rig.handle(Event::Data(value)));
            sent = SIZE.min(cut * STEP).max(sent);
            reconnect(&mut rig);
        }
        assert_holds_one_of(&rig, &[old()]);
        rig.begin(&new()).unwrap();
        go_on(&mut rig, &new());
        rig.ask(Command::Commit).unwrap();
        assert_installed(rig, &new());
    }
    cases.print("disconnects before two frames");
}

#[test]
fn disconnects_at_every_step_of_an_install() {
    let mut cases = Cases::new();
    for steps in 0.. {
        let mut rig = cases.device();
        rig.begin(&new()).unwrap();
        go_on(&mut rig, &new());
        rig.hold = true;
        rig.send(1, Command::Commit);
        for _ in 0..steps {
            rig.release_one();
        }
        let last = rig.held.is_empty();
        reconnect(&mut rig);
        assert_eq!(rig.status().activity == wamr_proto::Activity::Idle, last);
        rig.release();
        assert_installed(rig, &new());
        if last {
            break;
        }
    }
    cases.print("disconnects while the device installs");
    assert!(cases.count > 2, "it verifies and loads");
}

#[test]
fn another_client_at_every_frame() {
    let (frames, mut cases) = (frames(&new()), Cases::new());
    for cut in 0..=frames.len() {
        for commits in [false, true] {
            let mut rig = cases.device();
            rig.begin(&new()).unwrap();
            frames[..cut].iter().for_each(|value| rig.handle(Event::Data(value)));
            reconnect(&mut rig);
            rig.begin(&other()).unwrap();
            go_on(&mut rig, &other());
            if commits {
                rig.ask(Command::Commit).unwrap();
                assert_holds_one_of(&rig, &[other()]);
            }
            reconnect(&mut rig);
            rig.begin(&new()).unwrap();
            go_on(&mut rig, &new());
            rig.ask(Command::Commit).unwrap();
            assert_installed(rig, &new());
        }
    }
    cases.print("another client before a frame");
}

#[test]
fn lost_frames() {
    let (frames, mut cases) = (frames(&new()), Cases::new());
    for (first, second) in pairs(frames.len() + 1) {
        let one = |number: &usize| *number != first && *number != second;
        let all = |number: &usize| !(first..second).contains(number);
        for lost in [&one as &dyn Fn(&usize) -> bool, &all] {
            cases.mended((0..frames.len()).filter(lost).map(|number| &frames[number]));
        }
    }
    cases.print("two frames lost, or all between them");
}

#[test]
fn doubled_frames() {
    let (frames, mut cases) = (frames(&new()), Cases::new());
    for late in 0..frames.len() {
        for early in 0..=late {
            // The frame comes at once or later once more.
            cases.mended(frames[..=late].iter().chain([&frames[early]]).chain(&frames[late + 1..]));
        }
    }
    cases.print("a frame doubled");
}

#[test]
fn reordered_frames() {
    let (mut frames, mut cases) = (frames(&new()), Cases::new());
    for (first, second) in pairs(frames.len()) {
        frames.swap(first, second);
        cases.mended(&frames);
        frames.swap(first, second);
        frames[first..=second].rotate_left(1);
        cases.mended(&frames);
        frames[first..=second].rotate_right(1);
    }
    cases.print("two frames exchanged, or one late");
}

#[test]
fn truncated_frames() {
    let (frames, mut cases) = (frames(&new()), Cases::new());
    for number in 0..frames.len() {
        for length in 0..frames[number].len() {
            let cut = frames[number][..length].to_vec();
            cases.mended(frames[..number].iter().chain([&cut]).chain(&frames[number + 1..]));
        }
    }
    cases.print("a frame cut off");
}

#[test]
fn frames_with_wrong_offsets() {
    let (module, frames, mut cases) = (new(), frames(&new()), Cases::new());
    let size = module.len() as u32;
    for (number, bytes) in module.chunks(STEP).enumerate() {
        let right = (number * STEP) as u32;
        // Those of all other frames, and what is off by a little or in an odd place.
        let others = (0..frames.len() as u32).map(|other| other * STEP as u32);
        let near = (-3..=3).map(|by| right.wrapping_add_signed(by));
        let odd = [BLOCK as u32, size - 1, size, size + 1, i32::MAX as u32, u32::MAX - bytes.len() as u32, u32::MAX];
        for wrong in others.chain(near).chain(odd).filter(|offset| *offset != right) {
            let value = frame(wrong, bytes);
            cases.found_out(frames[..number].iter().chain([&value]).chain(&frames[number + 1..]));
        }
    }
    cases.print("a frame with a wrong offset");
}

#[test]
fn oversized_frames() {
    let (module, frames, mut cases) = (new(), frames(&new()), Cases::new());
    for (number, rest) in (0..).zip((0..module.len()).step_by(STEP).map(|start| &module[start..])) {
        let offset = (number * STEP) as u32;
        let mut garbage = rest[..STEP.min(rest.len())].to_vec();
        for more in [1, BLOCK - 1, BLOCK, BLOCK * BLOCKS, BLOCK * BLOCKS + 1, SIZE] {
            // The module's own bytes, more than any link carries at once: as if they had come one by one.
            let long = frame(offset, &rest[..rest.len().min(STEP + more)]);
            cases.mended(frames[..number].iter().chain([&long]).chain(&frames[number + 1..]));
            garbage.resize(STEP + more, 0xa5);
            let long = frame(offset, &garbage);
            cases.found_out(frames[..number].iter().chain([&long]).chain(&frames[number + 1..]));
        }
    }
    cases.print("a frame with too many bytes");
}

/// What a client does to install a module, without regard to answers.
enum Step<'a> {
    Begin(&'a [u8]),
    Data(Vec<u8>),
    Commit,
}

fn steps(module: &[u8]) -> Vec<Step<'_>> {
    let data = frames(module).into_iter().map(Step::Data);
    [Step::Begin(module)].into_iter().chain(data).chain([Step::Commit]).collect()
}

#[test]
fn two_clients_at_once() {
    let mut cases = Cases::new();
    let (new, other) = (new(), other());
    let shorter = module(SIZE - 2 * STEP - 1);
    for second in [&other, &shorter] {
        let (a, b) = (steps(&new), steps(second));
        // Some steps of the one, some of the other, the rest of the one, the rest of the other; and turn by turn.
        let cut = |at: usize, to: usize| -> Vec<&Step<'_>> {
            a[..at].iter().chain(&b[..to]).chain(&a[at..]).chain(&b[to..]).collect()
        };
        let by_pieces = (0..=a.len()).flat_map(|at| (0..=b.len()).map(move |to| (at, to))).map(|(at, to)| cut(at, to));
        let by_turns = (1..a.len()).map(|turn| {
            let both = a.chunks(turn).zip(b.chunks(turn).chain(std::iter::repeat(&[][..])));
            both.flat_map(|(a, b)| a.iter().chain(b)).collect()
        });
        for steps in by_pieces.chain(by_turns) {
            let mut rig = cases.device();
            for step in steps {
                match step {
                    Step::Begin(module) => rig.begin(module).unwrap(),
                    Step::Data(value) => rig.handle(Event::Data(value)),
                    Step::Commit => {
                        let done = rig.ask(Command::Commit);
                        let codes = [ErrorCode::DigestMismatch, ErrorCode::Incomplete, ErrorCode::NoUpload];
                        assert!(done.as_ref().err().is_none_or(|refusal| codes.contains(&refusal.code)), "{done:?}");
                        assert_holds_one_of(&rig, &[old(), new.clone(), second.clone()]);
                    }
                }
            }
            rig.begin(&new).unwrap();
            go_on(&mut rig, &new);
            // Where the two had the same size, an open upload may hold bytes of both.
            if rig.ask(Command::Commit).is_err() {
                rig.install(&new).unwrap();
            }
            assert_installed(rig, &new);
        }
    }
    cases.print("two clients at once");
}
