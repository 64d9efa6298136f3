//! Apps in a real runtime that use host groups.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use wamr::{Limits, Runtime};
use wamr_device::{
    Completion, Delivery, Executor, ExecutorConfig, Host, HostGroup, Image, RunRequest, SignaturePolicy, Task,
};
use wamr_proto::{
    AppName, Capability, CapabilityList, MANIFEST_MAX, Manifest, Name, Outcome, RunLimits, Value, Values,
    encode_within, read,
};

/// A process has one runtime, on this pool.
static POOL: Mutex<Option<&'static mut [u8]>> = Mutex::new(None);

/// An app, by its text and what its manifest says.
pub struct App<'a> {
    pub name: &'a str,
    /// What its manifest lists; `None` without a list.
    pub capabilities: Option<&'a [&'a str]>,
    pub text: &'a str,
}

impl App<'_> {
    fn module(&self) -> Vec<u8> {
        let entries = self.capabilities.unwrap_or_default().iter().map(|entry| Capability::new(entry).unwrap());
        let list = encode_within::<MANIFEST_MAX>(&CapabilityList::first(entries)).unwrap();
        let name = AppName::new(self.name).unwrap();
        let capabilities = self.capabilities.map(|_| read(&list).unwrap());
        let mut module = wat::parse_str(self.text).unwrap();
        module.extend(Manifest { name, capabilities, ..Default::default() }.to_section().unwrap());
        module
    }
}

struct Bytes<'a>(&'a [u8]);

impl Image for Bytes<'_> {
    fn with<R>(&self, range: Range<u32>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.0[range.start as usize..range.end as usize])
    }
}

/// An executor with host groups.
pub struct Rig<'e, 'l, 'rt>(&'e mut Executor<'l, 'rt>);

impl Rig<'_, '_, '_> {
    /// Loads an app with this number.
    pub fn load(&mut self, number: u8, app: &App<'_>) -> Result<(), wamr_proto::Refusal> {
        let module = app.module();
        self.0.load(number, 0..module.len() as u32, &Bytes(&module), None)
    }

    /// Unloads an app.
    #[allow(dead_code, reason = "not every group has something that ends then")]
    pub fn unload(&mut self, number: u8) {
        let done = self.0.perform(&Task::Unload { slot: number, removes: None }, &Bytes(&[]));
        assert!(matches!(done, Completion::Unloaded { .. }), "{done:?}");
    }

    /// Calls a function with integers.
    pub fn run(&mut self, number: u8, export: &str, args: &[i32]) -> Outcome {
        let args = Values::first(args.iter().map(|arg| Value::I32(*arg)));
        let (export, limits) = (Name::new(export).unwrap(), RunLimits::default());
        self.0.run(&RunRequest { seq: 1, app: number, export, args, limits }).unwrap().outcome
    }

    /// Lets an app handle its next event. Returns whether there was one.
    #[allow(dead_code, reason = "not every group has events")]
    pub fn deliver(&mut self, number: u8) -> bool {
        match self.0.perform(&Task::Deliver { slot: number }, &Bytes(&[])) {
            Completion::Ran { result, .. } => result.is_ok(),
            other => panic!("{other:?}"),
        }
    }

    /// Calls a function with integers that returns one.
    #[track_caller]
    pub fn call(&mut self, number: u8, export: &str, args: &[i32]) -> i32 {
        match self.run(number, export, args) {
            Outcome::Returned(values) if matches!(*values, [Value::I32(_)]) => {
                let Value::I32(value) = values[0] else { unreachable!() };
                value
            }
            other => panic!("{other:?}"),
        }
    }

    /// Calls a function that traps, and returns the message.
    #[track_caller]
    pub fn trap(&mut self, number: u8, export: &str, args: &[i32]) -> String {
        match self.run(number, export, args) {
            Outcome::Trapped { message, .. } => message.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

/// Does `work` with a runtime whose apps can use these groups.
pub fn with(groups: &[&dyn HostGroup], events: Option<&'static dyn Delivery>, work: impl FnOnce(&mut Rig<'_, '_, '_>)) {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new(pool.take().unwrap_or_else(|| vec![0; 1024 * 1024].leak())).unwrap();
    run(&runtime, groups, events, work);
    *pool = Some(runtime.into_pool());
}

fn run(
    runtime: &Runtime,
    groups: &[&dyn HostGroup],
    events: Option<&'static dyn Delivery>,
    work: impl FnOnce(&mut Rig<'_, '_, '_>),
) {
    let host = Host::new(runtime, groups).unwrap();
    let limits = Limits { fuel: Some(1_000_000), pool: Some(100 * 1024), ..Limits::DEFAULT };
    let config = ExecutorConfig { limits, signatures: SignaturePolicy::OFF, now: || 0, events };
    let mut executor = Executor::new(&host, &config);
    work(&mut Rig(&mut executor));
}
