//! A connection to a device over a pipe: in the same process, such as a twin, or at the other end of a serial line or a TCP connection.

use crate::Error;
use crate::link::{Characteristic, Connect, Link, Notification};
use wamr_transport::pipe::{ClientEnd, Connector, PipeError, ROOM};

/// A client's end of a [pipe](wamr_transport::pipe).
#[derive(Debug)]
pub struct PipeLink {
    end: ClientEnd,
    name: String,
}

#[cfg(feature = "stream")]
impl PipeLink {
    /// Opens a serial line or a TCP connection, and a session on it. Call it on a [`LocalSet`](tokio::task::LocalSet) of a runtime with I/O
    /// and time enabled.
    ///
    /// # Errors
    /// [`Error::NoLine`] if the line cannot be opened or no device answers, [`Error::Busy`].
    pub async fn over(port: &wamr_transport::Port) -> Result<Self, Error> {
        use wamr_transport::stream::{StreamError, connect};

        let end = connect(port).await.map_err(|error| match error {
            StreamError::Busy => Error::Busy(vec![port.to_string()]),
            StreamError::NoDevice => Error::NoLine(format!("no device answers on {port}")),
            StreamError::Line(error) => Error::NoLine(format!("cannot use {port}: {error}")),
        })?;
        Ok(Self { end, name: port.to_string() })
    }
}

impl Connect for Connector {
    type Link = PipeLink;

    async fn connect(&mut self) -> Result<PipeLink, Error> {
        Ok(PipeLink { end: self.open().await?, name: "the device in this process".into() })
    }
}

impl Link for PipeLink {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn room(&self) -> usize {
        ROOM
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        Ok(self.end.write_data(frame).await?)
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        Ok(self.end.write_control(request).await?)
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        Ok(self.end.listen(to).await?)
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        Ok(self.end.next().await?)
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        Ok(self.end.read(characteristic).await?)
    }

    async fn close(self) {
        self.end.close().await;
    }
}

impl From<PipeError> for Error {
    fn from(error: PipeError) -> Self {
        match error {
            PipeError::Busy => Self::Busy(Vec::new()),
            PipeError::Gone => Self::lost(error),
        }
    }
}
