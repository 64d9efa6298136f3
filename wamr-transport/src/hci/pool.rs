//! The packet buffers of trouble-host, counted so that the transport knows when to wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use trouble_host::{Packet, PacketPool};

/// Longest L2CAP packet: two full link layer packets (251 bytes each). The ATT MTU is 4 less: 498.
const MTU: usize = 502;

/// Number of buffers: more than [`FULL`] plus those that the host can queue for sending (16) and use otherwise.
const CAPACITY: usize = 128;

/// Number of buffers in use above which the host gets no more data. Less than the 64 of a connection's receive queue, so that it never
/// overflows; more than the host can queue for sending, so that full queues drain.
const FULL: usize = 48;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static ROOM: Notify = Notify::const_new();

/// trouble-host's buffers, allocated from the heap. There is one set for the process, because trouble-host's trait requires it.
pub struct Pool;

/// One buffer of the pool.
pub struct Buffer(Box<[u8; MTU]>);

impl PacketPool for Pool {
    type Packet = Buffer;
    const MTU: usize = MTU;

    fn allocate() -> Option<Buffer> {
        IN_USE
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| (count < CAPACITY).then_some(count + 1))
            .ok()?;
        Some(Buffer(Box::new([0; MTU])))
    }

    fn capacity() -> usize {
        CAPACITY
    }
}

/// Whether the host can get more data.
pub fn has_room() -> bool {
    IN_USE.load(Ordering::Acquire) < FULL
}

/// Waits until the host can get more data.
pub async fn room() {
    loop {
        let freed = ROOM.notified();
        tokio::pin!(freed);
        // Registered before the check: a buffer freed between the two is not missed.
        freed.as_mut().enable();
        if has_room() {
            return;
        }
        freed.await;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if IN_USE.fetch_sub(1, Ordering::AcqRel) == FULL {
            ROOM.notify_waiters();
        }
    }
}

impl Packet for Buffer {}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0[..]
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0[..]
    }
}
