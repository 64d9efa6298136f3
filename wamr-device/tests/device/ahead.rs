//! Free slots are erased while the device is idle, once, and nothing else is.

use crate::rig::{PAGE, Rig, app, digest, geometry, module};
use wamr_device::sim::{Cut, SimFlash};
use wamr_device::{Event, FlashBudget, Role};
use wamr_proto::{Activity, Command, Refusal, Restart};

/// Longer than the device waits after its start and after a client.
const QUIET: u32 = 31_000;
/// Longer than it waits between two pages.
const PAGE_TIME: u32 = 200;

fn erases(rig: &Rig) -> u32 {
    rig.flash.erases().iter().sum()
}

/// A module unlike others of this length.
fn numbered(number: u8, len: usize) -> Vec<u8> {
    let mut module = module(len);
    module[8..].iter_mut().for_each(|byte| *byte ^= number);
    module
}

fn named(name: &str, number: u8) -> Vec<u8> {
    let mut module = app(name, Restart::Never, false, 5000);
    module[100] = number;
    module
}

#[test]
fn one_free_slot_is_erased_once() {
    let mut rig = Rig::new();
    assert_eq!(erases(&rig), 0, "not while there may be a client");
    rig.rest();
    assert_eq!(rig.flash.erases(), [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0], "the first slot");
    let operations = rig.flash.operations();
    for _ in 0..3 {
        rig.rest();
        rig.ask(Command::Describe { app: 0 }).unwrap_err();
        rig.rest();
        rig = rig.restart();
    }
    assert_eq!(rig.flash.operations(), operations, "it is erased, which the device remembers");
}

#[test]
fn an_upload_finds_its_slot_erased() {
    let mut rig = Rig::new();
    let mut version = 0;
    for restarts in [false, true] {
        for _ in 0..5 {
            rig.rest();
            if restarts {
                rig = rig.restart();
            }
            version += 1;
            let (before, module) = (erases(&rig), named("app", version));
            rig.install(&module).unwrap();
            assert_eq!(erases(&rig), before);
            rig.assert_app(&module);
        }
    }
}

#[test]
fn only_what_a_module_has_used_is_erased_again() {
    let mut rig = Rig::new();
    rig.rest();
    for restarts in [false, true] {
        for (len, pages) in [(64, 1), (4096, 1), (4097, 2), (8192, 2)] {
            rig.install(&numbered(1, len)).unwrap();
            let app = rig.only();
            if restarts {
                rig = rig.restart();
            }
            // It goes before another slot is erased, so that this one is the next.
            rig.ask(Command::Remove { app }).unwrap();
            let before = rig.flash.erases().to_vec();
            rig.rest();
            let slot = 2 + 3 * usize::from(app);
            let erased: Vec<_> = (slot..slot + 3).map(|page| rig.flash.erases()[page] - before[page]).collect();
            let first_free = if erased.iter().sum::<u32>() > 0 { 1 + pages } else { 0 };
            assert_eq!(erased.iter().sum::<u32>(), first_free, "{len}: {erased:?}");
            assert!(erases(&rig) > before.iter().sum(), "{len}: some slot is erased");
        }
    }
}

#[test]
fn an_older_version_stays_while_another_slot_is_free() {
    let mut rig = Rig::new();
    for version in 1..=2 {
        rig.install(&named("app", version)).unwrap();
        rig.rest();
    }
    let flash = rig.flash.clone();
    let mut bytes = flash.bytes().to_vec();
    let new = named("app", 2);
    let at = bytes.windows(new.len()).position(|window| window == new).unwrap();
    bytes[at + 3000] ^= 1;
    let mut rig = Rig::with_flash(SimFlash::from_bytes(bytes));
    rig.assert_app(&named("app", 1));
    // The slot of the damaged version is free now, the one that was erased is too.
    rig.rest();
    rig.assert_app(&named("app", 1));

    // With two apps, the older version has the only free slot.
    let mut rig = Rig::with_flash(flash);
    let other = named("other", 1);
    rig.install(&other).unwrap();
    rig.rest();
    let before = erases(&rig);
    rig.install(&named("app", 3)).unwrap();
    assert_eq!(erases(&rig), before);
    rig.rest();
    let mut rig = rig.restart();
    assert_eq!(rig.status().apps.len(), 2);
    rig.install(&named("other", 2)).unwrap();
    assert_eq!(rig.status().apps.len(), 2);
}

#[test]
fn a_version_that_a_trial_may_go_back_to_is_not_erased() {
    let mut rig = Rig::new();
    let old = named("app", 1);
    rig.install(&old).unwrap();
    rig.install(&named("other", 1)).unwrap();
    rig.entries_trap = true;
    rig.hold = true;
    let mut new = app("app", Restart::Never, true, 5000);
    new[100] = 9;
    rig.install_held(&new);
    rig.release_one();
    rig.release_one();
    // Its entry is being called.
    rig.rest();
    assert!(!rig.held.is_empty());
    assert!(rig.flash.bytes().windows(old.len()).any(|bytes| bytes == old));
    rig.release();
    rig.rest();
    let number = rig.status().apps.iter().find(|app| app.fingerprint == (&digest(&old)).into()).unwrap().number;
    rig.assert_started(number, &old);
}

#[test]
fn nothing_is_erased_while_anybody_works() {
    let mut rig = Rig::new();
    let installed = module(64);
    rig.install(&installed).unwrap();
    let before = erases(&rig);

    // A client asks now and then.
    for _ in 0..60 {
        rig.wait(1_000);
        rig.ask(Command::Describe { app: 0 }).unwrap();
    }
    assert_eq!(erases(&rig), before, "a client");

    // An app runs.
    rig.hold = true;
    rig.send(7, crate::rig::run(0, "sum", &[], None));
    rig.wait(QUIET);
    rig.wait(QUIET);
    assert_eq!((rig.status().activity, erases(&rig)), (Activity::Running, before), "an app");
    rig.release();

    // A part of an upload has come, and its client goes away.
    rig.begin(&numbered(1, 5000)).unwrap();
    rig.stream(&numbered(1, 5000)[..600], 0, 100);
    let before = erases(&rig);
    rig.handle(Event::Disconnected);
    rig.rest();
    assert_eq!(erases(&rig), before, "an upload");
    rig.handle(Event::Connected(Role::Owner));
    rig.begin(&numbered(1, 5000)).unwrap();
    rig.stream(&numbered(1, 5000), 0, 100);
    rig.ask(Command::Commit).unwrap();
    rig.assert_app(&numbered(1, 5000));
}

#[test]
fn work_comes_between_two_pages() {
    let mut rig = Rig::new();
    rig.install(&module(64)).unwrap();
    let before = erases(&rig);
    rig.wait(QUIET);
    while rig.device.next_time().is_some() {
        let before = erases(&rig);
        rig.wait(PAGE_TIME);
        assert!(erases(&rig) <= before + 1, "one page at a time");
        // The next page waits for the end of what begins between two of them, and for quiet.
        let before = erases(&rig);
        rig.hold = true;
        rig.send(7, crate::rig::run(0, "sum", &[], None));
        rig.wait(QUIET);
        assert_eq!(erases(&rig), before);
        rig.release();
    }
    assert_eq!(erases(&rig), before + 3, "the whole slot in the end");
}

/// A device that restarts again and again.
#[test]
fn restarts_do_not_wear_out_a_page() {
    let mut rig = Rig::new();
    for _ in 0..100 {
        rig.wait(QUIET - 2_000);
        rig = rig.restart();
    }
    assert_eq!(erases(&rig), 0);
}

#[test]
fn an_erase_that_fails_is_not_repeated_by_itself() {
    let mut rig = Rig::new();
    rig.flash.fail_after(1);
    rig.rest();
    assert_eq!(erases(&rig), 2, "the second failed");
    for _ in 0..10 {
        rig.wait(QUIET);
    }
    assert_eq!(erases(&rig), 2);
    rig.install(&module(8000)).unwrap();
    rig.restart().assert_app(&module(8000));
}

#[test]
fn an_upload_continues_what_was_begun() {
    for steps in 0..6 {
        for disconnects in [false, true] {
            let mut rig = Rig::new();
            rig.wait(QUIET);
            for _ in 0..steps {
                rig.wait(PAGE_TIME);
            }
            if disconnects {
                rig.handle(Event::Disconnected);
                rig.handle(Event::Connected(Role::Owner));
            }
            let module = module(8000);
            rig.install(&module).unwrap();
            assert!(rig.flash.erases().iter().all(|erases| *erases <= 1), "{steps}: {:?}", rig.flash.erases());
            rig.restart().assert_app(&module);
        }
    }
}

/// The first page, which holds the marks of written pages, is erased last by an idle device, and first by an upload.
#[test]
fn bytes_stay_durable_whatever_was_erased_before() {
    for steps in 0..6 {
        let mut rig = Rig::new();
        rig.wait(QUIET);
        for _ in 0..steps {
            rig.wait(PAGE_TIME);
        }
        let module = module(64);
        rig.begin(&module).unwrap();
        rig.stream(&module, 0, 64);
        assert_eq!(rig.status().upload.unwrap().durable, 64);
        assert_eq!(rig.restart().status().upload.unwrap().durable, 64, "after {steps} steps of the idle device");
    }
}

/// The device polls for a flash operation and does not hear of its end before a client comes.
#[test]
fn an_upload_begins_during_an_erase() {
    for steps in 0..5 {
        let mut rig = Rig::new();
        rig.wait(QUIET);
        for _ in 0..steps {
            rig.wait(PAGE_TIME);
        }
        rig.now = rig.now.wrapping_add(PAGE_TIME);
        let Some(wamr_device::Action::Flash(op)) = rig.device.poll(rig.now) else { break };
        let module = module(8000);
        let begin = Command::Begin { size: 8000, digest: digest(&module), denied: 0 };
        let begin = wamr_proto::encode(&wamr_proto::Request { seq: 1, command: begin }).unwrap();
        rig.device.handle(rig.now, Event::Control(&begin));
        let done = op.perform(&mut rig.flash);
        rig.handle(Event::Flash(done));
        rig.stream(&module, 0, 100);
        rig.ask(Command::Commit).unwrap();
        assert!(rig.flash.erases().iter().all(|erases| *erases <= 2), "{:?}", rig.flash.erases());
        rig.restart().assert_app(&module);
    }
}

/// Every page is erased at most once for each upload that was paid for, and once more.
#[test]
fn erasing_ahead_stays_within_the_budget() {
    let mut rig = Rig::new();
    rig.device.set_flash_budget(FlashBudget::UNLIMITED);
    let (mut uploads, mut state) = (0, 1u32);
    for round in 0..2_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 29 {
            0 | 1 => {
                let module = numbered(round as u8, if state & 1 << 20 == 0 { 64 } else { 8192 });
                rig.begin(&module).unwrap();
                uploads += 1;
                rig.stream(&module[..module.len() * (state as usize >> 8 & 3) / 3], 0, 100);
                rig.ask(Command::Abort).unwrap();
            }
            2 => {
                rig.install(&numbered(round as u8, 4097)).unwrap();
                uploads += 1;
            }
            3 => {
                if let Some(app) = rig.status().apps.first() {
                    rig.ask(Command::Remove { app: app.number }).unwrap();
                }
            }
            4 => rig.wait(QUIET),
            5 => rig.rest(),
            _ => rig.wait(150),
        }
        let most = *rig.flash.erases().iter().max().unwrap();
        assert!(most <= uploads + 1, "{most} erases of a page, {uploads} uploads");
    }
    assert!(uploads > 100);
}

/// Installs a module in few frames.
fn install(rig: &mut Rig, module: &[u8]) -> Result<(), Refusal> {
    rig.begin(module)?;
    rig.stream(module, 0, 500);
    rig.ask(Command::Commit)
}

/// What a device does in the life of its slots. Anything may fail for want of power.
fn live(rig: &mut Rig) {
    rig.rest();
    let _ = install(rig, &named("app", 2));
    rig.rest();
    let other = rig.status().apps.iter().find(|app| app.fingerprint == (&digest(&named("other", 1))).into()).copied();
    if let Some(other) = other {
        let _ = rig.ask(Command::Remove { app: other.number });
    }
    rig.rest();
    if rig.begin(&numbered(3, 8000)).is_ok() {
        rig.stream(&numbered(3, 8000)[..5000], 0, 500);
        let _ = rig.ask(Command::Abort);
    }
    rig.rest();
    let _ = install(rig, &named("app", 3));
    rig.rest();
}

/// The device has one version of the app, and the other app, or not if it was removed. It can install a module.
fn check(flash: SimFlash, rests: bool, removed: bool) -> Rig {
    let mut rig = Rig::with_flash(flash);
    if rests {
        rig.rest();
    }
    let fingerprints: Vec<_> = rig.status().apps.iter().map(|app| app.fingerprint).collect();
    let has = |module: &[u8]| fingerprints.contains(&(&digest(module)).into());
    let versions = (1..=3).filter(|version| has(&named("app", *version))).count();
    assert_eq!(versions, 1, "{fingerprints:?}");
    assert_eq!(fingerprints.len() - versions, has(&named("other", 1)) as usize, "{fingerprints:?}");
    assert!(!removed || !has(&named("other", 1)), "what was removed is back");
    let last = numbered(9, 8192);
    install(&mut rig, &last).unwrap();
    rig
}

fn prepared() -> SimFlash {
    let mut rig = Rig::new();
    install(&mut rig, &named("app", 1)).unwrap();
    install(&mut rig, &named("other", 1)).unwrap();
    rig.flash
}

/// Whether the device told its client that the other app was removed.
fn has_removed(rig: &Rig) -> bool {
    !rig.status().apps.iter().any(|app| app.fingerprint == (&digest(&named("other", 1))).into())
}

/// Lives, once for each way to cut power before it is done.
fn each_cut(before: &SimFlash, mut visit: impl FnMut(SimFlash, bool)) -> u32 {
    let mut cuts = 0;
    for cut in [Cut::Weak].into_iter().chain(Cut::ALL) {
        for operations in 0.. {
            let mut flash = before.clone();
            flash.cut_after(operations, cut);
            let mut rig = Rig::with_flash(flash);
            live(&mut rig);
            if rig.flash.is_powered() {
                break;
            }
            let removed = has_removed(&rig);
            rig.flash.power_on();
            if cut != Cut::Weak || rig.flash.is_torn() {
                cuts += 1;
                visit(rig.flash, removed);
            }
        }
    }
    cuts
}

#[test]
fn power_is_cut_at_every_operation() {
    let cuts = each_cut(&prepared(), |flash, removed| {
        for rests in [false, true] {
            check(flash.clone(), rests, removed);
        }
    });
    println!("power cuts: {cuts}");
    assert!(cuts > 200, "{cuts}");
}

/// An upload comes before the device has erased again what it was erasing, and power is cut once more.
#[test]
fn power_is_cut_again_during_the_next_upload() {
    let mut pairs = 0;
    each_cut(&prepared(), |first, removed| {
        if !first.is_torn() {
            return;
        }
        for cut in [Cut::Front, Cut::Back, Cut::Weak] {
            for operations in 0..4 {
                let mut flash = first.clone();
                flash.cut_after(operations, cut);
                let mut rig = Rig::with_flash(flash);
                let _ = install(&mut rig, &numbered(8, 5000));
                if rig.flash.is_powered() {
                    break;
                }
                rig.flash.power_on();
                pairs += 1;
                for rests in [false, true] {
                    let mut flash = rig.flash.clone();
                    if rests {
                        let mut rig = Rig::with_flash(flash);
                        rig.rest();
                        flash = rig.flash;
                    }
                    let mut rig = Rig::with_flash(flash);
                    assert!(!removed || has_removed(&rig), "what was removed is back");
                    install(&mut rig, &numbered(9, 8192)).unwrap();
                }
            }
        }
    });
    println!("pairs of power cuts: {pairs}");
    assert!(pairs > 200, "{pairs}");
}

/// The first page of the next slot is torn in a way that leaves the mark of the erased slot, and all else that the device could know it
/// by. The geometry has the mark between two others for this case.
#[test]
fn a_mark_that_a_torn_erase_left_does_not_count() {
    let mut rig = Rig::new();
    rig.rest();
    let installed = module(8192);
    rig.install(&installed).unwrap();
    rig.ask(Command::Remove { app: 0 }).unwrap();
    let flash = rig.flash.bytes().to_vec();
    let (page, slot) = (PAGE as usize, 2 * PAGE as usize);
    let marks = slot + page - 8;
    for (name, erased) in [("front", slot..marks), ("back", marks + 4..slot + page)] {
        let mut torn = flash.clone();
        torn[erased].fill(0xff);
        let mut rig = Rig::with_flash(SimFlash::from_bytes(torn));
        // Nothing of the slot counts as erased: uploads that use it would fail.
        for round in 0..4 {
            rig.install(&numbered(round, geometry().capacity() as usize))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
