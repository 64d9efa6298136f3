//! Each function of each interface: its use, every error, and what hostile apps do with it.

mod cryptography;
mod drivers;
mod files;
mod functions;
mod hostile;
mod littlefs;
mod net;
mod pins;
mod ports;
mod power;
mod realloc;
mod rig;
mod sensors;
mod services;
mod transfers;
