//! The corpus on this computer.
//!
//! One test, as a process has one runtime.

use std::sync::LazyLock;
use std::time::Instant;

use hostile::{Case, POOL, System, corpus};
use wamr::{Pool, Runtime};

static MEMORY: Pool<POOL> = Pool::new();

const SYSTEM: System = System { wait: std::thread::sleep, now: microseconds };

fn microseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_micros() as u64
}

/// Runs that have to leave the pool as they found it.
const RUNS: usize = 10_000;

#[test]
fn every_attack_ends_as_expected() {
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let cases = corpus::cases();
    assert!(cases.len() >= 40, "the corpus is not there");
    let check = |case: &Case| case.failure(&runtime, SYSTEM).map(|ending| format!("{}: {ending}", case.name));

    let wrong: Vec<_> = cases.iter().filter_map(check).collect();
    assert!(wrong.is_empty(), "{} of {} ended otherwise:\n{}", wrong.len(), cases.len(), wrong.join("\n"));

    // Again and again in the same runtime: every kind of ending, except what waits for the clock.
    let before = runtime.pool_usage().used;
    let quick: Vec<_> = cases.iter().filter(|case| case.expect != "stopped deadline").collect();
    for case in quick.iter().cycle().take(RUNS) {
        assert_eq!(check(case), None);
    }
    assert_eq!(runtime.pool_usage().used, before);
}
