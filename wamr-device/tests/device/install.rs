use crate::bench::{Bench, digest, geometry, module};
use wamr_device::{BLOCK, BLOCKS, Event, Role};
use wamr_proto::{Command, Digest, ErrorCode, Refusal, Upload};

fn upload(bench: &Bench) -> Upload {
    bench.status().upload.expect("an open upload")
}

#[test]
fn an_installed_app_is_there_after_a_restart() {
    let mut bench = Bench::new();
    let first = module(700);
    bench.install(&first).unwrap();
    bench.assert_app(&first);
    bench = bench.restart();
    bench.assert_app(&first);

    let second = module(8192);
    bench.install(&second).unwrap();
    bench = bench.restart();
    bench.assert_app(&second);
}

#[test]
fn modules_of_every_awkward_size_arrive_whole() {
    let largest = geometry().capacity() as usize;
    for size in [8, 9, 11, BLOCK - 1, BLOCK, BLOCK + 1, 4095, 4096, 4097, largest - 1, largest] {
        for step in [1, 100, 244, BLOCK - 4] {
            if step == 1 && size > 1000 {
                continue;
            }
            let mut bench = Bench::new();
            let module = module(size);
            bench.begin(&module).unwrap();
            bench.stream(&module, 0, step);
            bench.ask(Command::Commit).unwrap();
            bench.restart().assert_app(&module);
        }
    }
}

#[test]
fn a_module_larger_than_the_slot_is_refused() {
    let mut bench = Bench::new();
    let old = module(64);
    bench.install(&old).unwrap();
    let capacity = geometry().capacity();
    let refusal = bench.begin(&module(capacity as usize + 1)).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::TooLarge, capacity));
    assert_eq!(bench.begin(&[]).unwrap_err().code, ErrorCode::InvalidModule);
    bench.assert_app(&old);
    bench.restart().assert_app(&old);
}

#[test]
fn an_incomplete_upload_is_refused_and_can_go_on() {
    let mut bench = Bench::new();
    let old = module(64);
    bench.install(&old).unwrap();
    let new = module(3000);
    bench.begin(&new).unwrap();
    bench.stream(&new[..1500], 0, 100);
    let refusal = bench.ask(Command::Commit).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::Incomplete, 1500));
    bench.assert_app(&old);
    bench.stream(&new, 1500, 100);
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&new);
}

#[test]
fn a_wrong_digest_is_refused() {
    let mut bench = Bench::new();
    let old = module(64);
    bench.install(&old).unwrap();
    let new = module(3000);
    bench.ask(Command::Begin { size: 3000, digest: Digest([1; 32]) }).unwrap();
    bench.stream(&new, 0, 100);
    assert_eq!(bench.ask(Command::Commit).unwrap_err().code, ErrorCode::DigestMismatch);
    bench.assert_app(&old);
    assert_eq!(bench.status().upload, None);
    bench.restart().assert_app(&old);
}

#[test]
fn an_invalid_module_is_refused_also_when_the_old_one_made_room() {
    for displaces in [false, true] {
        let mut bench = Bench::new();
        let old = module(64);
        bench.install(&old).unwrap();
        bench.displaces = displaces;
        assert_eq!(bench.install(b"no module at all").unwrap_err().code, ErrorCode::InvalidModule);
        bench.assert_app(&old);
        bench.restart().assert_app(&old);
    }
}

#[test]
fn a_broken_first_install_leaves_an_empty_device() {
    let mut bench = Bench::new();
    assert_eq!(bench.install(b"no module at all").unwrap_err().code, ErrorCode::InvalidModule);
    assert!(bench.status().apps.is_empty());
    bench.install(&module(64)).unwrap();
    bench.assert_app(&module(64));
}

#[test]
fn the_window_moves_with_what_is_durable() {
    let mut bench = Bench::new();
    let module = module(8000);
    bench.begin(&module).unwrap();
    let window = (BLOCK * BLOCKS) as u32;
    assert_eq!((upload(&bench).durable, upload(&bench).granted), (0, window));
    bench.stream(&module[..700], 0, 100);
    assert_eq!((upload(&bench).durable, upload(&bench).granted), (0, BLOCK as u32 + window), "whole pages");
    bench.stream(&module[..5000], 700, 100);
    assert_eq!((upload(&bench).durable, upload(&bench).granted), (4096, 8000));
    bench.stream(&module, 5000, 100);
    assert_eq!((upload(&bench).durable, upload(&bench).granted), (8000, 8000));
    let durables: Vec<_> = bench.statuses.iter().filter_map(|status| Some(status.upload?.durable)).collect();
    assert!(durables.is_sorted() && durables.contains(&4096), "{durables:?}");
}

#[test]
fn lost_doubled_and_early_frames_do_no_harm() {
    let mut bench = Bench::new();
    let module = module(2000);
    bench.begin(&module).unwrap();
    bench.frame(&module, 0..100);
    bench.statuses.clear();
    bench.frame(&module, 200..300); // 100..200 was lost
    bench.frame(&module, 300..400);
    assert_eq!(bench.statuses.len(), 1, "one word about one gap");
    assert_eq!(bench.statuses[0].upload.unwrap().resend, Some(100));
    bench.frame(&module, 100..100); // says nothing
    assert_eq!(upload(&bench).resend, Some(100), "an empty frame brings nothing");
    bench.frame(&module, 0..100);
    assert_eq!(upload(&bench).resend, Some(100), "nor does one that is there already");
    bench.frame(&module, 50..250); // begins with bytes that are there already
    assert_eq!(upload(&bench).resend, None);
    bench.frame(&module, 0..100);
    bench.frame(&module, 900..900);
    assert_eq!(upload(&bench).resend, None);
    bench.stream(&module, 250, 100);
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&module);
}

#[test]
fn bytes_beyond_the_announced_size_are_dropped() {
    let mut bench = Bench::new();
    let module = module(300);
    bench.ask(Command::Begin { size: 250, digest: digest(&module[..250]) }).unwrap();
    bench.frame(&module, 0..300);
    assert_eq!(upload(&bench).resend, Some(0));
    bench.frame(&module, 0..250);
    bench.ask(Command::Commit).unwrap();
    bench.handle(Event::Data(&u32::MAX.to_le_bytes()));
    bench.handle(Event::Data(&[1, 2]));
    bench.assert_app(&module[..250]);
}

#[test]
fn a_client_that_comes_back_goes_on() {
    let mut bench = Bench::new();
    let module = module(5000);
    bench.begin(&module).unwrap();
    bench.stream(&module[..4500], 0, 100);
    bench.handle(Event::Disconnected);
    bench.handle(Event::Connected(Role::Owner));
    bench.begin(&module).unwrap();
    assert_eq!(upload(&bench).durable, 4096);
    bench.stream(&module, 4096, 100);
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&module);
}

#[test]
fn another_upload_begins_anew() {
    let mut bench = Bench::new();
    bench.begin(&module(5000)).unwrap();
    bench.stream(&module(5000)[..3000], 0, 100);
    let other = module(4000);
    bench.begin(&other).unwrap();
    assert_eq!(upload(&bench).durable, 0);
    bench.stream(&other, 0, 100);
    bench.ask(Command::Commit).unwrap();
    bench.restart().assert_app(&other);
}

#[test]
fn every_failing_flash_operation_leaves_the_old_app() {
    let (old, new) = (module(64), module(6000));
    let mut failures = 0;
    for healthy in 0.. {
        let mut bench = Bench::new();
        bench.install(&old).unwrap();
        bench.flash.fail_after(healthy);
        match bench.install(&new) {
            Err(refusal) => {
                assert!(matches!(refusal.code, ErrorCode::FlashFailed | ErrorCode::Incomplete), "{refusal}");
                failures += 1;
                bench.assert_app(&old);
                bench = bench.restart();
                bench.assert_app(&old);
                bench.install(&new).unwrap();
                bench.assert_app(&new);
            }
            Ok(()) => {
                bench.assert_app(&new);
                break;
            }
        }
    }
    // Three pages (two of the module), twelve blocks, and in the first page what was opened, two marks, what was installed.
    assert_eq!(failures, 3 + 12 + 4);
}

#[test]
fn an_upload_goes_on_after_a_power_cut_between_frames() {
    let (old, new) = (module(64), module(6000));
    // Before the first byte nothing is written.
    for sent in (500..new.len()).step_by(500) {
        let mut bench = Bench::new();
        bench.install(&old).unwrap();
        bench.begin(&new).unwrap();
        bench.stream(&new[..sent], 0, 100);
        bench = bench.restart();
        bench.assert_app(&old);
        let open = upload(&bench);
        assert_eq!(open.durable as usize, sent / 4096 * 4096);
        bench.begin(&new).unwrap();
        assert_eq!(upload(&bench), open);
        bench.stream(&new, open.durable as usize, 100);
        bench.ask(Command::Commit).unwrap();
        bench.restart().assert_app(&new);
    }
}

#[test]
fn an_upload_that_is_whole_in_flash_needs_no_byte_again() {
    let mut bench = Bench::new();
    bench.begin(&module(6000)).unwrap();
    bench.stream(&module(6000), 0, 100);
    bench = bench.restart();
    assert_eq!(upload(&bench).durable, 6000);
    bench.ask(Command::Commit).unwrap();
    bench.assert_app(&module(6000));
}

#[test]
fn what_was_given_up_does_not_come_back_after_a_restart() {
    for give_up in [Command::Abort, Command::Begin { size: 9, digest: Digest([0; 32]) }] {
        let mut bench = Bench::new();
        bench.begin(&module(5000)).unwrap();
        bench.stream(&module(5000), 0, 100);
        bench.ask(give_up).unwrap();
        assert_eq!(bench.restart().status().upload, None);
    }
    let mut bench = Bench::new();
    bench.install(b"no module at all").unwrap_err();
    assert_eq!(bench.restart().status().upload, None);
}

#[test]
fn a_damaged_app_gives_way_to_the_one_before() {
    let mut bench = Bench::new();
    let (old, new) = (module(64), module(6000));
    bench.install(&old).unwrap();
    bench.install(&new).unwrap();
    let mut bytes = bench.flash.bytes().to_vec();
    let at = bytes.windows(new.len()).position(|window| window == new).unwrap();
    bytes[at + 3000] ^= 1;
    let bench = Bench::with_flash(wamr_device::sim::SimFlash::from_bytes(bytes));
    bench.assert_app(&old);
}

#[test]
fn an_aborted_upload_is_forgotten() {
    let mut bench = Bench::new();
    bench.begin(&module(5000)).unwrap();
    bench.stream(&module(5000)[..3000], 0, 100);
    bench.ask(Command::Abort).unwrap();
    assert_eq!(bench.status().upload, None);
    assert_eq!(bench.ask(Command::Commit).unwrap_err().code, ErrorCode::NoUpload);
}
