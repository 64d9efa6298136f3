//! What a module says of itself as an app: a custom section.

use crate::read::{Input, Read, read_as_number};
use crate::write::{write_as_map, write_as_number};
use crate::{AppLimits, AppName, Capabilities, Name};
use core::fmt;

/// The name of the custom section that holds a [`Manifest`].
pub const MANIFEST_SECTION: &str = "wamr-app";

/// What a module says of itself as an app. One without the section has the default: no name, never restarted, the device's limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest<'b> {
    /// Which app it is. A module with the name of an installed app is a new version of that.
    pub name: AppName,
    /// Which version of the app.
    pub version: u32,
    /// When the device starts it again by itself.
    pub restart: Restart,
    /// The exported function that the device calls when it has started the app, without arguments.
    pub entry: Option<Name>,
    /// The most that the app wants, within what the device allows.
    pub limits: AppLimits,
    /// Counts the versions that must not be replaced by older ones: a device never again installs an app of this name with a lower
    /// counter than that of a version which it kept.
    pub counter: u32,
    /// Whether the device starts the app when it starts itself. Otherwise a client does.
    pub autostart: Autostart,
    /// How a new version shows that it works. Until then a failure brings the version before it back.
    pub trial: Trial,
    /// All that it reaches of what the device offers. `None` says nothing: then its imports alone do.
    pub capabilities: Option<Capabilities<'b>>,
}

impl<'b> Read<'b> for Manifest<'b> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let mut manifest = Self::default();
        for _ in 0..input.map()? {
            match input.u64()? {
                0 => manifest.name = Read::read(input)?,
                1 => manifest.version = input.u32()?,
                2 => manifest.restart = Read::read(input)?,
                3 => manifest.entry = Some(Read::read(input)?),
                4 => manifest.limits = Read::read(input)?,
                5 => manifest.counter = input.u32()?,
                6 => manifest.autostart = Read::read(input)?,
                7 => manifest.trial = Read::read(input)?,
                8 => manifest.capabilities = Some(Read::read(input)?),
                _ => return None,
            }
        }
        Some(manifest)
    }
}

/// When a device starts an app again by itself: loads it afresh and calls its entry. The numbers are the protocol's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Not at all. Its memory stays as a failure left it.
    #[default]
    Never,
    /// After a trap or a limit, each time after a longer pause.
    OnFailure,
    /// Also after its entry has returned.
    Always,
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::OnFailure => "on-failure",
            Self::Always => "always",
        })
    }
}

/// Whether a device starts an app when it starts itself. The numbers are the protocol's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Autostart {
    /// It does.
    #[default]
    Yes,
    /// A client starts it.
    No,
}

/// How a new version of an app shows that it works. The numbers are the protocol's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    /// Its entry returns; without an entry, it can be started.
    #[default]
    Entry,
    /// It calls the host function `confirm`.
    Confirm,
}

read_as_number!(
    Restart: Never, OnFailure, Always;
    Autostart: Yes, No;
    Trial: Entry, Confirm;
);
write_as_number!(Restart, Autostart, Trial);
write_as_map!(Manifest<'_>: name, version, restart, entry, limits, counter, autostart, trial, capabilities);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Malformed, RunLimits, encode, read};

    #[test]
    fn manifests_come_back_as_they_were() {
        let run = RunLimits { fuel: Some(9), millis: Some(8), host_calls: Some(7), host_millis: Some(6) };
        let limits =
            AppLimits { run, memory_pages: Some(1), table_elements: Some(2), stack_size: Some(3), pool: Some(4) };
        let full = Manifest {
            name: AppName::new("sensor").unwrap(),
            version: 12,
            restart: Restart::OnFailure,
            entry: Name::new("run"),
            limits,
            counter: u32::MAX,
            autostart: Autostart::No,
            trial: Trial::Confirm,
            capabilities: Some(read(b"\x82\x64wamr\x64gpio").unwrap()),
        };
        for manifest in [Manifest::default(), full] {
            assert_eq!(read::<Manifest<'_>>(&encode(&manifest).unwrap()), Ok(manifest));
        }
    }

    #[test]
    fn capabilities_may_stand_before_other_entries() {
        let manifest = read::<Manifest<'_>>(b"\xa2\x08\x81\x64gpio\x05\x07").unwrap();
        assert!(manifest.capabilities.unwrap().names().eq(["gpio"]));
        assert_eq!(manifest.counter, 7);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 9, 0]), Err(Malformed), "an unknown key");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 2, 3]), Err(Malformed), "an unknown policy");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 7, 2]), Err(Malformed), "an unknown trial");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 4, 0xa1, 8, 0]), Err(Malformed), "an unknown limit");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 8, 0x81, 0]), Err(Malformed), "a capability that is no text");
    }
}
