//! The client's end of a serial line or a TCP connection, with the frames and sessions of `wamr-stream`.
//!
//! Call everything on a [`LocalSet`](tokio::task::LocalSet): a task keeps the session open beside the client.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use wamr_stream::{Deframer, PING_MS, REPEAT_MS, SILENCE_MS, TO_DEVICE_MAX, ToClient, ToDevice};

use crate::pipe::{self, ClientEnd, DeviceEnd, Request};
use crate::{Characteristic, Line, Notification, Port};

/// The usual settings of Zephyr's UARTs.
const LINE: Line = Line { baud: 115_200, flow_control: false };

const REPEAT: Duration = Duration::from_millis(REPEAT_MS as u64);
const PING: Duration = Duration::from_millis(PING_MS as u64);
const SILENCE: Duration = Duration::from_millis(SILENCE_MS as u64);

/// How long a device has to begin a session. It may have just started.
const OPENING: Duration = Duration::from_secs(5);

/// The error of a line.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The line cannot be opened, or fails.
    #[error("{0}")]
    Line(#[from] io::Error),
    /// No device answers.
    #[error("no device answers")]
    NoDevice,
    /// The device serves another client.
    #[error("the device serves another client")]
    Busy,
}

/// Opens a line, and a session on it. The end of the session is the end of the returned connection.
///
/// # Errors
/// [`StreamError`].
pub async fn connect(port: &Port) -> Result<ClientEnd, StreamError> {
    let (reader, writer) = port.open(LINE).await?;
    let mut wire = Wire::new(reader, writer);
    timeout(OPENING, wire.open()).await.map_err(|_| StreamError::NoDevice)??;
    let (client, device) = pipe::connection();
    tokio::task::spawn_local(async move {
        if let Err(error) =
            (Served { wire, device, waits: None, heard: Instant::now(), said: Instant::now() }).serve().await
        {
            log::debug!("the line ended: {error}");
        }
    });
    Ok(client)
}

/// What a device sends, with its bytes.
enum Heard {
    Open,
    Busy,
    Closed,
    Taken(u8),
    Value(Characteristic, Vec<u8>),
    Notification(Characteristic, Vec<u8>),
}

/// The frames of a line.
struct Wire<R, W> {
    reader: R,
    writer: W,
    deframer: Deframer,
    /// Bytes that were read, and how many of them are done with.
    input: Vec<u8>,
    done: usize,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Wire<R, W> {
    fn new(reader: R, writer: W) -> Self {
        Self { reader, writer, deframer: Deframer::new(), input: Vec::with_capacity(4096), done: 0 }
    }

    async fn send(&mut self, frame: ToDevice<'_>) -> io::Result<()> {
        self.send_encoded(frame.encode(&mut [0; TO_DEVICE_MAX])).await
    }

    async fn send_encoded(&mut self, frame: &[u8]) -> io::Result<()> {
        self.writer.write_all(frame).await?;
        self.writer.flush().await
    }

    /// Waits for the next frame. Dropping the future loses nothing.
    async fn receive(&mut self) -> io::Result<Heard> {
        loop {
            let mut rest = &self.input[self.done..];
            while !rest.is_empty() {
                let heard = self.deframer.next(&mut rest).and_then(ToClient::decode).map(Heard::from);
                self.done = self.input.len() - rest.len();
                if let Some(heard) = heard {
                    return Ok(heard);
                }
            }
            self.input.clear();
            self.done = 0;
            if self.reader.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Begins a session.
    async fn open(&mut self) -> Result<(), StreamError> {
        loop {
            self.send(ToDevice::Open).await?;
            let repeat = Instant::now() + REPEAT;
            loop {
                tokio::select! {
                    heard = self.receive() => match heard? {
                        Heard::Open => return Ok(()),
                        Heard::Busy => return Err(StreamError::Busy),
                        // Of an earlier session.
                        _ => {}
                    },
                    () = sleep_until(repeat) => break,
                }
            }
        }
    }

    /// Ends the session.
    async fn close(&mut self) -> io::Result<()> {
        self.send(ToDevice::Close).await?;
        while !matches!(self.receive().await?, Heard::Closed) {}
        Ok(())
    }
}

impl From<ToClient<'_>> for Heard {
    fn from(frame: ToClient<'_>) -> Self {
        match frame {
            ToClient::Open => Self::Open,
            ToClient::Busy => Self::Busy,
            ToClient::Closed => Self::Closed,
            ToClient::Taken(number) => Self::Taken(number),
            ToClient::Value(of, value) => Self::Value(of, value.to_vec()),
            ToClient::Notification(from, value) => Self::Notification(from, value.to_vec()),
        }
    }
}

/// A frame that the device has not answered. Further requests of the client wait.
struct Waits {
    encoded: Vec<u8>,
    repeat: Instant,
    answer: Answer,
}

enum Answer {
    Open,
    Taken(u8),
    Value(Characteristic, oneshot::Sender<Vec<u8>>),
}

/// A session.
struct Served<R, W> {
    wire: Wire<R, W>,
    device: DeviceEnd,
    waits: Option<Waits>,
    /// When the last frame came, and when the last one was sent.
    heard: Instant,
    said: Instant,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Served<R, W> {
    /// Serves the client until it is gone, or the session has ended.
    async fn serve(mut self) -> io::Result<()> {
        let mut number = 0;
        loop {
            let next = self.waits.as_ref().map_or(self.said + PING, |waits| waits.repeat);
            tokio::select! {
                heard = self.wire.receive() => {
                    self.heard = Instant::now();
                    match heard? {
                        Heard::Closed | Heard::Busy => return Err(io::Error::other("the device ended the session")),
                        heard => self.handle(heard),
                    }
                }
                request = self.device.next(), if self.waits.is_none() => match request {
                    None => {
                        let _ = timeout(REPEAT, self.wire.close()).await; // the device ends it by itself later
                        return Ok(());
                    }
                    Some(request) => self.request(request, &mut number).await?,
                },
                () = sleep_until(next) => {
                    if self.heard.elapsed() >= SILENCE {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    self.repeat().await?;
                }
            }
        }
    }

    fn handle(&mut self, heard: Heard) {
        let answer = match heard {
            Heard::Notification(from, value) => return self.device.notify(Notification { from, value }),
            heard => self
                .waits
                .take_if(|waits| match (&heard, &waits.answer) {
                    (Heard::Open, Answer::Open) => true,
                    (Heard::Taken(number), Answer::Taken(expected)) => number == expected,
                    (Heard::Value(of, _), Answer::Value(expected, _)) => of == expected,
                    _ => false,
                })
                .map(|waits| (heard, waits.answer)),
        };
        if let Some((Heard::Value(_, value), Answer::Value(_, to))) = answer {
            let _ = to.send(value); // the client may have given up
        }
    }

    async fn request(&mut self, request: Request, number: &mut u8) -> io::Result<()> {
        let mut buffer = [0; TO_DEVICE_MAX];
        let frame = match &request {
            Request::Data(value) => ToDevice::Data(value),
            Request::Control(value) => {
                *number = number.wrapping_add(1);
                ToDevice::Control(*number, value)
            }
            Request::Read(of, _) => ToDevice::Read(*of),
            Request::Listen(to) => ToDevice::Listen(*to),
        };
        let encoded = frame.encode(&mut buffer);
        self.said = Instant::now();
        self.wire.send_encoded(encoded).await?;
        let answer = match request {
            Request::Data(_) => None,
            Request::Control(_) => Some(Answer::Taken(*number)),
            Request::Read(of, to) => Some(Answer::Value(of, to)),
            Request::Listen(_) => Some(Answer::Open),
        };
        self.waits = answer.map(|answer| Waits { encoded: encoded.to_vec(), repeat: self.said + REPEAT, answer });
        Ok(())
    }

    /// Sends the frame again that was not answered, or a ping.
    async fn repeat(&mut self) -> io::Result<()> {
        self.said = Instant::now();
        match &mut self.waits {
            Some(waits) => {
                waits.repeat = self.said + REPEAT;
                self.wire.send_encoded(&waits.encoded).await
            }
            None => self.wire.send(ToDevice::Ping).await,
        }
    }
}
