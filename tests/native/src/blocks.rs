//! Blocks for an app of the device: a group has the input and the output, and posts an event for each block.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wamr::{Caller, Error, Trap};
use wamr_zephyr::{AppData, AppEvent, EVENTS, EventKind, GroupLinker, HostGroup, clock};
use zephyr::printkln;
use zephyr::sync::Mutex;
use zephyr::sys::sync::Semaphore;
use zephyr::time::Duration;

use crate::Tally;
use crate::client::{self, app};

/// Bytes of a block: a millisecond of 16-bit samples at 48 kHz.
const SIZE: usize = 2 * 48;
const BLOCKS: u8 = 100;

/// What a driver for I2S would fill and send.
struct Buffers {
    input: [u8; SIZE],
    output: [u8; SIZE],
}

static BUFFERS: Mutex<Buffers> = Mutex::new(Buffers { input: [0; SIZE], output: [0; SIZE] });
static IS_DONE: Semaphore = Semaphore::new(0, 1);
/// When the last output came.
static DONE_AT: AtomicU32 = AtomicU32::new(0);

/// The group `blocks`. An app reads the input and writes the output in each event.
pub struct Blocks;

impl HostGroup for Blocks {
    fn name(&self) -> &str {
        "blocks"
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
        linker.func_wrap("read", |mut caller: Caller<'_, AppData>, to: u32| {
            let Ok(buffers) = BUFFERS.lock();
            bytes(caller.memory_mut(), to)?.copy_from_slice(&buffers.input);
            Ok::<(), Trap>(())
        })?;
        linker.func_wrap("write", |mut caller: Caller<'_, AppData>, from: u32| {
            let Ok(mut buffers) = BUFFERS.lock();
            buffers.output.copy_from_slice(bytes(caller.memory_mut(), from)?);
            DONE_AT.store(clock::cycles(), Relaxed);
            IS_DONE.give();
            Ok::<(), Trap>(())
        })
    }
}

fn bytes(memory: &mut [u8], address: u32) -> Result<&mut [u8], Trap> {
    memory.get_mut(address as usize..).and_then(|memory| memory.get_mut(..SIZE)).ok_or(Trap::MemoryOutOfBounds)
}

/// Gives an app a block each millisecond, and checks that it inverts all.
pub fn run(tally: &mut Tally) {
    let number = client::install(&app!("blocks"));
    let (mut right, mut worst) = (0, 0);
    for block in 0..BLOCKS {
        client::sleep(1);
        let Ok(mut buffers) = BUFFERS.lock();
        buffers.input = [block; SIZE];
        drop(buffers);
        let begin = clock::cycles();
        EVENTS.post(number, AppEvent { kind: EventKind::Custom, id: 0, value: SIZE as u32 });
        if IS_DONE.take(Duration::millis_at_least(100)).is_ok() {
            worst = worst.max(DONE_AT.load(Relaxed).wrapping_sub(begin));
            let Ok(buffers) = BUFFERS.lock();
            right += u8::from(buffers.output == [!block; SIZE]);
        }
    }
    printkln!("blocks by events: {worst} cycles from the event to the output at worst");
    tally.note("each event is a block", right == BLOCKS);
}
