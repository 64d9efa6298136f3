//! Calls whose arguments or results are in the memory of an app.
//!
//! A client *holds* an app, so that no event changes its memory. It lets the app allocate memory by calling `cabi_realloc`, writes its
//! arguments there, calls an export, reads the results, and ends the hold. The device does not know the types.

use wamr_proto::{ErrorCode, Excerpt, Outcome, Part, Receipt, Refusal, Value};

use super::Device;
use super::commands::Progress;
use super::work::Work;
use crate::apps::{Stage, is_past};
use crate::task::{RunRequest, Task};

/// The longest time from a request to the end of the hold, in milliseconds. A client can renew it.
const LONGEST: u16 = 10_000;

/// The longest time from the first request to the end of the hold, in milliseconds. Then the app gets its events before it can be held
/// again.
const LONGEST_RENEWED: u32 = 60_000;

/// How many bytes arguments and results of a call can have, by default.
pub(super) const CALL_BYTES: u32 = 16 * 1024;

/// The exports with which apps allocate memory for the device, by the names of current and newer toolchains.
pub const REALLOC: [&str; 2] = ["cabi_realloc", "cm32p2_realloc"];

/// An app that a client holds.
pub(super) struct Held {
    slot: u8,
    until: u32,
    /// The latest end.
    last: u32,
    /// It has ended, and the app has not had its turn yet.
    is_over: bool,
    /// How many bytes the client can still let the app allocate, or read.
    left: u32,
    /// The alignment and the number of bytes that a running call allocates.
    allocates: Option<(u32, u32)>,
    /// The address and the size of the memory that the app allocated last.
    allocated: Option<(u32, u32)>,
}

impl Device<'_> {
    /// Sets how many bytes the arguments and the results of a call together can have in the memory of an app. The default is 16 KiB.
    pub fn set_call_bytes(&mut self, bytes: u32) {
        self.call_bytes = bytes;
    }

    /// Starts or renews a hold for some milliseconds. 0 ends it.
    pub(super) fn hold(&mut self, app: u8, millis: u16) -> Result<Progress, Refusal> {
        // The entry point would change the memory.
        let found = self.apps.get(app)?;
        if !found.loaded || found.stage != Stage::Started {
            return Err(ErrorCode::NotStarted.into());
        }
        let until = self.now.wrapping_add(millis.min(LONGEST).into());
        match &mut self.held {
            Some(held) if held.slot == app && !held.is_over => {
                held.is_over = millis == 0;
                held.until = if is_past(held.last, until) { held.last } else { until };
            }
            _ if millis == 0 => {}
            Some(_) => return Err(ErrorCode::Busy.into()),
            None => {
                let last = self.now.wrapping_add(LONGEST_RENEWED);
                let (is_over, left, allocates, allocated) = (false, self.call_bytes, None, None);
                self.held = Some(Held { slot: app, until, last, is_over, left, allocates, allocated });
            }
        }
        Ok(Progress::Done)
    }

    /// Whether a client holds this app.
    pub(super) fn is_held(&self, app: u8) -> bool {
        self.held.as_ref().is_some_and(|held| held.slot == app && !held.is_over)
    }

    fn held(&mut self, app: u8) -> Option<&mut Held> {
        self.held.as_mut().filter(|held| held.slot == app && !held.is_over)
    }

    /// Returns the time at which the hold ends.
    pub(super) fn hold_ends(&self) -> Option<u32> {
        self.held.as_ref().filter(|held| !held.is_over).map(|held| held.until)
    }

    /// It is now this time: a hold that is over ends. Later, its end would seem to come.
    pub(super) fn set_now(&mut self, now: u32) {
        self.now = now;
        if let Some(held) = &mut self.held {
            held.is_over |= is_past(held.until, now);
        }
    }

    /// The app in this slot gets an event, or none does: an app that was held has its turn and can be held again.
    pub(super) fn end_turn(&mut self, next: Option<u8>) {
        self.held.take_if(|held| held.is_over && next.is_none_or(|next| next == held.slot));
    }

    /// The memory of an app is gone, or another app is in its slot.
    pub(super) fn end_hold(&mut self, slot: u8) {
        self.held.take_if(|held| held.slot == slot);
    }

    /// A client calls an export. It may be the one that allocates memory.
    pub(super) fn calls_while_held(&mut self, request: &RunRequest) -> Result<(), Refusal> {
        // An old address would be memory that the app uses already.
        let allocates = match *request.args {
            [Value::I32(0), Value::I32(0), Value::I32(align), Value::I32(size)]
                if REALLOC.contains(&request.export.as_str()) =>
            {
                Some((align.cast_unsigned(), size.cast_unsigned()))
            }
            _ => None,
        };
        self.pass(request.app, allocates.map_or(0, |(_, size)| size))?;
        if let Some(held) = self.held(request.app) {
            held.allocates = allocates;
        }
        Ok(())
    }

    /// So many bytes pass to or from an app, if a client holds it.
    fn pass(&mut self, app: u8, bytes: u32) -> Result<(), Refusal> {
        let bound = self.call_bytes;
        let Some(held) = self.held(app) else { return Ok(()) };
        held.left = held.left.checked_sub(bytes).ok_or(Refusal::with_bound(ErrorCode::CallTooLarge, bound))?;
        Ok(())
    }

    /// A call of a client has ended.
    pub(super) fn called_while_held(&mut self, slot: u8, receipt: Option<&Receipt>) {
        let Some(held) = self.held(slot) else { return };
        let (Some((align, size)), Some(receipt)) = (held.allocates.take(), receipt) else { return };
        if let Outcome::Returned(values) = &receipt.outcome
            && let [Value::I32(address)] = **values
        {
            let address = address.cast_unsigned();
            let fits = address.checked_add(size).is_some_and(|end| end <= receipt.memory);
            // Many allocators return 0 if they have no memory.
            let is_valid = address != 0 && fits && align.is_power_of_two() && address.is_multiple_of(align);
            held.allocated = is_valid.then_some((address, size));
        }
    }

    /// Writes into memory that the app has allocated last during this hold.
    pub(super) fn write_memory(&mut self, app: u8, at: u32, bytes: Excerpt) -> Result<Progress, Refusal> {
        let end = at.checked_add(bytes.len() as u32);
        let allocated = self.held(app).and_then(|held| held.allocated);
        let fits = allocated.zip(end).is_some_and(|((address, size), end)| {
            at >= address && address.checked_add(size).is_some_and(|last| end <= last)
        });
        if !fits {
            return Err(Refusal::new(ErrorCode::NotHeld, "hold the app, and write to what it allocated since"));
        }
        self.request(Task::Write { slot: app, at, bytes });
        self.work = Work::Writing;
        Ok(Progress::Started)
    }

    /// Checks that a client may read a part of an app.
    pub(super) fn check_read(&mut self, part: Part, app: u8) -> Result<(), Refusal> {
        match part {
            Part::Memory if !self.is_held(app) => Err(Refusal::new(ErrorCode::NotHeld, "hold the app first")),
            Part::Memory => self.pass(app, Excerpt::MAX as u32),
            _ => Ok(()),
        }
    }
}
