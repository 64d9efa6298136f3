//! The device's logic against simulated flash: every message and flash operation is real, and the executor is one that
//! takes whatever begins like a module.

mod apps;
mod bench;
mod boot;
mod install;
mod link;
mod requests;
mod run;
mod stopping;
mod supervision;
mod told;
mod wear;
