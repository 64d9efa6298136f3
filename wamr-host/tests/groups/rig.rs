//! Apps that export what they import, so that a test calls the functions of the host as an app does.

use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};

use wamr::{Limits, Runtime};
use wamr_device::sim::SimFlash;
use wamr_device::{
    AppEvents, Completion, Delivery, EventHooks, Executor, ExecutorConfig, Host, HostGroup, LogLine, RunRequest,
    SignaturePolicy, Task,
};
use wamr_host::Error;
use wamr_host::adc::Adc;
use wamr_host::clock::{Clock, Clocks};
use wamr_host::crypto::Crypto;
use wamr_host::file::{self, File};
use wamr_host::gpio::{Gpio, WasiGpio};
use wamr_host::i2c::I2c;
use wamr_host::kv::{self, Kv};
use wamr_host::log::{Level, Log};
use wamr_host::message::Messages;
use wamr_host::net::Net;
use wamr_host::pwm::Pwm;
use wamr_host::rng::Rng;
use wamr_host::sensor::Sensor;
use wamr_host::spi::Spi;
use wamr_host::system::{About, ResetReason, System};
use wamr_host::timer::Timer;
use wamr_host::uart::Uart;
use wamr_proto::{
    AppName, Capability, CapabilityList, MANIFEST_MAX, Manifest, Name, Outcome, RunLimits, Value, Values,
    encode_within, read,
};

use crate::drivers::{Drivers, FAIL, notes};
use crate::functions::{ARGS, FUNCTIONS, Function, Param};
use crate::littlefs::LittleFs;

pub static NOW: AtomicU32 = AtomicU32::new(0);
pub static EVENTS: AppEvents = AppEvents::new(EventHooks { now: || NOW.load(Relaxed), wake: || (), share: 100 });
pub static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub static GPIO: Gpio<Drivers, 2> = Gpio::new(Drivers, &EVENTS);
static WASI_GPIO: WasiGpio<Drivers, 2> = WasiGpio::new(&GPIO);
pub static SENSOR: Sensor<Drivers, 2> = Sensor::new(Drivers, &EVENTS);
pub static UART: Uart<Drivers, 2> = Uart::new(Drivers, &EVENTS);
pub static FILE: File<LittleFs, 2> = File::new(
    LittleFs::new(),
    file::Config { quota: 2000, erases_per_hour: 2000, ..file::Config::new(|| NOW.load(Relaxed)) },
);
static KV: LazyLock<Kv<SimFlash>> = LazyLock::new(|| {
    let config = kv::Config { erases_per_hour: u16::MAX, ..kv::Config::new(|| NOW.load(Relaxed)) };
    Kv::new(SimFlash::new(KV_SIZE as usize), KV_SIZE, config)
});
const KV_SIZE: u32 = 8192;
static MESSAGES: Messages<Drivers, 4> = Messages::new(Drivers, &EVENTS);
pub static NET: Net<Drivers, 2> = Net::new(Drivers, &EVENTS);
static LOG: Log<fn(Level, &LogLine<'_>)> =
    Log::new(|level, line| LOGGED.lock().unwrap().push(format!("{level} {}", line.text)));
static CLOCK: Clock = Clock::new(Clocks { micros: || 1 << 40, unix_time: || Some(1_790_000_000) });
static TIMER: Timer = Timer::new(&EVENTS);
static I2C: I2c<Drivers> = I2c::new(Drivers);
static SPI: Spi<Drivers> = Spi::new(Drivers);
static ADC: Adc<Drivers> = Adc::new(Drivers);
static PWM: Pwm<Drivers> = Pwm::new(Drivers);
static RNG: Rng = Rng::new(|bytes| {
    bytes.fill(0xa5);
    FAIL.take().map_or(Ok(()), Err)
});
static CRYPTO: Crypto<Drivers> = Crypto::new(Drivers);
static SYSTEM: System =
    System::new(About { name: || "a device", reset_reason: || ResetReason::WakeUp, battery: || Some(87) });
static GROUPS: LazyLock<[&dyn HostGroup; 17]> = LazyLock::new(|| {
    [
        &LOG, &CLOCK, &TIMER, &WASI_GPIO, &I2C, &SPI, &ADC, &PWM, &SENSOR, &UART, &*KV, &FILE, &MESSAGES, &NET, &RNG,
        &CRYPTO, &SYSTEM,
    ]
});

/// A process has one runtime, on this pool.
static POOL: Mutex<Option<&'static mut [u8]>> = Mutex::new(None);

/// Where the results of functions are in the memory of an app.
pub const RET: u32 = 0x100;
/// Where the texts and bytes of tests are.
pub const DATA: u32 = 0x200;
/// The end of the memory.
pub const END: u32 = 0x10000;

/// An allocator as SDKs have one: it never frees.
pub const REALLOC: &str = "(global $next (mut i32) (i32.const 0x1000))
    (func (export \"cabi_realloc\") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
            (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (local.get $new)))
        (local.get $at))";

/// An app that exports what it imports.
pub struct App {
    pub name: &'static str,
    /// The groups from which it imports. All if there are none.
    pub groups: &'static [&'static str],
    /// The definition of `cabi_realloc`.
    pub realloc: &'static str,
    /// The capabilities in its manifest.
    pub capabilities: Option<&'static [&'static str]>,
}

impl Default for App {
    fn default() -> Self {
        Self { name: "app", groups: &[], realloc: REALLOC, capabilities: None }
    }
}

impl App {
    fn module(&self) -> Vec<u8> {
        let is_used = |function: &&Function| self.groups.is_empty() || self.groups.contains(&function.group());
        let (mut imports, mut exports) = (String::new(), String::new());
        for function in FUNCTIONS.iter().filter(is_used) {
            let params = function.types().join(" ");
            let result =
                if function.result.is_empty() { String::new() } else { format!("(result {})", function.result) };
            let Function { module, name, .. } = function;
            let id = format!("${}-{}", function.group(), name.replace(['[', ']'], "|"));
            writeln!(imports, "(import {module:?} {name:?} (func {id} (param {params}) {result}))").unwrap();
            writeln!(exports, "{}", function.text(&id)).unwrap();
        }
        let realloc = self.realloc;
        let text = format!(
            r#"(module {imports} (memory (export "memory") 1 1) {exports} {realloc}
                (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
                (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
                (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
                (func (export "on-event") (param i32 i32 i32)
                    (i32.store (i32.const 0) (local.get 0))
                    (i32.store (i32.const 4) (local.get 1))
                    (i32.store (i32.const 8) (local.get 2))))"#
        );
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let list = CapabilityList::first(
            self.capabilities.unwrap_or_default().iter().filter_map(|name| Capability::new(name)),
        );
        let list = encode_within::<MANIFEST_MAX>(&list).unwrap();
        let capabilities = self.capabilities.map(|_| read(&list).unwrap());
        let name = AppName::new(self.name).unwrap();
        module.extend(Manifest { name, capabilities, ..Default::default() }.to_section().unwrap());
        module
    }
}

/// The function that apps export under this name.
fn named(export: &str) -> &'static Function {
    FUNCTIONS.iter().find(|function| function.export() == export).unwrap_or_else(|| panic!("no function {export}"))
}

/// What a call of an app ended with: a result, if there is one, or the text of a trap.
pub type Ended<T> = Result<T, String>;

/// A device with apps.
pub struct Rig<'e, 'l, 'rt>(&'e mut Executor<'l, 'rt>);

/// Starts a device without apps.
pub fn rig<R>(test: impl FnOnce(&mut Rig<'_, '_, '_>) -> R) -> R {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new(pool.take().unwrap_or_else(|| vec![0; 1024 * 1024].leak())).unwrap();
    NOW.store(0, Relaxed);
    LOGGED.lock().unwrap().clear();
    notes();
    FILE.files().format();
    let host = Host::new(&runtime, &*GROUPS).unwrap();
    let limits = Limits { fuel: Some(100_000), ..Limits::DEFAULT };
    let config = ExecutorConfig { limits, signatures: SignaturePolicy::OFF, now: || 0, events: Some(&EVENTS) };
    let mut executor = Executor::new(&host, &config);
    let result = test(&mut Rig(&mut executor));
    drop(executor);
    drop(host);
    *pool = Some(runtime.into_pool());
    result
}

impl Rig<'_, '_, '_> {
    /// Loads an app into a slot. The error is the text of the refusal.
    pub fn try_load(&mut self, slot: u8, app: &App) -> Result<(), String> {
        let module = app.module();
        let loaded = self.0.load(slot, 0..module.len() as u32, &module[..], None);
        loaded.map_err(|error| error.to_string())
    }

    /// Loads a module in text format into a slot. The error is the text of the refusal.
    pub fn try_load_text(&mut self, slot: u8, text: &str) -> Result<(), String> {
        let module = wat::parse_str(text).unwrap();
        let loaded = self.0.load(slot, 0..module.len() as u32, &module[..], None);
        loaded.map_err(|error| error.to_string())
    }

    /// Loads an app into a slot.
    pub fn load(&mut self, slot: u8, app: &App) {
        self.try_load(slot, app).unwrap();
    }

    pub fn unload(&mut self, slot: u8) {
        let done = self.0.perform(&Task::Unload { slot, removes: None }, &&[][..]);
        assert!(matches!(done, Completion::Unloaded { .. }), "{done:?}");
    }

    /// Delivers the next event of an app: its case, and the values of the case.
    pub fn deliver(&mut self, slot: u8) -> Option<[u32; 3]> {
        EVENTS.next(NOW.load(Relaxed), slot, &|app| app == slot)?;
        match self.0.perform(&Task::Deliver { slot }, &&[][..]) {
            Completion::Ran { result: Ok(receipt), .. } if matches!(receipt.outcome, Outcome::Returned(_)) => {}
            other => panic!("{other:?}"),
        }
        let bytes = self.peek(slot, 0, 12);
        Some(std::array::from_fn(|index| u32::from_le_bytes(bytes[4 * index..][..4].try_into().unwrap())))
    }

    /// Calls an export with numbers. Returns the result, or 0.
    pub fn call(&mut self, slot: u8, export: &str, args: &[u64]) -> Ended<u64> {
        let function = FUNCTIONS.iter().find(|function| function.export() == export);
        if !args.is_empty() && function.is_some_and(Function::reads_arguments) {
            let words: Vec<_> = args.iter().flat_map(|arg| (*arg as u32).to_le_bytes()).collect();
            self.poke(slot, ARGS, &words);
            return self.call(slot, export, &[]);
        }
        let types = function.map(Function::types);
        let is_long = |index: usize| types.as_ref().is_some_and(|types| types[index] == "i64");
        let value = |(index, arg): (usize, &u64)| {
            if is_long(index) { Value::I64(arg.cast_signed()) } else { Value::I32(*arg as i32) }
        };
        let args = Values::first(args.iter().enumerate().map(value));
        let limits = RunLimits::default();
        let request = RunRequest { seq: 0, app: slot, export: Name::new(export).unwrap(), args, limits };
        match self.0.run(&request).unwrap_or_else(|refusal| panic!("{export}: {refusal}")).outcome {
            Outcome::Returned(values) => Ok(match values.first() {
                Some(Value::I32(value)) => u64::from(value.cast_unsigned()),
                Some(Value::I64(value)) => value.cast_unsigned(),
                _ => 0,
            }),
            Outcome::Trapped { kind, message } => Err(format!("{kind}: {message}")),
            Outcome::Stopped { limit, .. } => Err(format!("stopped: {limit}")),
            other => panic!("{other:?}"),
        }
    }

    /// Calls an export without parameters. Returns whether the app has confirmed that it works.
    pub fn confirms(&mut self, slot: u8, export: &str) -> bool {
        let (limits, args) = (RunLimits::default(), Values::default());
        let request = RunRequest { seq: 0, app: slot, export: Name::new(export).unwrap(), args, limits };
        match self.0.perform(&Task::Run(request), &&[][..]) {
            Completion::Ran { confirmed, .. } => confirmed,
            other => panic!("{other:?}"),
        }
    }

    pub fn poke(&mut self, slot: u8, address: u32, bytes: &[u8]) {
        for (address, byte) in (address..).zip(bytes) {
            self.call(slot, "poke", &[address.into(), (*byte).into()]).unwrap();
        }
    }

    pub fn peek(&mut self, slot: u8, address: u32, length: u32) -> Vec<u8> {
        (address..address + length).map(|address| self.call(slot, "peek", &[address.into()]).unwrap() as u8).collect()
    }

    /// A list or text at an address.
    pub fn list(&mut self, slot: u8, at: u32) -> Vec<u8> {
        let (address, length) = (self.word(slot, at), self.word(slot, at + 4));
        self.peek(slot, address, length)
    }

    pub fn word(&mut self, slot: u8, at: u32) -> u32 {
        u32::from_le_bytes(self.peek(slot, at, 4).try_into().unwrap())
    }

    /// Calls a function that opens a resource, with its parameters between the name and the address of the result. Returns the handle.
    pub fn open(&mut self, slot: u8, export: &str, name: &str, more: &[u64]) -> Ended<Result<u32, Error>> {
        self.poke(slot, DATA, name.as_bytes());
        let args = [&[DATA.into(), name.len() as u64], more, &[RET.into()]].concat();
        self.call(slot, export, &args)?;
        Ok(match self.peek(slot, RET, 1)[..] {
            [0] => Ok(self.word(slot, RET + 4)),
            _ => Err(error(self.peek(slot, RET + 4, 1)[0])),
        })
    }

    /// Opens the resource that a function of the table is about.
    pub fn opened(&mut self, slot: u8, open: &str) -> u32 {
        let (args, _) = self.right(slot, named(open));
        self.call(slot, open, &args).unwrap();
        assert_eq!(self.peek(slot, RET, 1), [0], "{open}");
        self.word(slot, RET + 4)
    }

    /// Arguments that are right for a function, and the place of each parameter among them.
    pub fn right(&mut self, slot: u8, function: &Function) -> (Vec<u64>, Vec<usize>) {
        // Before a text of this function is in memory.
        let handle = function.open.map(|open| self.opened(slot, open));
        let (mut args, mut places) = (Vec::new(), Vec::new());
        for param in function.params {
            places.push(args.len());
            match param {
                Param::Handle => args.push(handle.unwrap().into()),
                Param::Other(open) => args.push(self.opened(slot, open).into()),
                Param::Text(text) => {
                    self.poke(slot, DATA, text.as_bytes());
                    args.extend([DATA.into(), text.len() as u64]);
                }
                Param::Bytes => args.extend([DATA.into(), 2]),
                Param::Operations => {
                    self.poke(slot, DATA, &[0; 16]);
                    args.extend([DATA.into(), 1]);
                }
                Param::Enum | Param::State | Param::Number => args.push(1),
                Param::Long => args.push(2),
                Param::Return(_) => args.push(RET.into()),
            }
        }
        (args, places)
    }

    /// Calls a function whose result is a `result` with an `error`, and a value at this offset. The value is left in memory.
    pub fn result(&mut self, slot: u8, export: &str, args: &[u64], offset: u32) -> Ended<Result<(), Error>> {
        self.call(slot, export, &[args, &[RET.into()]].concat())?;
        Ok(match self.peek(slot, RET, 1)[..] {
            [0] => Ok(()),
            _ => Err(error(self.peek(slot, RET + offset, 1)[0])),
        })
    }
}

/// All errors, by their numbers in WIT.
pub const ERRORS: [Error; 7] = [
    Error::NotFound,
    Error::Busy,
    Error::InvalidArgument,
    Error::NotSupported,
    Error::NoSpace,
    Error::Io,
    Error::Timeout,
];

fn error(number: u8) -> Error {
    ERRORS[usize::from(number)]
}
