//! The manifest of an app: a custom section of its module.

use crate::read::{Input, Read, read_as_number};
use crate::write::{write_as_map, write_as_number};
use crate::{AppLimits, AppName, Capabilities, Name, encode_within};
use core::fmt;

/// The name of the custom section that holds a [`Manifest`].
pub const MANIFEST_SECTION: &str = "wamr-app";

/// The size in which every encoded [`Manifest`] fits, in bytes. The longest has 16 capabilities of 48 bytes.
pub const MANIFEST_MAX: usize = 1024;

/// The manifest of an app. A module without this section has the default: no name, no restarts, the device's limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest<'b> {
    /// The name of the app. A module with the name of an installed app is a new version of that app.
    pub name: AppName,
    /// The version of the app.
    pub version: u32,
    /// When the device restarts the app by itself.
    pub restart: Restart,
    /// The entry point: an exported function without parameters that the device calls after it has started the app.
    pub entry: Option<Name>,
    /// Limits of the app, within those of the device.
    pub limits: AppLimits,
    /// The security counter, which prevents a rollback to older versions. After a device has kept a version, it never again
    /// installs an app with the same name and a lower security counter.
    pub counter: u32,
    /// Whether the device starts the app when it starts itself, or a client does.
    pub autostart: Autostart,
    /// How a new version shows that it works. Until then, a failure makes the device go back to the previous version.
    pub trial: Trial,
    /// All capabilities that the app uses. With `None`, its imports alone decide.
    pub capabilities: Option<Capabilities<'b>>,
    /// The priority of its events: those of the app with the highest priority come first. 0 by default.
    pub priority: Option<u8>,
}

/// The size in which the section of every [`Manifest`] fits: a number, a length of two bytes, and the name with its length before the content.
const SECTION_MAX: usize = 1 + 2 + 1 + MANIFEST_SECTION.len() + MANIFEST_MAX;

impl Manifest<'_> {
    /// Returns the custom section with this manifest, to append to a module that has none, or `None` if the manifest is longer than
    /// [`MANIFEST_MAX`].
    pub fn to_section(&self) -> Option<heapless::Vec<u8, SECTION_MAX>> {
        let content = encode_within::<MANIFEST_MAX>(self)?;
        let name = MANIFEST_SECTION.as_bytes();
        let length = 1 + name.len() + content.len();
        // LEB128.
        let (low, high) = ((length & 0x7f) as u8, (length >> 7) as u8);
        let length: &[u8] = if high == 0 { &[low] } else { &[low | 0x80, high] };
        let mut section = heapless::Vec::new();
        for part in [&[0], length, &[name.len() as u8], name, &content] {
            section.extend_from_slice(part).ok()?;
        }
        Some(section)
    }
}

impl<'b> Read<'b> for Manifest<'b> {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let mut manifest = Self::default();
        for _ in 0..input.map()? {
            match input.u32()? {
                0 => manifest.name = Read::read(input)?,
                1 => manifest.version = input.u32()?,
                2 => manifest.restart = Read::read(input)?,
                3 => manifest.entry = Some(Read::read(input)?),
                4 => manifest.limits = Read::read(input)?,
                5 => manifest.counter = input.u32()?,
                6 => manifest.autostart = Read::read(input)?,
                7 => manifest.trial = Read::read(input)?,
                8 => manifest.capabilities = Some(Read::read(input)?),
                9 => manifest.priority = Some(input.u32()?.try_into().ok()?),
                _ => return None,
            }
        }
        Some(manifest)
    }
}

/// When a device restarts an app by itself, which means to load it again and call its entry point. The numbers are part of the
/// protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never. The app's memory stays as a failure left it.
    #[default]
    Never,
    /// After a trap or an exceeded limit, each time after a longer delay.
    OnFailure,
    /// Also after its entry point returns.
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

/// Whether a device starts an app when it starts itself. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Autostart {
    /// The device starts the app.
    #[default]
    Yes,
    /// A client starts it.
    No,
}

/// How a new version of an app shows that it works. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    /// Its entry point returns. An app without an entry point only has to start.
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
write_as_map!(Manifest<'_>: name, version, restart, entry, limits, counter, autostart, trial, capabilities, priority);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capability, CapabilityList, Malformed, RunLimits, encode, encode_within, read};

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
            priority: Some(7),
        };
        for manifest in [Manifest::default(), full] {
            assert_eq!(read::<Manifest<'_>>(&encode(&manifest).unwrap()), Ok(manifest));
        }
    }

    #[test]
    fn the_longest_manifest_fits() {
        let name = Capability::new(core::str::from_utf8(&[b'a'; Capability::MAX]).unwrap()).unwrap();
        let list = CapabilityList::first(core::iter::repeat(name));
        let list = encode_within::<MANIFEST_MAX>(&list).unwrap();
        let run = RunLimits {
            fuel: Some(u64::MAX),
            millis: Some(u32::MAX),
            host_calls: Some(u32::MAX),
            host_millis: Some(u32::MAX),
        };
        let most = Some(u32::MAX);
        let limits = AppLimits { run, memory_pages: most, table_elements: most, stack_size: most, pool: most };
        let manifest = Manifest {
            name: AppName::new(core::str::from_utf8(&[b'a'; AppName::MAX]).unwrap()).unwrap(),
            version: u32::MAX,
            restart: Restart::Always,
            entry: Name::new(core::str::from_utf8(&[b'a'; Name::MAX]).unwrap()),
            limits,
            counter: u32::MAX,
            autostart: Autostart::No,
            trial: Trial::Confirm,
            capabilities: Some(read(&list).unwrap()),
            priority: Some(u8::MAX),
        };
        let encoded = encode_within::<MANIFEST_MAX>(&manifest).unwrap();
        assert_eq!(read::<Manifest<'_>>(&encoded), Ok(manifest));
    }

    #[test]
    fn capabilities_may_stand_before_other_entries() {
        let manifest = read::<Manifest<'_>>(b"\xa2\x08\x81\x64gpio\x05\x07").unwrap();
        assert!(manifest.capabilities.unwrap().names().eq(["gpio"]));
        assert_eq!(manifest.counter, 7);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 10, 0]), Err(Malformed), "an unknown key");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 2, 3]), Err(Malformed), "an unknown policy");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 7, 2]), Err(Malformed), "an unknown trial");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 4, 0xa1, 8, 0]), Err(Malformed), "an unknown limit");
        assert_eq!(read::<Manifest<'_>>(&[0xa1, 8, 0x81, 0]), Err(Malformed), "a capability that is no text");
    }
}
