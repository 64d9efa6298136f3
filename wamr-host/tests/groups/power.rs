//! The power is cut at every flash operation while an app changes its files.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use wamr_device::sim::Cut;
use wamr_host::file::FILE_COST;

use crate::files::FileApp;
use crate::rig::{App, FILE, NOW, Rig, rig};

const DIRECTORY: &str = "617070.";
const QUOTA: u32 = 6000;

/// What an app does with a file.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Opens it to update.
    Open(&'static str),
    /// Opens it to replace.
    Replace(&'static str),
    /// At an offset, a byte, this many times.
    Write(&'static str, usize, u8, usize),
    Sync(&'static str),
    Close(&'static str),
    Remove(&'static str),
    Rename(&'static str, &'static str),
}
use Step::*;

/// Small files, which littlefs has in its directory, and others that have blocks of their own, up to the quota.
const STEPS: &[Step] = &[
    Open("small"),
    Write("small", 0, 1, 20),
    Sync("small"),
    Write("small", 20, 2, 20),
    Close("small"),
    Open("large"),
    Write("large", 0, 3, 4500),
    Sync("large"),
    Write("large", 4000, 4, 900),
    Write("large", 100, 5, 10),
    Sync("large"),
    Replace("small"),
    Write("small", 0, 6, 30),
    Close("large"),
    Close("small"),
    Replace("large"),
    Write("large", 0, 7, 100),
    // As much as the quota permits while the old content of `large` exists.
    Open("more"),
    Write("more", 0, 8, 680),
    Write("more", 680, 8, 10),
    Sync("more"),
    Close("large"),
    Write("more", 690, 9, 4000),
    Close("more"),
    Rename("small", "more"),
    Rename("more", "new"),
    Remove("large"),
    Replace("new"),
    Close("new"),
];

/// The content of files by their names.
type Content = BTreeMap<String, Vec<u8>>;

#[derive(Clone, Default)]
struct Model {
    synced: Content,
    open: Content,
}

impl Model {
    /// Does a step, if the app may.
    fn apply(&mut self, step: Step) {
        match step {
            Open(name) => {
                let content = self.synced.entry(name.into()).or_default();
                self.open.insert(name.into(), content.clone());
            }
            Replace(name) => {
                self.synced.entry(name.into()).or_default();
                self.open.insert(name.into(), Vec::new());
            }
            Write(name, offset, byte, length) => {
                let mut after = self.clone();
                let content = after.open.get_mut(name).unwrap();
                content.resize(content.len().max(offset + length), 0);
                content[offset..offset + length].fill(byte);
                if after.size() <= QUOTA {
                    *self = after;
                }
            }
            Sync(name) => _ = self.synced.insert(name.into(), self.open[name].clone()),
            Close(name) => _ = self.synced.insert(name.into(), self.open.remove(name).unwrap()),
            Remove(name) => drop(self.synced.remove(name).unwrap()),
            Rename(name, new) => {
                let content = self.synced.remove(name).unwrap();
                self.synced.insert(new.into(), content);
            }
        }
    }

    /// What the quota counts.
    fn size(&self) -> u32 {
        let open = |name| self.open.get(name).map_or(0, Vec::len);
        self.synced.iter().map(|(name, content)| content.len().max(open(name)) as u32 + FILE_COST).sum()
    }
}

/// Does a step. Returns whether the app was told that it is done.
fn perform(rig: &mut Rig<'_, '_, '_>, handles: &mut BTreeMap<&str, u64>, step: Step) -> bool {
    match step {
        Open(name) => rig.open_file(name, 1).map(|handle| _ = handles.insert(name, handle)).is_ok(),
        Replace(name) => rig.open_file(name, 2).map(|handle| _ = handles.insert(name, handle)).is_ok(),
        Write(name, offset, byte, length) => rig.write(handles[name], offset as u64, byte, length as u64).is_ok(),
        Sync(name) => rig.sync(handles[name]).is_ok(),
        Close(name) => {
            rig.drop(handles.remove(name).unwrap());
            true
        }
        Remove(name) => rig.remove(name).is_ok(),
        Rename(name, new) => rig.rename(name, new).is_ok(),
    }
}

/// Does all steps with the power cut at an operation. Returns whether it was.
fn run(rig: &mut Rig<'_, '_, '_>, operations: u32, cut: Cut) -> bool {
    FILE.files().format();
    // Each time, the app may write again.
    NOW.fetch_add(3_600_000, Relaxed);
    rig.load(0, &App { groups: &["file"], capabilities: Some(&["file:6000"]), ..Default::default() });
    FILE.files().cut_after(operations, cut);
    let (mut before, mut after, mut handles) = (Model::default(), Model::default(), BTreeMap::new());
    for step in STEPS {
        before = after.clone();
        after.apply(*step);
        let is_done = perform(rig, &mut handles, *step);
        if !FILE.files().is_powered() {
            break;
        }
        // All but the write beyond the quota.
        assert_eq!(is_done, !matches!(step, Write("more", 680, ..)), "{step:?}");
    }
    let is_cut = !FILE.files().is_powered();
    rig.unload(0);
    FILE.files().power_on();
    let found: Content = FILE.files().content(DIRECTORY).into_iter().collect();
    assert!(found == before.synced || found == after.synced, "{cut:?} at {operations}");
    let size: usize = found.values().map(|content| content.len() + FILE_COST as usize).sum();
    assert!(size <= QUOTA as usize, "{size}: {cut:?} at {operations}");

    // The app goes on.
    rig.load(0, &App { groups: &["file"], capabilities: Some(&["file:6000"]), ..Default::default() });
    for (name, content) in &found {
        assert_eq!(rig.remove(name), Ok(()), "{content:?}");
    }
    let file = rig.open_file("again", 1).unwrap();
    assert_eq!(rig.append(file, 1, u64::from(QUOTA - FILE_COST)), Ok(()));
    rig.unload(0);
    assert_eq!(FILE.files().content(DIRECTORY), [("again".into(), vec![1; (QUOTA - FILE_COST) as usize])]);
    is_cut
}

#[test]
fn nothing_that_was_synced_is_lost_and_the_quota_holds() {
    rig(|rig| {
        let mut cuts = 0;
        for cut in Cut::ALL {
            cuts += (0..).take_while(|operations| run(rig, *operations, cut)).count();
        }
        assert!(cuts > 400, "{cuts}");
        println!("{cuts} cuts");
    });
}
