use core::time::Duration;
use wamr_guest::clock;

pub fn started_recently() -> bool {
    clock::now() < Duration::from_secs(60)
}
