//! The device's logic against simulated flash: every message and flash operation is real, and the executor is one that
//! takes whatever begins like a module.

mod ahead;
mod apps;
mod boot;
#[cfg(feature = "delta")]
mod delta;
mod install;
mod link;
mod reported;
mod requests;
mod rig;
mod run;
mod speed;
mod stopping;
mod supervision;
mod wear;
