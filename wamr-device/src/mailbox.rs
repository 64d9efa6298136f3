//! Messages of clients to apps.

use wamr_proto::Refusal;

/// Takes the messages that clients send to apps: a host group that apps receive messages from.
pub trait Mailbox: Sync {
    /// Queues a message for the app with this number, which is loaded.
    ///
    /// # Errors
    /// The refusal for the client: [`NoMessages`](wamr_proto::ErrorCode::NoMessages) if the app does not receive messages of clients,
    /// [`QueueFull`](wamr_proto::ErrorCode::QueueFull).
    fn deliver(&self, app: u8, message: &[u8]) -> Result<(), Refusal>;
}
