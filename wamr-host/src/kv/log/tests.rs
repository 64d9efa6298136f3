extern crate std;

use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use wamr_device::Signer;
use wamr_device::sim::{Cut, SimFlash};

use super::*;
use crate::kv::KEY_MAX;

const PAGE: usize = SimFlash::ERASE_SIZE;
const QUOTA: u32 = 1500;

/// What the apps have stored, by app and key.
type Model = BTreeMap<(usize, String), Vec<u8>>;

/// Apps: two of different signers have the same name.
fn app(number: usize) -> (&'static str, Option<Signer>) {
    let signers = [None, Some(Signer::from(&[1; 32])), Some(Signer::from(&[2; 32]))];
    (["thermo", "door", "door"][number], signers[number])
}

fn subject(number: usize, key: &str) -> Subject {
    let (name, signer) = app(number);
    Subject::new(name, signer, key).unwrap()
}

/// The bytes of flash that a value takes: with a header, the name of the app, a signer and the key, padded to words.
fn size(number: usize, key: &str, value: &[u8]) -> usize {
    let (name, signer) = app(number);
    let signer = if signer.is_some() { 16 } else { 0 };
    (16 + name.len() + signer + key.len() + value.len()).next_multiple_of(4)
}

fn get(log: &mut Log<SimFlash>, number: usize, key: &str) -> Result<Vec<u8>, Error> {
    let mut value = vec![0; log.len(&subject(number, key))? as usize];
    log.get(&subject(number, key), &mut value).map(|()| value)
}

/// A change of what is stored.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, String, Vec<u8>),
    Delete(usize, String),
    /// By the name of this app.
    Clear(usize),
}

impl Change {
    fn apply(&self, log: &mut Log<SimFlash>) -> Result<(), Error> {
        match self {
            Self::Set(number, key, value) => log.set(&subject(*number, key), value, QUOTA, true).map(drop),
            Self::Delete(number, key) => log.delete(&subject(*number, key), true).map(drop),
            Self::Clear(number) => log.clear(app(*number).0),
        }
    }

    /// What is stored afterwards, if the log accepts the change.
    fn apply_to(&self, model: &Model) -> Result<Model, Error> {
        let mut after = model.clone();
        match self {
            Self::Set(number, key, value) => {
                after.insert((*number, key.clone()), value.clone());
                let of_app = after.iter().filter(|((owner, _), _)| owner == number);
                let used: usize = of_app.map(|((_, key), value)| size(*number, key, value)).sum();
                if used as u32 > QUOTA {
                    return Err(Error::NoSpace);
                }
            }
            Self::Delete(number, key) => drop(after.remove(&(*number, key.clone())).ok_or(Error::NotFound)?),
            Self::Clear(number) => after.retain(|(owner, _), _| app(*owner).0 != app(*number).0),
        }
        Ok(after)
    }
}

/// Changes in no order, the same each time.
fn changes(count: usize) -> impl Iterator<Item = Change> {
    let mut state = 1u32;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    (0..count).map(move |_| {
        let (number, key) = (random(3) as usize, format!("key{}", random(6)));
        match random(20) {
            0 => Change::Clear(number),
            1..4 => Change::Delete(number, key),
            _ => Change::Set(number, key, vec![random(256) as u8; random(400) as usize]),
        }
    })
}

/// What is stored in the flash, as a device finds it that starts.
fn stored(flash: SimFlash) -> Model {
    let mut log = Log::new(flash);
    let keys = (0..3).flat_map(|number| (0..6).map(move |key| (number, format!("key{key}"))));
    keys.filter_map(|(number, key)| match get(&mut log, number, &key) {
        Ok(value) => Some(((number, key), value)),
        Err(error) => {
            assert_eq!(error, Error::NotFound);
            None
        }
    })
    .collect()
}

#[test]
fn what_is_stored_is_found_after_a_restart() {
    let mut log = Log::new(SimFlash::new(4 * PAGE));
    let mut model = Model::new();
    let mut refused = 0;
    for change in changes(250) {
        let after = change.apply_to(&model);
        assert_eq!(change.apply(&mut log), after.clone().map(drop), "{change:?}");
        match after {
            Ok(after) => model = after,
            Err(_) => refused += 1,
        }
        assert_eq!(stored(log.flash.clone()), model, "{change:?}");
    }
    assert!(refused > 10, "the quota and missing keys are tried");
    let erases = log.flash.erases();
    assert!(erases.iter().all(|count| *count >= 3), "each page is used: {erases:?}");
    assert!(erases.iter().max().unwrap() - erases.iter().min().unwrap() <= 1, "and as often: {erases:?}");
}

#[test]
fn a_loss_of_power_leaves_the_old_or_the_new_value() {
    let mut flash = SimFlash::new(2 * PAGE);
    let mut model = Model::new();
    let mut cuts = 0;
    for change in changes(60) {
        let Ok(after) = change.apply_to(&model) else { continue };
        for cut in Cut::ALL {
            for operations in 0.. {
                let mut cut_flash = flash.clone();
                cut_flash.cut_after(operations, cut);
                let mut log = Log::new(cut_flash);
                let done = change.apply(&mut log);
                let mut cut_flash = log.flash;
                if cut_flash.is_powered() {
                    done.unwrap();
                    break;
                }
                cuts += 1;
                cut_flash.power_on();
                let found = stored(cut_flash.clone());
                assert!(found == model || found == after, "{change:?}, {cut:?} at {operations}");
                // It is done again, and whatever was left does not matter.
                let mut log = Log::new(cut_flash);
                let again = change.apply_to(&found);
                assert_eq!(change.apply(&mut log), again.map(drop), "{change:?}, {cut:?} at {operations}");
                assert_eq!(stored(log.flash), after, "{change:?}, {cut:?} at {operations}");
            }
        }
        let mut log = Log::new(flash);
        change.apply(&mut log).unwrap();
        (flash, model) = (log.flash, after);
    }
    assert!(cuts > 500, "{cuts}");
    assert!(flash.erases().iter().all(|count| *count > 0), "the log has moved");
}

#[test]
fn a_failure_of_the_flash_leaves_the_old_value_and_the_log_usable() {
    let mut flash = SimFlash::new(2 * PAGE);
    let mut model = Model::new();
    for change in changes(60) {
        let Ok(after) = change.apply_to(&model) else { continue };
        let mut log = Log::new(flash.clone());
        for operations in 0.. {
            log.flash.fail_after(operations);
            match change.apply(&mut log) {
                Ok(()) => break,
                Err(error) => assert_eq!(error, Error::Io),
            }
            assert_eq!(stored(log.flash.clone()), model, "{change:?} at {operations}");
        }
        log.flash.power_on();
        assert_eq!(stored(log.flash.clone()), after, "{change:?}");
        (flash, model) = (log.flash, after);
    }
}

#[test]
fn values_belong_to_the_name_and_the_signer() {
    let mut log = Log::new(SimFlash::new(2 * PAGE));
    log.set(&subject(1, "key"), b"one", QUOTA, true).unwrap();
    assert_eq!(get(&mut log, 2, "key"), Err(Error::NotFound));
    assert_eq!(log.delete(&subject(2, "key"), true), Err(Error::NotFound));
    log.set(&subject(2, "key"), b"other", QUOTA, true).unwrap();
    log.set(&subject(0, "key"), b"thermo", QUOTA, true).unwrap();
    assert_eq!(get(&mut log, 1, "key").unwrap(), b"one");
    log.clear("door").unwrap();
    assert_eq!([1, 2].map(|number| get(&mut log, number, "key")), [Err(Error::NotFound), Err(Error::NotFound)]);
    assert_eq!(get(&mut log, 0, "key").unwrap(), b"thermo");
    // Parts of names and keys are not mixed up.
    log.set(&Subject::new("a", None, "bc").unwrap(), b"", QUOTA, true).unwrap();
    assert_eq!(log.len(&Subject::new("ab", None, "c").unwrap()), Err(Error::NotFound));
}

#[test]
fn arguments_have_limits() {
    let mut log = Log::new(SimFlash::new(2 * PAGE));
    let new = |name: &str, key: &str| Subject::new(name, None, key).map(drop);
    assert_eq!(new("", "key"), Err(Error::NotSupported), "an app without a name");
    assert_eq!(new("app", ""), Err(Error::InvalidArgument));
    assert_eq!(new("app", &"k".repeat(KEY_MAX + 1)), Err(Error::InvalidArgument));
    let longest = Subject::new("sixteen bytes ab", Some(Signer::from(&[1; 32])), &"k".repeat(KEY_MAX)).unwrap();
    assert_eq!(log.set(&longest, &[0; VALUE_MAX + 1], u32::MAX, true), Err(Error::InvalidArgument));
    // With a header, the name and the signer.
    let size = (3 * 16 + KEY_MAX + VALUE_MAX) as u32;
    assert_eq!(log.set(&longest, &[7; VALUE_MAX], size - 1, true), Err(Error::NoSpace));
    assert_eq!(log.set(&longest, &[7; VALUE_MAX], size, true), Ok(true), "the first half is erased");
    assert_eq!(log.len(&longest), Ok(VALUE_MAX as u32));
}

#[test]
fn the_same_value_is_not_written_again() {
    let mut log = Log::new(SimFlash::new(2 * PAGE));
    log.set(&subject(0, "key"), &[7; 100], QUOTA, true).unwrap();
    let before = log.flash.operations();
    log.set(&subject(0, "key"), &[7; 100], QUOTA, true).unwrap();
    assert_eq!(log.flash.operations(), before);
    log.set(&subject(0, "key"), &[7; 99], QUOTA, true).unwrap();
    assert!(log.flash.operations() > before);
}

#[test]
fn flash_that_is_full_refuses_values_and_keeps_those_that_it_has() {
    let mut log = Log::new(SimFlash::new(2 * PAGE));
    let mut keys = (0..).map(|key| subject(0, &format!("key{key}")));
    let full = keys.find_map(|subject| log.set(&subject, &[1; 500], u32::MAX, true).err());
    assert_eq!(full, Some(Error::NoSpace));
    assert_eq!(log.set(&subject(1, "new"), &[1; 500], u32::MAX, true), Err(Error::NoSpace), "another app's as well");
    assert_eq!(log.set(&subject(0, "key0"), &[2; 500], u32::MAX, true), Ok(true), "it takes the place of the old one");
    log.delete(&subject(0, "key1"), true).unwrap();
    log.set(&subject(1, "new"), &[3; 500], u32::MAX, true).unwrap();
    assert_eq!(get(&mut log, 0, "key0").unwrap(), [2; 500]);
    assert_eq!(get(&mut log, 1, "new").unwrap(), [3; 500]);
}

#[test]
fn without_an_erase_cycle_nothing_changes() {
    let mut log = Log::new(SimFlash::new(2 * PAGE));
    assert_eq!(log.set(&subject(0, "key"), b"value", QUOTA, false), Err(Error::Busy));
    log.set(&subject(0, "key"), b"value", QUOTA, true).unwrap();
    // As short as a record can be.
    let mut values = (0..).map(|number: u32| [number as u8]);
    let last = values.find(|value| log.set(&subject(0, "key"), value, QUOTA, false) == Err(Error::Busy)).unwrap();
    assert_eq!(get(&mut log, 0, "key").unwrap(), [last[0].wrapping_sub(1)]);
    assert_eq!(log.delete(&subject(0, "key"), false), Err(Error::Busy));
    log.clear("thermo").unwrap();
    assert_eq!(get(&mut log, 0, "key"), Err(Error::NotFound));
}

#[test]
fn any_other_content_of_the_flash_is_no_values() {
    for content in [vec![0; 2 * PAGE], b"WAMRKV\x00\x01 and more".repeat(2 * PAGE / 18)] {
        let flash = SimFlash::from_bytes(content);
        assert!(stored(flash.clone()).is_empty());
        let mut log = Log::new(flash);
        log.set(&subject(0, "key1"), b"value", QUOTA, true).unwrap();
        assert_eq!(stored(log.flash).len(), 1);
    }
}
