//! The client against the real device logic, over a link whose faults are chosen.

mod delta;
mod resume;
mod speed;

use super::*;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use wamr_device::sim::SimFlash;
use wamr_device::{
    Action, Buffers, Completion, Device, Event, Geometry, InFlash, ReadRequest, Records, Role, SignaturePolicy, Stored,
    Supervision, Task, Verified,
};
use wamr_proto::{AppName, AppState, Excerpt, Outcome, Part, Value, read};

/// One more than the apps in a status, and one for an upload.
const SLOTS: usize = 10;
/// Two pages of the ledger, and seven for each slot.
const FLASH: usize = (2 + 7 * SLOTS) * 4096;
/// The flash of the module of app 0.
const MODULE_OF_0: Range<usize> = 3 * 4096..9 * 4096;

/// A device with simulated flash. Modules that begin with the same byte are versions of one app. Calls return their arguments.
struct Rig {
    device: Device<'static>,
    flash: SimFlash,
    notifications: VecDeque<Notification>,
    /// Data frames seen, dropped ones included.
    frames: usize,
    /// Bytes in them.
    bytes: usize,
    /// Numbers of the frames that get lost.
    losses: Range<usize>,
    /// The frame after which the connection ends.
    cut: Option<usize>,
    /// The device knows the command `Base`.
    takes_deltas: bool,
    /// The frame before which the module of app 0 is erased.
    loses_base: Option<usize>,
    /// The device answers no requests.
    deaf: bool,
    /// The connection ends when the device has got `Commit`.
    mute_commit: bool,
}

#[derive(Clone)]
struct FakeLink(Rc<RefCell<Rig>>);

impl Rig {
    fn new() -> Self {
        let mut flash = SimFlash::new(FLASH);
        let device = Self::device(&mut flash);
        Self {
            device,
            flash,
            notifications: VecDeque::new(),
            frames: 0,
            bytes: 0,
            takes_deltas: true,
            losses: 0..0,
            cut: None,
            loses_base: None,
            deaf: false,
            mute_commit: false,
        }
    }

    /// A device that starts, with a client.
    fn device(flash: &mut SimFlash) -> Device<'static> {
        let geometry = Geometry::new(FLASH as u32, 4096, 4, SLOTS as u8).unwrap();
        let records = Records::read(flash, &geometry).unwrap();
        let mut device = Device::new(
            geometry,
            Supervision::DEFAULT,
            SignaturePolicy::optional(&[]),
            Box::leak(Box::new(Buffers::new())),
        );
        device.start(&records);
        device.handle(0, Event::Connected(Role::Owner));
        device
    }

    fn link(self) -> FakeLink {
        FakeLink(Rc::new(RefCell::new(self)))
    }

    fn handle(&mut self, event: Event<'_, 'static>) {
        self.device.handle(0, event);
        while let Some(action) = self.device.poll(0) {
            match action {
                Action::Flash(op) => {
                    let done = op.perform(&mut self.flash);
                    self.device.handle(0, Event::Flash(done));
                }
                Action::Execute(task) => {
                    let completion = self.execute(task);
                    self.device.handle(0, Event::Executed(task, completion));
                }
                Action::Interrupt => panic!("nothing runs while the device is asked"),
                Action::Bonds(_) => self.device.handle(0, Event::Bonds(None)),
                Action::Notify(from, value) => {
                    let from = match from {
                        wamr_device::Characteristic::Control => Characteristic::Control,
                        wamr_device::Characteristic::Status => Characteristic::Status,
                        wamr_device::Characteristic::Result => Characteristic::Result,
                    };
                    self.notifications.push_back(Notification { from, value: value.to_vec() });
                }
            }
        }
    }

    fn execute(&self, task: &Task) -> Completion {
        match task {
            Task::Verify(Stored { module, opened, .. }) => {
                let bytes =
                    |place: &InFlash| &self.flash.bytes()[place.range().start as usize..place.range().end as usize];
                let name = AppName::new(&bytes(module)[0].to_string()).unwrap();
                let details = Details { name, size: module.size, ..Default::default() };
                // The digest is somewhere in the cell.
                let digest = Sha256::digest(bytes(module));
                let intact = bytes(opened).windows(digest.len()).any(|bytes| *bytes == digest[..]);
                let verified = Verified { details, ..Default::default() };
                Completion::Verified(if intact { Ok(verified) } else { Err(ErrorCode::DigestMismatch.into()) })
            }
            Task::Load { slot, .. } => Completion::Loaded { slot: *slot, result: Ok(()), unloaded: 0 },
            Task::Unload { .. } => Completion::Unloaded { unloaded: 0 },
            Task::Enter { .. } => unreachable!("no module has an entry"),
            Task::Deliver { .. } | Task::Write { .. } => unreachable!("the device has no events"),
            Task::Run(run) => {
                let fuel = run.limits.fuel.unwrap_or_default();
                let result = Ok(Receipt { fuel, ..Receipt::new(run.seq, Outcome::Returned(run.args.clone())) });
                Completion::Ran { result, confirmed: false, narrowed: false }
            }
            Task::Read(ReadRequest { part: Part::Digest, module, .. }) => {
                let range = module.range();
                let bytes = &self.flash.bytes()[range.start as usize..range.end as usize];
                Completion::Read(Excerpt::of(&Sha256::digest(bytes)))
            }
            Task::Read(_) => Completion::Read(Excerpt::default()),
        }
    }

    fn reconnect(&mut self) {
        self.cut = None;
        self.notifications.clear();
        self.handle(Event::Disconnected);
        self.handle(Event::Connected(Role::Owner));
    }

    /// Power comes back after it was cut.
    fn restart(&mut self) {
        self.device = Self::device(&mut self.flash);
        self.reconnect();
    }

    fn is_installed(&self, digest: &Digest) -> bool {
        let status = decode::<Status>(&self.device.status()).unwrap();
        status.apps.iter().any(|app| app.fingerprint == digest.into())
    }

    fn is_cut(&self) -> bool {
        self.cut.is_some_and(|cut| self.frames > cut)
    }
}

impl Link for FakeLink {
    fn name(&self) -> String {
        "the rig".into()
    }

    fn room(&self) -> usize {
        244
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        let mut rig = self.0.borrow_mut();
        let number = rig.frames;
        rig.frames += 1;
        rig.bytes += frame.len();
        if rig.loses_base == Some(number) {
            let mut flash = rig.flash.bytes().to_vec();
            flash[MODULE_OF_0].fill(0xff);
            rig.flash = SimFlash::from_bytes(flash);
        }
        // As on the air: a write without response succeeds, whatever becomes of it.
        if !rig.is_cut() && !rig.losses.contains(&number) {
            rig.handle(Event::Data(frame));
        }
        Ok(())
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        let mut rig = self.0.borrow_mut();
        let Request { seq, command } = read::<Request>(request).unwrap();
        if matches!(command, Command::Base { .. }) && !rig.takes_deltas {
            // {0: seq, 1: [99]}
            let unknown = [0xa2, 0, u8::try_from(seq).ok().filter(|seq| *seq < 24).unwrap(), 1, 0x81, 0x18, 99];
            rig.handle(Event::Control(&unknown));
        } else if !rig.deaf {
            rig.handle(Event::Control(request));
        }
        if command == Command::Commit && std::mem::take(&mut rig.mute_commit) {
            rig.notifications.clear();
            rig.cut = Some(0);
        }
        Ok(())
    }

    async fn listen(&mut self, _: Characteristic) -> Result<(), Error> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        let notification = self.0.borrow_mut().notifications.pop_front();
        match notification {
            Some(notification) => Ok(notification),
            None if self.0.borrow().is_cut() => Err(Error::lost("out of range")),
            None => std::future::pending().await,
        }
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        let rig = self.0.borrow();
        Ok(match characteristic {
            Characteristic::Status => rig.device.status().to_vec(),
            Characteristic::Result => rig.device.receipt().to_vec(),
            Characteristic::Control | Characteristic::Log | Characteristic::Message => unreachable!("not readable"),
        })
    }

    async fn close(self) {}
}

fn module() -> (Vec<u8>, Digest) {
    let bytes: Vec<u8> = (0..20_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = Digest(Sha256::digest(&bytes).into());
    (bytes, digest)
}

/// Runs on a clock that leaps over every wait.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn a_module_arrives_and_runs() {
    block_on(async {
        let (bytes, digest) = module();
        let mut client = Client::new(Rig::new().link());
        let mut steps = Vec::new();
        let uploaded = client.upload(&bytes, digest, 0, |step| steps.push(step)).await.unwrap();
        assert_eq!(uploaded, Uploaded::default());
        assert!(steps.is_sorted() && steps[0] == 0 && *steps.last().unwrap() == 20_000, "{steps:?}");

        let args = Values::new(&[Value::I32(-7)]).unwrap();
        let receipt = client
            .run(0, Name::new("f").unwrap(), args.clone(), RunLimits { fuel: Some(5), ..Default::default() })
            .await
            .unwrap();
        assert_eq!((receipt.outcome, receipt.fuel), (Outcome::Returned(args), 5));
    });
}

#[test]
fn apps_are_listed_and_managed() {
    block_on(async {
        let (bytes, digest) = module();
        let mut client = Client::new(Rig::new().link());
        assert_eq!(client.apps().await, Ok(vec![]));
        client.upload(&bytes, digest, 0, |_| ()).await.unwrap();
        assert_eq!(client.number_of(&digest).await, Ok(Some(0)));
        assert_eq!(client.number_of(&Digest([0; 32])).await, Ok(None));
        let state = async |client: &mut Client<FakeLink>| {
            let apps = client.apps().await.unwrap();
            apps.first().map(|(app, details)| (app.state, details.size))
        };
        assert_eq!(state(&mut client).await, Some((AppState::Started, 20_000)));
        client.manage(Command::Stop { app: 0 }).await.unwrap();
        assert_eq!(state(&mut client).await, Some((AppState::Stopped, 20_000)));
        client.manage(Command::Start { app: 0 }).await.unwrap();
        client.manage(Command::Remove { app: 0 }).await.unwrap();
        assert_eq!(state(&mut client).await, None);
        let error = client.manage(Command::Start { app: 0 }).await.unwrap_err();
        assert_eq!(error.to_string(), "the device refused that: no such app");
    });
}

#[test]
fn lost_frames_are_sent_again_wherever_they_are_lost() {
    block_on(async {
        let (bytes, digest) = module();
        for first in 0..84 {
            for length in [1, 2, 20] {
                let link = Rig { losses: first..first + length, ..Rig::new() }.link();
                let uploaded = Client::new(link).upload(&bytes, digest, 0, |_| ()).await;
                assert!(uploaded.as_ref().is_ok_and(|up| up.rewinds > 0), "{uploaded:?}, {length} from {first}");
            }
        }
    });
}

#[test]
fn a_gap_costs_one_window_not_more() {
    block_on(async {
        let (bytes, digest) = module();
        let link = Rig { losses: 40..41, ..Rig::new() }.link();
        Client::new(link.clone()).upload(&bytes, digest, 0, |_| ()).await.unwrap();
        let needed = bytes.len().div_ceil(240);
        let frames = link.0.borrow().frames;
        assert!(frames <= needed + 3 + 4096usize.div_ceil(240), "{frames} frames for {needed}");
    });
}

#[test]
fn the_end_of_the_connection_is_told_and_the_upload_resumed() {
    block_on(async {
        let (bytes, digest) = module();
        let link = Rig { cut: Some(50), ..Rig::new() }.link();
        let mut client = Client::new(link.clone());
        let error = client.upload(&bytes, digest, 0, |_| ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the connection to the device failed: out of range");

        link.0.borrow_mut().reconnect();
        let uploaded = Client::new(link).upload(&bytes, digest, 0, |_| ()).await.unwrap();
        assert!(uploaded.resumed_at > 8_000, "{uploaded:?}");
    });
}

#[test]
fn a_status_of_another_upload_does_not_confuse() {
    block_on(async {
        let (bytes, digest) = module();
        let link = Rig::new().link();
        let late = link.0.borrow().device.status().to_vec();
        let mut client = Client::new(link.clone());
        let mut confused = false;
        let uploaded = client.upload(&bytes, digest, 0, |_| {
            if !std::mem::replace(&mut confused, true) {
                let late = Notification { from: Characteristic::Status, value: late.clone() };
                link.0.borrow_mut().notifications.push_front(late);
            }
        });
        assert_eq!(uploaded.await, Ok(Uploaded::default()));
    });
}

#[test]
fn an_upload_that_another_client_ends_is_given_up() {
    block_on(async {
        let (bytes, digest) = module();
        let link = Rig::new().link();
        let mut client = Client::new(link.clone());
        let error = client.upload(&bytes, digest, 0, |durable| {
            if durable == 4096 {
                let abort = encode(&Request { seq: 9, command: Command::Abort }).unwrap();
                link.0.borrow_mut().handle(Event::Control(&abort));
            }
        });
        assert_eq!(error.await, Err(Error::Displaced));
    });
}

#[test]
fn a_device_that_takes_nothing_is_given_up() {
    block_on(async {
        let (bytes, digest) = module();
        let link = Rig { losses: 30..usize::MAX, ..Rig::new() }.link();
        let error = Client::new(link).upload(&bytes, digest, 0, |_| ()).await.unwrap_err();
        assert!(matches!(error, Error::Stuck { durable: 1..8_000, size: 20_000 }), "{error:?}");
    });
}

#[test]
fn failing_flash_is_named() {
    block_on(async {
        let (bytes, digest) = module();
        let mut rig = Rig::new();
        rig.flash.fail_after(9);
        let error = Client::new(rig.link()).upload(&bytes, digest, 0, |_| ()).await.unwrap_err();
        assert!(
            matches!(&error, Error::Refused { refusal, .. } if refusal.code == ErrorCode::FlashFailed),
            "{error:?}"
        );
    });
}

#[test]
fn refusals_are_told() {
    block_on(async {
        let mut client = Client::new(Rig::new().link());
        let error = client.upload(&[0; FLASH], Digest([0; 32]), 0, |_| ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the device refused the upload: module too large: the slot holds 24576 bytes");
        let error = client.upload(b"\0asm", Digest([0; 32]), 0, |_| ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the device refused the module: digest mismatch");
        let error = client.run(0, Name::new("f").unwrap(), Values::default(), RunLimits::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "the device refused the call: no such app");
    });
}

#[test]
fn a_device_that_does_not_answer_is_given_up() {
    block_on(async {
        let link = Rig { deaf: true, ..Rig::new() }.link();
        let (bytes, digest) = module();
        let error = Client::new(link).upload(&bytes, digest, 0, |_| ()).await.unwrap_err();
        assert_eq!(error, Error::Silent("the upload"));
    });
}
