//! Twenty apps run in the pool of the nRF5340's firmware, each with a timer. A client inside the firmware installs and calls them.
#![no_std]

#[path = "../../host_api/src/client.rs"]
#[expect(dead_code, reason = "this suite needs only a part of the client")]
mod client;

use client::{App, app, sleep};
use wamr_proto::{AppPool, ErrorCode, Outcome, Part, PoolSummary, Value, decode};
use zephyr::printkln;

/// What the client of `tests/host_api` reports to its board.
mod board {
    pub fn note_apps_thread() {}
}

const APPS: [App; 20] = include!(concat!(env!("OUT_DIR"), "/apps.rs"));

/// The largest overhead of an app besides its memory, stack and code, in bytes.
const OVERHEAD: u32 = 1024;

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    client::run_device(tests())
}

#[zephyr::thread(stack_size = 16384)]
fn tests() {
    client::connect();
    for (number, app) in APPS.iter().enumerate() {
        assert_eq!(usize::from(client::install(app)), number);
    }
    all_take_samples();
    printkln!("passed: {} apps run at the same time", APPS.len());
    what_does_not_fit_is_refused();
    let overhead = (0..APPS.len() as u8).map(|app| pool_of(app).overhead).max().unwrap_or(u32::MAX);
    assert!(overhead <= OVERHEAD, "{overhead} bytes");
    printkln!("passed: the overhead of an app is at most {OVERHEAD} bytes");
    they_start_again();
    printkln!("all tests with many apps passed");
}

/// Each app gets the events of its timer, ten a second.
fn all_take_samples() {
    let before = taken();
    sleep(5_000);
    for (number, (before, now)) in before.into_iter().zip(taken()).enumerate() {
        let count = now - before;
        assert!((45..=55).contains(&count), "app {number} took {count} samples in 5 s");
    }
    // The filter was fed with what is less than 256.
    for app in 0..APPS.len() as u8 {
        assert!((0..256).contains(&call(app, "latest")));
    }
}

/// The apps and the rest are the whole pool.
fn what_does_not_fit_is_refused() {
    let PoolSummary { size, free, largest } = pool();
    printkln!("pool of {size} bytes: {free} are free, {largest} of them in one block");
    let mut used = 0;
    for app in 0..APPS.len() as u8 {
        let pool @ AppPool { code, memory, stack, room, overhead } = pool_of(app);
        printkln!(
            "app {app}: {} bytes: {code} code, {memory} memory, {stack} stack, {room} room, {overhead} overhead",
            pool.total()
        );
        used += pool.total();
    }
    assert!(used + free <= size && used + free + 8 * 1024 > size, "the host functions take the rest");

    let error = client::try_install(&app!("large")).expect_err("70,000 bytes are more than what is left");
    assert_eq!((error.code, error.message.as_str()), (ErrorCode::OutOfMemory, "in the pool, beside the other apps"));
    let missing = error.bound.unwrap_or(0);
    assert!(missing > 0 && missing + largest >= 70_000, "{missing} bytes");
    assert_eq!(pool().free, free, "what was tried leaves nothing behind");
    printkln!("passed: an app that does not fit is refused, with {missing} missing bytes");
}

/// Apps that start again get a place each time, also when only places of their size are free.
fn they_start_again() {
    let free = pool().free;
    for round in 0..3 {
        for app in 0..APPS.len() as u8 {
            client::start((app * 7 + round) % APPS.len() as u8);
        }
    }
    all_take_samples();
    let now = pool().free;
    assert!(now.abs_diff(free) < 1024, "{free} bytes were free, and {now} are");
    printkln!("passed: apps start again in a full pool");
}

fn taken() -> [i32; APPS.len()] {
    core::array::from_fn(|app| call(app as u8, "taken"))
}

fn call(app: u8, export: &str) -> i32 {
    match client::run(app, export, &[]) {
        Outcome::Returned(values) => match *values {
            [Value::I32(value)] => value,
            _ => panic!("{export} returns a number"),
        },
        outcome => panic!("{export} ended with {outcome:?}"),
    }
}

fn pool() -> PoolSummary {
    decode(&client::read(Part::Pool, 0, 0)).expect("the use of the pool")
}

fn pool_of(app: u8) -> AppPool {
    decode(&client::read(Part::Pool, app, 1)).expect("the app is loaded")
}
