//! Prints the sizes of deltas: `cargo run --release -p wamr-delta --features encode --example measure -- BASE MODULE...`
//!
//! For uploads without a base, BASE is `-`.

use std::error::Error;
use std::fs;
use wamr_delta::Plan;

/// Bytes of an operation list in a data frame at the maximum MTU of a device, and of the offset before it.
const ROOM: usize = 491;
const OFFSET: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let base = match arguments.next().ok_or("name a base")?.as_str() {
        "-" => Vec::new(),
        file => fs::read(file)?,
    };
    for file in arguments {
        let module = fs::read(&file)?;
        let plan = Plan::new(&base, &module);
        print!("{file}: {} bytes;", module.len());
        // The window of a device, half of it, and a block.
        for step in [4096, 2048, 512] {
            let (mut at, mut sent, mut frames, mut frame) = (0, 0, 0, Vec::new());
            while (at as usize) < module.len() {
                at = plan.frame(at, (at + 1).next_multiple_of(step), ROOM, &mut frame);
                sent += OFFSET + frame.len();
                frames += 1;
            }
            print!(" in steps of {step}: {sent} bytes in {frames} frames;");
        }
        println!();
    }
    Ok(())
}
