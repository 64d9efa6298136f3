//! What carries the protocol between the twin and its clients.

use crate::{Endpoint, Error, Role, Wish};
use wamr_transport::pipe::{Listener, Request};
use wamr_transport::{Characteristic, Notification};

/// Brings clients to a twin.
///
/// An implementation connects one client at a time. It passes on what the client does to the [`Endpoint`], grants what
/// [`Endpoint::poll`] returns until that is `None`, and waits for [`Endpoint::work`] beside everything else, also while no client is
/// connected.
#[expect(async_fn_in_trait, reason = "an endpoint stays on one thread")]
pub trait Transport {
    /// Serves one client after the other, until no more can come.
    ///
    /// # Errors
    /// [`Error::Transport`] when the transport fails.
    async fn serve(self, endpoint: &mut Endpoint) -> Result<(), Error>;
}

/// For clients in the same process, which own the device. There are no bonds. Ends when all connectors were dropped.
impl Transport for Listener {
    async fn serve(mut self, endpoint: &mut Endpoint) -> Result<(), Error> {
        loop {
            let mut client = loop {
                while let Some(wish) = endpoint.poll() {
                    if let Wish::Bonds(_) = wish {
                        endpoint.bonds(None);
                    }
                }
                tokio::select! {
                    client = self.accept() => match client {
                        Some(client) => break client,
                        None => return Ok(()),
                    },
                    () = endpoint.work() => {}
                }
            };
            endpoint.connected(Role::Owner);
            let mut hears_log = false;
            loop {
                while let Some(wish) = endpoint.poll() {
                    match wish {
                        Wish::Notify(Characteristic::Log, _) if !hears_log => {}
                        Wish::Notify(from, value) => client.notify(Notification { from, value: value.to_vec() }),
                        Wish::Bonds(_) => endpoint.bonds(None),
                    }
                }
                tokio::select! {
                    request = client.next() => match request {
                        Some(Request::Data(bytes)) => endpoint.data(&bytes),
                        Some(Request::Control(bytes)) => endpoint.control(&bytes),
                        Some(Request::Listen(Characteristic::Message)) => endpoint.wants_messages(true),
                        Some(Request::Listen(_)) => hears_log = true,
                        Some(Request::Read(from, answer)) => {
                            let _ = answer.send(endpoint.value(from).to_vec()); // the client may have given up
                        }
                        None => break,
                    },
                    () = self.refuse() => {}
                    () = endpoint.work() => {}
                }
            }
            endpoint.disconnected();
        }
    }
}
