//! A serial port: bytes in both directions, events, and what is lost.

use crate::board::{Port::Serial, serial_overrun, serial_receive, serial_sent};
use crate::client::app;
use crate::probe::{BUSY, Error, NO_SPACE, NOT_FOUND, Probe, Resource, UART};
use crate::{passed, sleep};

/// `CONFIG_WAMR_ZEPHYR_HOST_UART_BUFFER`.
const BUFFER: u32 = 64;
/// What the emulated port can send before the test takes it.
const FIFO: u32 = 16;

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-uart", &[Resource::Nothing as i32]), Err(NOT_FOUND));
    // Nobody has opened it, so these are not kept.
    serial_receive(Serial, b"before");
    assert_eq!(probe.try_call("open-uart", &[Resource::Serial as i32]), Ok(1));
    assert_eq!(probe.try_call("open-uart", &[Resource::Serial as i32]), Err(BUSY));
    bytes(probe);
    events(probe);
    losses(probe);
    misuse(probe);
    leave(probe);
}

/// Reads at most this many bytes, and returns how many and the first eight.
#[track_caller]
fn read(probe: Probe, length: i32) -> Result<(u32, [u8; 8]), Error> {
    probe.try_call("uart-read", &[1, length])?;
    Ok((probe.call("bytes", &[8]) as u32, probe.call("bytes", &[512]).to_le_bytes()))
}

fn bytes(probe: Probe) {
    assert_eq!(read(probe, 8).map(|(count, _)| count), Ok(0), "nothing yet");
    serial_receive(Serial, b"abcdefgh");
    sleep(10);
    let five = read(probe, 5);
    assert!(matches!(five, Ok((5, [b'a', b'b', b'c', b'd', b'e', ..]))), "{five:?}");
    let rest = read(probe, 100);
    assert!(matches!(rest, Ok((3, [b'f', b'g', b'h', ..]))), "{rest:?}");

    // The name of the port is in the memory of the app, too.
    let name = 1025 + 32 * Resource::Serial as i32;
    assert_eq!(probe.try_call("uart-write", &[1, name, 6]), Ok(6));
    sleep(10);
    let mut sent = [0; 8];
    assert_eq!((serial_sent(Serial, &mut sent), &sent[..6]), (6, &b"serial"[..]));

    // The port sends no more, and the buffer fills.
    assert_eq!(probe.try_call("uart-write", &[1, 0, 200]), Ok(BUFFER));
    sleep(10);
    assert_eq!(probe.try_call("uart-write", &[1, 0, 200]), Ok(FIFO));
    assert_eq!(probe.try_call("uart-write", &[1, 0, 200]), Ok(0));
    let mut rest = [0; 2 * FIFO as usize];
    let mut count = 0;
    for _ in 0..=BUFFER / FIFO {
        count += serial_sent(Serial, &mut rest) as u32;
        assert!(probe.try_call("uart-write", &[1, 0, 0]).is_ok());
        sleep(10);
    }
    assert_eq!(count, BUFFER + FIFO);
    passed("an app sends and receives bytes at a serial port");
}

fn events(probe: Probe) {
    let receive = |bytes: &[u8]| {
        let before = probe.count();
        serial_receive(Serial, bytes);
        sleep(10);
        probe.count() - before
    };
    assert_eq!(receive(b"12"), 0, "before the watch");
    probe.call("uart-watch", &[1, 21]);
    sleep(10);
    assert_eq!(probe.last(), (UART, 21, 2), "what was received before the watch");
    assert!((1..=3).contains(&receive(b"345")), "the app takes some events, the others become one");
    assert_eq!(probe.last(), (UART, 21, 5));
    assert_eq!(read(probe, 64).map(|(count, bytes)| (count, bytes[0], bytes[4])), Ok((5, b'1', b'5')));
    probe.call("uart-unwatch", &[1]);
    assert_eq!(receive(b"6"), 0);
    assert_eq!(read(probe, 64).map(|(count, bytes)| (count, bytes[0])), Ok((1, b'6')));
    passed("received bytes are events for an app that watches the port");
}

fn losses(probe: Probe) {
    serial_receive(Serial, &[7; BUFFER as usize + 10]);
    sleep(10);
    assert_eq!(read(probe, 256), Err(NO_SPACE));
    assert_eq!(read(probe, 256).map(|(count, _)| count), Ok(BUFFER));
    serial_overrun();
    serial_receive(Serial, b"x");
    sleep(10);
    assert_eq!(read(probe, 256), Err(NO_SPACE));
    assert_eq!(read(probe, 256).map(|(count, _)| count), Ok(1));
    passed("an app that reads a serial port too late learns that bytes are lost");
}

fn misuse(probe: Probe) {
    for handle in [0, 2, 33, -1] {
        probe.traps("uart-read", &[handle, 1], "a handle is not open");
        probe.traps("uart-write", &[handle, 0, 1], "a handle is not open");
        probe.traps("uart-watch", &[handle, 1], "a handle is not open");
    }
    probe.traps_out_of_bounds("uart-write", &[1, 65_535, 2]);
    probe.traps_out_of_bounds("uart-write", &[1, 0, -1]);
    let other = Probe::install(&app!("narrow"));
    other.traps("open-uart", &[Resource::Serial as i32], "uart:serial is not granted");
    other.traps("uart-read", &[1, 1], "a handle is not open");
    other.remove();
    passed("an app reaches no serial port that it has not opened or is not granted");
}

fn leave(probe: Probe) {
    probe.call("uart-watch", &[1, 21]);
    probe.call("drop-uart", &[1]);
    probe.traps("drop-uart", &[1], "a handle is not open");
    assert_eq!(probe.try_call("open-uart", &[Resource::Serial as i32]), Ok(1));
    probe.call("uart-watch", &[1, 21]);
    probe.remove();
    serial_receive(Serial, b"nobody");
    sleep(10);
    let next = Probe::install(&app!("probe"));
    assert_eq!(next.try_call("open-uart", &[Resource::Serial as i32]), Ok(1), "the app is gone");
    next.call("uart-watch", &[1, 22]);
    sleep(10);
    assert_eq!((next.count(), read(next, 64).map(|(count, _)| count)), (0, Ok(0)));
    next.remove();
    passed("the serial port of an app that is gone is free, and keeps nothing for others");
}
