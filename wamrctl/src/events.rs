//! Delivers events to the app that `wamrctl run` has started.

use crate::console::Inputs;
use crate::json;
use crate::receipt::thousands;
use serde_json::json;
use std::time::{Duration, Instant};
use wamr_client::proto::{EventStats, Outcome, Receipt, Refusal};
use wamr_device::{Completion, Delivery, Executor, Task};
use wamr_twin::{Board, EVENTS, milliseconds, woken};

/// The number of the app that `run` loads.
const APP: u8 = 0;

/// Delivers events until this time has passed, or until nothing can cause another event: the app has no timers, and either it does not
/// watch an input or the commands for the board have ended. Returns the receipt of an event that failed, which is the last one.
///
/// # Errors
/// A refusal if the app cannot be called.
pub async fn deliver(
    executor: &mut Executor<'_, '_>,
    board: Board,
    time: Option<Duration>,
    json: bool,
) -> Result<Option<Receipt>, Refusal> {
    let end = time.map(|time| Instant::now() + time);
    let mut inputs = Inputs::start(board, json);
    let mut inputs_ended = false;
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
        if EVENTS.next(milliseconds(), APP, &|_| true).is_some() {
            let Completion::Ran { result, .. } = executor.perform(&Task::Deliver { slot: APP }, &&[][..]) else {
                unreachable!("the completion is that of the task");
            };
            let receipt = result?;
            let failed = !matches!(receipt.outcome, Outcome::Returned(_));
            EVENTS.delivered(APP, milliseconds(), receipt.micros, failed);
            if failed {
                return Ok(Some(receipt));
            }
            continue;
        }
        let now = milliseconds();
        let next = EVENTS.next_time(now).map(|time| time.wrapping_sub(now).cast_signed().max(0) as u64);
        if EVENTS.is_idle(APP) && (inputs_ended || !board.is_watched()) {
            return Ok(None);
        }
        let pause = next.map(Duration::from_millis).into_iter().chain(left).min();
        tokio::select! {
            () = woken() => {}
            () = inputs.ended(), if !inputs_ended => inputs_ended = true,
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
        }
    }
}

/// How the events of the loaded app went.
pub fn stats() -> Option<EventStats> {
    EVENTS.stats(APP)
}

/// Prints how the events went.
pub fn print(stats: &EventStats, json: bool) {
    let (count, dropped) = (u64::from(stats.count), u64::from(stats.dropped));
    if json {
        let worst = stats.worst;
        json::print(
            &json!({ "events": { "count": count, "failures": stats.failures, "dropped": dropped, "micros": json::integer(stats.micros), "worst": worst } }),
        );
        return;
    }
    let worst = Duration::from_micros(stats.worst.into());
    println!("Events   {} handled, {worst:?} at most, {dropped} dropped", thousands(count));
}
