//! Runs a device with arbitrary clients, flash, executor, time and power. See README.md.

#![no_main]

mod asan;
mod client;
mod executor;
mod modules;
mod observed;
mod rig;
mod torn;
mod truth;

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use wamr_device::sim::SimFlash;
use wamr_device::{Buffers, Event};
use wamr_proto::{Command, DataFrame, Name, RunLimits, Value, Values};

use executor::End;
use modules::Id;
use rig::Rig;
use truth::Truth;

/// All that happens, as long as there is input.
#[derive(Debug)]
struct Steps(Vec<Step>);

/// Something that happens.
#[derive(Debug)]
struct Step {
    what: What,
    /// The platform polls the device before something else happens.
    polled: bool,
}

#[derive(Debug)]
enum What {
    /// All that is under way ends well.
    Settle,
    /// A whole upload, to be committed.
    Upload(Id),
    Connect,
    Disconnect,
    Begin(Id),
    /// The next bytes of the upload, as the status asks for them.
    Next {
        length: u16,
    },
    /// Any bytes of any module.
    Data {
        module: Id,
        offset: u16,
        length: u16,
    },
    RawData(Vec<u8>),
    /// Operations of a delta that make the next bytes of the upload.
    Delta(Vec<u8>),
    /// Any request but `Begin`.
    Ask(Command),
    RawControl(Vec<u8>),
    /// The flash operation ends. One that fails has done this part of its work, of 256.
    Flash {
        fails: Option<u8>,
    },
    /// The executor's task ends.
    Task(End),
    Time {
        millis: u16,
    },
    /// The power is cut when a flash operation has done this part of its work, of 255, and comes back.
    Restart {
        part: u8,
    },
}

impl Arbitrary<'_> for Steps {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut steps = vec![];
        while !input.is_empty() {
            steps.push(Step { what: input.arbitrary()?, polled: input.ratio(7, 8)? });
        }
        Ok(Self(steps))
    }
}

impl Arbitrary<'_> for What {
    /// Events that advance an installation are the most frequent.
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.int_in_range(0..=31)? {
            0..=3 => Self::Flash { fails: None },
            4 => Self::Flash { fails: Some(input.arbitrary()?) },
            5..=8 => Self::Task(End::Well),
            9 => Self::Task(input.arbitrary()?),
            10..=11 => Self::Next { length: input.int_in_range(0..=2000)? },
            12 => Self::Data { module: input.arbitrary()?, offset: input.arbitrary()?, length: input.arbitrary()? },
            13 if input.arbitrary()? => Self::Delta(bytes(input)?),
            13 => Self::RawData(bytes(input)?),
            14 => Self::Begin(input.arbitrary()?),
            15..=17 => Self::Settle,
            18..=20 => Self::Upload(input.arbitrary()?),
            21..=23 => Self::Ask(Command::Commit),
            24..=26 => Self::Ask(command(input)?),
            27 => Self::RawControl(bytes(input)?),
            28 if input.arbitrary()? => Self::Connect,
            28 => Self::Disconnect,
            29 => Self::Time { millis: input.int_in_range(0..=2000)? },
            _ => Self::Restart { part: input.arbitrary()? },
        })
    }
}

fn bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = input.int_in_range(0..=24)?;
    Ok(input.bytes(length.min(input.len()))?.to_vec())
}

/// A request about some app, or to abort.
fn command(input: &mut Unstructured<'_>) -> Result<Command> {
    let app = input.int_in_range(0..=3)?;
    Ok(match input.int_in_range(0..=7)? {
        0 => Command::Abort,
        1 => {
            let args = Values::new(&[Value::I32(1)]).expect("one");
            Command::Run { app, export: Name::new("f").expect("short"), args, limits: RunLimits::default() }
        }
        2 => Command::Describe { app },
        3 => Command::Start { app },
        4 => Command::Stop { app },
        5 => Command::Bond { index: app },
        6 => Command::Base { app },
        _ => Command::Remove { app },
    })
}

fuzz_target!(|steps: Steps| {
    let mut flash = SimFlash::new(rig::FLASH);
    let mut truth = Truth::new();
    let mut steps = steps.0.into_iter();
    let mut buffers = Buffers::new();
    let mut cut = true;
    while cut {
        let mut rig = Rig::new(&mut flash, &mut truth, &mut buffers);
        cut = false;
        for Step { what, polled } in steps.by_ref() {
            if let What::Restart { part } = what {
                rig.cut_power(part);
                cut = true;
                break;
            }
            happen(&mut rig, what);
            if polled {
                rig.poll();
            }
            rig.check();
        }
        if !cut {
            rig.goes_on();
        }
    }
    // Finished requests also survive a power cut.
    Rig::new(&mut flash, &mut truth, &mut buffers).settle();
});

fn happen(rig: &mut Rig<'_, '_>, what: What) {
    match what {
        What::Settle => rig.settle(),
        What::Upload(id) => rig.upload(id),
        What::Connect => rig.connect(),
        What::Disconnect => rig.disconnect(),
        What::Begin(module) => rig.begin(module),
        What::Next { length } => rig.next_frame(length.into()),
        What::Data { module, offset, length } => {
            let bytes = module.bytes();
            let start = usize::from(offset).min(bytes.len());
            let end = bytes.len().min(start + usize::from(length));
            rig.frame(DataFrame { offset: offset.into(), bytes: &bytes[start..end] });
        }
        What::RawData(value) => rig.handle(Event::Data(&value)),
        What::Delta(operations) => rig.next_operations(&operations),
        What::Ask(command) => rig.ask(command),
        What::RawControl(value) => rig.control(&value),
        What::Flash { fails } => rig.end_flash(fails),
        What::Task(end) => rig.end_task(end),
        What::Time { millis } => rig.pass(millis.into()),
        What::Restart { .. } => unreachable!("it ends the rig"),
    }
}
