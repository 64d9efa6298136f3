//! The program: `wamrctl` as this repository builds it.

use std::process::ExitCode;

fn main() -> ExitCode {
    wamrctl::main()
}
