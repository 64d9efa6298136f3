//! The program: `wamrctl` as this repository builds it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    wamrctl::main()
}
