use wamr_guest::system;
use wamr_guest::system::ResetReason;

pub fn was_hung_up() -> bool {
    system::last_reset() == ResetReason::Watchdog
}
