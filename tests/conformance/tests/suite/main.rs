//! The whole test suite on this computer; see docs/conformance.md, which it writes.

mod causes;
mod report;

use std::fs;
use std::path::Path;

use conformance::corpus;
use expect_test::expect_file;
use wamr::{Limits, Pool, Runtime};

use report::Report;

/// Some tests make a memory grow to 50 MiB, for which old and new have to have room.
static MEMORY: Pool<{ 256 * 1024 * 1024 }> = Pool::new();

const LIMITS: Limits = Limits { fuel: Some(1_000_000_000), stack_size: 256 * 1024, ..Limits::DEFAULT };

const INTERPRETER: &str = if cfg!(feature = "classic-interp") { "classic" } else { "fast" };

#[test]
fn the_suite_ends_as_documented() {
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let empty = runtime.pool_usage().used;
    let mut report = Report::default();
    for part in corpus::supported() {
        report.part(part.title, &part.directory);
        for file in part.files() {
            file.with_script(|script| {
                script.run(&runtime, &LIMITS, |line, outcome| report.add(script.name, line, outcome));
            });
            assert_eq!(runtime.pool_usage().used, empty, "{} leaves something in the pool", file.name);
        }
    }
    let unexplained = &report.unexplained;
    assert!(unexplained.is_empty(), "{} tests fail for no known cause:\n{}", unexplained.len(), unexplained.join("\n"));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    let before = fs::read_to_string(path).unwrap_or_default();
    expect_file!["../../../../docs/conformance.md"].assert_eq(&report::page(&before, INTERPRETER, &report));
}
