//! What clients can have erased.

use crate::bench::{Bench, digest, module};
use wamr_device::{Event, FlashBudget, Role};
use wamr_proto::{Command, ErrorCode};

/// A module unlike all others.
fn numbered(number: u32, len: usize) -> Vec<u8> {
    let mut module = module(len);
    module[8..12].copy_from_slice(&number.to_le_bytes());
    module
}

fn begin(module: &[u8]) -> Command {
    Command::Begin { size: module.len() as u32, digest: digest(module) }
}

fn most(bench: &Bench) -> u32 {
    *bench.flash.erases().iter().max().unwrap()
}

#[test]
fn without_a_byte_nothing_is_erased_or_written() {
    let mut bench = Bench::new();
    let installed = module(64);
    bench.install(&installed).unwrap();
    let (erases, operations) = (bench.flash.erases().to_vec(), bench.flash.operations());
    for number in 0..1000 {
        bench.ask(begin(&numbered(number, 8192))).unwrap();
        bench.handle(Event::Data(&0u32.to_le_bytes()));
        if number % 2 == 0 {
            bench.ask(Command::Abort).unwrap();
        }
    }
    assert_eq!((bench.flash.erases(), bench.flash.operations()), (&erases[..], operations));
    bench.assert_app(&installed);
}

#[test]
fn the_first_bytes_erase_no_more_than_the_client_may_send() {
    let mut bench = Bench::new();
    let module = module(8192);
    bench.begin(&module).unwrap();
    bench.frame(&module, 0..1);
    // The slot's first page, and one of the module.
    assert_eq!(bench.flash.erases().iter().sum::<u32>(), 2);
}

#[test]
fn uploads_without_end_wear_a_page_out_slowly() {
    let mut bench = Bench::new();
    let mut refusal = None;
    // An hour with an attempt each second, and a new connection for each.
    for second in 0..3600 {
        bench.handle(Event::Disconnected);
        bench.handle(Event::Connected(Role::Operator));
        let module = numbered(second, 64);
        match bench.begin(&module) {
            Ok(()) => bench.frame(&module, 0..64),
            Err(error) => refusal = Some(error),
        }
        bench.wait(1000);
    }
    assert_eq!(refusal.unwrap().code, ErrorCode::FlashBudget);
    let most = most(&bench);
    let budget = u32::from(FlashBudget::DEFAULT.per_hour);
    assert!((budget..2 * budget).contains(&most), "a page was erased {most} times");
}

#[test]
fn a_connection_has_its_own_budget_and_time_or_another_gives_more() {
    let mut bench = Bench::new();
    let budget = FlashBudget { per_hour: 100, per_connection: 2 };
    bench.device.set_flash_budget(budget);
    bench.handle(Event::Connected(Role::Owner));
    for number in 0..2 {
        bench.install(&numbered(number, 64)).unwrap();
    }
    let open = numbered(2, 5000);
    let refusal = bench.begin(&open).unwrap_err();
    assert_eq!(refusal.to_string(), "flash budget exceeded: try again in 1800 seconds");
    // What is installed goes on, and can be used.
    bench.assert_app(&numbered(1, 64));
    bench.ask(Command::Start { app: bench.only() }).unwrap();

    bench.wait(1_800_000);
    bench.begin(&open).unwrap();
    bench.stream(&open[..4500], 0, 100);
    assert_eq!(bench.begin(&numbered(3, 64)).unwrap_err().code, ErrorCode::FlashBudget);
    // An upload that was begun goes on in any case, also in another connection.
    bench.begin(&open).unwrap();
    bench.handle(Event::Disconnected);
    bench.handle(Event::Connected(Role::Owner));
    bench.begin(&open).unwrap();
    bench.stream(&open, 4096, 100);
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&open);
}

#[test]
fn hours_of_hard_work_stay_within_the_budget() {
    let mut bench = Bench::new();
    // A new version each minute, of the largest size now and then, and a new connection each half an hour.
    for minute in 0..4 * 60 {
        if minute % 30 == 0 {
            bench.handle(Event::Disconnected);
            bench.handle(Event::Connected(Role::Owner));
        }
        bench.install(&numbered(minute, if minute % 10 == 0 { 8192 } else { 64 })).unwrap();
        bench.wait(60_000);
    }
}

#[test]
fn removing_erases_nothing() {
    let mut bench = Bench::new();
    for number in 0..10 {
        let module = numbered(number, 64);
        bench.install(&module).unwrap();
        let erases = bench.flash.erases().to_vec();
        bench.ask(Command::Remove { app: bench.only() }).unwrap();
        assert_eq!(bench.flash.erases(), erases);
        bench = bench.restart();
        assert!(bench.status().apps.is_empty());
    }
}

#[test]
fn starts_and_stops_write_nothing() {
    let mut bench = Bench::new();
    bench.install(&module(64)).unwrap();
    let operations = bench.flash.operations();
    for _ in 0..100 {
        bench.ask(Command::Stop { app: 0 }).unwrap();
        bench.ask(Command::Start { app: 0 }).unwrap();
    }
    assert_eq!(bench.flash.operations(), operations);
}

#[test]
fn a_restart_erases_nothing_for_an_open_upload() {
    let mut bench = Bench::new();
    bench.begin(&module(8192)).unwrap();
    bench.stream(&module(8192)[..5000], 0, 100);
    let operations = bench.flash.operations();
    for _ in 0..10 {
        bench = bench.restart();
        assert_eq!(bench.status().upload.unwrap().durable, 4096);
    }
    assert_eq!(bench.flash.operations(), operations);
}
