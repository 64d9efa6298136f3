use crate::rig::{Rig, digest, geometry, module};
use wamr_device::{BLOCK, BLOCKS, Event, Role};
use wamr_proto::{Command, DataFrame, Digest, ErrorCode, Refusal, Upload};

fn upload(rig: &Rig) -> Upload {
    rig.status().upload.expect("an open upload")
}

#[test]
fn an_installed_app_is_there_after_a_restart() {
    let mut rig = Rig::new();
    let first = module(700);
    rig.install(&first).unwrap();
    rig.assert_app(&first);
    rig = rig.restart();
    rig.assert_app(&first);

    let second = module(8192);
    rig.install(&second).unwrap();
    rig = rig.restart();
    rig.assert_app(&second);
}

#[test]
fn modules_of_every_awkward_size_arrive_whole() {
    let largest = geometry().capacity() as usize;
    for size in [8, 9, 11, BLOCK - 1, BLOCK, BLOCK + 1, 4095, 4096, 4097, largest - 1, largest] {
        for step in [1, 100, 244, BLOCK - 4] {
            if step == 1 && size > 1000 {
                continue;
            }
            let mut rig = Rig::new();
            let module = module(size);
            rig.begin(&module).unwrap();
            rig.stream(&module, 0, step);
            rig.ask(Command::Commit).unwrap();
            rig.restart().assert_app(&module);
        }
    }
}

#[test]
fn a_module_larger_than_the_slot_is_refused() {
    let mut rig = Rig::new();
    let old = module(64);
    rig.install(&old).unwrap();
    let capacity = geometry().capacity();
    let refusal = rig.begin(&module(capacity as usize + 1)).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::TooLarge, capacity));
    assert_eq!(rig.begin(&[]).unwrap_err().code, ErrorCode::InvalidModule);
    rig.assert_app(&old);
    rig.restart().assert_app(&old);
}

#[test]
fn an_incomplete_upload_is_refused_and_can_go_on() {
    let mut rig = Rig::new();
    let old = module(64);
    rig.install(&old).unwrap();
    let new = module(3000);
    rig.begin(&new).unwrap();
    rig.stream(&new[..1500], 0, 100);
    let refusal = rig.ask(Command::Commit).unwrap_err();
    assert_eq!(refusal, Refusal::with_bound(ErrorCode::Incomplete, 1500));
    rig.assert_app(&old);
    rig.stream(&new, 1500, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&new);
}

#[test]
fn a_wrong_digest_is_refused() {
    let mut rig = Rig::new();
    let old = module(64);
    rig.install(&old).unwrap();
    let new = module(3000);
    rig.ask(Command::Begin { size: 3000, digest: Digest([1; 32]), denied: 0 }).unwrap();
    rig.stream(&new, 0, 100);
    assert_eq!(rig.ask(Command::Commit).unwrap_err().code, ErrorCode::DigestMismatch);
    rig.assert_app(&old);
    assert_eq!(rig.status().upload, None);
    rig.restart().assert_app(&old);
}

#[test]
fn an_invalid_module_is_refused_also_when_the_old_one_made_room() {
    for displaces in [false, true] {
        let mut rig = Rig::new();
        let old = module(64);
        rig.install(&old).unwrap();
        rig.displaces = displaces;
        assert_eq!(rig.install(b"no module at all").unwrap_err().code, ErrorCode::InvalidModule);
        rig.assert_app(&old);
        rig.restart().assert_app(&old);
    }
}

#[test]
fn a_broken_first_install_leaves_an_empty_device() {
    let mut rig = Rig::new();
    assert_eq!(rig.install(b"no module at all").unwrap_err().code, ErrorCode::InvalidModule);
    assert!(rig.status().apps.is_empty());
    rig.install(&module(64)).unwrap();
    rig.assert_app(&module(64));
}

#[test]
fn the_window_moves_with_what_is_durable() {
    let mut rig = Rig::new();
    let module = module(8000);
    rig.begin(&module).unwrap();
    rig.statuses.clear();
    let window = (BLOCK * BLOCKS) as u32;
    assert_eq!((upload(&rig).durable, upload(&rig).granted), (0, window));
    rig.stream(&module[..700], 0, 100);
    let room = BLOCK as u32 + window;
    let granted = room - (room - 700) % 100;
    assert_eq!((upload(&rig).durable, upload(&rig).granted), (0, granted), "whole pages and whole frames");
    rig.stream(&module[..5000], 700, 100);
    assert_eq!((upload(&rig).durable, upload(&rig).granted), (4096, 8000));
    rig.stream(&module, 5000, 100);
    assert_eq!((upload(&rig).durable, upload(&rig).granted), (8000, 8000));
    let durables: Vec<_> = rig.statuses.iter().filter_map(|status| Some(status.upload?.durable)).collect();
    assert!(durables.is_sorted() && durables.last() == Some(&8000), "{durables:?}");
    assert!(rig.statuses.windows(2).all(|pair| pair[0] != pair[1]), "each status says something new");
}

/// Bytes up to an offset that the client knows may be on their way.
#[test]
fn the_window_never_goes_back() {
    let mut rig = Rig::new();
    let module = module(8000);
    rig.begin(&module).unwrap();
    let (mut at, mut granted) = (0, upload(&rig).granted);
    for length in [100, 1, 300, 7, 499, 500, 300, 1].into_iter().cycle() {
        let end = (at + length).min(8000);
        rig.frame(&module, at..end);
        assert!(upload(&rig).granted >= granted, "{} after {granted}, at {end}", upload(&rig).granted);
        (at, granted) = (end, upload(&rig).granted);
        if end == 8000 {
            break;
        }
    }
}

#[test]
fn only_frames_of_this_connection_that_are_taken_have_a_length() {
    let mut rig = Rig::new();
    let module = module(8000);
    let room = |rig: &Rig| upload(rig).granted;
    let window = (BLOCK * BLOCKS) as u32;
    rig.begin(&module).unwrap();
    rig.frame(&module, 1000..1490); // follows a gap
    rig.stream(&module[..600], 0, 100);
    let rest = (512 + window - 600) % 100;
    assert_eq!(room(&rig), 512 + window - rest);
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
    rig.begin(&module).unwrap();
    assert_eq!(room(&rig), 512 + window, "its frames are unknown");
    rig.stream(&module[..1100], 600, 50);
    let rest = (1024 + window - 1100) % 50;
    assert_eq!(room(&rig), 1024 + window - rest);
}

#[test]
fn lost_doubled_and_early_frames_do_no_harm() {
    let mut rig = Rig::new();
    let module = module(2000);
    rig.begin(&module).unwrap();
    rig.frame(&module, 0..100);
    rig.statuses.clear();
    rig.frame(&module, 200..300); // 100..200 was lost
    assert_eq!(rig.statuses.len(), 1, "the client learns of it at once");
    rig.frame(&module, 300..400);
    assert_eq!(rig.statuses.len(), 1, "one word about one gap");
    assert_eq!(rig.statuses[0].upload.unwrap().resend, Some(100));
    rig.frame(&module, 100..100); // says nothing
    assert_eq!(upload(&rig).resend, Some(100), "an empty frame brings nothing");
    rig.frame(&module, 0..100);
    assert_eq!(upload(&rig).resend, Some(100), "nor does one that is there already");
    rig.frame(&module, 50..250); // begins with bytes that are there already
    assert_eq!(upload(&rig).resend, None);
    rig.frame(&module, 0..100);
    rig.frame(&module, 900..900);
    assert_eq!(upload(&rig).resend, None);
    rig.stream(&module, 250, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&module);
}

#[test]
fn bytes_beyond_the_announced_size_are_dropped() {
    let mut rig = Rig::new();
    let module = module(300);
    rig.ask(Command::Begin { size: 250, digest: digest(&module[..250]), denied: 0 }).unwrap();
    rig.frame(&module, 0..300);
    assert_eq!(upload(&rig).resend, Some(0));
    rig.frame(&module, 0..250);
    rig.ask(Command::Commit).unwrap();
    rig.handle(Event::Data(&u32::MAX.to_le_bytes()));
    rig.handle(Event::Data(&[1, 2]));
    rig.assert_app(&module[..250]);
}

#[test]
fn an_upload_goes_on_only_if_the_same_is_denied() {
    let mut rig = Rig::new();
    let module = module(5000);
    for (denied, received) in [(1, 0), (1, 4096), (3, 0), (3, 4096), (0, 0)] {
        rig.ask(Command::Begin { size: 5000, digest: digest(&module), denied }).unwrap();
        assert_eq!(upload(&rig).durable, received, "{denied}");
        rig.stream(&module[..4500], received as usize, 100);
    }
    let mut rig = rig.restart();
    rig.begin(&module).unwrap();
    assert_eq!(upload(&rig).durable, 4096, "after a restart");
    rig.ask(Command::Begin { size: 5000, digest: digest(&module), denied: 1 }).unwrap();
    assert_eq!(upload(&rig).durable, 0, "another one after a restart");
}

#[test]
fn a_client_that_comes_back_goes_on() {
    let mut rig = Rig::new();
    let module = module(5000);
    rig.begin(&module).unwrap();
    rig.stream(&module[..4500], 0, 100);
    rig.handle(Event::Disconnected);
    rig.handle(Event::Connected(Role::Owner));
    rig.begin(&module).unwrap();
    assert_eq!(upload(&rig).durable, 4096);
    rig.stream(&module, 4096, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&module);
}

#[test]
fn another_upload_begins_anew() {
    let mut rig = Rig::new();
    rig.begin(&module(5000)).unwrap();
    rig.stream(&module(5000)[..3000], 0, 100);
    let other = module(4000);
    rig.begin(&other).unwrap();
    assert_eq!(upload(&rig).durable, 0);
    rig.stream(&other, 0, 100);
    rig.ask(Command::Commit).unwrap();
    rig.restart().assert_app(&other);
}

#[test]
fn every_failing_flash_operation_leaves_the_old_app() {
    let (old, new) = (module(64), module(6000));
    let mut failures = 0;
    for healthy in 0.. {
        let mut rig = Rig::new();
        rig.install(&old).unwrap();
        rig.flash.fail_after(healthy);
        match rig.install(&new) {
            Err(refusal) => {
                assert!(matches!(refusal.code, ErrorCode::FlashFailed | ErrorCode::Incomplete), "{refusal}");
                failures += 1;
                rig.assert_app(&old);
                rig = rig.restart();
                rig.assert_app(&old);
                rig.install(&new).unwrap();
                rig.assert_app(&new);
            }
            Ok(()) => {
                rig.assert_app(&new);
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
        let mut rig = Rig::new();
        rig.install(&old).unwrap();
        rig.begin(&new).unwrap();
        rig.stream(&new[..sent], 0, 100);
        rig = rig.restart();
        rig.assert_app(&old);
        let open = upload(&rig);
        assert_eq!(open.durable as usize, sent / 4096 * 4096);
        rig.begin(&new).unwrap();
        assert_eq!(upload(&rig), open);
        rig.stream(&new, open.durable as usize, 100);
        rig.ask(Command::Commit).unwrap();
        rig.restart().assert_app(&new);
    }
}

#[test]
fn an_upload_that_is_whole_in_flash_needs_no_byte_again() {
    let mut rig = Rig::new();
    rig.begin(&module(6000)).unwrap();
    rig.stream(&module(6000), 0, 100);
    rig = rig.restart();
    assert_eq!(upload(&rig).durable, 6000);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&module(6000));
}

#[test]
fn what_was_given_up_does_not_come_back_after_a_restart() {
    for give_up in [Command::Abort, Command::Begin { size: 9, digest: Digest([0; 32]), denied: 0 }] {
        let mut rig = Rig::new();
        rig.begin(&module(5000)).unwrap();
        rig.stream(&module(5000), 0, 100);
        rig.ask(give_up).unwrap();
        assert_eq!(rig.restart().status().upload, None);
    }
    let mut rig = Rig::new();
    rig.install(b"no module at all").unwrap_err();
    assert_eq!(rig.restart().status().upload, None);
}

#[test]
fn what_was_given_up_in_a_later_slot_does_not_come_back_either() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    for _ in 0..2 {
        rig.begin(&module(5000)).unwrap();
        rig.stream(&module(5000), 0, 100);
        rig.ask(Command::Abort).unwrap();
        rig = rig.restart();
        assert_eq!(rig.status().upload, None);
        rig.assert_app(&module(64));
    }
}

#[test]
fn uploads_that_are_given_up_return_their_blocks() {
    let mut rig = Rig::new();
    for _ in 0..=BLOCKS {
        rig.begin(&module(5000)).unwrap();
        rig.stream(&module(5000)[..100], 0, 100);
        rig.ask(Command::Abort).unwrap();
    }
    rig.install(&module(5000)).unwrap();
    rig.assert_app(&module(5000));
}

#[test]
fn a_module_is_verified_when_all_of_it_is_in_flash() {
    let mut rig = Rig::new();
    let module = module(700);
    rig.begin(&module).unwrap();
    rig.stream(&module[..600], 0, 100);
    // The last frame and the end arrive while the flash is busy.
    let mut buffer = [0; 512];
    let frame = DataFrame { offset: 600, bytes: &module[600..] };
    rig.device.handle(rig.now, Event::Data(frame.encode(&mut buffer).unwrap()));
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&module);
}

#[test]
fn the_newest_version_counts_wherever_it_is() {
    let mut rig = Rig::new();
    // The newest is in a slot before the others when the device restarts and counts on.
    for len in 64..68 {
        rig.install(&module(len)).unwrap();
    }
    rig = rig.restart();
    rig.install(&module(68)).unwrap();
    rig.restart().assert_app(&module(68));
}

#[test]
fn a_damaged_app_gives_way_to_the_one_before() {
    let mut rig = Rig::new();
    let (old, new) = (module(64), module(6000));
    rig.install(&old).unwrap();
    rig.install(&new).unwrap();
    let mut bytes = rig.flash.bytes().to_vec();
    let at = bytes.windows(new.len()).position(|window| window == new).unwrap();
    bytes[at + 3000] ^= 1;
    let rig = Rig::with_flash(wamr_device::sim::SimFlash::from_bytes(bytes));
    rig.assert_app(&old);
}

#[test]
fn an_aborted_upload_is_forgotten() {
    let mut rig = Rig::new();
    rig.begin(&module(5000)).unwrap();
    rig.stream(&module(5000)[..3000], 0, 100);
    rig.ask(Command::Abort).unwrap();
    assert_eq!(rig.status().upload, None);
    assert_eq!(rig.ask(Command::Commit).unwrap_err().code, ErrorCode::NoUpload);
}
