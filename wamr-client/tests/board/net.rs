//! An app on a twin talks to a server on this computer.

use crate::rig::with_app;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use wamr_client::proto::Command;
use wamr_twin::Board;

/// An app that connects to port TCP of a host, sends `hello`, and sends back what it receives. It sends back each datagram to port UDP, and
/// reports the end of the connection to that port, or that there is no connection.
const ECHO: &str = r#"(module
    (import "wamr:device/net@0.1.0" "look-up" (func $look-up (param i32 i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "connect" (func $connect (param i32 i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "[method]connection.send" (func $send (param i32 i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "[method]connection.receive" (func $receive (param i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "bind" (func $bind (param i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "[method]udp-socket.send-to" (func $send-to (param i32 i32 i32 i32 i32 i32)))
    (import "wamr:device/net@0.1.0" "[method]udp-socket.receive-from" (func $receive-from (param i32 i32 i32)))
    (memory 1)
    (data (i32.const 0) "HOST")
    (data (i32.const 100) "helloclosedfailed")
    (global $host (mut i32) (i32.const 0))
    (global $connection (mut i32) (i32.const 0))
    (global $socket (mut i32) (i32.const 0))
    (global $is-greeted (mut i32) (i32.const 0))
    (global $next (mut i32) (i32.const 0))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.add (global.get $next) (i32.const 1024)))
        (global.get $next))
    ;; The handle in the result at 256, which must be a success.
    (func $handle (result i32)
        (if (i32.load8_u (i32.const 256)) (then unreachable))
        (i32.load (i32.const 260)))
    (func $tell (param i32 i32)
        (call $send-to (global.get $socket) (global.get $host) (i32.const UDP) (local.get 0) (local.get 1) (i32.const 256))
        (if (i32.load8_u (i32.const 256)) (then unreachable)))
    (func (export "start")
        (call $bind (i32.const 0) (i32.const 3) (i32.const 256))
        (global.set $socket (call $handle))
        (call $look-up (i32.const 0) (i32.const LENGTH) (i32.const 1) (i32.const 256))
        (global.set $host (call $handle)))
    (func (export "on-event") (param $case i32) (param $id i32) (param i32)
        (if (i32.ne (local.get $case) (i32.const 6)) (then unreachable))
        (global.set $next (i32.const 0))
        (if (i32.eq (local.get $id) (i32.const 1)) (then
            (call $connect (global.get $host) (i32.const TCP) (i32.const 2) (i32.const 256))
            (global.set $connection (call $handle))))
        (if (i32.eq (local.get $id) (i32.const 3)) (then
            (call $receive-from (global.get $socket) (i32.const 100) (i32.const 256))
            (if (i32.load8_u (i32.const 256)) (then unreachable))
            (if (i32.load8_u (i32.const 260))
                (then (call $tell (i32.load (i32.const 264)) (i32.load (i32.const 268)))))))
        (if (i32.eq (local.get $id) (i32.const 2)) (then
            (if (global.get $is-greeted)
                (then
                    (call $receive (global.get $connection) (i32.const 100) (i32.const 256))
                    (if (i32.load8_u (i32.const 256)) (then (return (call $tell (i32.const 105) (i32.const 6)))))
                    (call $send (global.get $connection)
                        (i32.load (i32.const 260)) (i32.load (i32.const 264)) (i32.const 256)))
                (else
                    (global.set $is-greeted (i32.const 1))
                    (call $send (global.get $connection) (i32.const 100) (i32.const 5) (i32.const 256))
                    (if (i32.load8_u (i32.const 256)) (then (return (call $tell (i32.const 111) (i32.const 6)))))))))))"#;

const PATIENCE: Duration = Duration::from_secs(10);

fn echo(host: &str, tcp: SocketAddr, udp: &UdpSocket) -> Vec<u8> {
    udp.set_read_timeout(Some(PATIENCE)).unwrap();
    let text = ECHO.replace("HOST", host).replace("LENGTH", &host.len().to_string());
    let text = text.replace("TCP", &tcp.port().to_string());
    wat::parse_str(text.replace("UDP", &udp.local_addr().unwrap().port().to_string())).unwrap()
}

fn board() -> Board {
    Board::from_toml("net = true").unwrap()
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[track_caller]
fn receives(stream: &mut TcpStream, expected: &[u8]) {
    let mut buffer = vec![0; expected.len()];
    stream.read_exact(&mut buffer).unwrap();
    assert_eq!(buffer, expected);
}

#[track_caller]
fn is_told(socket: &UdpSocket, expected: &[u8]) -> SocketAddr {
    let mut buffer = [0; 100];
    let (length, sender) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], expected);
    sender
}

#[test]
fn bytes_and_datagrams_pass_in_both_directions() {
    for host in ["127.0.0.1", "localhost"] {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let socket = UdpSocket::bind((host, 0)).unwrap();
        let app = echo(host, listener.local_addr().unwrap(), &socket);
        let board = board();
        with_app(board, &app, async |_| {
            let mut stream = accept(&listener);
            receives(&mut stream, b"hello");
            for text in ["one", "two and three"] {
                stream.write_all(text.as_bytes()).unwrap();
                receives(&mut stream, text.as_bytes());
            }
            assert!(board.is_watched());
            // Longer than the app receives at once.
            let long = [7; 1000];
            stream.write_all(&long).unwrap();
            receives(&mut stream, &long);
            stream.write_all(b"the last").unwrap();
            receives(&mut stream, b"the last");
            drop(stream);
            let app = is_told(&socket, b"closed");
            for datagram in [&b"datagram"[..], &[8; 100]] {
                socket.send_to(datagram, app).unwrap();
                assert_eq!(is_told(&socket, datagram), app);
            }
        });
    }
}

#[test]
fn an_app_hears_that_a_connection_is_refused() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let app = echo("127.0.0.1", closed, &socket);
    with_app(board(), &app, async |_| _ = is_told(&socket, b"failed"));
}

#[test]
fn connections_end_with_their_app() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let app = echo("127.0.0.1", listener.local_addr().unwrap(), &socket);
    let board = board();
    with_app(board, &app, async |client| {
        let mut stream = accept(&listener);
        receives(&mut stream, b"hello");
        client.manage(Command::Remove { app: 0 }).await.unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        assert!(!board.is_watched());
    });
    socket.set_nonblocking(true).unwrap();
    assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "nothing was said");
}
