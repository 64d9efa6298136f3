//! Connections and datagrams over the loopback interface, and names. src/server.c has the other end.

use wamr_proto::Value;

use crate::client::app;
use crate::probe::{BUSY, Error, INVALID_ARGUMENT, NET, NO_SPACE, NOT_FOUND, Probe, Resource};
use crate::{passed, sleep};

const IO: Error = Error(5);

const ECHO_PORT: i32 = 7;

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    names(probe);
    connections(probe);
    datagrams(probe);
    misuse(probe);
    leave(probe);
}

/// Does something, and returns the number of events that follow, and the last one.
fn caused<R>(probe: Probe, cause: impl FnOnce() -> R) -> (R, i64, (u16, u16, u32)) {
    let before = probe.count();
    let result = cause();
    sleep(100);
    (result, probe.count() - before, probe.last())
}

/// The list in a result, at this place.
fn list(probe: Probe, at: i32) -> heapless::Vec<u8, 16> {
    let place = probe.call("bytes", &[at]);
    let (address, length) = (place as i32, (place >> 32) as usize);
    let bytes = (0..2).flat_map(|word| probe.call("bytes", &[address + 8 * word]).to_le_bytes());
    bytes.take(length).collect()
}

fn send(probe: Probe, connection: i32, data: &[u8]) -> Result<u32, Error> {
    let mut bytes = [0; 8];
    bytes[..data.len()].copy_from_slice(data);
    let args = [Value::I32(connection), Value::I64(i64::from_le_bytes(bytes)), Value::I32(data.len() as i32)];
    result(probe.call_with("send", args.into_iter()))
}

fn result(result: i64) -> Result<u32, Error> {
    if result as u8 == 0 { Ok((result >> 32) as u32) } else { Err(Error((result >> 32) as u8)) }
}

fn receive(probe: Probe, connection: i32, length: i32) -> Result<heapless::Vec<u8, 16>, Error> {
    probe.try_call("receive", &[connection, length]).map(|_| list(probe, 4))
}

fn names(probe: Probe) {
    let look_up = |name, id| probe.try_call("look-up", &[name as i32, id]);
    // An address is known at once.
    let (host, count, last) = caused(probe, || {
        let host = look_up(Resource::Loopback, 1);
        assert!(probe.try_call("address", &[1]).is_ok());
        host
    });
    assert_eq!((host, count, last), (Ok(1), 1, (NET, 1, 0)));
    probe.try_call("address", &[1]).unwrap();
    assert_eq!(list(probe, 4), b"127.0.0.1");

    let (host, count, last) = caused(probe, || look_up(Resource::Known, 2));
    assert_eq!((host, count, last), (Ok(2), 1, (NET, 2, 0)));
    probe.try_call("address", &[2]).unwrap();
    assert_eq!(list(probe, 4), b"127.0.0.1");

    let (host, count, last) = caused(probe, || look_up(Resource::Unknown, 3));
    assert_eq!((host, count, last), (Ok(3), 1, (NET, 3, 0)));
    assert_eq!(probe.try_call("address", &[3]), Err(NOT_FOUND));
    assert_eq!(probe.try_call("connect", &[3, ECHO_PORT, 4]), Err(NOT_FOUND));
    probe.call("drop-host", &[3]);

    // Dropped before the answer.
    let (_, count, _) = caused(probe, || {
        assert_eq!(look_up(Resource::Known, 3), Ok(3));
        probe.call("drop-host", &[3]);
    });
    assert_eq!(count, 0);
    assert_eq!(look_up(Resource::Nothing, 3), Ok(3));
    assert_eq!(look_up(Resource::LogLine, 4), Err(INVALID_ARGUMENT), "it has a space");
    assert_eq!(look_up(Resource::Loopback, 4), Ok(4));
    assert_eq!(look_up(Resource::Loopback, 5), Err(NO_SPACE));
    (3..5).for_each(|host| _ = probe.call("drop-host", &[host]));
    passed("an app learns the addresses of hosts");
}

fn connections(probe: Probe) {
    let (connection, count, last) = caused(probe, || {
        let connection = probe.try_call("connect", &[2, ECHO_PORT, 10]);
        assert!(matches!(send(probe, 1, b"early"), Ok(_) | Err(BUSY)));
        connection
    });
    assert_eq!((connection, last), (Ok(1), (NET, 10, 0)));
    assert_eq!(count, 1);
    assert_eq!(receive(probe, 1, 16), Ok(heapless::Vec::new()));
    let (sent, count, last) = caused(probe, || send(probe, 1, b"hello"));
    assert_eq!((sent, count, last), (Ok(5), 1, (NET, 10, 0)));
    // Nothing new is reported before the app has received something, and then what is left.
    let (_, count, _) = caused(probe, || send(probe, 1, b" again"));
    assert_eq!(count, 0);
    let (received, count, last) = caused(probe, || receive(probe, 1, 3));
    assert_eq!((&received.unwrap()[..], count, last), (&b"hel"[..], 1, (NET, 10, 0)));
    assert_eq!(&receive(probe, 1, 16).unwrap()[..], b"lo again");
    assert_eq!(receive(probe, 1, 0), Ok(heapless::Vec::new()));

    let (_, count, last) = caused(probe, || send(probe, 1, b"q"));
    assert_eq!((count, last), (1, (NET, 10, 0)));
    let (received, count, last) = caused(probe, || receive(probe, 1, 16));
    assert_eq!((received, count, last), (Ok(heapless::Vec::new()), 1, (NET, 10, 0)));
    assert_eq!((send(probe, 1, b"late"), receive(probe, 1, 1)), (Err(IO), Err(IO)));
    probe.call("drop-connection", &[1]);

    // Nobody listens there.
    let (connection, count, last) = caused(probe, || probe.try_call("connect", &[1, 9, 11]));
    assert_eq!((connection, count, last), (Ok(1), 1, (NET, 11, 0)));
    assert_eq!(send(probe, 1, b"?"), Err(IO));
    probe.call("drop-connection", &[1]);
    passed("an app talks to a server over TCP, and hears of its end");
}

fn send_to(probe: Probe, socket: i32, host: i32, data: &[u8]) -> Result<u32, Error> {
    let mut bytes = [0; 8];
    bytes[..data.len()].copy_from_slice(data);
    let numbers = [Value::I32(socket), Value::I32(host), Value::I32(ECHO_PORT)];
    let data = [Value::I64(i64::from_le_bytes(bytes)), Value::I32(data.len() as i32)];
    match probe.call_with("send-to", numbers.into_iter().chain(data)).to_le_bytes() {
        [0, ..] => Ok(0),
        [_, error, ..] => Err(Error(error)),
    }
}

fn datagrams(probe: Probe) {
    assert_eq!(probe.try_call("bind", &[ECHO_PORT, 20]), Err(BUSY), "it is that of the server");
    assert_eq!(probe.try_call("bind", &[0, 20]), Ok(1));
    let receive = |length| probe.try_call("receive-from", &[1, length]).map(|is_some| is_some as u8);
    assert_eq!(receive(16), Ok(0), "none waits");
    let (sent, count, last) = caused(probe, || send_to(probe, 1, 1, b"datagram"));
    assert_eq!((sent, count, last), (Ok(0), 1, (NET, 20, 0)));
    assert_eq!(receive(8), Ok(1));
    assert_eq!((&list(probe, 8)[..], &list(probe, 16)[..]), (&b"datagram"[..], &b"127.0.0.1"[..]));
    assert_eq!(probe.call("bytes", &[24]) as u16, ECHO_PORT as u16);
    for (data, length) in [(&b"datagram"[..], 7), (b"1", 0), (b"l", -1)] {
        let (sent, count, _) = caused(probe, || send_to(probe, 1, 1, data));
        assert_eq!((sent, count), (Ok(0), 1));
        assert_eq!(receive(length), Err(NO_SPACE));
    }
    assert_eq!(receive(16), Ok(0), "they are lost");
    probe.call("drop-udp", &[1]);
    passed("an app exchanges datagrams with a host");
}

fn misuse(probe: Probe) {
    assert_eq!(probe.try_call("bind", &[0, 20]), Ok(1));
    probe.traps("receive", &[1, 1], "the socket is of the other kind");
    for handle in [0, 2, 33, -1] {
        probe.traps("receive", &[handle, 1], "a handle is not open");
    }
    probe.traps("address", &[3], "a handle is not open");
    probe.call("drop-udp", &[1]);
    probe.traps("drop-udp", &[1], "a handle is not open");
    let other = Probe::install(&app!("narrow"));
    other.traps("look-up", &[Resource::Known as i32, 1], "net:known.test is not granted");
    other.traps("bind", &[0, 1], "net:udp/:0 is not granted");
    assert_eq!(other.try_call("look-up", &[Resource::Loopback as i32, 1]), Ok(3));
    other.traps("connect", &[3, 80, 2], "net:tcp/127.0.0.1:80 is not granted");
    other.traps("connect", &[1, ECHO_PORT, 2], "a handle is not open");
    assert_eq!(other.try_call("connect", &[3, ECHO_PORT, 2]), Ok(1));
    sleep(100);
    assert_eq!(other.last(), (NET, 2, 0));
    other.remove();
    passed("an app talks only where its manifest permits");
}

fn leave(probe: Probe) {
    assert_eq!(probe.try_call("connect", &[1, ECHO_PORT, 30]), Ok(1));
    sleep(100);
    send(probe, 1, b"hello").unwrap();
    probe.remove();
    let next = Probe::install(&app!("probe"));
    sleep(100);
    assert_eq!(next.count(), 0);
    next.traps("receive", &[1, 1], "a handle is not open");
    next.traps("address", &[1], "a handle is not open");
    // All places are free.
    (0..4).for_each(|id| assert_eq!(next.try_call("bind", &[0, id]), Ok(1 + id as u32)));
    assert_eq!(next.try_call("bind", &[0, 4]), Err(NO_SPACE));
    next.remove();
    passed("connections end with their app");
}
