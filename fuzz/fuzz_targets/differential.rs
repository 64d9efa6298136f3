//! Runs random valid modules in `wamr` and in `wasmi`, which must come to the same. See README.md.

#![no_main]

mod asan;
mod case;
mod comparison;
mod config;
mod ending;
mod guest;
#[allow(dead_code, reason = "the pool is large enough for all")]
mod redzones;
mod reference;

use libfuzzer_sys::fuzz_target;
use wamr::{Pool, Runtime};

use case::Case;

/// Pool that a case needs in `wamr`: its memory twice while it grows, its stack, and some more.
static POOL: Pool<{ 4 * 1024 * 1024 }> = Pool::new();

const CUSTOM_PAGE_SIZES: bool = true;

thread_local! {
    static RUNTIME: Runtime = Runtime::new(POOL.take().expect("one thread")).expect("the first");
}

fuzz_target!(|case: Case| {
    RUNTIME.with(|runtime| {
        let before = runtime.pool_usage().used;
        let linker = guest::linker(runtime);
        if let Some(module) = guest::load(runtime, &case, &guest::LIMITS) {
            comparison::compare(&linker, &module, &case);
        }
        drop(linker);
        assert_eq!(runtime.pool_usage().used, before, "the case leaves bytes in the pool");
    });
});
