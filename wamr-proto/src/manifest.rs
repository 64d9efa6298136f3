//! What a module says of itself as an app: a custom section.

use crate::read::{Input, Read};
use crate::write::{write_as_map, write_as_number};
use crate::{AppLimits, AppName, Name};
use core::fmt;

/// The name of the custom section that holds a [`Manifest`].
pub const MANIFEST_SECTION: &str = "wamr-app";

/// What a module says of itself as an app. One without the section has the default: no name, never restarted, the device's limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
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
}

impl<'b> Read<'b> for Manifest {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        let mut manifest = Self::default();
        for _ in 0..input.map()? {
            match input.u64()? {
                0 => manifest.name = Read::read(input)?,
                1 => manifest.version = input.u32()?,
                2 => manifest.restart = Read::read(input)?,
                3 => manifest.entry = Some(Read::read(input)?),
                4 => manifest.limits = Read::read(input)?,
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

impl<'b> Read<'b> for Restart {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        [Self::Never, Self::OnFailure, Self::Always].get(input.u64()? as usize).copied()
    }
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

write_as_number!(Restart);
write_as_map!(Manifest: name, version, restart, entry, limits);

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
        };
        for manifest in [Manifest::default(), full] {
            assert_eq!(read::<Manifest>(&encode(&manifest).unwrap()), Ok(manifest));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(read::<Manifest>(&[0xa1, 9, 0]), Err(Malformed), "an unknown key");
        assert_eq!(read::<Manifest>(&[0xa1, 2, 3]), Err(Malformed), "an unknown policy");
        assert_eq!(read::<Manifest>(&[0xa1, 4, 0xa1, 8, 0]), Err(Malformed), "an unknown limit");
    }
}
