//! The device's logic with the real executor on simulated flash, from upload to run: who may have what run, and what is there
//! after power was cut anywhere.

mod events;
mod files;
mod groups;
mod holding;
mod keys;
mod limits;
mod messages;
mod names;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod native;
mod power;
mod rig;
mod tamper;
mod trial;
mod versions;
#[cfg(not(feature = "delta"))]
mod without_deltas;
