//! Data about an app that is too long, or too rarely needed, for its details.

use crate::read::{Input, Read, read_as_number};
use crate::write::{Output, Write, write_as_number};

/// What a client reads with [`Command::Read`](crate::Command::Read). The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The SHA-256 of an app's module. At offset 32, a device that runs native code returns the SHA-256 of the WebAssembly module that an
    /// app's native code was compiled from, and no data for other apps. Other devices ignore the offset.
    Digest,
    /// The content of its [`Manifest`](crate::Manifest) section, from an offset.
    Manifest,
    /// The content of its signature section, from an offset.
    Signature,
    /// The limits that apply to it, from the device and its manifest together: [`AppLimits`](crate::AppLimits).
    Limits,
    /// A key that the device trusts, by its index from 0, followed by a byte: the sum of 1 for a key of the firmware and 2 for a key that
    /// may sign native code.
    Key,
    /// The description of the types of its imports and exports: the content of the first section whose name starts with
    /// `component-type`, from an offset.
    Types,
    /// The memory of a started app from an address. The client must [hold](crate::Command::Hold) the app.
    Memory,
    /// The installed apps whose number is at least the offset: [`AppPage`](crate::AppPage). The device also answers while an app runs.
    Apps,
    /// The use of the pool: [`PoolSummary`](crate::PoolSummary) at offset 0, and [`AppPool`](crate::AppPool) of a loaded app at offset 1.
    Pool,
}

read_as_number!(
    Part: Digest, Manifest, Signature, Limits, Key, Types, Memory, Apps, Pool;
);
write_as_number!(Part);

/// At most 64 bytes of a [`Part`]. Fewer than 64 bytes are the last ones. No bytes mean that there is no data at this position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt(heapless::Vec<u8, 64>);

impl Excerpt {
    /// The maximum length in bytes.
    pub const MAX: usize = 64;

    /// Returns the first bytes of a slice.
    pub fn of(bytes: &[u8]) -> Self {
        let front = bytes.get(..Self::MAX).unwrap_or(bytes);
        Self(heapless::Vec::from_slice(front).unwrap_or_default())
    }
}

impl core::ops::Deref for Excerpt {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Write for Excerpt {
    fn write(&self, output: &mut Output) {
        output.bytes(&self.0);
    }
}

impl<'b> Read<'b> for Excerpt {
    fn read(input: &mut Input<'b>) -> Option<Self> {
        heapless::Vec::from_slice(input.bytes()?).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AppLimits, AppPage, AppPool, AppState, AppStatus, Fingerprint, Functions, Response, RunLimits, decode, encode,
    };

    #[test]
    fn excerpts_hold_what_they_are_for() {
        let small = Some(u32::MAX);
        let run = RunLimits { fuel: Some(u64::MAX), millis: small, host_calls: small, host_millis: small };
        let limits = AppLimits { run, memory_pages: small, table_elements: small, stack_size: small, pool: small };
        let encoded = encode(&limits).unwrap();
        assert_eq!(decode::<AppLimits>(&Excerpt::of(&encoded)), Ok(limits), "{} bytes", encoded.len());
        let app =
            AppStatus { number: 31, state: AppState::Disabled, failures: 255, fingerprint: Fingerprint([255; 8]) };
        let apps = AppPage::first([app; AppPage::MAX].into_iter());
        let encoded = encode(&apps).unwrap();
        assert_eq!(decode::<AppPage>(&Excerpt::of(&encoded)), Ok(apps), "{} bytes", encoded.len());
        let pool = AppPool { code: u32::MAX, memory: u32::MAX, stack: u32::MAX, room: u32::MAX, overhead: u32::MAX };
        let encoded = encode(&Functions::new(&[u32::MAX; 5]).unwrap()).unwrap();
        assert_eq!(decode::<AppPool>(&Excerpt::of(&encoded)), Ok(pool), "{} bytes", encoded.len());
        assert_eq!(Excerpt::of(&[7; 65]).len(), 64);

        let response = Response { excerpt: Some(Excerpt::of(&[7; 64])), ..Response::new(u32::MAX) };
        assert_eq!(decode::<Response>(&encode(&response).unwrap()), Ok(response));
    }
}
