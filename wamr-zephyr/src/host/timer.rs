//! The group `timer`.

use wamr_host::timer::Timer;

use crate::EVENTS;

pub static GROUP: Timer = Timer::new(&EVENTS);
