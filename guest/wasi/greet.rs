//! A program for WASI preview 1 in Rust, with the standard library: much of what `hello.c` is in C.

use std::time::{Duration, Instant};

fn main() {
    let name = std::env::args().next().unwrap_or_default();
    println!("Hello from {name}");
    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    println!("{}", if before.elapsed() >= Duration::from_millis(2) { "slept 2 ms" } else { "the clock is wrong" });
    eprintln!("done");
}
