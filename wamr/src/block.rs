//! Guests that process samples in real time, one block after the other.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use core::time::Duration;

use crate::block_stats::BlockStats;
use crate::sample::{self, Sample};
use crate::{Error, Instance, Trap, TypedFunc, clock};

/// A guest that processes blocks of samples, such as audio or the measurements of a control loop, with a budget for each block.
///
/// A *frame* has one sample of each channel, and a block has some frames, in which the channels alternate. The guest exports:
///
/// | function | result |
/// |---|---|
/// | `input() -> i32`, `output() -> i32` | the addresses of its buffers, which may be the same |
/// | `inputs() -> i32`, `outputs() -> i32` | the samples of a frame in each buffer: the number of channels, or 0 |
/// | `capacity() -> i32` | the most frames of a block |
/// | `process(input: i32, output: i32, frames: i32)` | reads frames at `input` and writes as many at `output` |
///
/// All but `process` are called once, when the callback is created. From then on neither this crate nor WAMR allocates, unless the guest
/// grows its memory. A module that must not do so has a memory with the same minimum and maximum.
///
/// The type `S` of the samples is an agreement between the app and the host, which nothing checks.
///
/// ```
#[doc = include_str!("../doc/show.txt")]
/// # fn main() -> Result<(), wamr::Error> {
/// # show(r#"(module (memory 1)
/// #     (func (export "input") (result i32) (i32.const 0)) (func (export "output") (result i32) (i32.const 0))
/// #     (func (export "inputs") (result i32) (i32.const 1)) (func (export "outputs") (result i32) (i32.const 1))
/// #     (func (export "capacity") (result i32) (i32.const 64))
/// #     (func (export "process") (param $in i32) (param $out i32) (param $n i32)
/// #         (loop $next
/// #             (i32.store16 (local.get $out) (i32.div_s (i32.load16_s (local.get $in)) (i32.const 2)))
/// #             (local.set $in (i32.add (local.get $in) (i32.const 2)))
/// #             (local.set $out (i32.add (local.get $out) (i32.const 2)))
/// #             (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#, |_, module| {
/// use std::time::{Duration, Instant};
/// use std::sync::LazyLock;
/// use wamr::{BlockBudget, BlockCallback, BlockCounter, Instance};
///
/// static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// let counter = BlockCounter { read: || START.elapsed().as_micros() as u32, hz: 1_000_000 };
/// let budget = BlockBudget { fuel: Some(10_000), time: Some(Duration::from_secs(1)) };
///
/// let mut instance = Instance::new(module)?;
/// let mut half = BlockCallback::<i16>::new(&mut instance, budget, counter)?;
/// let mut output = [0; 3];
/// half.process(&mut instance, &[100, -50, 8], &mut output)?;
/// assert_eq!(output, [50, -25, 4]);
/// assert!(half.stats().fuel.max() < 60 && half.stats().overruns == 0);
/// # Ok(()) }) }
/// ```
pub struct BlockCallback<S> {
    process: TypedFunc<(u32, u32, u32), ()>,
    input: Buffer,
    output: Buffer,
    /// Frames.
    capacity: usize,
    budget: BlockBudget,
    counter: BlockCounter,
    /// The beginning of the last block.
    begun: Option<u32>,
    stats: BlockStats,
    samples: PhantomData<fn(S) -> S>,
}

/// What each block may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockBudget {
    /// Maximum number of instructions; see [`Limits::fuel`](crate::Limits::fuel).
    pub fuel: Option<u64>,
    /// Maximum duration. It stops the guest as [`Limits::deadline`](crate::Limits::deadline) does, and a block that ends later without
    /// having been stopped has failed as well.
    pub time: Option<Duration>,
}

/// A counter that runs freely and wraps around after 2³² cycles, such as Zephyr's `k_cycle_get_32`.
#[derive(Debug, Clone, Copy)]
pub struct BlockCounter {
    /// Reads the counter.
    pub read: fn() -> u32,
    /// Cycles in a second.
    pub hz: u32,
}

/// A buffer in linear memory.
#[derive(Debug, Clone, Copy)]
struct Buffer {
    address: u32,
    /// Samples of a frame.
    channels: usize,
}

impl Buffer {
    /// The bytes of `samples` samples in linear memory.
    fn bytes<S: Sample>(self, samples: usize) -> Option<Range<usize>> {
        let start = self.address as usize;
        Some(start..samples.checked_mul(S::SIZE)?.checked_add(start)?)
    }

    /// The whole buffer is inside linear memory, which never shrinks.
    fn check<S: Sample>(self, capacity: usize, memory: &[u8]) -> Result<Self, Error> {
        let range = capacity.checked_mul(self.channels).and_then(|samples| self.bytes::<S>(samples));
        range.and_then(|range| memory.get(range)).ok_or(Error::MemoryAccess)?;
        Ok(self)
    }
}

impl<S: Sample> BlockCallback<S> {
    /// Looks up the exports of the guest and asks it for its buffers, with the limits of the instance.
    ///
    /// # Errors
    /// [`Error::UnknownFunction`] or [`Error::TypeMismatch`] for an export, [`Error::MemoryAccess`] if a buffer is not inside linear
    /// memory, and [`Error::Trap`].
    pub fn new<T>(instance: &mut Instance<'_, T>, budget: BlockBudget, counter: BlockCounter) -> Result<Self, Error> {
        let process = instance.get_typed_func("process")?;
        let mut ask = |name| instance.get_typed_func::<(), u32>(name)?.call(instance, ());
        let input = Buffer { address: ask("input")?, channels: ask("inputs")? as usize };
        let output = Buffer { address: ask("output")?, channels: ask("outputs")? as usize };
        let capacity = ask("capacity")? as usize;
        Ok(Self {
            process,
            input: input.check::<S>(capacity, instance.memory())?,
            output: output.check::<S>(capacity, instance.memory())?,
            capacity,
            budget,
            counter,
            begun: None,
            stats: BlockStats::default(),
            samples: PhantomData,
        })
    }

    /// Samples of a frame in the input; 0 for a generator.
    pub fn inputs(&self) -> usize {
        self.input.channels
    }

    /// Samples of a frame in the output.
    pub fn outputs(&self) -> usize {
        self.output.channels
    }

    /// The most frames of a block.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// What the blocks have cost.
    pub fn stats(&self) -> &BlockStats {
        &self.stats
    }

    /// Forgets the statistics, for example when the stream of blocks pauses.
    pub fn reset_stats(&mut self) {
        (self.stats, self.begun) = (BlockStats::default(), None);
    }

    /// Lets the guest process the frames in `input`, and copies its frames to `output`. After an error, `output` is silent.
    ///
    /// The guest keeps its state after an error, and the next block may go well: whether to continue is the caller's decision. The
    /// limits of the instance for other calls do not change.
    ///
    /// # Errors
    /// [`Error::Trap`], for example with [`Trap::OutOfFuel`] or [`Trap::DeadlineExceeded`] after an overrun. Without a call of the guest:
    /// [`Error::BlockLength`] if the slices have different numbers of frames or too many, and [`Error::WrongInstance`].
    pub fn process<T>(&mut self, instance: &mut Instance<'_, T>, input: &[S], output: &mut [S]) -> Result<(), Error> {
        let done = self.block(instance, input, output);
        if done.is_err() {
            output.fill(S::default());
        }
        done
    }

    fn block<T>(&mut self, instance: &mut Instance<'_, T>, input: &[S], output: &mut [S]) -> Result<(), Error> {
        if !self.process.belongs_to(instance) {
            return Err(Error::WrongInstance);
        }
        let frames = self.frames(input.len(), output.len())?;
        let begin = (self.counter.read)();
        if let Some(before) = self.begun.replace(begin) {
            self.stats.interval.add(begin.wrapping_sub(before).into());
        }
        let bytes = |buffer: Buffer, samples| buffer.bytes::<S>(samples).ok_or(Error::MemoryAccess);

        sample::write(input, &mut instance.memory_mut()[bytes(self.input, input.len())?]);
        let mut done = self.call(instance, frames);
        if done.is_ok() {
            sample::read(output, &instance.memory()[bytes(self.output, output.len())?]);
        }

        let duration = (self.counter.read)().wrapping_sub(begin).into();
        if done.is_ok() && self.budget.time.is_some_and(|time| duration > self.counter.cycles(time)) {
            done = Err(Trap::DeadlineExceeded.into());
        }
        self.stats.fuel.add(instance.usage().fuel);
        self.stats.duration.add(duration);
        match done.as_ref().map_err(Error::as_trap) {
            Err(Some(Trap::OutOfFuel | Trap::DeadlineExceeded | Trap::TooManyHostCalls | Trap::HostTimeExceeded)) => {
                self.stats.overruns += 1;
            }
            Err(_) => self.stats.traps += 1,
            Ok(()) => {}
        }
        done
    }

    /// Calls the guest with the budget of a block.
    fn call<T>(&self, instance: &mut Instance<'_, T>, frames: u32) -> Result<(), Error> {
        let (fuel, deadline) = (instance.limits().fuel, instance.limits().deadline);
        instance.set_fuel(self.budget.fuel);
        instance.set_deadline(self.budget.time);
        let done = self.process.call(instance, (self.input.address, self.output.address, frames));
        instance.set_fuel(fuel);
        instance.set_deadline(deadline);
        done
    }

    /// The frames of a block with so many samples; 0 if the guest has neither inputs nor outputs.
    fn frames(&self, input: usize, output: usize) -> Result<u32, Error> {
        let (inputs, outputs, capacity) = (self.inputs(), self.outputs(), self.capacity);
        let frames = input.checked_div(inputs).or(output.checked_div(outputs)).unwrap_or(0);
        if frames > capacity || frames * inputs != input || frames * outputs != output {
            return Err(Error::BlockLength { inputs, outputs, capacity });
        }
        Ok(frames as u32)
    }
}

impl BlockCounter {
    fn cycles(&self, time: Duration) -> u64 {
        clock::micros(time).saturating_mul(self.hz.into()) / 1_000_000
    }
}

impl<S> fmt::Debug for BlockCallback<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCallback").field("stats", &self.stats).finish_non_exhaustive()
    }
}
