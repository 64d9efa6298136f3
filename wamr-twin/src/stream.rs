//! Clients over TCP, with the frames and sessions of `wamr-stream`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wamr_proto::{Characteristic, Message};
use wamr_stream::{Deframer, Service, Session, TO_CLIENT_MAX, ToClient, ToDevice};

use crate::clock::milliseconds;
use crate::{Endpoint, Error, Role, Transport, Wish};

/// A TCP port for clients, which own the device. There are no bonds.
#[derive(Debug)]
pub struct TcpPort(TcpListener);

impl TcpPort {
    /// Listens on an address, such as `127.0.0.1:7000`.
    ///
    /// # Errors
    /// That of the operating system.
    pub async fn listen(address: &str) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// The address that it listens on.
    ///
    /// # Panics
    /// If the operating system does not know it, which does not happen to a listener.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a listener has an address")
    }
}

impl Transport for TcpPort {
    /// Serves one client after the other. A connection without a session makes way for the next one.
    async fn serve(self, endpoint: &mut Endpoint) -> Result<(), Error> {
        let (mut session, mut line, mut input) = (Session::new(), None::<Line>, Vec::with_capacity(4096));
        let mut served = Served { endpoint, hears_log: false };
        loop {
            if line.is_none() {
                session.close(&mut served);
            }
            while let Some(wish) = served.endpoint.poll() {
                match wish {
                    Wish::Notify(from, value) => {
                        let is_wanted = session.is_open() && (from != Characteristic::Log || served.hears_log);
                        if is_wanted && let Some(connected) = &mut line {
                            connected.answer(ToClient::Notification(from, &value));
                        }
                    }
                    Wish::Bonds(_) => served.endpoint.bonds(None),
                }
            }
            if let Some(connected) = &mut line
                && !connected.flush().await
            {
                line = None;
                continue;
            }
            let silence = session.time_out(milliseconds(), &mut served);
            let silence = silence.map(|time| Duration::from_millis(time.wrapping_sub(milliseconds()).into()));
            tokio::select! {
                accepted = self.0.accept() => match accepted {
                    Ok((stream, _)) if session.is_open() => refuse(stream),
                    Ok((stream, _)) => line = Some(Line::new(stream)),
                    Err(error) => return Err(Error::Transport(format!("cannot accept connections: {error}"))),
                },
                arrived = read(&mut line, &mut input) => {
                    if !arrived {
                        line = None;
                    } else if let Some(connected) = &mut line {
                        connected.handle(&input, &mut session, &mut served);
                    }
                }
                () = served.endpoint.work() => {}
                () = async {
                    match silence {
                        Some(silence) => tokio::time::sleep(silence).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }
}

/// Reads bytes of the line. Returns `false` at its end.
async fn read(line: &mut Option<Line>, input: &mut Vec<u8>) -> bool {
    let Some(line) = line else { return std::future::pending().await };
    input.clear();
    line.stream.read_buf(input).await.is_ok_and(|count| count > 0)
}

/// Answers a client for which there is no room, and ends its connection.
fn refuse(mut stream: TcpStream) {
    let busy = ToClient::Busy.encode(&mut [0; TO_CLIENT_MAX]).to_vec();
    tokio::task::spawn_local(async move {
        // It may be gone.
        let _ = stream.write_all(&busy).await;
        let _ = stream.shutdown().await;
        // If bytes stay unread, the operating system resets the connection, and the answer is lost.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    });
}

/// A connection.
struct Line {
    stream: TcpStream,
    deframer: Deframer,
    /// Bytes to send.
    output: Vec<u8>,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        // It only saves time.
        let _ = stream.set_nodelay(true);
        Self { stream, deframer: Deframer::new(), output: Vec::new() }
    }

    fn handle(&mut self, mut bytes: &[u8], session: &mut Session, service: &mut Served<'_>) {
        while !bytes.is_empty() {
            if let Some(frame) = self.deframer.next(&mut bytes).and_then(ToDevice::decode) {
                let answer =
                    |answer: ToClient<'_>| self.output.extend_from_slice(answer.encode(&mut [0; TO_CLIENT_MAX]));
                session.handle(milliseconds(), frame, service, answer);
            }
        }
    }

    fn answer(&mut self, frame: ToClient<'_>) {
        self.output.extend_from_slice(frame.encode(&mut [0; TO_CLIENT_MAX]));
    }

    /// Sends what there is to send. Returns `false` if the client is gone.
    async fn flush(&mut self) -> bool {
        let is_sent = self.stream.write_all(&self.output).await.is_ok();
        self.output.clear();
        is_sent
    }
}

/// The twin behind a session.
struct Served<'a> {
    endpoint: &'a mut Endpoint,
    hears_log: bool,
}

impl Service for Served<'_> {
    fn connected(&mut self) -> bool {
        self.hears_log = false;
        self.endpoint.connected(Role::Owner);
        true
    }

    fn disconnected(&mut self) {
        self.endpoint.disconnected();
    }

    fn data(&mut self, value: &[u8]) {
        self.endpoint.data(value);
    }

    fn control(&mut self, value: &[u8]) {
        self.endpoint.control(value);
    }

    fn value(&mut self, of: Characteristic) -> Message {
        self.endpoint.value(of)
    }

    fn listens(&mut self, to: Characteristic) {
        match to {
            Characteristic::Log => self.hears_log = true,
            Characteristic::Message => self.endpoint.wants_messages(true),
            Characteristic::Control | Characteristic::Status | Characteristic::Result => {}
        }
    }
}
