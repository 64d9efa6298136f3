//! Writes a delta for the client of tests/bsim: `cargo run -p wamr-delta --features encode --example frames -- BASE MODULE DELTA`
//!
//! For each frame, the file contains the offsets of the bytes that it makes, the length of the operations, and the operations. Numbers are
//! little-endian.

use std::error::Error;
use std::fs;
use wamr_delta::Plan;

/// Half of the window of a device, in bytes of the module.
const STEP: u32 = 2_048;

/// Bytes of operations in a data frame at the maximum MTU of a device.
const ROOM: usize = 491;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, module, delta] = &arguments[..] else {
        return Err("name a base, a module, and the file to write".into());
    };
    let (base, module) = (fs::read(base)?, fs::read(module)?);
    let plan = Plan::new(&base, &module);
    let (mut at, mut operations, mut written) = (0, Vec::new(), Vec::new());
    while (at as usize) < module.len() {
        let end = plan.frame(at, (at + 1).next_multiple_of(STEP), ROOM, &mut operations);
        written.extend(at.to_le_bytes());
        written.extend(end.to_le_bytes());
        written.extend((operations.len() as u16).to_le_bytes());
        written.extend(&operations);
        at = end;
    }
    Ok(fs::write(delta, written)?)
}
