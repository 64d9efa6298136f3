//! `net`.

use wamr_host::Error;

use crate::drivers::{FAIL, RECEIVED, notes};
use crate::rig::{App, DATA, ERRORS, Ended, NET, RET, Rig, rig};

/// The number of the event.
const EVENT: u32 = 6;

/// Calls a function with the result `result<handle, error>`.
fn handle(rig: &mut Rig<'_, '_, '_>, function: &str, args: &[u64]) -> Ended<Result<u64, Error>> {
    let done = rig.result(0, function, args, 4)?;
    Ok(done.map(|()| rig.word(0, RET + 4).into()))
}

fn look_up(rig: &mut Rig<'_, '_, '_>, name: &str, id: u64) -> Ended<Result<u64, Error>> {
    rig.poke(0, DATA, name.as_bytes());
    handle(rig, "look-up", &[DATA.into(), name.len() as u64, id])
}

#[test]
fn the_address_of_a_host() {
    rig(|rig| {
        rig.load(0, &App::default());
        let host = look_up(rig, "example.com", 7).unwrap().unwrap();
        assert_eq!(rig.deliver(0), None);
        NET.host_changed(0);
        assert_eq!(rig.deliver(0), Some([EVENT, 7, 0]));
        assert_eq!(rig.result(0, "[method]remote-host.address", &[host], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), b"192.0.2.1");
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(rig.result(0, "[method]remote-host.address", &[host], 4), Ok(Err(error)));
            FAIL.set(Some(error));
            assert_eq!(look_up(rig, "example.org", 8), Ok(Err(error)));
        }
        notes();
        let longest = "a".repeat(64);
        assert!(look_up(rig, &longest, 8).unwrap().is_ok());
        NET.host_changed(1);
        assert_eq!(rig.deliver(0), Some([EVENT, 8, 0]));
        assert_eq!(look_up(rig, "example.org", 9), Ok(Err(Error::NoSpace)), "all apps have two");
        for name in ["", &"a".repeat(65), "a b", "a\0", "\u{e4}"] {
            assert_eq!(look_up(rig, name, 9), Ok(Err(Error::InvalidArgument)), "{name:?}");
        }
        rig.call(0, "[resource-drop]remote-host", &[host]).unwrap();
        NET.host_changed(0);
        NET.host_changed(99);
        assert_eq!(rig.deliver(0), None);
        assert_eq!(notes(), format!("look up 1 {longest}, forget 0"));
    });
}

#[test]
fn a_connection() {
    rig(|rig| {
        rig.load(0, &App::default());
        let host = look_up(rig, "a-host", 1).unwrap().unwrap();
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(handle(rig, "connect", &[host, 443, 2]), Ok(Err(error)));
        }
        assert_eq!(handle(rig, "connect", &[host, 0, 2]), Ok(Err(Error::InvalidArgument)));
        notes();
        let connection = handle(rig, "connect", &[host, 0x1_01bb, 2]).unwrap().unwrap();
        assert_eq!(notes(), "connect 0 to 0:443", "a port has 16 bits");
        NET.socket_changed(0);
        NET.socket_changed(0);
        assert_eq!((rig.deliver(0), rig.deliver(0)), (Some([EVENT, 2, 0]), None), "two changes are one event");

        rig.poke(0, DATA, b"hello");
        assert_eq!(rig.result(0, "[method]connection.send", &[connection, DATA.into(), 5], 4), Ok(Ok(())));
        assert_eq!(rig.word(0, RET + 4), 4, "the network accepts no more");
        RECEIVED.set(b"received".into());
        let mut receive = |length| rig.result(0, "[method]connection.receive", &[connection, length], 4).unwrap();
        assert_eq!(receive(3), Ok(()));
        assert_eq!(rig.list(0, RET + 4), b"rec");
        assert_eq!(rig.result(0, "[method]connection.receive", &[connection, u32::MAX.into()], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), b"eived");
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(rig.result(0, "[method]connection.receive", &[connection, 1], 4), Ok(Err(error)));
            FAIL.set(Some(error));
            assert_eq!(rig.result(0, "[method]connection.send", &[connection, DATA.into(), 1], 4), Ok(Err(error)));
        }
        assert!(notes().starts_with("send 0 [104, 101, 108, 108, 111], receive 0 3, receive 0 512, "));
        rig.call(0, "[resource-drop]connection", &[connection]).unwrap();
        NET.socket_changed(0);
        NET.socket_changed(99);
        assert_eq!(rig.deliver(0), None);
        assert_eq!(notes(), "close 0");
    });
}

#[test]
fn datagrams() {
    rig(|rig| {
        rig.load(0, &App::default());
        let host = look_up(rig, "a-host", 1).unwrap().unwrap();
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(handle(rig, "bind", &[53, 2]), Ok(Err(error)));
        }
        notes();
        let socket = handle(rig, "bind", &[53, 2]).unwrap().unwrap();
        let mut send = |port, length| {
            rig.result(0, "[method]udp-socket.send-to", &[socket, host, port, DATA.into(), length], 1).unwrap()
        };
        assert_eq!((send(5683, 512), send(5683, 0)), (Ok(()), Ok(())));
        assert_eq!(send(5683, 513), Err(Error::InvalidArgument));
        assert_eq!(send(0, 1), Err(Error::InvalidArgument));
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(send(1, 1), Err(error));
        }
        let expected = "bind 0 to 53, send 0 to 0:5683 512 bytes, send 0 to 0:5683 0 bytes, ";
        assert!(notes().starts_with(expected));

        NET.socket_changed(0);
        assert_eq!(rig.deliver(0), Some([EVENT, 2, 0]));
        let receive = |rig: &mut Rig<'_, '_, '_>, length: u32| {
            rig.result(0, "[method]udp-socket.receive-from", &[socket, length.into()], 4).unwrap()
        };
        assert_eq!(receive(rig, 9), Ok(()));
        assert_eq!(rig.peek(0, RET + 4, 1), [0], "none waits");
        RECEIVED.set(b"a datagram".into());
        assert_eq!(receive(rig, 10), Ok(()));
        assert_eq!(rig.peek(0, RET + 4, 1), [1]);
        assert_eq!((rig.list(0, RET + 8), rig.list(0, RET + 16)), (b"a datagram".into(), b"2001:db8::7".into()));
        assert_eq!(rig.peek(0, RET + 24, 2), 5683u16.to_le_bytes());
        for (sent, length) in [(10, 9), (1, 0), (513, u32::MAX)] {
            RECEIVED.set(vec![0; sent]);
            assert_eq!(receive(rig, length), Err(Error::NoSpace), "{sent} {length}");
        }
        RECEIVED.set(vec![0; 512]);
        assert_eq!(receive(rig, u32::MAX), Ok(()));
        assert_eq!(rig.list(0, RET + 8).len(), 512);
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(receive(rig, 1), Err(error));
        }
        notes();
        rig.call(0, "[resource-drop]udp-socket", &[socket]).unwrap();
        assert_eq!(notes(), "close 0");
    });
}

#[test]
fn hosts_and_sockets_end_with_their_app() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        let host = look_up(rig, "a-host", 1).unwrap().unwrap();
        handle(rig, "connect", &[host, 80, 2]).unwrap().unwrap();
        handle(rig, "bind", &[0, 3]).unwrap().unwrap();
        assert_eq!(handle(rig, "bind", &[0, 3]), Ok(Err(Error::NoSpace)));
        assert_eq!(rig.result(1, "bind", &[0, 3], 4), Ok(Err(Error::NoSpace)), "of all apps together");
        NET.socket_changed(0);
        notes();
        rig.unload(0);
        assert_eq!(notes(), "close 0, close 1, forget 0");
        rig.load(0, &App::default());
        for number in 0..2 {
            NET.host_changed(number);
            NET.socket_changed(number);
        }
        assert_eq!((rig.deliver(0), rig.deliver(1)), (None, None));
        assert_eq!(rig.result(1, "bind", &[0, 3], 4), Ok(Ok(())), "they are free again");
    });
}

#[test]
fn a_handle_is_of_one_kind() {
    for (open, functions) in [
        ("connect", ["[method]udp-socket.receive-from", "[resource-drop]udp-socket"]),
        ("bind", ["[method]connection.receive", "[resource-drop]connection"]),
    ] {
        for function in functions {
            rig(|rig| {
                rig.load(0, &App::default());
                let handle = u64::from(rig.opened(0, open));
                let args = &[handle, 1, RET.into()][..if function.starts_with("[method]") { 3 } else { 1 }];
                let trap = rig.call(0, function, args).unwrap_err();
                assert!(trap.contains("the socket is of the other kind"), "{trap}");
            });
        }
    }
}

/// The grants, the name of a host, a call with it, and what is not granted.
type Refused = (&'static [&'static str], &'static str, Call, &'static str);

#[derive(Clone, Copy)]
enum Call {
    LookUp,
    Connect(u64),
    Bind(u64),
    /// From a port, to one of the host.
    SendTo(u64, u64),
}

fn call(rig: &mut Rig<'_, '_, '_>, name: &str, call: Call) -> Ended<Result<u64, Error>> {
    let host = match call {
        Call::Bind(port) => return handle(rig, "bind", &[port, 2]),
        _ => look_up(rig, name, 1)?.unwrap(),
    };
    match call {
        Call::Connect(port) => handle(rig, "connect", &[host, port, 2]),
        Call::SendTo(from, port) => {
            let socket = handle(rig, "bind", &[from, 2])?.unwrap();
            handle(rig, "[method]udp-socket.send-to", &[socket, host, port, DATA.into(), 1])
        }
        _ => Ok(Ok(host)),
    }
}

#[test]
fn an_app_talks_only_where_its_manifest_permits() {
    use Call::{Bind, Connect, LookUp, SendTo};
    const TCP: &[&str] = &["net:tcp/a-host:443"];
    const UDP: &[&str] = &["net:tcp/a-host:443", "net:udp/a-host:53", "net:udp/192.0.2.9:53"];
    const SERVER: &[&str] = &["net:udp/:5683"];
    let refused: &[Refused] = &[
        (TCP, "other", LookUp, "net:other is not granted"),
        (TCP, "a-hos", LookUp, "net:a-hos is not granted"),
        (TCP, "a-host", Connect(80), "net:tcp/a-host:80 is not granted"),
        (TCP, "a-host", Bind(0), "net:udp/:0 is not granted"),
        (UDP, "192.0.2.9", Connect(53), "net:tcp/192.0.2.9:53 is not granted"),
        (UDP, "a-host", Bind(53), "net:udp/:53 is not granted"),
        (UDP, "a-host", SendTo(0, 443), "net:udp/a-host:443 is not granted"),
        (SERVER, "anything", Connect(5683), "net:tcp/anything:5683 is not granted"),
        (SERVER, "anything", Bind(53), "net:udp/:53 is not granted"),
        (SERVER, "anything", SendTo(0, 5683), "net:udp/anything:5683 is not granted"),
    ];
    let permitted: &[(&[&str], &str, Call)] = &[
        (TCP, "a-host", Connect(443)),
        (UDP, "a-host", SendTo(0, 53)),
        (UDP, "192.0.2.9", SendTo(0, 53)),
        (SERVER, "198.51.100.7", SendTo(5683, 40_000)),
        (&["net"], "anything", Connect(1)),
    ];
    for (capabilities, name, refused, trap) in refused {
        rig(|rig| {
            rig.load(0, &App { groups: &["net"], capabilities: Some(capabilities), ..Default::default() });
            let ended = call(rig, name, *refused).expect_err(trap);
            assert!(ended.ends_with(trap), "{ended}");
        });
    }
    for (capabilities, name, permitted) in permitted {
        rig(|rig| {
            rig.load(0, &App { groups: &["net"], capabilities: Some(capabilities), ..Default::default() });
            assert!(call(rig, name, *permitted).unwrap().is_ok(), "{name}");
        });
    }
}

#[test]
fn apps_do_not_share_what_their_manifests_permit() {
    rig(|rig| {
        let app = |capabilities| App { groups: &["net"], capabilities: Some(capabilities), ..Default::default() };
        rig.load(1, &app(&["net:tcp/a-host:443", "net:udp/:53"]));
        rig.load(0, &app(&["net:tcp/a-host:80"]));
        rig.unload(1);
        assert!(call(rig, "a-host", Call::Connect(80)).unwrap().is_ok());
        assert!(call(rig, "a-host", Call::Connect(443)).is_err());
    });
}

#[test]
fn entries_that_name_no_place_are_refused_when_the_app_is_loaded() {
    rig(|rig| {
        for entry in ["net:example.com", "net:tcp/example.com", "net:tcp/:80", "net:udp/a:0", "net:"] {
            let capabilities: &'static [&'static str] = vec![entry].leak();
            let app = App { groups: &["net"], capabilities: Some(capabilities), ..Default::default() };
            let refusal = rig.try_load(0, &app).unwrap_err();
            assert!(refusal.contains(entry), "{entry}: {refusal}");
        }
        let entries = |from: u32, count: u32| -> &'static [&'static str] {
            (from..from + count).map(|port| &*format!("net:udp/a:{port}").leak()).collect::<Vec<_>>().leak()
        };
        let app =
            |from, count| App { groups: &["net"], capabilities: Some(entries(from, count)), ..Default::default() };
        let refusal = rig.try_load(0, &app(1, 5)).unwrap_err();
        assert!(refusal.contains("the manifest lists too many places for `net`, at most 4"), "{refusal}");
        // All apps together list so many, those that several list only once.
        rig.load(0, &app(1, 4));
        (1..5).for_each(|number| rig.load(number, &app(4 * u32::from(number) - 3, 4)));
        let refusal = rig.try_load(5, &app(100, 1)).unwrap_err();
        assert!(refusal.contains("all apps together list too many places for `net`, at most 16"), "{refusal}");
        rig.unload(4);
        rig.load(5, &app(100, 4));
    });
}
