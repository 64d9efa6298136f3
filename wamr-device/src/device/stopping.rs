//! Stops what runs, for a client that wants it stopped or removed.
//!
//! A guest is interrupted, and its end is awaited as that of every task. A host function can't be interrupted: a client is told of one
//! that does not return, and the watchdog restarts the device.

use wamr_proto::{Command, ErrorCode, Refusal};

use super::Device;
use super::commands::Progress;
use super::work::Work;
use crate::apps::is_past;

/// Milliseconds between two interruptions: one that comes while no guest executes instructions is lost.
const AGAIN: u32 = 100;
/// Interruptions after which a client is told that the app does not stop: two seconds.
const PATIENCE: u8 = 20;

/// An app that is to be stopped when what it does is over.
pub(super) struct Stopping {
    pub slot: u8,
    remove: bool,
    /// The request that waits for it.
    asked_by: Option<u32>,
    /// When to interrupt it.
    due: u32,
    /// How often before the request is answered.
    left: u8,
}

impl Device<'_> {
    /// Whether a client wants this app stopped.
    pub(super) fn is_stopping(&self, slot: u8) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.slot == slot)
    }

    /// Whether an answer is due for it.
    pub(super) fn is_stop_asked(&self) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.asked_by.is_some())
    }

    /// The client is gone. What it wanted is done none the less.
    pub(super) fn forget_stop_asked(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.asked_by = None;
        }
    }

    /// Takes a command that stops the app of the task under way. `None` for other commands, and for a second one.
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

    /// Whether what runs is to be interrupted now. Tells the client where that has not helped for long.
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
            self.respond(seq, Err(Refusal::new(ErrorCode::Stuck, "stop it after the watchdog's restart")));
        }
        true
    }

    /// When the next interruption is due.
    pub(super) fn next_interruption(&self) -> Option<u32> {
        self.stopping.as_ref().map(|stopping| stopping.due)
    }

    /// Nothing is under way any more: stops the app.
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
