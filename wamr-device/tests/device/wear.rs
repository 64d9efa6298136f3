//! What clients can have erased.

use crate::rig::{Rig, digest, module};
use wamr_device::{Event, FlashBudget, Role};
use wamr_proto::{Command, ErrorCode};

/// A module unlike all others.
fn numbered(number: u32, len: usize) -> Vec<u8> {
    let mut module = module(len);
    module[8..12].copy_from_slice(&number.to_le_bytes());
    module
}

fn begin(module: &[u8]) -> Command {
    Command::Begin { size: module.len() as u32, digest: digest(module), denied: 0 }
}

fn most(rig: &Rig) -> u32 {
    *rig.flash.erases().iter().max().unwrap()
}

#[test]
fn without_a_byte_nothing_is_erased_or_written() {
    let mut rig = Rig::new();
    let installed = module(64);
    rig.install(&installed).unwrap();
    let (erases, operations) = (rig.flash.erases().to_vec(), rig.flash.operations());
    for number in 0..1000 {
        rig.ask(begin(&numbered(number, 8192))).unwrap();
        rig.handle(Event::Data(&0u32.to_le_bytes()));
        if number % 2 == 0 {
            rig.ask(Command::Abort).unwrap();
        }
    }
    assert_eq!((rig.flash.erases(), rig.flash.operations()), (&erases[..], operations));
    rig.assert_app(&installed);
}

#[test]
fn the_first_bytes_erase_no_more_than_the_client_may_send() {
    let mut rig = Rig::new();
    let module = module(8192);
    rig.begin(&module).unwrap();
    rig.frame(&module, 0..1);
    // The slot's first page, and one of the module.
    assert_eq!(rig.flash.erases().iter().sum::<u32>(), 2);
}

#[test]
fn an_upload_costs_one_cycle_whatever_its_size() {
    let mut rig = Rig::new();
    rig.device.set_flash_budget(FlashBudget { per_hour: 3, per_connection: 3 });
    for (number, len) in [(0, 64), (1, 5000), (2, 8192)] {
        rig.install(&numbered(number, len)).unwrap();
    }
    assert_eq!(rig.begin(&numbered(3, 64)).unwrap_err().code, ErrorCode::FlashBudget);
}

#[test]
fn uploads_without_end_wear_a_page_out_slowly() {
    let mut rig = Rig::new();
    let mut refusal = None;
    // An hour with an attempt each second, and a new connection for each.
    for second in 0..3600 {
        rig.handle(Event::Disconnected);
        rig.handle(Event::Connected(Role::Operator));
        let module = numbered(second, 64);
        match rig.begin(&module) {
            Ok(()) => rig.frame(&module, 0..64),
            Err(error) => refusal = Some(error),
        }
        rig.wait(1000);
    }
    assert_eq!(refusal.unwrap().code, ErrorCode::FlashBudget);
    let most = most(&rig);
    let budget = u32::from(FlashBudget::DEFAULT.per_hour);
    assert!((budget..2 * budget).contains(&most), "a page was erased {most} times");
}

#[test]
fn a_connection_has_its_own_budget_and_time_or_another_gives_more() {
    let mut rig = Rig::new();
    let budget = FlashBudget { per_hour: 100, per_connection: 2 };
    rig.device.set_flash_budget(budget);
    rig.handle(Event::Connected(Role::Owner));
    for number in 0..2 {
        rig.install(&numbered(number, 64)).unwrap();
    }
    let open = numbered(2, 5000);
    let refusal = rig.begin(&open).unwrap_err();
    assert_eq!(refusal.to_string(), "flash budget exceeded: try again in 1800 seconds");
    // What is installed goes on, and can be used.
    rig.assert_app(&numbered(1, 64));
    rig.ask(Command::Start { app: rig.only() }).unwrap();

    rig.wait(1_800_000);
    rig.begin(&open).unwrap();
    rig.stream(&open[..4500], 0, 100);
    assert_eq!(rig.begin(&numbered(3, 64)).unwrap_err().code, ErrorCode::FlashBudget);
    // An upload that was begun goes on in any case, also in another connection.
    rig.begin(&open).unwrap();
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
    rig.begin(&open).unwrap();
    rig.stream(&open, 4096, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&open);
}

#[test]
fn hours_of_hard_work_stay_within_the_budget() {
    let mut rig = Rig::new();
    // A new version each minute, of the largest size now and then, and a new connection each half an hour.
    for minute in 0..4 * 60 {
        if minute % 30 == 0 {
            rig.handle(Event::Disconnected);
            rig.handle(Event::Connected(Role::Owner));
        }
        rig.install(&numbered(minute, if minute % 10 == 0 { 8192 } else { 64 })).unwrap();
        rig.wait(60_000);
    }
}

#[test]
fn removing_erases_nothing() {
    let mut rig = Rig::new();
    for number in 0..10 {
        let module = numbered(number, 64);
        rig.install(&module).unwrap();
        let erases = rig.flash.erases().to_vec();
        rig.ask(Command::Remove { app: rig.only() }).unwrap();
        assert_eq!(rig.flash.erases(), erases);
        rig = rig.restart();
        assert!(rig.status().apps.is_empty());
    }
}

#[test]
fn starts_and_stops_write_nothing() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    let operations = rig.flash.operations();
    for _ in 0..100 {
        rig.ask(Command::Stop { app: 0 }).unwrap();
        rig.ask(Command::Start { app: 0 }).unwrap();
    }
    assert_eq!(rig.flash.operations(), operations);
}

#[test]
fn a_restart_erases_nothing_for_an_open_upload() {
    let mut rig = Rig::new();
    rig.begin(&module(8192)).unwrap();
    rig.stream(&module(8192)[..5000], 0, 100);
    let operations = rig.flash.operations();
    for _ in 0..10 {
        rig = rig.restart();
        assert_eq!(rig.status().upload.unwrap().durable, 4096);
    }
    assert_eq!(rig.flash.operations(), operations);
}
