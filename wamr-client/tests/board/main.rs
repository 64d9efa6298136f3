//! Apps on a twin with a simulated board, and a client that uploads them.

mod inputs;
mod net;
mod rig;
