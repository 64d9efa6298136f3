//! Stops a running app when a client stops or removes it.
//!
//! The device interrupts the guest and waits for the end of its task. It cannot interrupt a host function. If one does not
//! return, the client gets a response that says so, and the watchdog restarts the device.

use wamr_proto::{Command, ErrorCode, Refusal};

use super::Device;
use super::commands::Progress;
use super::work::Work;
use crate::apps::is_past;

/// Milliseconds between two interruptions. An interruption is lost if no guest executes instructions at that time.
const AGAIN: u32 = 100;
/// The number of interruptions after which the client learns that the app does not stop: two seconds.
const PATIENCE: u8 = 20;

/// An app to stop when its task has ended.
pub(super) struct Stopping {
    pub slot: u8,
    remove: bool,
    /// The request that waits for the stop.
    asked_by: Option<u32>,
    /// The time of the next interruption.
    due: u32,
    /// The number of interruptions before the request is answered.
    left: u8,
}

impl Device<'_> {
    /// Whether a client wants to stop this app.
    pub(super) fn is_stopping(&self, slot: u8) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.slot == slot)
    }

    /// Whether a request waits for the stop.
    pub(super) fn is_stop_asked(&self) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.asked_by.is_some())
    }

    /// The client has disconnected. The app is stopped nevertheless.
    pub(super) fn forget_stop_asked(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.asked_by = None;
        }
    }

    /// Takes a command that stops the app of the task in progress. Returns `None` for other commands, and for a second one.
    pub(super) fn stop_running(&mut self, seq: u32, command: &Command) -> Option<Progress> {
        let (slot, remove) = match *command {
            Command::Stop { app } => (app, false),
            Command::Remove { app } => (app, true),
            _ => return None,
        };
        let runs = matches!(self.work, Work::Running { slot: running, .. } | Work::Loading { slot: running } if running == slot);
        if !runs || self.is_stop_asked() {
            return None;
        }
        let remove = remove || self.stopping.as_ref().is_some_and(|stopping| stopping.remove);
        self.stopping = Some(Stopping { slot, remove, asked_by: Some(seq), due: self.now, left: PATIENCE });
        Some(Progress::Later)
    }

    /// Whether to interrupt the running app now. Responds to the client if interruptions have not helped for long.
    pub(super) fn interrupts(&mut self) -> bool {
        let now = self.now;
        let Some(stopping) = &mut self.stopping else { return false };
        if !is_past(stopping.due, now) {
            return false;
        }
        stopping.due = now.wrapping_add(AGAIN);
        stopping.left = stopping.left.saturating_sub(1);
        if stopping.left == 0
            && let Some(seq) = stopping.asked_by.take()
        {
            self.respond(
                seq,
                Err(Refusal::new(ErrorCode::Stuck, "stop the app after the watchdog has restarted the device")),
            );
        }
        true
    }

    /// Returns the time of the next interruption.
    pub(super) fn next_interruption(&self) -> Option<u32> {
        self.stopping.as_ref().map(|stopping| stopping.due)
    }

    /// Stops the app when no work is in progress any more.
    pub(super) fn stop_at_last(&mut self) {
        let Some(Stopping { slot, remove, asked_by, .. }) = self.stopping.take() else { return };
        let stopped = if remove { self.remove(slot) } else { self.stop(slot) };
        match (stopped, asked_by) {
            (Ok(_), _) => self.asked_by = asked_by,
            (Err(refusal), Some(seq)) => self.respond(seq, Err(refusal)),
            (Err(_), None) => {}
        }
    }
}
