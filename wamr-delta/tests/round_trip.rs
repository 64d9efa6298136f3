//! What is encoded can be decoded, wherever frames start and end.

mod receiver;

use receiver::Receiver;
use wamr_delta::Plan;

/// Sends a module in frames, of which each has at most `room` bytes and produces at most `step`. Returns how many bytes were sent.
fn send(base: &[u8], module: &[u8], room: usize, step: usize) -> usize {
    let plan = Plan::new(base, module);
    let mut receiver = Receiver::new(base);
    let (mut frame, mut sent) = (Vec::new(), 0);
    while receiver.received() < module.len() {
        let at = receiver.received() as u32;
        let end = plan.frame(at, at + step as u32, room, &mut frame);
        assert!(frame.len() <= room, "{} bytes from {at}", frame.len());
        assert!(receiver.take(at, &frame, module.len()), "the frame from {at}: {frame:x?}");
        assert_eq!(receiver.received(), end as usize);
        sent += frame.len();
    }
    receiver.flush();
    assert!(receiver.written == module);
    sent
}

/// Bytes that look like nothing else.
fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(next).collect()
}

#[test]
fn the_same_module_takes_a_copy() {
    let module = noise(1, 40_000);
    assert_eq!(send(&module, &module, 491, module.len()), 4);
}

#[test]
fn a_replaced_byte_takes_one_change() {
    let base = noise(2, 40_000);
    let mut module = base.clone();
    module[20_000] ^= 0x55;
    assert!(send(&base, &module, 491, module.len()) <= 10);
}

#[test]
fn bytes_in_between_take_themselves() {
    let base = noise(3, 40_000);
    let module = [&base[..12_345], &noise(4, 100), &base[12_345..]].concat();
    let sent = send(&base, &module, 491, module.len());
    // In each of the two blocks at most COPY_MIN bytes more.
    assert!((100..140).contains(&sent), "{sent}");
    let module = [&base[..12_345], &base[12_445..]].concat();
    assert!(send(&base, &module, 491, module.len()) < 30);
}

#[test]
fn shifted_addresses_take_a_byte_each() {
    // Every 20 bytes an address in two bytes, all of which change by the same.
    let program = |shift: u16| {
        let mut bytes = noise(5, 20_000);
        for (at, place) in bytes.chunks_exact_mut(20).enumerate() {
            let address = ((at as u16 * 11) & 0x0f0f) + shift;
            place[..2].copy_from_slice(&address.to_le_bytes());
        }
        bytes
    };
    let sent = send(&program(0), &program(0x20), 491, 20_000);
    assert!(sent < 1_150, "{sent}");
}

#[test]
fn a_module_is_copied_from_itself() {
    let module = noise(6, 2_048).repeat(10);
    let sent = send(&[], &module, 491, module.len());
    assert!((2_048..2_900).contains(&sent), "{sent}");
}

#[test]
fn frames_start_and_end_anywhere() {
    let base = noise(7, 5_000);
    let module = [&base[1_000..2_000], &noise(8, 333), &base[..1_777], b"x", &base[1_778..]].concat();
    for step in [1, 7, 8, 9, 100, 511, 512, 513, 4_096] {
        for room in [32, 33, 178, 491] {
            send(&base, &module, room, step);
        }
    }
}

/// In the source, the module follows its base. If it begins like the base, the bytes after the end of the base are those of the module.
#[test]
fn copies_and_changes_end_with_the_base() {
    for len in [4_000, 4_096] {
        let base = noise(14, len);
        for more in [1, 7, 8, 20, 600] {
            let module = [&base[..], &base[..more], &noise(15, 300)].concat();
            let mut changed = module.clone();
            changed[len - 1..=len].iter_mut().for_each(|byte| *byte ^= 1);
            for module in [module, changed] {
                for (room, step) in [(491, module.len()), (32, 100)] {
                    send(&base, &module, room, step);
                }
            }
        }
    }
}

#[test]
fn small_and_repetitive_modules_are_sent() {
    for base in [&[][..], &[0; 3_000], b"\0asm", &noise(9, 3_000)] {
        for module in [&[][..], b"x", &[0; 7], &[0; 4_000], &noise(9, 513)] {
            send(base, module, 491, 4_096);
        }
    }
}

/// A receiver may have got more than the sender knows.
#[test]
fn what_is_there_already_is_skipped() {
    let base = noise(10, 4_000);
    let module = [&base[..700], &noise(11, 50), &base[701..]].concat();
    let plan = Plan::new(&base, &module);
    let mut receiver = Receiver::new(&base);
    let mut frame = Vec::new();
    let end = plan.frame(0, 600, 491, &mut frame);
    assert!(receiver.take(0, &frame, module.len()));
    for before in [0, 1, 511, 512, end] {
        plan.frame(before, end, 491, &mut frame);
        assert!(receiver.take(before, &frame, module.len()));
        assert_eq!(receiver.received(), end as usize);
    }
    plan.frame(512, module.len() as u32, 491, &mut frame);
    assert!(receiver.take(512, &frame, module.len()));
    receiver.flush();
    assert!(receiver.written == module);
}

#[test]
fn a_frame_for_another_base_is_refused_or_makes_another_module() {
    let (base, module) = (noise(12, 4_000), noise(12, 4_100));
    let mut frame = Vec::new();
    Plan::new(&base, &module).frame(0, u32::MAX, 491, &mut frame);
    let mut receiver = Receiver::new(&base[..100]);
    assert!(!receiver.take(0, &frame, module.len()), "the base is shorter");
    let other = noise(13, 4_000);
    let mut receiver = Receiver::new(&other);
    assert!(receiver.take(0, &frame, module.len()));
    receiver.flush();
    assert!(receiver.written != module[..receiver.written.len()]);
}

#[test]
#[should_panic(expected = "room for operations")]
fn a_frame_without_room_is_a_mistake() {
    Plan::new(&[], b"x").frame(0, 1, 31, &mut Vec::new());
}
