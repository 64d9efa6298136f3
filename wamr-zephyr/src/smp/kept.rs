//! The messages that the device has sent, until the client fetches them.

use heapless::Deque;
use wamr_proto::{Message, peek};

/// How many responses are kept: a client sends a request to stop an app while its call of the app is not answered.
const RESPONSES: usize = 2;

/// How many messages of apps wait. Apps learn that the client cannot take more.
#[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
const MESSAGES: usize = 2;

pub struct Kept {
    /// The oldest comes first.
    responses: Deque<Message, RESPONSES>,
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    messages: Deque<Message, MESSAGES>,
}

impl Kept {
    pub const fn new() -> Self {
        Self {
            responses: Deque::new(),
            #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
            messages: Deque::new(),
        }
    }

    /// Keeps a response, in place of the oldest one. It stays until then: what carries it to the client can get lost.
    pub fn response(&mut self, response: &Message) {
        if self.responses.is_full() {
            self.responses.pop_front();
        }
        // There is room now.
        let _ = self.responses.push_back(response.clone());
    }

    /// Returns the response to a request.
    pub fn response_to(&self, seq: u32) -> Option<&Message> {
        self.responses.iter().rev().find(|response| peek::seq(response) == seq)
    }

    /// Forgets the responses to earlier requests with this number.
    pub fn forget(&mut self, seq: u32) {
        for _ in 0..self.responses.len() {
            if let Some(response) = self.responses.pop_front().filter(|response| peek::seq(response) != seq) {
                let _ = self.responses.push_back(response);
            }
        }
    }

    /// Keeps a message of an app.
    ///
    /// # Errors
    /// The message, if too many wait.
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    pub fn message(&mut self, message: &Message) -> Result<(), Message> {
        self.messages.push_back(message.clone())
    }

    /// Returns the oldest message.
    #[cfg(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)]
    pub fn take_message(&mut self) -> Option<Message> {
        self.messages.pop_front()
    }
}
