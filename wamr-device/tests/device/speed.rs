//! How long uploads take with the flash of an nRF5340 behind a fast link, in simulated time.
//!
//! The link has connection events. At each of them the client gets the notifications that waited, and sends what it may. The CPU stands
//! still while the flash works, so what arrives meanwhile is handled afterwards.

use std::time::Duration;

use crate::rig::{PAGE, SUPERVISION, digest, module};
use wamr_device::sim::{SimFlash, Timing};
use wamr_device::{
    Action, BLOCK, Buffers, Characteristic, Device, Event, FlashDone, Geometry, Records, Role, SignaturePolicy,
};
use wamr_proto::{Command, DataFrame, FRAME_HEADER, Request, Status, decode, encode};

const SIZE: u32 = 100_000;
const INTERVAL: Duration = Duration::from_millis(15);
/// At 173 kB/s, which is what the link of an nRF5340 carries with this interval.
const FRAMES: usize = 5;
const FRAME: usize = 491;

struct Sim {
    module: Vec<u8>,
    device: Device<'static>,
    flash: SimFlash,
    now: Duration,
    /// The flash operation in progress, and when it ends.
    busy: Option<(Duration, FlashDone<'static>)>,
    /// Values that wait for the CPU.
    data: Vec<Vec<u8>>,
    status: Option<Status>,
    statuses: u32,
    frames: usize,
    /// The longest time without a status since the upload began.
    silence: Duration,
    heard: Duration,
}

impl Sim {
    /// A device with two slots, each of which a module of this size fills.
    fn new(size: u32, timing: Timing, block: u32) -> Self {
        let mut flash = SimFlash::new(flash_size(size));
        flash.set_timing(timing);
        Self::with_flash(size, flash, block)
    }

    fn with_flash(size: u32, mut flash: SimFlash, block: u32) -> Self {
        let geometry = Geometry::new(flash_size(size) as u32, PAGE, 4, 2).unwrap().with_blocks(block, 0);
        let records = Records::read(&mut flash, &geometry).unwrap();
        let buffers = Box::leak(Box::new(Buffers::new()));
        let mut device = Device::new(geometry, SUPERVISION, SignaturePolicy::optional(&[]), buffers);
        device.start(&records);
        let now = Duration::ZERO;
        let module = module(size as usize);
        Self {
            module,
            device,
            flash,
            now,
            busy: None,
            data: vec![],
            status: None,
            statuses: 0,
            frames: 0,
            silence: now,
            heard: now,
        }
    }

    fn millis(&self) -> u32 {
        self.now.as_millis() as u32
    }

    /// Runs the device until this time.
    fn run(&mut self, until: Duration) {
        while self.now < until {
            if let Some((end, _)) = self.busy
                && end > until
            {
                self.now = until;
                return;
            }
            if let Some((end, done)) = self.busy.take() {
                self.now = self.now.max(end);
                for value in std::mem::take(&mut self.data) {
                    self.device.handle(self.millis(), Event::Data(&value));
                }
                self.device.handle(self.millis(), Event::Flash(done));
            }
            match self.device.poll(self.millis()) {
                None => {
                    // The device is polled again when it needs it, or when something happens.
                    let millis = self.device.next_time().map(|time| Duration::from_millis(time.into()));
                    self.now = millis
                        .unwrap_or(until)
                        .clamp(self.now + Duration::from_millis(1), until.max(self.now + Duration::from_millis(1)));
                }
                Some(Action::Flash(op)) => {
                    let before = self.flash.busy();
                    let done = op.perform(&mut self.flash);
                    self.busy = Some((self.now + self.flash.busy() - before, done));
                }
                Some(Action::Notify(Characteristic::Status, value)) => {
                    self.status = Some(decode(&value).unwrap());
                    self.statuses += 1;
                }
                Some(Action::Notify(..)) => {}
                Some(_) => panic!("there is no app"),
            }
        }
    }

    fn event(&mut self, event: Event<'_, 'static>) {
        self.device.handle(self.millis(), event);
    }

    /// Uploads a module and returns the time from the request to the last durable byte, as the client sees it.
    fn upload(&mut self) -> Duration {
        let module = std::mem::take(&mut self.module);
        let size = module.len() as u32;
        let begin = Command::Begin { size, digest: digest(&module), denied: 0 };
        self.event(Event::Control(&encode(&Request { seq: 1, command: begin }).unwrap()));
        let start = self.now;
        (self.heard, self.silence) = (start, Duration::ZERO);
        let (mut sent, mut granted) = (0, 0);
        loop {
            // The next connection event.
            self.run(self.now + INTERVAL);
            if let Some(status) = self.status.take() {
                let upload = status.upload.expect("an open upload");
                self.silence = self.silence.max(self.now - self.heard);
                (self.heard, granted) = (self.now, upload.granted as usize);
                assert_eq!(upload.resend, None, "nothing is lost");
                if upload.durable == size {
                    return self.now - start;
                }
            }
            for _ in 0..FRAMES {
                let bytes = &module[sent..(sent + FRAME).min(granted).max(sent)];
                if bytes.is_empty() {
                    break;
                }
                let mut value = vec![0; FRAME_HEADER + bytes.len()];
                DataFrame { offset: sent as u32, bytes }.encode(&mut value).unwrap();
                sent += bytes.len();
                self.frames += 1;
                if self.busy.is_some() { self.data.push(value) } else { self.event(Event::Data(&value)) }
            }
            assert!(self.now - start < Duration::from_secs(60), "the upload does not get on");
        }
    }

    fn speed(&mut self, name: &str) -> u32 {
        let size = self.module.len();
        self.event(Event::Connected(Role::Owner));
        (self.statuses, self.frames) = (0, 0);
        let time = self.upload();
        let speed = (size as f64 / time.as_secs_f64()) as u32;
        let (silence, statuses, frames) = (self.silence, self.statuses, self.frames);
        println!("{name}: {size} bytes, {time:?} from Begin to durable, {speed} bytes/s");
        println!("    {frames} frames, {statuses} statuses, the longest time without one is {silence:?}");
        speed
    }
}

/// The pages that a module of this size takes, and the first of its slot.
fn pages(size: u32) -> u32 {
    size.div_ceil(PAGE) + 1
}

fn flash_size(size: u32) -> usize {
    ((2 + 2 * pages(size)) * PAGE) as usize
}

/// What the flash alone would do.
fn limit(erases: u32) -> u32 {
    let blocks = SIZE.div_ceil(BLOCK as u32);
    let time = Timing::NRF5340.page * erases + Timing::NRF5340.write * (blocks * BLOCK as u32 / 4);
    (f64::from(SIZE) / time.as_secs_f64()) as u32
}

#[test]
fn an_idle_device_writes_as_fast_as_its_flash() {
    println!("limit of the flash: {} bytes/s", limit(0));
    let idle = || {
        let mut sim = Sim::new(SIZE, Timing::NRF5340, 0);
        sim.run(Duration::from_secs(60));
        sim
    };
    assert!(idle().speed("erased ahead") >= 85_000);
    // It knows that the slot is erased.
    let mut sim = Sim::with_flash(SIZE, idle().flash, 0);
    assert!(sim.speed("erased before a restart") >= 85_000);
}

/// A frame that is not full takes nearly as long on the air as a full one.
#[test]
fn a_client_that_sends_what_it_may_sends_full_frames() {
    let mut sim = Sim::new(SIZE, Timing::NRF5340, 0);
    sim.speed("with full frames");
    // Only the first grant, which comes before the first frame, does not fit, nor does the end of the module.
    assert!(sim.frames <= SIZE as usize / FRAME + 2, "{} frames", sim.frames);
}

#[test]
fn a_device_that_must_erase_is_as_fast_as_its_flash_and_not_silent() {
    let limit = limit(pages(SIZE));
    println!("limit of the flash with erasing: {limit} bytes/s");
    let mut sim = Sim::new(SIZE, Timing::NRF5340, 0);
    let speed = sim.speed("erased meanwhile");
    assert!(speed >= limit * 95 / 100, "{speed} of {limit}");
    // Two pages are erased before the first blocks are written, and the client learns of it at a connection event.
    let most = 2 * Timing::NRF5340.page + Timing::NRF5340.write * PAGE / 4 + INTERVAL;
    assert!(sim.silence < most, "{:?}", sim.silence);
}

/// A chip with blocks that are erased in less time than their pages: the times are of the kind that QSPI flash has.
#[test]
fn blocks_are_erased_at_once() {
    let millis = Duration::from_millis;
    let (block, page, size) = (1 << 16, millis(40), 2 * SIZE);
    let timing = Timing { write: Duration::from_micros(15), page, block: Some((block as usize, millis(400))) };
    let (mut pages_only, mut blocks) = (Sim::new(size, timing, 0), Sim::new(size, timing, block));
    let (slow, fast) = (pages_only.speed("pages"), blocks.speed("blocks"));
    assert!(fast > slow, "{fast} and {slow} bytes/s");
    // There are two whole blocks in the part of the slot that the module takes.
    assert_eq!(pages_only.flash.busy() - blocks.flash.busy(), 2 * (16 * page - millis(400)));
    let end = 2 + pages(size) as usize;
    for sim in [pages_only, blocks] {
        assert!(sim.flash.erases()[2..end].iter().all(|erases| *erases == 1), "each page once");
        assert!(sim.flash.erases()[end..].iter().all(|erases| *erases == 0), "nothing behind the slot");
    }
}
