//! Connections inside one process: channels instead of a radio.
//!
//! A device takes one client at a time, as over Bluetooth.
//!
//! ```
//! use wamr_transport::pipe::{self, Request};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (connector, mut listener) = pipe::new();
//! let (client, device) = tokio::join!(connector.open(), listener.accept());
//! let (client, mut device) = (client.unwrap(), device.unwrap());
//! client.write_data(b"bytes").await.unwrap();
//! assert!(matches!(device.next().await, Some(Request::Data(bytes)) if bytes == b"bytes"));
//! # });
//! ```

use crate::{Characteristic, Notification};
use tokio::sync::{mpsc, oneshot};

/// Bytes that one write or notification can carry.
pub const ROOM: usize = wamr_proto::FRAME_MAX;

/// Maximum number of queued requests. Further writes wait.
const QUEUE: usize = 16;

/// The error of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipeError {
    /// The other end was dropped.
    #[error("the device is gone")]
    Gone,
    /// The device serves another client.
    #[error("the device serves another client")]
    Busy,
}

/// An operation of a client.
#[derive(Debug)]
pub enum Request {
    /// A write to *data*.
    Data(Vec<u8>),
    /// A write to *control*.
    Control(Vec<u8>),
    /// A read of a value. The device sends the bytes.
    Read(Characteristic, oneshot::Sender<Vec<u8>>),
    /// It subscribes to the log lines or the messages of apps.
    Listen(Characteristic),
}

type Answer = oneshot::Sender<Result<ClientEnd, PipeError>>;

/// Connects clients to the device that holds the [`Listener`].
#[derive(Clone, Debug)]
pub struct Connector(mpsc::UnboundedSender<Answer>);

/// The device's end, where clients arrive.
#[derive(Debug)]
pub struct Listener {
    calls: mpsc::UnboundedReceiver<Answer>,
}

/// A client's end of a connection. Dropping it ends the connection.
#[derive(Debug)]
pub struct ClientEnd {
    requests: mpsc::Sender<Request>,
    notifications: mpsc::UnboundedReceiver<Notification>,
}

/// A device's end of a connection. Dropping it ends the connection.
#[derive(Debug)]
pub struct DeviceEnd {
    requests: mpsc::Receiver<Request>,
    notifications: mpsc::UnboundedSender<Notification>,
}

/// Both ends of a pipe.
pub fn new() -> (Connector, Listener) {
    let (connector, calls) = mpsc::unbounded_channel();
    (Connector(connector), Listener { calls })
}

/// Both ends of a connection.
pub fn connection() -> (ClientEnd, DeviceEnd) {
    let (requests, received) = mpsc::channel(QUEUE);
    let (notifications, notified) = mpsc::unbounded_channel();
    (ClientEnd { requests, notifications: notified }, DeviceEnd { requests: received, notifications })
}

impl Connector {
    /// Opens a connection for a client.
    ///
    /// # Errors
    /// [`PipeError::Busy`] while the device serves another client, [`PipeError::Gone`] when there is no device any more.
    pub async fn open(&self) -> Result<ClientEnd, PipeError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(answer).map_err(|_| PipeError::Gone)?;
        answered.await.unwrap_or(Err(PipeError::Gone))
    }
}

impl Listener {
    /// Waits for the next client; `None` when all connectors were dropped. Dropping the future loses no client.
    pub async fn accept(&mut self) -> Option<DeviceEnd> {
        loop {
            let answer = self.calls.recv().await?;
            let (client, device) = connection();
            // The client may have given up.
            if answer.send(Ok(client)).is_ok() {
                return Some(device);
            }
        }
    }

    /// Refuses all clients with [`PipeError::Busy`]. Never returns; call it beside serving the one that was accepted.
    pub async fn refuse(&mut self) {
        while let Some(answer) = self.calls.recv().await {
            let _ = answer.send(Err(PipeError::Busy)); // the client may have given up
        }
        std::future::pending().await
    }
}

impl ClientEnd {
    /// Writes to *data*. Waits while the device is behind.
    ///
    /// # Errors
    /// [`PipeError::Gone`] when the device has ended the connection, as with the other methods.
    pub async fn write_data(&self, frame: &[u8]) -> Result<(), PipeError> {
        self.request(Request::Data(frame.to_vec())).await
    }

    /// Writes to *control*.
    ///
    /// # Errors
    /// [`PipeError::Gone`].
    pub async fn write_control(&self, request: &[u8]) -> Result<(), PipeError> {
        self.request(Request::Control(request.to_vec())).await
    }

    /// Reads a value.
    ///
    /// # Errors
    /// [`PipeError::Gone`].
    pub async fn read(&self, characteristic: Characteristic) -> Result<Vec<u8>, PipeError> {
        let (answer, answered) = oneshot::channel();
        self.request(Request::Read(characteristic, answer)).await?;
        answered.await.map_err(|_| PipeError::Gone)
    }

    /// Subscribes to the log lines or the messages of apps.
    ///
    /// # Errors
    /// [`PipeError::Gone`].
    pub async fn listen(&self, to: Characteristic) -> Result<(), PipeError> {
        self.request(Request::Listen(to)).await
    }

    /// Waits for the next notification. Dropping the future loses none.
    ///
    /// # Errors
    /// [`PipeError::Gone`].
    pub async fn next(&mut self) -> Result<Notification, PipeError> {
        self.notifications.recv().await.ok_or(PipeError::Gone)
    }

    /// Ends the connection and waits until the device has ended it as well. Then another client can connect.
    pub async fn close(self) {
        let Self { requests, mut notifications } = self;
        drop(requests);
        while notifications.recv().await.is_some() {}
    }

    async fn request(&self, request: Request) -> Result<(), PipeError> {
        self.requests.send(request).await.map_err(|_| PipeError::Gone)
    }
}

impl DeviceEnd {
    /// Waits for the client's next request; `None` when the client is gone. Dropping the future loses none.
    pub async fn next(&mut self) -> Option<Request> {
        self.requests.recv().await
    }

    /// Notifies the client.
    pub fn notify(&self, notification: Notification) {
        let _ = self.notifications.send(notification); // the client may be gone, which `next` reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_client_at_a_time_is_served() {
        let (connector, mut listener) = new();
        let (client, device) = tokio::join!(connector.open(), listener.accept());
        let (client, mut device) = (client.unwrap(), device.unwrap());
        let other = tokio::select! {
            other = connector.open() => other,
            () = listener.refuse() => unreachable!("it waits for others"),
        };
        assert_eq!(other.err(), Some(PipeError::Busy));

        drop(client);
        assert!(device.next().await.is_none());
        let (client, device) = tokio::join!(connector.open(), listener.accept());
        assert!(client.is_ok() && device.is_some());
    }

    #[tokio::test]
    async fn close_waits_for_the_device() {
        let (connector, mut listener) = new();
        let (client, device) = tokio::join!(connector.open(), listener.accept());
        let (client, mut device) = (client.unwrap(), device.unwrap());
        let closed = std::cell::Cell::new(false);
        let close = async {
            client.close().await;
            closed.set(true);
        };
        let serve = async {
            assert!(device.next().await.is_none());
            assert!(!closed.get());
            drop(device);
        };
        tokio::join!(close, serve);
        assert!(closed.get());
    }

    #[tokio::test]
    async fn either_end_notices_that_the_other_is_gone() {
        let (connector, mut listener) = new();
        let (client, device) = tokio::join!(connector.open(), listener.accept());
        let mut client = client.unwrap();
        let notification = Notification { from: Characteristic::Status, value: vec![7] };
        device.as_ref().unwrap().notify(notification.clone());
        drop(device);
        assert_eq!(client.next().await, Ok(notification), "what came before the end is still there");
        assert_eq!(client.next().await, Err(PipeError::Gone));
        assert_eq!(client.read(Characteristic::Status).await, Err(PipeError::Gone));
        drop(listener);
        assert_eq!(connector.open().await.err(), Some(PipeError::Gone));

        let (connector, mut listener) = new();
        drop(connector);
        assert!(listener.accept().await.is_none());
    }
}
