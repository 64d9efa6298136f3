//! The interface `rng`.

use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};

use crate::Error;
use crate::abi::{self, App};

/// The longest list of random bytes.
pub const BYTES_MAX: u32 = 1024;

/// Fills a buffer with random bytes.
pub type Fill = fn(&mut [u8]) -> Result<(), Error>;

/// The group `rng`.
#[derive(Debug)]
pub struct Rng {
    fill: Fill,
}

impl Rng {
    const METHODS: &[Method<Self, AppData>] = &[Method::new("bytes", Self::bytes), Method::new("number", Self::number)];

    /// The bytes of `fill` must be fit for cryptography. If it fails, the app traps: it must not go on with other bytes.
    pub const fn new(fill: Fill) -> Self {
        Self { fill }
    }

    /// At most [`BYTES_MAX`] bytes.
    fn bytes(&self, mut app: App<'_>, length: u32, ret: u32) -> Result<(), Trap> {
        if length > BYTES_MAX {
            return Err(Trap::host("rng.bytes: at most 1024 bytes"));
        }
        let content = abi::allocate(&mut app, length, 1)?;
        self.fill(app.bytes_mut(content, length)?)?;
        abi::ret(&mut app, ret, content)?;
        abi::ret(&mut app, ret.wrapping_add(4), length)
    }

    fn number(&self, _: App<'_>) -> Result<u64, Trap> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), Trap> {
        (self.fill)(bytes).map_err(|_| Trap::host("the device has no random numbers now"))
    }
}

impl HostGroup for Rng {
    fn name(&self) -> &str {
        "rng"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.interface("wamr:device/rng@0.1", self, Self::METHODS)
    }
}
