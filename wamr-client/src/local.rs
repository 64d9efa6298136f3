//! A connection to a device in the same process, such as a twin.

use crate::Error;
use crate::link::{Characteristic, Connect, Link, Notification};
use wamr_transport::pipe::{ClientEnd, Connector, PipeError, ROOM};

/// A client's end of a [pipe](wamr_transport::pipe).
#[derive(Debug)]
pub struct LocalLink(ClientEnd);

impl Connect for Connector {
    type Link = LocalLink;

    async fn connect(&mut self) -> Result<LocalLink, Error> {
        Ok(LocalLink(self.open().await?))
    }
}

impl Link for LocalLink {
    fn name(&self) -> String {
        "the device in this process".into()
    }

    fn room(&self) -> usize {
        ROOM
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        Ok(self.0.write_data(frame).await?)
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        Ok(self.0.write_control(request).await?)
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        Ok(self.0.listen(to).await?)
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        Ok(self.0.next().await?)
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        Ok(self.0.read(characteristic).await?)
    }

    async fn close(self) {
        self.0.close().await;
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
