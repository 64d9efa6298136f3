//! Uses the safe API in random orders, also from within host functions, and forgets any of its values. See README.md.

#![no_main]

mod asan;
mod guests;
mod reclaim;
mod shelf;
mod step;

use std::cell::Cell;
use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use wamr::Runtime;

use shelf::Expected;
use step::{Memory, Plan, Session};

/// A pool while no runtime has it.
type Idle = Cell<Option<&'static mut [u8]>>;

thread_local! {
    static SMALL: Idle = Cell::new(Some(vec![0; 160 * 1024].leak()));
    static LARGE: Idle = Cell::new(Some(vec![0; 512 * 1024].leak()));
}

fuzz_target!(|plan: Plan| {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        // libFuzzer's hook ends the program at every panic, also at one that becomes a trap.
        let otherwise = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Expected>() {
                otherwise(info);
            }
        }));
    });
    for session in plan.sessions {
        match session.memory {
            Memory::SmallPool => SMALL.with(|pool| on_pool(pool, session)),
            Memory::LargePool => LARGE.with(|pool| on_pool(pool, session)),
            Memory::Allocator => {
                run(Runtime::with_allocator(&reclaim::RECLAIM).expect("the only one"), session);
                reclaim::reclaim();
            }
        }
    }
});

/// A runtime from its beginning to its end on a pool, which then is another's.
fn on_pool(pool: &Idle, session: Session) {
    let litter = session.litter;
    let bytes = pool.take().expect("its runtime has ended");
    let bytes = run(Runtime::new(bytes).expect("the only one, on a pool that is large enough"), session);
    bytes.fill(litter);
    pool.set(Some(bytes));
}

fn run(runtime: Runtime, session: Session) -> &'static mut [u8] {
    let before = runtime.pool_usage().used;
    let forgot = shelf::run(&runtime, session);
    let used = runtime.pool_usage().used;
    assert!(forgot || used == before, "{} bytes were not freed, and nothing was forgotten", used - before);
    runtime.into_pool()
}
