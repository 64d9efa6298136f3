//! Moves HCI packets between a controller and trouble-host, with the back-pressure that the host itself lacks.
//!
//! trouble-host drops received data when its queues are full. So data is withheld from it while too many of its buffers
//! are in use (see [`pool`](super::pool)), and only the events that allow it to send overtake the waiting data.

use super::h4::{H4, Packet};
use super::pool;
use crate::port::Halves;
use bt_hci::ReadHciError;
use bt_hci::transport::{PacketKind, PacketToController, PacketToHost, Transport, WithIndicator};
use futures::StreamExt;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc};
use tokio_util::codec::FramedRead;

/// The line to the controller failed.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The controller closed it.
    #[error("the Bluetooth controller closed the connection")]
    Closed,
    /// An error of the operating system.
    #[error("the line to the Bluetooth controller failed: {0}")]
    Io(#[from] io::Error),
    /// A packet is malformed.
    #[error("the Bluetooth controller sent a packet that the host cannot read: {0:?}")]
    Packet(#[from] ReadHciError<Infallible>),
}

impl embedded_io::Error for TransportError {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::Closed => embedded_io::ErrorKind::NotConnected,
            Self::Io(error) => error.kind().into(),
            Self::Packet(_) => embedded_io::ErrorKind::InvalidData,
        }
    }
}

/// A controller behind an open port. Its sends are queued at once and written by a task of their own, so that a
/// future of the host that is dropped halfway cannot leave half a packet on the line.
pub struct HciTransport {
    incoming: Mutex<Incoming>,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
}

struct Incoming {
    packets: FramedRead<Box<dyn AsyncRead + Unpin>, H4>,
    /// Packets, in order, that the host had no room for.
    waiting: VecDeque<Packet>,
}

impl HciTransport {
    /// A transport over an open port. Call it on a `LocalSet`: it starts the writing task there.
    pub fn new((reader, mut writer): Halves) -> Self {
        let (outgoing, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
        tokio::task::spawn_local(async move {
            while let Some(packet) = queue.recv().await {
                if let Err(error) = writer.write_all(&packet).await {
                    log::debug!("writing to the controller: {error}");
                    break; // the reading side fails as well and reports it
                }
            }
        });
        Self {
            incoming: Mutex::new(Incoming { packets: FramedRead::new(reader, H4), waiting: VecDeque::new() }),
            outgoing,
        }
    }
}

impl Incoming {
    /// The next packet that the host has room for. Dropping the future loses nothing.
    async fn next(&mut self) -> Result<Packet, TransportError> {
        loop {
            let wanted = |packet: &Packet| packet.kind != PacketKind::AclData || pool::has_room();
            if self.waiting.front().is_some_and(wanted) {
                return Ok(self.waiting.pop_front().expect("there is a front"));
            }
            tokio::select! {
                biased;
                () = pool::room(), if !self.waiting.is_empty() => {}
                packet = self.packets.next() => match packet {
                    None => return Err(TransportError::Closed),
                    Some(packet) => match packet? {
                        packet if packet.frees_the_host() => return Ok(packet),
                        packet => self.waiting.push_back(packet),
                    },
                },
            }
        }
    }
}

impl embedded_io::ErrorType for HciTransport {
    type Error = TransportError;
}

impl Transport for HciTransport {
    async fn read<'a, P: PacketToHost<'a>>(&self, buffer: &'a mut [u8]) -> Result<P, TransportError> {
        let packet = self.incoming.lock().await.next().await?;
        Ok(P::read_hci(packet.kind, &mut &packet.bytes[..], buffer)?)
    }

    async fn write<P: PacketToController>(&self, packet: &P) -> Result<(), TransportError> {
        let packet = WithIndicator::new(packet);
        let mut bytes = Vec::with_capacity(packet.size());
        packet.write_hci(&mut bytes).map_err(io::Error::other)?;
        self.outgoing.send(bytes).map_err(|_| TransportError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;
    use trouble_host::PacketPool;

    const DATA: &[u8] = &[2, 1, 0x20, 1, 0, 7];
    const DISCONNECTED: &[u8] = &[4, 0x05, 4, 0, 1, 0, 0x13];
    const COMPLETED: &[u8] = &[4, 0x13, 5, 1, 1, 0, 1, 0];

    /// The only test that uses the pool, because a process has only one.
    #[tokio::test(start_paused = true)]
    async fn data_waits_for_room_and_events_that_free_it_do_not() {
        let (mut controller, host) = tokio::io::duplex(1024);
        let (reader, _) = tokio::io::split(host);
        let mut incoming = Incoming { packets: FramedRead::new(Box::new(reader), H4), waiting: VecDeque::new() };
        let mut buffers = Vec::new();
        while pool::has_room() {
            buffers.push(pool::Pool::allocate().unwrap());
        }

        for packet in [DATA, DISCONNECTED, COMPLETED] {
            controller.write_all(packet).await.unwrap();
        }
        assert_eq!(incoming.next().await.unwrap().bytes, COMPLETED[1..]);
        let blocked = timeout(Duration::from_secs(60), incoming.next()).await;
        assert!(blocked.is_err(), "neither data nor what came behind it");

        let (next, ()) = tokio::join!(incoming.next(), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            buffers.pop();
        });
        assert_eq!(next.unwrap().bytes, DATA[1..]);
        assert_eq!(incoming.next().await.unwrap().bytes, DISCONNECTED[1..]);
        drop(controller);
        assert!(matches!(incoming.next().await, Err(TransportError::Closed)));
    }
}
