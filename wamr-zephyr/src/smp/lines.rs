//! The latest log lines.

use heapless::Deque;
use wamr_proto::Message;

/// Lines in `N` bytes, each with a line break at its end.
pub struct Lines<const N: usize>(Deque<u8, N>);

impl<const N: usize> Lines<N> {
    pub const fn new() -> Self {
        Self(Deque::new())
    }

    /// Adds a line, in place of the oldest ones.
    pub fn push(&mut self, line: &[u8]) {
        while N - self.0.len() <= line.len() && !self.0.is_empty() {
            self.drop_line();
        }
        for byte in line.iter().chain(b"\n") {
            // A line has at most 182 bytes, and there are at least 256.
            let _ = self.0.push_back(*byte);
        }
    }

    /// Takes the oldest lines: as many as fit into a message, with line breaks between them.
    pub fn take(&mut self) -> Message {
        let mut taken = Message::new();
        while let Some(len) = self.0.iter().position(|byte| *byte == b'\n') {
            let separator = usize::from(!taken.is_empty());
            if taken.len() + separator + len > taken.capacity() {
                break;
            }
            if separator == 1 {
                let _ = taken.push(b'\n');
            }
            for byte in self.0.iter().take(len) {
                let _ = taken.push(*byte);
            }
            self.drop_line();
        }
        taken
    }

    fn drop_line(&mut self) {
        while self.0.pop_front().is_some_and(|byte| byte != b'\n') {}
    }
}
