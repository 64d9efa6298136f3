//! `uart`.

use wamr_host::Error;

use crate::drivers::{FAIL, RECEIVED, notes};
use crate::rig::{App, DATA, ERRORS, RET, UART, rig};

fn receive(bytes: &[u8]) {
    let waiting = RECEIVED.with_borrow_mut(|received| {
        received.extend(bytes);
        received.len() as u32
    });
    UART.received(0, waiting);
}

#[test]
fn bytes_are_received() {
    rig(|rig| {
        rig.load(0, &App::default());
        let port = u64::from(rig.opened(0, "uart open"));
        let mut read = |length| rig.result(0, "[method]port.read", &[port, length], 4).unwrap();
        assert_eq!(read(8), Ok(()));
        FAIL.set(Some(Error::NoSpace));
        assert_eq!(read(8), Err(Error::NoSpace));
        assert_eq!(notes(), "open 0, read 0 8, read 0 8");
        receive(b"received");
        assert_eq!(read(3), Ok(()));
        assert_eq!(rig.list(0, RET + 4), b"rec");
        // As much as one call can read, whatever the app wants.
        assert_eq!(rig.result(0, "[method]port.read", &[port, u32::MAX.into()], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), b"eived");
        assert_eq!(rig.result(0, "[method]port.read", &[port, 0], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), b"");
        assert_eq!(notes(), "read 0 3, read 0 256, read 0 0");
    });
}

#[test]
fn bytes_are_sent() {
    rig(|rig| {
        rig.load(0, &App::default());
        let port = u64::from(rig.opened(0, "uart open"));
        rig.poke(0, DATA, b"hello");
        assert_eq!(rig.result(0, "[method]port.write", &[port, DATA.into(), 5], 4), Ok(Ok(())));
        assert_eq!(rig.word(0, RET + 4), 4, "the driver accepts no more");
        assert_eq!(rig.result(0, "[method]port.write", &[port, DATA.into(), 0], 4), Ok(Ok(())));
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(rig.result(0, "[method]port.write", &[port, DATA.into(), 1], 4), Ok(Err(error)));
        }
        assert!(notes().starts_with("open 0, write 0 [104, 101, 108, 108, 111], write 0 [], write 0 [104]"));
    });
}

#[test]
fn received_bytes_are_events() {
    rig(|rig| {
        rig.load(0, &App::default());
        let port = u64::from(rig.opened(0, "uart open"));
        receive(b"abc");
        assert_eq!(rig.deliver(0), None);
        rig.call(0, "[method]port.watch", &[port, 5]).unwrap();
        assert_eq!(rig.deliver(0), Some([3, 5, 3]), "what waits already");
        receive(b"d");
        receive(b"e");
        assert_eq!((rig.deliver(0), rig.deliver(0)), (Some([3, 5, 5]), None));
        UART.received(1, 1);
        UART.received(99, 1);
        assert_eq!(rig.deliver(0), None, "of other ports");
        rig.call(0, "[method]port.unwatch", &[port]).unwrap();
        receive(b"f");
        assert_eq!(rig.deliver(0), None);
        rig.call(0, "[method]port.watch", &[port, 5]).unwrap();
        rig.unload(0);
        rig.load(0, &App::default());
        receive(b"g");
        assert_eq!(rig.deliver(0), None);
        RECEIVED.take();
    });
}

#[test]
fn a_port_belongs_to_one_app_at_a_time() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        assert_eq!(rig.open(0, "uart open", "uart9", &[]), Ok(Err(Error::NotFound)));
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(rig.open(0, "uart open", "uart0", &[]), Ok(Err(error)));
        }
        let port = u64::from(rig.opened(0, "uart open"));
        assert_eq!(rig.open(1, "uart open", "uart0", &[]), Ok(Err(Error::Busy)));
        notes();
        rig.call(0, "[resource-drop]port", &[port]).unwrap();
        assert_eq!(notes(), "close 0");
        assert!(rig.open(1, "uart open", "uart0", &[]).unwrap().is_ok());
        rig.unload(1);
        assert_eq!(notes(), "open 0, close 0");
    });
}
