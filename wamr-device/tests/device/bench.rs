//! A device on a bench: flash, an executor and a client's eyes.

use sha2::{Digest as _, Sha256};
use wamr_device::sim::SimFlash;
use wamr_device::{Action, ActivateError, Buffers, Characteristic, Completion, Device, Event, Geometry, Records, Task};
use wamr_proto::{
    Command, DataFrame, Digest, ErrorCode, Outcome, Receipt, Refusal, Request, Response, Status, Value, Values, decode,
    encode,
};

pub const PAGE: u32 = 4096;

pub fn geometry() -> Geometry {
    Geometry::new(6 * PAGE, PAGE, 4).unwrap()
}

/// Bytes that the bench's executor takes for a module, of this length.
pub fn module(len: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend((bytes.len()..len).map(|at| at as u8));
    bytes
}

pub fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

pub struct Bench {
    pub device: Device<'static>,
    pub flash: SimFlash,
    pub responses: Vec<Response>,
    pub statuses: Vec<Status>,
    pub receipts: Vec<Receipt>,
    /// Digest of the app that the executor holds.
    pub running: Option<Digest>,
    /// The executor must unload the current app before it finds out that a new one does not start.
    pub displaces: bool,
    /// Tasks wait here instead of being executed at once.
    pub hold: bool,
    pub held: Vec<Task>,
    pub flash_ops: usize,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_flash(SimFlash::new(geometry_size()))
    }

    /// A device that starts on flash with a past.
    pub fn with_flash(mut flash: SimFlash) -> Self {
        let records = Records::read(&mut flash, &geometry()).unwrap();
        let device = Device::new(geometry(), records, Box::leak(Box::new(Buffers::new())));
        let mut bench = Self {
            device,
            flash,
            responses: vec![],
            statuses: vec![],
            receipts: vec![],
            running: None,
            displaces: false,
            hold: false,
            held: vec![],
            flash_ops: 0,
        };
        bench.settle();
        bench.handle(Event::Connected);
        bench
    }

    /// Cuts the power and starts the device again.
    pub fn restart(self) -> Self {
        Self::with_flash(self.flash)
    }

    pub fn handle(&mut self, event: Event<'_, 'static>) {
        self.device.handle(event);
        self.settle();
    }

    pub fn settle(&mut self) {
        while let Some(action) = self.device.poll() {
            match action {
                Action::Flash(op) => {
                    self.flash_ops += 1;
                    let done = op.perform(&mut self.flash);
                    self.device.handle(Event::Flash(done));
                }
                Action::Execute(task) if self.hold => self.held.push(task),
                Action::Execute(task) => self.execute(task),
                Action::Notify(Characteristic::Control, bytes) => self.responses.push(decode(&bytes).unwrap()),
                Action::Notify(Characteristic::Status, bytes) => self.statuses.push(decode(&bytes).unwrap()),
                Action::Notify(Characteristic::Result, bytes) => self.receipts.push(decode(&bytes).unwrap()),
            }
        }
    }

    pub fn release(&mut self) {
        self.hold = false;
        for task in std::mem::take(&mut self.held) {
            self.execute(task);
        }
        self.settle();
    }

    fn execute(&mut self, task: Task) {
        let completion = match task {
            Task::Activate(activation) => {
                let module = &self.flash.bytes()[activation.at as usize..][..activation.size as usize];
                Completion::Activated(if digest(module) != activation.digest {
                    Err(ActivateError { refusal: ErrorCode::DigestMismatch.into(), displaced: false })
                } else if module.starts_with(b"\0asm") {
                    self.running = Some(activation.digest);
                    Ok(())
                } else {
                    let displaced = self.displaces && self.running.take().is_some();
                    Err(ActivateError { refusal: ErrorCode::InvalidModule.into(), displaced })
                })
            }
            Task::Run(run) => Completion::Ran(if run.export.as_str() == "sum" {
                let sum = run.args.iter().map(|arg| if let Value::I32(value) = arg { *value } else { 0 }).sum();
                let outcome = Outcome::Returned(Values::new(&[Value::I32(sum)]).unwrap());
                Ok(Receipt { fuel: run.limits.fuel.unwrap_or(0), ..Receipt::new(run.seq, outcome) })
            } else {
                Err(Refusal::new(ErrorCode::NoSuchExport, run.export.as_str()))
            }),
        };
        self.device.handle(Event::Executed(completion));
    }

    pub fn send(&mut self, seq: u32, command: Command) {
        self.handle(Event::Control(&encode(&Request { seq, command }).unwrap()));
    }

    /// Sends a request and returns its response: the only one there must be.
    pub fn ask(&mut self, command: Command) -> Result<(), Refusal> {
        static SEQ: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let seq = SEQ.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.responses.clear();
        self.send(seq, command);
        let [response] = &self.responses[..] else { panic!("one response, not {:?}", self.responses) };
        assert_eq!(response.seq, seq);
        response.refusal.clone().map_or(Ok(()), Err)
    }

    pub fn begin(&mut self, module: &[u8]) -> Result<(), Refusal> {
        self.ask(Command::Begin { size: module.len() as u32, digest: digest(module) })
    }

    pub fn frame(&mut self, module: &[u8], range: std::ops::Range<usize>) {
        let mut buffer = [0; 512];
        let frame = DataFrame { offset: range.start as u32, bytes: &module[range] };
        self.handle(Event::Data(frame.encode(&mut buffer).unwrap()));
    }

    /// Sends the module from an offset on, in frames of this many bytes.
    pub fn stream(&mut self, module: &[u8], from: usize, step: usize) {
        for start in (from..module.len()).step_by(step) {
            self.frame(module, start..module.len().min(start + step));
        }
    }

    pub fn install(&mut self, module: &[u8]) -> Result<(), Refusal> {
        self.begin(module)?;
        self.stream(module, 0, 100);
        self.ask(Command::Commit)
    }

    pub fn status(&self) -> Status {
        decode(&self.device.status()).unwrap()
    }

    /// The app is this one: in flash, in the executor and in the status.
    #[track_caller]
    pub fn assert_app(&self, module: &[u8]) {
        let status = self.status();
        let app = status.app.expect("an app");
        assert_eq!(app.fingerprint, (&digest(module)).into());
        assert_eq!(app.size as usize, module.len());
        assert_eq!(self.running, Some(digest(module)));
        assert_eq!(status.activity, wamr_proto::Activity::Idle);
    }
}

fn geometry_size() -> usize {
    6 * PAGE as usize
}
