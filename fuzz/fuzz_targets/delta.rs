//! Decodes bytes as frames of deltas, and encodes deltas. See README.md.

#![no_main]

mod asan;
#[path = "../../wamr-delta/tests/receiver.rs"]
mod receiver;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use receiver::Receiver;
use wamr_delta::{Plan, Runs};

/// How many bytes a receiver takes at most.
const MAX: usize = 8_192;

#[derive(Arbitrary, Debug)]
enum Case<'a> {
    /// Frames, and how many bytes before the end of the received ones each starts.
    Decode { base: u16, frames: Vec<(u8, &'a [u8])> },
    /// A module made of parts of the base and other bytes, and the sizes of frames.
    Encode { base: &'a [u8], parts: Vec<Part<'a>>, room: u8, step: u16 },
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Base { from: u16, len: u16, times: u8 },
    Bytes(&'a [u8]),
    Own { from: u16, len: u16 },
    Add { at: u16, by: u8 },
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    match Case::arbitrary(&mut input) {
        Ok(Case::Decode { base, frames }) => decode(usize::from(base) % MAX, &frames),
        Ok(Case::Encode { base, parts, room, step }) => encode(base, &parts, room, step),
        Err(_) => {}
    }
});

fn decode(base: usize, frames: &[(u8, &[u8])]) {
    let base: Vec<u8> = (0..base).map(|at| at as u8).collect();
    let mut receiver = Receiver::new(&base);
    for (again, frame) in frames {
        let before = receiver.received();
        let offset = before.saturating_sub(usize::from(*again));
        let mut runs = Runs::new(offset as u32, frame);
        let mut end = offset;
        while let Ok(Some(run)) = runs.next() {
            assert!(!run.is_empty());
            end = end.saturating_add(run.len() as usize);
        }
        let all = receiver.take(offset as u32, frame, MAX);
        let received = receiver.received();
        assert!(received >= before && received <= end.max(before));
        assert!(!all || received == end.max(before), "all that it has");
    }
    receiver.flush();
}

fn encode(base: &[u8], parts: &[Part<'_>], room: u8, step: u16) {
    let base = base.repeat(8);
    let mut module: Vec<u8> = Vec::new();
    for part in parts {
        match *part {
            Part::Base { from, len, times } => {
                let from = usize::from(from) % (base.len() + 1);
                let bytes = &base[from..base.len().min(from + usize::from(len))];
                module.extend(bytes.iter().cycle().take(bytes.len() * usize::from(times % 8)));
            }
            Part::Bytes(bytes) => module.extend(bytes),
            Part::Own { from, len } => {
                let from = usize::from(from) % (module.len() + 1);
                module.extend_from_within(from..module.len().min(from + usize::from(len)));
            }
            Part::Add { at, by } => {
                let at = usize::from(at) % module.len().max(1);
                if let Some(byte) = module.get_mut(at) {
                    *byte = byte.wrapping_add(by);
                }
            }
        }
        module.truncate(MAX);
    }
    let plan = Plan::new(&base, &module);
    let (room, step) = (32 + usize::from(room), 1 + u32::from(step) % 4_096);
    let (mut receiver, mut frame) = (Receiver::new(&base), Vec::new());
    while receiver.received() < module.len() {
        let at = receiver.received() as u32;
        let end = plan.frame(at, at + step, room, &mut frame);
        assert!(frame.len() <= room);
        assert!(receiver.take(at, &frame, module.len()), "a frame of a plan can be taken");
        assert_eq!(receiver.received(), end as usize);
    }
    receiver.flush();
    assert!(receiver.written == module);
}
