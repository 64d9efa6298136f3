//! `file`.

use std::sync::atomic::Ordering::Relaxed;

use wamr_device::HostGroup;
use wamr_host::Error;
use wamr_host::file::FILE_COST;

use crate::drivers::FAIL;
use crate::rig::{App, DATA, FILE, NOW, RET, Rig, rig};

/// `mode` in `wit/file.wit`.
const READ: u64 = 0;
const UPDATE: u64 = 1;
const REPLACE: u64 = 2;

/// The directory of the app `app`, which nobody has signed.
const DIRECTORY: &str = "617070.";

/// The quota of the rig for an app that requests none, less the cost of a file.
const LARGEST: u64 = 2000 - FILE_COST as u64;

/// How an app uses its files.
pub trait FileApp {
    fn open_file(&mut self, name: &str, mode: u64) -> Result<u64, Error>;
    /// Writes a byte this many times.
    fn write(&mut self, file: u64, offset: u64, byte: u8, length: u64) -> Result<(), Error>;
    fn append(&mut self, file: u64, byte: u8, length: u64) -> Result<(), Error>;
    fn sync(&mut self, file: u64) -> Result<(), Error>;
    fn drop(&mut self, file: u64);
    fn remove(&mut self, name: &str) -> Result<(), Error>;
    fn rename(&mut self, name: &str, new: &str) -> Result<(), Error>;
    fn read(&mut self, file: u64, offset: u64, max: u64) -> Result<Vec<u8>, Error>;
    fn size(&mut self, file: u64) -> u64;
    fn entry(&mut self, number: u64) -> Result<Option<(String, u32)>, Error>;
}

impl FileApp for Rig<'_, '_, '_> {
    fn open_file(&mut self, name: &str, mode: u64) -> Result<u64, Error> {
        self.open(0, "file open", name, &[mode]).unwrap().map(u64::from)
    }

    fn write(&mut self, file: u64, offset: u64, byte: u8, length: u64) -> Result<(), Error> {
        self.call(0, "fill", &[DATA.into(), byte.into(), length]).unwrap();
        self.result(0, "[method]file.write", &[file, offset, DATA.into(), length], 1).unwrap()
    }

    fn append(&mut self, file: u64, byte: u8, length: u64) -> Result<(), Error> {
        self.call(0, "fill", &[DATA.into(), byte.into(), length]).unwrap();
        self.result(0, "[method]file.append", &[file, DATA.into(), length], 1).unwrap()
    }

    fn sync(&mut self, file: u64) -> Result<(), Error> {
        self.result(0, "[method]file.sync", &[file], 1).unwrap()
    }

    fn drop(&mut self, file: u64) {
        self.call(0, "[resource-drop]file", &[file]).unwrap();
    }

    fn remove(&mut self, name: &str) -> Result<(), Error> {
        self.poke(0, DATA, name.as_bytes());
        self.result(0, "remove", &[DATA.into(), name.len() as u64], 1).unwrap()
    }

    fn rename(&mut self, name: &str, new: &str) -> Result<(), Error> {
        let (at, new_at) = (u64::from(DATA), u64::from(DATA + 64));
        self.poke(0, DATA, name.as_bytes());
        self.poke(0, DATA + 64, new.as_bytes());
        self.result(0, "rename", &[at, name.len() as u64, new_at, new.len() as u64], 1).unwrap()
    }

    fn read(&mut self, file: u64, offset: u64, max: u64) -> Result<Vec<u8>, Error> {
        self.result(0, "[method]file.read", &[file, offset, max], 4).unwrap()?;
        Ok(self.list(0, RET + 4))
    }

    fn size(&mut self, file: u64) -> u64 {
        self.call(0, "[method]file.size", &[file]).unwrap()
    }

    fn entry(&mut self, number: u64) -> Result<Option<(String, u32)>, Error> {
        self.result(0, "entry-at", &[number], 4).unwrap()?;
        let is_some = self.peek(0, RET + 4, 1) == [1];
        Ok(is_some.then(|| (String::from_utf8(self.list(0, RET + 8)).unwrap(), self.word(0, RET + 16))))
    }
}

/// A device with one app.
fn with_app(test: impl FnOnce(&mut Rig<'_, '_, '_>)) {
    rig(|rig| {
        rig.load(0, &App::default());
        test(rig);
    });
}

#[test]
fn files_are_written_and_read() {
    with_app(|rig| {
        assert_eq!(rig.open_file("a.txt", READ), Err(Error::NotFound));
        assert_eq!(rig.entry(0), Ok(None));
        let file = rig.open_file("a.txt", UPDATE).unwrap();
        assert_eq!((rig.size(file), rig.read(file, 0, 10)), (0, Ok(vec![])));
        assert_eq!(rig.write(file, 2, 7, 3), Ok(()));
        assert_eq!(rig.read(file, 0, 10), Ok(vec![0, 0, 7, 7, 7]), "what was left out is 0");
        assert_eq!(rig.append(file, 8, 1), Ok(()));
        assert_eq!(rig.write(file, 3, 9, 1), Ok(()));
        assert_eq!(rig.write(file, 100, 9, 0), Ok(()), "nothing is written");
        assert_eq!((rig.size(file), rig.read(file, 2, 3)), (6, Ok(vec![7, 9, 7])));
        assert_eq!(rig.read(file, 5, u32::MAX.into()), Ok(vec![8]));
        assert_eq!([6, u32::MAX.into()].map(|offset| rig.read(file, offset, 1)), [Ok(vec![]), Ok(vec![])]);
        assert_eq!(rig.entry(0), Ok(Some(("a.txt".into(), 6))), "also what is not synced");
        rig.drop(file);
        let file = rig.open_file("a.txt", READ).unwrap();
        assert_eq!(rig.read(file, 0, 9), Ok(vec![0, 0, 7, 9, 7, 8]));
        assert_eq!(rig.write(file, 0, 1, 1), Err(Error::NotSupported));
        assert_eq!(rig.append(file, 1, 1), Err(Error::NotSupported));
        assert_eq!(rig.sync(file), Ok(()));
    });
}

#[test]
fn new_content_takes_the_place_of_the_old_at_once() {
    with_app(|rig| {
        for (byte, length) in [(1, 100), (2, 10)] {
            let file = rig.open_file("a", REPLACE).unwrap();
            assert_eq!(rig.size(file), 0);
            rig.append(file, byte, length).unwrap();
            let old = if byte == 1 { vec![] } else { vec![1; 100] };
            assert_eq!(FILE.files().content(DIRECTORY), [("a".into(), old)], "until it is synced");
            rig.sync(file).unwrap();
            assert_eq!(FILE.files().content(DIRECTORY), [("a".into(), vec![byte; length as usize])]);
            rig.drop(file);
        }
        let file = rig.open_file("a", REPLACE).unwrap();
        rig.drop(file);
        assert_eq!(FILE.files().content(DIRECTORY), [("a".into(), vec![])], "a drop syncs");
    });
}

#[test]
fn files_are_listed_removed_and_renamed() {
    with_app(|rig| {
        for (name, length) in [("b", 2), ("a", 1), ("c", 3)] {
            let file = rig.open_file(name, UPDATE).unwrap();
            rig.append(file, 1, length).unwrap();
            rig.drop(file);
        }
        let mut entries: Vec<_> = (0..3).filter_map(|number| rig.entry(number).unwrap()).collect();
        entries.sort();
        assert_eq!(entries, [("a".into(), 1), ("b".into(), 2), ("c".into(), 3)]);
        assert_eq!([rig.entry(3), rig.entry(u32::MAX.into())], [Ok(None), Ok(None)]);
        assert_eq!(rig.rename("a", "b"), Ok(()), "takes its place");
        assert_eq!(rig.rename("b", "b"), Ok(()));
        assert_eq!((rig.rename("a", "d"), rig.remove("a")), (Err(Error::NotFound), Err(Error::NotFound)));
        assert_eq!(rig.remove("c"), Ok(()));
        assert_eq!(FILE.files().content(DIRECTORY), [("b".into(), vec![1])]);
    });
}

#[test]
fn names_have_rules() {
    with_app(|rig| {
        let longest = "a".repeat(32);
        for name in ["a", "A-z_0.9", "a..b", &longest] {
            let file = rig.open_file(name, UPDATE).unwrap();
            rig.drop(file);
        }
        let too_long = "a".repeat(33);
        for name in ["", ".", "..", ".hidden", "a/b", "/a", "../a", "a\\b", "a b", "a\0", "ä", "a\n", "a:b", &too_long]
        {
            let refused = Err(Error::InvalidArgument);
            assert_eq!(
                [READ, UPDATE, REPLACE].map(|mode| rig.open_file(name, mode).map(drop)),
                [refused; 3],
                "{name:?}"
            );
            assert_eq!([rig.remove(name), rig.rename("a", name), rig.rename(name, "a")], [refused; 3], "{name:?}");
        }
    });
}

#[test]
fn an_app_without_a_name_has_no_files() {
    rig(|rig| {
        rig.load(0, &App { name: "", ..Default::default() });
        assert_eq!(rig.open_file("a", UPDATE), Err(Error::NotSupported));
        assert_eq!([rig.remove("a"), rig.rename("a", "b")], [Err(Error::NotSupported); 2]);
        assert_eq!(rig.entry(0), Err(Error::NotSupported));
    });
}

#[test]
fn an_open_file_is_busy() {
    with_app(|rig| {
        let a = rig.open_file("a", UPDATE).unwrap();
        assert_eq!([READ, UPDATE, REPLACE].map(|mode| rig.open_file("a", mode)), [Err(Error::Busy); 3]);
        assert_eq!([rig.remove("a"), rig.rename("a", "b")], [Err(Error::Busy); 2]);
        let b = rig.open_file("b", UPDATE).unwrap();
        assert_eq!(rig.open_file("c", UPDATE), Err(Error::NoSpace), "two files can be open");
        rig.drop(b);
        assert_eq!(rig.rename("b", "a"), Err(Error::Busy));
        // Another version of the app has the same files.
        rig.load(1, &App::default());
        assert_eq!(rig.open(1, "file open", "a", &[UPDATE]).unwrap(), Err(Error::Busy));
        rig.drop(a);
        assert_eq!(rig.rename("b", "a"), Ok(()));
    });
}

#[test]
fn the_quota_counts_content_and_files() {
    let quotas: [(Option<&[&str]>, u64); 4] = [
        (None, LARGEST),
        (Some(&["file"]), LARGEST),
        (Some(&["file:300"]), 300 - 128),
        (Some(&["file:5000"]), 5000 - 128),
    ];
    for (capabilities, largest) in quotas {
        rig(|rig| {
            rig.load(0, &App { groups: &["file"], capabilities, ..Default::default() });
            let file = rig.open_file("a", UPDATE).unwrap();
            assert_eq!(rig.write(file, 1, 1, largest), Err(Error::NoSpace), "{capabilities:?}");
            assert_eq!(rig.size(file), 0);
            assert_eq!(rig.write(file, 0, 1, largest - 127), Ok(()));
            assert_eq!(rig.open_file("b", UPDATE), Err(Error::NoSpace), "a file costs 128 bytes");
            assert_eq!(rig.append(file, 1, 127), Ok(()), "what was refused has no effect");
            assert_eq!(rig.append(file, 1, 1), Err(Error::NoSpace));
            assert_eq!(rig.write(file, u32::MAX.into(), 1, 2), Err(Error::NoSpace));
            assert_eq!(rig.write(file, 0, 2, largest), Ok(()), "it does not grow");
            rig.drop(file);
            assert_eq!(rig.remove("a"), Ok(()));
            let file = rig.open_file("b", UPDATE).unwrap();
            assert_eq!(rig.append(file, 1, largest), Ok(()));
        });
    }
}

#[test]
fn the_quota_counts_the_old_content_until_it_is_gone() {
    with_app(|rig| {
        let a = rig.open_file("a", UPDATE).unwrap();
        rig.append(a, 1, 1000).unwrap();
        rig.drop(a);
        let a = rig.open_file("a", REPLACE).unwrap();
        let b = rig.open_file("b", UPDATE).unwrap();
        let left = LARGEST - 1000 - u64::from(FILE_COST);
        assert_eq!(rig.append(b, 1, left + 1), Err(Error::NoSpace));
        assert_eq!(rig.append(b, 1, left), Ok(()));
        rig.sync(a).unwrap();
        assert_eq!(rig.append(b, 1, 1000), Ok(()));
    });
}

#[test]
fn entries_of_a_manifest_are_numbers_of_bytes() {
    rig(|rig| {
        for entry in ["file:0", "file:-1", "file:", "file:much", "file:4294967295", "file:4294967296", "file:a.txt"] {
            let capabilities: &'static [&'static str] = vec![entry].leak();
            let app = App { groups: &["file"], capabilities: Some(capabilities), ..Default::default() };
            assert!(rig.try_load(0, &app).unwrap_err().contains(entry), "{entry}");
        }
    });
}

#[test]
fn files_belong_to_an_app_and_end_with_it() {
    rig(|rig| {
        rig.load(0, &App::default());
        let file = rig.open_file("a", UPDATE).unwrap();
        rig.append(file, 1, 10).unwrap();
        rig.unload(0);
        assert_eq!(FILE.files().content(DIRECTORY), [("a".into(), vec![1; 10])], "synced when the app went");
        for other in ["ap", "appe", "App"] {
            rig.load(0, &App { name: other, ..Default::default() });
            assert_eq!((rig.open_file("a", READ), rig.entry(0)), (Err(Error::NotFound), Ok(None)), "{other}");
            let file = rig.open_file("other", UPDATE).unwrap();
            rig.drop(file);
            rig.unload(0);
        }
        rig.load(0, &App::default());
        let file = rig.open_file("a", UPDATE).unwrap();
        assert_eq!((file, rig.size(file)), (1, 10), "free again, and what it was");
        rig.unload(0);
        FILE.removed("nobody");
        assert_eq!(FILE.files().directories().len(), 4);
        FILE.removed("app");
        assert_eq!(FILE.files().content(DIRECTORY), []);
        assert_eq!(FILE.files().directories().len(), 3, "those of the others stay");
    });
}

#[test]
fn a_file_system_that_fails_is_io() {
    const IO: Result<(), Error> = Err(Error::Io);
    with_app(|rig| {
        let failing = |rig: &mut Rig<'_, '_, '_>, work: &dyn Fn(&mut Rig<'_, '_, '_>) -> Result<(), Error>| {
            FAIL.set(Some(Error::Io));
            assert_eq!(work(rig), IO);
            assert_eq!(FAIL.take(), None);
        };
        failing(rig, &|rig| rig.open_file("a", UPDATE).map(drop));
        let file = rig.open_file("a", UPDATE).unwrap();
        rig.append(file, 1, 10).unwrap();
        rig.sync(file).unwrap();
        failing(rig, &|rig| rig.read(file, 0, 1).map(drop));
        failing(rig, &|rig| rig.entry(0).map(drop));
        failing(rig, &|rig| rig.append(file, 2, 1));
        assert_eq!(rig.append(file, 3, 1), Ok(()), "the quota was not known");
        rig.sync(file).unwrap();
        // It does not grow, so the quota is not asked for.
        failing(rig, &|rig| rig.write(file, 0, 4, 1));
        assert_eq!([rig.write(file, 0, 5, 1), rig.append(file, 5, 1), rig.sync(file)], [IO; 3]);
        assert_eq!(rig.read(file, 0, 1), Err(Error::Io));
        rig.drop(file);
        let file = rig.open_file("a", UPDATE).unwrap();
        failing(rig, &|rig| rig.sync(file));
        assert_eq!(rig.append(file, 5, 1), IO, "nobody knows what is in the flash");
        rig.drop(file);
        failing(rig, &|rig| rig.remove("a"));
        failing(rig, &|rig| rig.rename("a", "b"));
        assert_eq!(FILE.files().content(DIRECTORY), [("a".into(), [&[1; 10][..], &[3]].concat())]);
    });
}

#[test]
fn an_app_that_always_writes_does_not_wear_out_the_flash() {
    with_app(|rig| {
        let file = rig.open_file("a", UPDATE).unwrap();
        let erases = || FILE.files().flash().erases().iter().sum::<u32>();
        let before = erases();
        // More than once, as other tests have used the budget, too.
        let mut written = 0;
        while rig.write(file, written % 1000, 1, 700) == Ok(()) {
            rig.sync(file).unwrap();
            written += 1;
        }
        assert!((100..=2000).contains(&written), "{written}");
        assert!(u64::from(erases() - before) <= 2 * written, "{} for {written} writes", erases() - before);
        assert_eq!(rig.write(file, 0, 1, 1), Err(Error::Busy));
        assert_eq!([rig.remove("a"), rig.rename("a", "b")], [Err(Error::Busy); 2]);
        assert_eq!(rig.read(file, 0, 1), Ok(vec![1]), "reads are free");
        rig.drop(file);
        assert_eq!(
            [rig.remove("a"), rig.rename("a", "b"), rig.open_file("a", REPLACE).map(drop)],
            [Err(Error::Busy); 3]
        );
        assert_eq!(rig.open_file("b", UPDATE), Err(Error::Busy));
        assert!(rig.open_file("a", UPDATE).is_ok(), "what exists is opened");
        NOW.store(3_600_000, Relaxed);
        assert_eq!(rig.open_file("b", UPDATE).map(drop), Ok(()));
    });
}
