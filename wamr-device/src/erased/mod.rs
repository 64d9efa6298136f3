//! Which flash of a slot is erased for certain.

#[cfg(wamr_erase_ahead)]
mod ahead;
#[cfg(not(wamr_erase_ahead))]
mod in_order;

#[cfg(wamr_erase_ahead)]
pub(crate) use ahead::{Erased, Step};
#[cfg(not(wamr_erase_ahead))]
pub(crate) use in_order::{Erased, Step};

/// Whether the device erases slots before they are needed. Firmware without that does not contain the code for it.
pub(crate) const AHEAD: bool = cfg!(wamr_erase_ahead);
