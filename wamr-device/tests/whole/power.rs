//! Power is cut before, in, and after every flash operation of what a device does, once and again while it recovers: every restart
//! finds the old app or the new one, whole, and nothing that the device must not forget is forgotten.

use crate::rig::{App, Failed, Rig, SUPERVISION, digest, flash, hang, powered, public};
use wamr_device::SignaturePolicy;
use wamr_device::sim::{Cut, SimFlash};
use wamr_proto::{AppState, Command, ErrorCode, Fingerprint, Trial, Upload, read};

/// Bytes that make a module of some blocks and two pages.
const BALLAST: usize = 4200;

fn old() -> App {
    App::new("app", 1).counter(1).signed(1)
}

fn new() -> App {
    App::new("app", 2).counter(2).signed(1).with(|app| app.ballast = BALLAST)
}

fn optional() -> SignaturePolicy {
    SignaturePolicy::optional(Box::leak(Box::new([public(1)])))
}

/// What a device does while power is cut.
struct Scenario {
    name: &'static str,
    signatures: fn() -> SignaturePolicy,
    prepare: fn(&mut Rig<'_, '_, '_>),
    /// Starts of the device after that in which an entry does not return.
    hangs: u8,
    /// Does it, or what is left of it after a restart. Everything may fail for want of power.
    act: fn(&mut Rig<'_, '_, '_>),
    /// What must hold after any restart.
    holds: fn(&mut Rig<'_, '_, '_>),
    /// What must hold when it was done with power.
    done: fn(&mut Rig<'_, '_, '_>),
}

impl Scenario {
    /// Cuts power at every operation; at each of them in every way. Returns the number of cuts.
    fn cut_once(&self) -> u32 {
        let mut cuts = 0;
        self.each_cut(&self.prepared(), |mut flash, told| {
            powered(&mut flash, (self.signatures)(), |rig| {
                self.check(rig, told);
                (self.act)(rig);
            });
            powered(&mut flash, (self.signatures)(), self.done);
            cuts += 1;
        });
        assert!(cuts > 0, "{}: something is written", self.name);
        cuts
    }

    /// Cuts power a second time at every operation of the restart and of what is left to do. Returns the number of pairs.
    fn cut_twice(&self) -> u32 {
        let mut pairs = 0;
        self.each_cut(&self.prepared(), |first, _| {
            self.each_cut(&first, |mut flash, told| {
                powered(&mut flash, (self.signatures)(), |rig| self.check(rig, told));
                pairs += 1;
            });
        });
        pairs
    }

    fn prepared(&self) -> SimFlash {
        let mut flash = flash();
        powered(&mut flash, (self.signatures)(), self.prepare);
        for _ in 0..self.hangs {
            assert!(hang(&mut flash, (self.signatures)()), "{}: an entry is called", self.name);
        }
        flash
    }

    /// Starts the device and acts, once for each way to cut power before it is done.
    fn each_cut(&self, before: &SimFlash, mut visit: impl FnMut(SimFlash, Option<Upload>)) {
        for cut in [Cut::Weak].into_iter().chain(Cut::ALL) {
            // Before an operation is after the one before it, except for the first.
            let ends = if cut == Cut::Before { 1 } else { u32::MAX };
            for operations in 0..ends {
                let mut flash = before.clone();
                flash.cut_after(operations, cut);
                let told = powered(&mut flash, (self.signatures)(), |rig| {
                    (self.act)(rig);
                    rig.told
                });
                if flash.is_powered() {
                    break;
                }
                flash.power_on();
                if cut == Cut::Weak && !flash.is_torn() {
                    continue;
                }
                visit(flash, told);
            }
        }
    }

    /// The device has what it must have, and an upload has not lost what the client was told to be durable.
    fn check(&self, rig: &mut Rig<'_, '_, '_>, told: Option<Upload>) {
        if let (Some(told), Some(upload)) = (told, rig.status().upload)
            && upload.fingerprint == told.fingerprint
        {
            assert!(upload.durable >= told.durable, "{}: {} after {}", self.name, upload.durable, told.durable);
        }
        (self.holds)(rig);
    }
}

fn either(rig: &mut Rig<'_, '_, '_>) {
    let versions: Vec<_> = rig.versions("app").iter().map(|(version, _)| *version).collect();
    assert!(matches!(versions[..], [1 | 2]), "{versions:?}");
    // What is kept is never followed by what is older.
    if versions == [2] {
        assert_eq!(rig.install(&old()), Err(Failed::Refused(ErrorCode::OlderVersion, Some(2))));
    }
}

const UPGRADE: Scenario = Scenario {
    name: "upgrade",
    signatures: optional,
    prepare: |rig| rig.install(&old()).unwrap(),
    hangs: 0,
    act: |rig| {
        let _ = rig.install(&new());
    },
    holds: either,
    done: |rig| {
        rig.assert_version("app", 2);
        either(rig);
    },
};

const INSTALL: Scenario = Scenario {
    name: "install",
    prepare: |_| (),
    holds: |rig| match rig.versions("app")[..] {
        [] => {}
        _ => rig.assert_version("app", 2),
    },
    ..UPGRADE
};

/// The new version works when it has said so.
const TRIAL: Scenario = Scenario {
    name: "trial",
    act: |rig| {
        let confirming = new().with(|app| app.manifest.trial = Trial::Confirm);
        if rig.install(&confirming).is_ok() {
            let _ = rig.run(rig.number(), "confirm");
        }
    },
    ..UPGRADE
};

/// The new version fails. Its counter does not count.
const REVERT: Scenario = Scenario {
    name: "revert",
    act: |rig| {
        let _ = rig.install(&new().entry("unreachable"));
    },
    holds: |rig| rig.assert_version("app", 1),
    done: |rig| {
        rig.assert_version("app", 1);
        rig.install(&App::new("app", 3).counter(1).signed(1)).unwrap();
    },
    ..UPGRADE
};

/// Two versions and another app are there; the app goes, and no version of it comes back. Its counter stays.
const REMOVE: Scenario = Scenario {
    name: "remove",
    prepare: |rig| {
        rig.install(&App::new("app", 1).counter(2).signed(1)).unwrap();
        rig.install(&App::new("app", 2).counter(2).signed(1)).unwrap();
        rig.install(&App::new("other", 9)).unwrap();
    },
    act: |rig| {
        let other = Fingerprint::from(&digest(&App::new("other", 9).module()));
        let app = rig.status().apps.iter().find(|app| app.fingerprint != other).copied();
        if let Some(app) = app {
            let _ = rig.ask(Command::Remove { app: app.number });
        }
    },
    holds: |rig| {
        rig.assert_version("other", 9);
        match rig.versions("app")[..] {
            [] => assert_eq!(rig.install(&old()), Err(Failed::Refused(ErrorCode::OlderVersion, Some(2)))),
            _ => rig.assert_version("app", 2),
        }
    },
    done: |rig| {
        rig.assert_version("other", 9);
        assert_eq!(rig.versions("app"), []);
    },
    ..UPGRADE
};

/// A key is trusted in the place of another. The ledger is almost full, so that it is also moved to its other page.
const KEYS: Scenario = Scenario {
    name: "keys",
    hangs: 0,
    signatures: || SignaturePolicy::required(&[]),
    prepare: |rig| {
        rig.ask(Command::Trust { key: public(1) }).unwrap();
        rig.install(&App::new("app", 1).counter(1).signed(1)).unwrap();
        for _ in 0..30 {
            rig.ask(Command::Trust { key: public(3) }).unwrap();
            rig.ask(Command::Revoke { key: public(3) }).unwrap();
        }
    },
    act: |rig| {
        let _ = rig.ask(Command::Trust { key: public(2) });
        let _ = rig.ask(Command::Revoke { key: public(2) });
        let _ = rig.ask(Command::Trust { key: public(2) });
    },
    holds: |rig| {
        rig.assert_version("app", 1);
        let unknown = Err(Failed::Refused(ErrorCode::UnknownKey, None));
        assert_eq!(rig.install(&App::new("app", 3).counter(9).signed(3)), unknown);
        let older = Err(Failed::Refused(ErrorCode::OlderVersion, Some(1)));
        assert_eq!(rig.install(&App::new("app", 0).signed(1)), older);
    },
    done: |rig| {
        rig.install(&App::new("app", 2).counter(2).signed(1)).unwrap();
        rig.install(&App::new("other", 2).counter(2).signed(2)).unwrap();
    },
};

/// A client's key, under which nobody could go on, is revoked, and the name goes to the firmware's. The ledger is moved meanwhile.
const NAMES: Scenario = Scenario {
    name: "names",
    prepare: |rig| {
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        rig.install(&App::new("app", 1).counter(u32::MAX).signed(3)).unwrap();
        for _ in 0..29 {
            rig.ask(Command::Trust { key: public(4) }).unwrap();
            rig.ask(Command::Revoke { key: public(4) }).unwrap();
        }
        rig.ask(Command::Trust { key: public(5) }).unwrap();
    },
    act: |rig| {
        let _ = rig.ask(Command::Revoke { key: public(3) });
        let _ = rig.install(&App::new("app", 2).counter(2).signed(1));
    },
    holds: |rig| match rig.versions("app")[..] {
        // It was revoked and does not start any more.
        [] => {}
        [(1, _)] => {
            let taken = Err(Failed::Refused(ErrorCode::NameTaken, None));
            assert_eq!(rig.install(&App::new("app", 2).counter(2).signed(1)), taken);
        }
        _ => rig.assert_version("app", 2),
    },
    done: |rig| {
        rig.assert_version("app", 2);
        let older = Err(Failed::Refused(ErrorCode::OlderVersion, Some(2)));
        assert_eq!(rig.install(&App::new("app", 3).counter(1).signed(1)), older);
        rig.ask(Command::Trust { key: public(3) }).unwrap();
        let taken = Err(Failed::Refused(ErrorCode::NameTaken, None));
        assert_eq!(rig.install(&App::new("app", 1).counter(u32::MAX).signed(3)), taken);
    },
    ..UPGRADE
};

/// The owner denies the new version the second entry of its list, and the old one nothing. Neither gets what it was denied.
const DENY: Scenario = Scenario {
    name: "deny",
    prepare: |rig| rig.install(&old().with(listed)).unwrap(),
    act: |rig| {
        let _ = rig.install(&new().with(listed).with(|app| app.denied = 2));
    },
    holds: |rig| match rig.versions("app")[..] {
        [(1, AppState::Started)] => assert_eq!(rig.denied(rig.number()), None),
        _ => {
            rig.assert_version("app", 2);
            assert_eq!(rig.denied(rig.number()), Some(2));
        }
    },
    done: |rig| {
        rig.assert_version("app", 2);
        assert_eq!(rig.denied(rig.number()), Some(2));
    },
    ..UPGRADE
};

fn listed(app: &mut App) {
    app.manifest.capabilities = Some(read(b"\x82\x64wamr\x65plain").unwrap());
}

/// The device starts an app, which it marks. The marks of the restarts that the cuts make do not add up.
const START: Scenario = Scenario {
    name: "start",
    prepare: |rig| rig.install(&old().entry("nop")).unwrap(),
    act: |_| (),
    holds: |rig| rig.assert_version("app", 1),
    done: |rig| rig.assert_version("app", 1),
    ..UPGRADE
};

/// The device does not start an app any more, at whose starts it restarted, and a client has it started again.
const FORGIVE: Scenario = Scenario {
    name: "forgive",
    hangs: SUPERVISION.resets,
    act: |rig| {
        let _ = rig.ask(Command::Start { app: rig.number() });
    },
    holds: |rig| match rig.status().apps[0].state {
        AppState::RestartedDevice => assert_eq!(rig.status().apps[0].failures, SUPERVISION.resets),
        _ => rig.assert_version("app", 1),
    },
    ..START
};

/// The device starts an app at whose start it restarted once. Two cuts more make the app one that it does not start.
const AGAIN: Scenario = Scenario { name: "again", hangs: 1, holds: FORGIVE.holds, ..START };

const SCENARIOS: [Scenario; 11] = [INSTALL, UPGRADE, TRIAL, REVERT, REMOVE, KEYS, NAMES, DENY, START, AGAIN, FORGIVE];

#[test]
fn power_is_cut_at_every_operation() {
    let mut all = 0;
    for scenario in SCENARIOS {
        let cuts = scenario.cut_once();
        println!("{}: {cuts} cuts", scenario.name);
        all += cuts;
    }
    println!("power cuts: {all}");
}

#[test]
fn power_is_cut_at_every_operation_and_again_at_every_one_of_the_recovery() {
    let mut all = 0;
    for scenario in SCENARIOS {
        let pairs = scenario.cut_twice();
        println!("{}: {pairs} pairs of cuts", scenario.name);
        all += pairs;
    }
    println!("pairs of power cuts: {all}");
}

/// The upgrade sends only its changes: the device copies most of the new version from the old one. The slots change as in other uploads, so one
/// cut is enough.
#[cfg(feature = "delta")]
#[test]
fn power_is_cut_at_every_operation_of_a_delta() {
    fn large_old() -> App {
        old().with(|app| app.ballast = BALLAST)
    }
    let delta = Scenario {
        name: "delta",
        prepare: |rig| rig.install(&large_old()).unwrap(),
        act: |rig| {
            let _ = rig.upgrade(&large_old(), &new());
        },
        ..UPGRADE
    };
    println!("delta: {} cuts", delta.cut_once());
}
