//! The client and a twin over TCP, with a relay between them that damages frames, as a serial line does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use wamr_client::proto::{Name, Outcome, RunLimits, Value, Values};
use wamr_client::{Client, Connect, Error, ErrorKind, Event, PipeLink, Port, digest_of, upload};
use wamr_twin::stream::TcpPort;
use wamr_twin::{Flash, Transport, Twin};

/// A process has one twin at a time.
static ONE: Mutex<()> = Mutex::new(());

/// What the relay does to the next bytes of a client, or of the device.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Changes a bit in each block of so many bytes.
    Damages(usize),
    /// Passes nothing on.
    Silent,
}

/// A line to a twin.
struct Rig {
    device: Port,
    relayed: Port,
    from_client: Rc<Cell<Fault>>,
    from_device: Rc<Cell<Fault>>,
    /// Connections that the relay cuts when they are dropped.
    connections: Rc<RefCell<Vec<tokio::task::JoinHandle<()>>>>,
}

/// Runs `work` with a twin.
fn with_rig(work: impl AsyncFnOnce(Rig)) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut endpoint = Twin::new(Flash::memory(128 * 1024)).slots(2).start().unwrap();
        let port = TcpPort::listen("127.0.0.1:0").await.unwrap();
        let device = port.address();
        let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rig = Rig {
            device: format!("tcp:{device}").parse().unwrap(),
            relayed: format!("tcp:{}", relay.local_addr().unwrap()).parse().unwrap(),
            from_client: Rc::new(Cell::new(Fault::None)),
            from_device: Rc::new(Cell::new(Fault::None)),
            connections: Rc::default(),
        };
        let (from_client, from_device, connections) =
            (rig.from_client.clone(), rig.from_device.clone(), rig.connections.clone());
        let relaying = async {
            loop {
                let (client, _) = relay.accept().await.unwrap();
                let (client_in, client_out) = client.into_split();
                let (device_in, device_out) = TcpStream::connect(device).await.unwrap().into_split();
                let (up, down) = (from_client.clone(), from_device.clone());
                connections.borrow_mut().push(spawn_local(async move {
                    tokio::select! {
                        () = pass_on(client_in, device_out, up) => {}
                        () = pass_on(device_in, client_out, down) => {}
                    }
                }));
            }
        };
        tokio::select! {
            () = work(rig) => {}
            end = port.serve(&mut endpoint) => panic!("{end:?}"),
            () = relaying => unreachable!("it relays until the end"),
        }
    });
}

async fn pass_on(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, fault: Rc<Cell<Fault>>) {
    let (mut bytes, mut passed) = ([0; 1024], 0);
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        match fault.get() {
            Fault::None => {}
            Fault::Damages(block) => {
                for (at, byte) in bytes[..count].iter_mut().enumerate() {
                    if (passed + at) % block == block / 2 {
                        *byte ^= 0x10;
                    }
                }
            }
            Fault::Silent => continue,
        }
        passed += count;
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// Connects through a port.
struct Over(Port);

impl Connect for Over {
    type Link = PipeLink;

    async fn connect(&mut self) -> Result<PipeLink, Error> {
        PipeLink::over(&self.0).await
    }
}

/// An app that counts its calls, and logs a line at each. Padded, so that it needs many frames.
fn counter() -> Vec<u8> {
    let source = format!(
        r#"(module
            (import "wamr" "log" (func $log (param i32 i32)))
            (memory 1)
            (data (i32.const 0) "called")
            (data (i32.const 1024) "{}")
            (global $calls (mut i32) (i32.const 0))
            (func (export "count") (result i32)
                (call $log (i32.const 0) (i32.const 6))
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (global.get $calls)))"#,
        "x".repeat(20_000)
    );
    wat::parse_str(source).unwrap()
}

async fn count(client: &mut Client<PipeLink>) -> Result<Outcome, Error> {
    let receipt = client.run(0, Name::new("count").unwrap(), Values::default(), RunLimits::default()).await?;
    Ok(receipt.outcome)
}

fn returned(value: i32) -> Result<Outcome, Error> {
    Ok(Outcome::Returned(Values::new(&[Value::I32(value)]).unwrap()))
}

async fn connect(port: &Port) -> Result<Client<PipeLink>, Error> {
    PipeLink::over(port).await.map(Client::new)
}

async fn install(port: &Port) -> Client<PipeLink> {
    let module = counter();
    upload(&mut Over(port.clone()), 0, &module, digest_of(&module), 0, |_| ()).await.unwrap()
}

#[test]
fn an_app_is_uploaded_called_and_heard() {
    with_rig(async |rig| {
        let mut client = install(&rig.device).await;
        let lines = Rc::new(RefCell::new(Vec::new()));
        let heard = lines.clone();
        client.listen(move |line| heard.borrow_mut().push(line.to_owned())).await.unwrap();
        assert_eq!(count(&mut client).await, returned(1));
        assert_eq!(count(&mut client).await, returned(2));
        assert_eq!(lines.borrow().len(), 2, "{lines:?}");
        client.close().await;
        let mut again = connect(&rig.device).await.unwrap();
        assert_eq!(count(&mut again).await, returned(3));
    });
}

#[test]
fn damaged_frames_are_sent_again() {
    with_rig(async |rig| {
        // Every third frame with 491 bytes of the module, and every thirtieth of the others.
        rig.from_client.set(Fault::Damages(1500));
        let mut client = install(&rig.relayed).await;
        for calls in 1..15 {
            assert_eq!(count(&mut client).await, returned(calls), "each request is taken once");
        }
        client.close().await;
    });
}

#[test]
fn an_upload_resumes_after_the_line_was_cut() {
    with_rig(async |rig| {
        let module = counter();
        let (mut cut, mut starts) = (false, Vec::new());
        let report = |event: Event<'_>| match event {
            Event::Started(bytes) => starts.push(bytes),
            Event::Progress(bytes) if bytes > 10_000 && !cut => {
                cut = true;
                rig.connections.borrow_mut().drain(..).for_each(|connection| connection.abort());
            }
            _ => {}
        };
        let mut client =
            upload(&mut Over(rig.relayed.clone()), 3, &module, digest_of(&module), 0, report).await.unwrap();
        assert!(matches!(starts[..], [0, again] if again >= 8192), "{starts:?}");
        assert_eq!(count(&mut client).await, returned(1));
    });
}

#[test]
fn a_second_client_is_refused_until_the_first_has_gone() {
    with_rig(async |rig| {
        let first = connect(&rig.device).await.unwrap();
        let busy = connect(&rig.relayed).await.err().unwrap();
        assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
        first.close().await;
        connect(&rig.relayed).await.unwrap().close().await;
    });
}

#[test]
fn the_end_of_the_line_ends_the_session() {
    with_rig(async |rig| {
        let mut client = connect(&rig.relayed).await.unwrap();
        rig.connections.borrow_mut().drain(..).for_each(|connection| connection.abort());
        assert_eq!(client.apps().await.err().map(|error| error.kind()), Some(ErrorKind::ConnectionLost));
        connect(&rig.device).await.unwrap().close().await;
    });
}

#[test]
fn a_port_without_a_device_is_an_error() {
    with_rig(async |rig| {
        rig.from_device.set(Fault::Silent);
        let error = connect(&rig.relayed).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NoLine, "{error}");
        assert!(error.to_string().contains("no device answers on tcp:127.0.0.1:"), "{error}");
        let error = connect(&"tcp:127.0.0.1:1".parse().unwrap()).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NoLine, "{error}");
    });
}

#[test]
fn a_silent_client_makes_way() {
    with_rig(async |rig| {
        let client = connect(&rig.relayed).await.unwrap();
        // A serial line does not end when somebody unplugs it.
        rig.from_client.set(Fault::Silent);
        tokio::time::sleep(Duration::from_millis(u64::from(wamr_stream::SILENCE_MS) + 500)).await;
        rig.from_client.set(Fault::None);
        connect(&rig.device).await.unwrap().close().await;
        drop(client);
    });
}
