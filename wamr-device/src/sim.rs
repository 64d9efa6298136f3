//! NOR flash in RAM that is as strict as real flash: writes only clear bits, only erases set them, and addresses must be aligned. A page
//! whose erase was cut does not hold what is written to it. Operations take time, which is added up and not waited for.

use alloc::{vec, vec::Vec};
use core::ops::Range;
use core::time::Duration;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_write};

/// Simulated NOR flash.
#[derive(Clone, Debug)]
pub struct SimFlash {
    bytes: Vec<u8>,
    /// The number of operations that still succeed, and the fault of the next one.
    fault: Option<(u32, Fault)>,
    operations: u32,
    /// How often each page was erased.
    erases: Vec<u32>,
    /// The last erase of these pages was cut.
    torn: Vec<bool>,
    powered: bool,
    timing: Timing,
    busy: Duration,
}

/// How long operations of a flash take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// To write one unit of [`SimFlash::WRITE_SIZE`].
    pub write: Duration,
    /// To erase a page.
    pub page: Duration,
    /// The size of a block and the time to erase it at once, if the flash has blocks. An aligned block in the range of an erase is erased
    /// at once.
    pub block: Option<(usize, Duration)>,
}

impl Timing {
    /// The internal flash of an nRF5340.
    pub const NRF5340: Self =
        Self { write: Duration::from_nanos(43_750), page: Duration::from_micros(87_500), block: None };

    fn erase(&self, range: Range<usize>) -> Duration {
        let (mut at, mut time) = (range.start, Duration::ZERO);
        while at < range.end {
            let (size, takes) = match self.block {
                Some((size, takes)) if at.is_multiple_of(size) && size <= range.end - at => (size, takes),
                _ => (SimFlash::ERASE_SIZE, self.page),
            };
            (at, time) = (at + size, time + takes);
        }
        time
    }
}

/// A fault of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails without an effect.
    Fails,
    /// Power is lost.
    Cut(Cut),
}

/// When the power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the operation.
    Before,
    /// In the middle: the first half is done, and some bits of the next byte.
    Front,
    /// In the middle, if the hardware starts at the other end.
    Back,
    /// At the end: all that was to be done can be read, but an erased page does not hold what is written to it. For writes, this is the same
    /// as [`After`](Self::After).
    Weak,
    /// After the operation, before anybody knows that it is done.
    After,
}

impl Cut {
    /// All that are different for each operation.
    pub const ALL: [Self; 4] = [Self::Before, Self::Front, Self::Back, Self::After];

    /// Performs as much of an operation as the power lasts for. `change` returns the new value of a byte.
    fn apply(self, bytes: &mut [u8], change: impl Fn(usize, u8) -> u8) {
        let half = bytes.len() / 2;
        let done = match self {
            Self::Before => 0..0,
            Self::Front => 0..half,
            Self::Back => half..bytes.len(),
            Self::Weak | Self::After => 0..bytes.len(),
        };
        for at in done.clone() {
            bytes[at] = change(at, bytes[at]);
        }
        let torn = if self == Self::Back { done.start.checked_sub(1) } else { Some(done.end) };
        if matches!(self, Self::Front | Self::Back)
            && let Some(at) = torn
            && let Some(byte) = bytes.get_mut(at)
        {
            let (old, new) = (*byte, change(at, *byte));
            *byte = old & 0x55 | new & 0xaa;
        }
    }
}

impl SimFlash {
    /// Creates erased flash of `size` bytes, rounded up to whole pages.
    pub fn new(size: usize) -> Self {
        Self::from_bytes(vec![0xff; size])
    }

    /// Creates flash with this content, padded to whole pages.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        bytes.resize(bytes.len().next_multiple_of(Self::ERASE_SIZE), 0xff);
        let pages = bytes.len() / Self::ERASE_SIZE;
        let (erases, torn) = (vec![0; pages], vec![false; pages]);
        let (timing, busy) = (Timing::NRF5340, Duration::ZERO);
        Self { bytes, fault: None, operations: 0, erases, torn, powered: true, timing, busy }
    }

    /// Returns the whole content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes the operation after the next `operations` writes and erases fail.
    pub fn fail_after(&mut self, operations: u32) {
        self.fault = Some((operations, Fault::Fails));
    }

    /// Cuts the power at the operation after the next `operations` writes and erases. Nothing succeeds after that.
    pub fn cut_after(&mut self, operations: u32, cut: Cut) {
        self.fault = Some((operations, Fault::Cut(cut)));
    }

    /// The number of writes and erases so far.
    pub fn operations(&self) -> u32 {
        self.operations
    }

    /// How often each page was erased so far.
    pub fn erases(&self) -> &[u32] {
        &self.erases
    }

    /// Sets how long operations take from now on. At first, they take as long as on an nRF5340.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// How long all writes and erases have taken so far.
    pub fn busy(&self) -> Duration {
        self.busy
    }

    /// Whether there is a page whose last erase was cut.
    pub fn is_torn(&self) -> bool {
        self.torn.contains(&true)
    }

    /// Whether the power is still on.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// Restores power, and removes faults that have not happened yet.
    pub fn power_on(&mut self) {
        (self.powered, self.fault) = (true, None);
    }

    fn operate(
        &mut self,
        range: Range<usize>,
        takes: Duration,
        change: impl Fn(usize, u8) -> u8,
    ) -> Result<(), NorFlashErrorKind> {
        if !self.powered {
            return Err(NorFlashErrorKind::Other);
        }
        self.operations += 1;
        self.busy += takes;
        let fault = match &mut self.fault {
            Some((0, fault)) => Some(*fault),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        let bytes = &mut self.bytes[range];
        match fault {
            None => {
                Cut::After.apply(bytes, change);
                return Ok(());
            }
            Some(Fault::Fails) => self.fault = None,
            Some(Fault::Cut(cut)) => {
                cut.apply(bytes, change);
                self.powered = false;
            }
        }
        Err(NorFlashErrorKind::Other)
    }
}

fn range(at: u32, len: usize) -> Range<usize> {
    at as usize..at as usize + len
}

impl ErrorType for SimFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for SimFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(self.bytes.get(range(offset, bytes.len())).ok_or(NorFlashErrorKind::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for SimFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        let range = from as usize..to as usize;
        let pages = range.start / Self::ERASE_SIZE..range.end / Self::ERASE_SIZE;
        let (was_powered, takes) = (self.powered, self.timing.erase(range.clone()));
        let result = self.operate(range, takes, |_, _| 0xff);
        if was_powered {
            let whole = matches!(self.fault, Some((_, Fault::Cut(Cut::Before | Cut::After))));
            let is_torn = !self.powered && !whole;
            self.erases[pages.clone()].iter_mut().for_each(|erases| *erases += 1);
            self.torn[pages].iter_mut().for_each(|torn| *torn = is_torn || *torn && result.is_err());
        }
        result
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        let takes = self.timing.write * (bytes.len() / Self::WRITE_SIZE) as u32;
        // A page whose erase was cut loses some bits.
        let holds = if self.torn[offset as usize / Self::ERASE_SIZE] { 0x7e } else { 0xff };
        self.operate(range(offset, bytes.len()), takes, |at, byte| byte & bytes[at] & holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_leaves_a_part_of_the_operation() {
        for (cut, left) in [
            (Cut::Before, [0xff; 8]),
            (Cut::Front, [0, 0, 0, 0, 0x55, 0xff, 0xff, 0xff]),
            (Cut::Back, [0xff, 0xff, 0xff, 0x55, 0, 0, 0, 0]),
            (Cut::Weak, [0; 8]),
            (Cut::After, [0; 8]),
        ] {
            let mut flash = SimFlash::new(SimFlash::ERASE_SIZE);
            flash.cut_after(1, cut);
            flash.write(8, &[0; 4]).unwrap();
            flash.write(0, &[0; 8]).unwrap_err();
            assert_eq!((&flash.bytes()[..8], flash.is_powered()), (&left[..], false), "{cut:?}");
            flash.write(12, &[0; 4]).unwrap_err();
            flash.power_on();
            flash.write(12, &[0; 4]).unwrap();
            assert_eq!(flash.operations(), 3, "those with power");
        }
    }

    #[test]
    fn a_torn_byte_of_an_erase_has_some_of_its_bits() {
        let mut flash = SimFlash::from_bytes(vec![0; SimFlash::ERASE_SIZE]);
        flash.cut_after(0, Cut::Front);
        let half = SimFlash::ERASE_SIZE / 2;
        flash.erase(0, SimFlash::ERASE_SIZE as u32).unwrap_err();
        assert_eq!(flash.bytes()[half - 1..half + 2], [0xff, 0xaa, 0]);
        assert_eq!(flash.erases(), [1]);
    }

    #[test]
    fn a_page_whose_erase_was_cut_holds_nothing_until_it_is_erased() {
        for (cut, holds) in [(Cut::Front, false), (Cut::Back, false), (Cut::Weak, false), (Cut::After, true)] {
            let mut flash = SimFlash::new(2 * SimFlash::ERASE_SIZE);
            flash.cut_after(0, cut);
            flash.erase(0, SimFlash::ERASE_SIZE as u32).unwrap_err();
            flash.power_on();
            assert!(flash.bytes().iter().all(|byte| *byte == 0xff), "{cut:?} looks erased");
            flash.write(0, &[0xaa; 4]).unwrap();
            assert_eq!(flash.bytes()[..4] == [0xaa; 4], holds, "{cut:?}");
            flash.erase(0, SimFlash::ERASE_SIZE as u32).unwrap();
            flash.write(0, &[0xaa; 4]).unwrap();
            assert_eq!(flash.bytes()[..4], [0xaa; 4]);
        }
    }

    #[test]
    fn operations_take_their_time() {
        let millis = Duration::from_millis;
        let block = 2 * SimFlash::ERASE_SIZE;
        let mut flash = SimFlash::new(8 * SimFlash::ERASE_SIZE);
        flash.set_timing(Timing { write: millis(1), page: millis(100), block: Some((block, millis(130))) });
        flash.write(0, &[0; 12]).unwrap();
        assert_eq!(flash.busy(), millis(3));
        // A page, two blocks, and a page.
        flash
            .erase(SimFlash::ERASE_SIZE as u32, (6 * SimFlash::ERASE_SIZE) as u32 + SimFlash::ERASE_SIZE as u32)
            .unwrap();
        assert_eq!(flash.busy(), millis(3 + 100 + 2 * 130 + 100));
    }
}
