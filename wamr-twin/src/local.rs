//! A twin on a thread of its own, for clients in the same process.

use crate::{Error, Transport, Twin};
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;
use wamr_transport::pipe::{self, Connector};

/// A twin that runs on a thread. Dropping it ends the twin and its connections.
#[derive(Debug)]
pub struct LocalTwin {
    connector: Connector,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LocalTwin {
    pub(crate) fn spawn(twin: Twin) -> Result<Self, Error> {
        let (connector, listener) = pipe::new();
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, start) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let mut endpoint = match twin.start() {
                Ok(endpoint) => endpoint,
                Err(error) => return drop(started.send(Err(error))),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
            let _ = started.send(Ok(())); // the other side waits for it
            runtime.block_on(async {
                tokio::select! {
                    _ = listener.serve(&mut endpoint) => {} // the connector lives longer
                    _ = stopped => {}
                }
            });
        });
        start.recv().expect("the thread says how it started")?;
        Ok(Self { connector, stop: Some(stop), thread: Some(thread) })
    }

    /// Connects clients to it.
    pub fn connector(&self) -> Connector {
        self.connector.clone()
    }
}

impl Drop for LocalTwin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there was printed there
        }
    }
}
