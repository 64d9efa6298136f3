//! Apps call the functions of all host groups in any order, with any arguments. See README.md.

#![no_main]

mod asan;
mod drivers;
mod files;
#[path = "../../wamr-host/tests/groups/functions.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod functions;
#[expect(dead_code, reason = "other targets use more of it")]
mod redzones;

use std::cell::Cell;
use std::fmt::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use wamr::{Limits, Pool, Runtime};
use wamr_device::sim::SimFlash;
use wamr_device::{
    AppEvents, Completion, Delivery, EventHooks, Executor, ExecutorConfig, Host, HostGroup, LogLine, RunRequest,
    SignaturePolicy, Task,
};
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
use wamr_proto::{AppName, Manifest, Name, RunLimits, Value, Values};

use drivers::{Drivers, FAILURES, Flash, WAITING};
use files::MemoryFiles;
use functions::{ARGS, FUNCTIONS, Function, Param};

/// What happens, in this order.
#[derive(Arbitrary, Debug)]
enum Step {
    /// An app calls a function.
    Call {
        app: u8,
        function: u8,
        args: [Arg; 9],
    },
    /// An app writes to its memory.
    Write {
        app: u8,
        address: u16,
        bytes: [u8; 16],
    },
    /// The name of a resource is in the memory of an app, where [`Arg::Name`] is.
    Name {
        app: u8,
        name: u8,
    },
    /// How `cabi_realloc` of an app behaves, and the address that it returns.
    Realloc {
        app: u8,
        behavior: u8,
        address: u32,
    },
    Load {
        app: u8,
    },
    Unload {
        app: u8,
    },
    /// An app gets its next event.
    Deliver {
        app: u8,
    },
    Pass {
        millis: u16,
    },
    Changed {
        pin: u8,
        active: bool,
    },
    Measured {
        sensor: u8,
    },
    Received {
        port: u8,
        count: u8,
    },
    Network {
        host: bool,
        number: u8,
    },
    /// Which of the next calls of drivers fail.
    Fail {
        failures: u8,
    },
}

/// An argument. Most are such that a call gets far.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Arg {
    Small(u8),
    Address(u16),
    Any(u32),
    Long(u64),
    /// What the function expects here.
    Right,
    Name,
}

static EVENTS: AppEvents = AppEvents::new(EventHooks { now: || NOW.load(Relaxed), wake: || (), share: 100 });
static NOW: AtomicU32 = AtomicU32::new(0);

static GPIO: Gpio<Drivers, { drivers::COUNT }> = Gpio::new(Drivers, &EVENTS);
static WASI_GPIO: WasiGpio<Drivers, { drivers::COUNT }> = WasiGpio::new(&GPIO);
static SENSOR: Sensor<Drivers, { drivers::COUNT }> = Sensor::new(Drivers, &EVENTS);
static UART: Uart<Drivers, { drivers::COUNT }> = Uart::new(Drivers, &EVENTS);
static KV: LazyLock<Kv<Flash>> = LazyLock::new(|| {
    let config = kv::Config { erases_per_hour: u16::MAX, ..kv::Config::new(|| NOW.load(Relaxed)) };
    Kv::new(Flash(SimFlash::new(KV_SIZE as usize)), KV_SIZE, config)
});
const KV_SIZE: u32 = 8192;
static MESSAGES: Messages<Drivers, 4> = Messages::new(Drivers, &EVENTS);
static NET: Net<Drivers, { drivers::COUNT }> = Net::new(Drivers, &EVENTS);
static LOG: Log<fn(Level, &LogLine<'_>)> = Log::new(|_, line| assert!(line.to_string().len() >= line.text.len()));
static CLOCK: Clock = Clock::new(Clocks { micros: || 1, unix_time: || Some(2) });
static TIMER: Timer = Timer::new(&EVENTS);
static I2C: I2c<Drivers> = I2c::new(Drivers);
static SPI: Spi<Drivers> = Spi::new(Drivers);
static ADC: Adc<Drivers> = Adc::new(Drivers);
static PWM: Pwm<Drivers> = Pwm::new(Drivers);
static RNG: Rng = Rng::new(|bytes| {
    bytes.fill(0x5a);
    Ok(())
});
static CRYPTO: Crypto<Drivers> = Crypto::new(Drivers);
static FILE: File<MemoryFiles, { drivers::COUNT }> =
    File::new(MemoryFiles, file::Config { erases_per_hour: u16::MAX, ..file::Config::new(|| NOW.load(Relaxed)) });
static SYSTEM: System = System::new(About { name: || "fuzz", reset_reason: || ResetReason::Pin, battery: || None });
static GROUPS: LazyLock<[&dyn HostGroup; 17]> = LazyLock::new(|| {
    [
        &LOG, &CLOCK, &TIMER, &WASI_GPIO, &I2C, &SPI, &ADC, &PWM, &SENSOR, &UART, &*KV, &FILE, &MESSAGES, &NET, &RNG,
        &CRYPTO, &SYSTEM,
    ]
});

static POOL: Pool<{ 1024 * 1024 }> = Pool::new();

/// The apps of an input.
const APPS: u8 = NAMES.len() as u8;
const NAMES: [&str; 2] = ["one", "two"];

/// Where the name of [`Step::Name`] and the results are.
const NAME: u32 = 0x100;
const RET: u32 = 0x80;

thread_local! {
    static HOST: &'static Host<'static> = {
        let runtime: &'static Runtime = Box::leak(Box::new(Runtime::new(POOL.take().expect("one thread")).expect("the first")));
        Box::leak(Box::new(Host::new(runtime, &*GROUPS).expect("the pool is empty")))
    };
}

fuzz_target!(|steps: Vec<Step>| {
    HOST.with(|host| {
        let before = host.runtime().pool_usage().used;
        run(host, &steps);
        drivers::assert_idle();
        files::assert_closed();
        NAMES.iter().for_each(|name| KV.removed(name));
        assert_eq!(host.runtime().pool_usage().used, before, "the run leaves bytes in the pool");
        assert_eq!(EVENTS.next_time(NOW.load(Relaxed)), None, "a timer is left");
    });
});

fn run(host: &Host<'static>, steps: &[Step]) {
    FAILURES.set(0);
    WAITING.set(0);
    NOW.store(0, Relaxed);
    let limits = Limits { fuel: Some(20_000), pool: Some(200 * 1024), ..Limits::DEFAULT };
    let config = ExecutorConfig { limits, signatures: SignaturePolicy::OFF, now: || 0, events: Some(&EVENTS) };
    let mut executor = Executor::new(host, &config);
    let loaded = Cell::new([false; APPS as usize]);
    (0..APPS).for_each(|app| load(&mut executor, &loaded, app));
    let mut name: [(u32, &str); APPS as usize] = [(NAME, ""); APPS as usize];
    for step in steps {
        match *step {
            Step::Call { app, function, args } => {
                let function = &FUNCTIONS[usize::from(function) % FUNCTIONS.len()];
                let app = app % APPS;
                let values = values(function, &args, name[usize::from(app)]);
                if function.reads_arguments() {
                    let words: Vec<_> = values.iter().flat_map(word).collect();
                    write(&mut executor, app, ARGS, &words);
                    call(&mut executor, app, &function.export(), &[]);
                } else {
                    call(&mut executor, app, &function.export(), &values);
                }
            }
            Step::Write { app, address, bytes } => write(&mut executor, app % APPS, address.into(), &bytes),
            Step::Name { app, name: number } => {
                let app = app % APPS;
                let groups = GROUPS.iter().flat_map(|group| group.resources()).copied();
                let names: Vec<_> = groups.chain(["ambient-temp", "humidity"]).chain(NAMES).collect();
                let chosen = names[usize::from(number) % names.len()];
                name[usize::from(app)].1 = chosen;
                write(&mut executor, app, NAME, chosen.as_bytes());
            }
            Step::Realloc { app, behavior, address } => {
                write(&mut executor, app % APPS, 16, &address.to_le_bytes());
                write(&mut executor, app % APPS, 20, &[behavior % 6]);
            }
            Step::Load { app } => load(&mut executor, &loaded, app % APPS),
            Step::Unload { app } => unload(&mut executor, &loaded, app % APPS),
            Step::Deliver { app } => {
                let now = NOW.load(Relaxed);
                if let Some(app) = EVENTS.next(now, app % APPS, &|_| true) {
                    assert!(loaded.get()[usize::from(app)], "an event for an app that is gone");
                    executor.perform(&Task::Deliver { slot: app }, &&[][..]);
                    EVENTS.delivered(app, now, 1, false);
                }
            }
            Step::Pass { millis } => _ = NOW.fetch_add(millis.into(), Relaxed),
            Step::Changed { pin, active } => GPIO.changed(pin.into(), active),
            Step::Measured { sensor } => SENSOR.measured(sensor.into()),
            Step::Received { port, count } => {
                WAITING.set(WAITING.get() + u32::from(count));
                UART.received(port.into(), WAITING.get());
            }
            Step::Network { host: true, number } => NET.host_changed(number.into()),
            Step::Network { host: false, number } => NET.socket_changed(number.into()),
            Step::Fail { failures } => FAILURES.set(failures),
        }
    }
    FAILURES.set(0);
}

fn load(executor: &mut Executor<'_, 'static>, loaded: &Cell<[bool; APPS as usize]>, app: u8) {
    let module = &MODULES[usize::from(app)];
    executor.load(app, 0..module.len() as u32, &module[..], None).expect("the pool is large enough");
    set(loaded, app, true);
}

fn unload(executor: &mut Executor<'_, 'static>, loaded: &Cell<[bool; APPS as usize]>, app: u8) {
    let done = executor.perform(&Task::Unload { slot: app, removes: None }, &&[][..]);
    assert!(matches!(done, Completion::Unloaded { .. }), "{done:?}");
    set(loaded, app, false);
}

fn set(loaded: &Cell<[bool; APPS as usize]>, app: u8, is: bool) {
    let mut apps = loaded.get();
    apps[usize::from(app)] = is;
    loaded.set(apps);
}

/// Calls an export, if the app is loaded.
fn call(executor: &mut Executor<'_, 'static>, app: u8, export: &str, args: &[Value]) {
    let args = Values::new(args).expect("at most 8");
    let export = Name::new(export).expect("is short");
    let _ = executor.run(&RunRequest { seq: 0, app, export, args, limits: RunLimits::default() });
}

fn write(executor: &mut Executor<'_, 'static>, app: u8, address: u32, bytes: &[u8]) {
    for (address, chunk) in (address..).step_by(8).zip(bytes.chunks(8)) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let address = Value::I32(address.cast_signed());
        call(executor, app, "poke", &[address, Value::I64(i64::from_le_bytes(word))]);
    }
}

/// The arguments of a function.
fn values(function: &Function, args: &[Arg; 9], (name, text): (u32, &str)) -> Vec<Value> {
    let mut args = args.iter().copied().chain(std::iter::repeat(Arg::Small(0)));
    let mut values = Vec::new();
    for param in function.params {
        let arg = args.next().expect("it has no end");
        let (right, second) = match param {
            Param::Handle | Param::Other(_) => (1, None),
            Param::Text(_) => (name, Some(text.len() as u32)),
            Param::Bytes => (0x200, Some(4)),
            Param::Operations => (0x200, Some(2)),
            Param::Enum | Param::State | Param::Number => (1, None),
            Param::Long => (4, None),
            Param::Return(_) => (RET, None),
        };
        let value = |arg, right: u32| match arg {
            Arg::Small(value) => u64::from(value),
            Arg::Address(value) => value.into(),
            Arg::Any(value) => value.into(),
            Arg::Long(value) => value,
            Arg::Right => right.into(),
            Arg::Name => name.into(),
        };
        values.push(match param {
            Param::Long => Value::I64(value(arg, right).cast_signed()),
            _ => Value::I32(value(arg, right) as i32),
        });
        if let Some(right) = second {
            values.push(Value::I32(match arg {
                Arg::Right | Arg::Name => right.cast_signed(),
                _ => value(args.next().expect("it has no end"), right) as i32,
            }));
        }
    }
    values
}

fn word(value: &Value) -> [u8; 4] {
    match value {
        Value::I32(value) => value.to_le_bytes(),
        value => panic!("{value:?} is not a word"),
    }
}

/// Apps that export what they import. Their memory says how their `cabi_realloc` behaves.
static MODULES: LazyLock<[Vec<u8>; APPS as usize]> = LazyLock::new(|| {
    let code = code();
    NAMES.map(|name| {
        // Files and values belong to apps with names.
        let manifest = Manifest { name: AppName::new(name).unwrap(), ..Manifest::default() };
        [&code[..], &manifest.to_section().unwrap()].concat()
    })
});

fn code() -> Vec<u8> {
    let (mut imports, mut exports) = (String::new(), String::new());
    for (index, function) in FUNCTIONS.iter().enumerate() {
        let params = function.types().join(" ");
        let result = if function.result.is_empty() { String::new() } else { format!("(result {})", function.result) };
        let (module, name) = (function.module, function.name);
        writeln!(imports, "(import {module:?} {name:?} (func $f{index} (param {params}) {result}))").unwrap();
        writeln!(exports, "{}", function.text(&format!("$f{index}"))).unwrap();
    }
    let text = format!(
        r#"(module {imports} (memory (export "memory") 1 1) {exports}
                (global $next (mut i32) (i32.const 0x1000))
                (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (local $behavior i32)
                    (local.set $behavior (i32.load8_u (i32.const 20)))
                    (if (i32.eq (local.get $behavior) (i32.const 1)) (then (return (i32.load (i32.const 16)))))
                    (if (i32.eq (local.get $behavior) (i32.const 2)) (then unreachable))
                    (if (i32.eq (local.get $behavior) (i32.const 3)) (then (loop $again (br $again))))
                    (if (i32.eq (local.get $behavior) (i32.const 4)) (then (call $f2 (i32.const {RET}))))
                    (if (i32.eq (local.get $behavior) (i32.const 5)) (then (return
                        (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))
                    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const 0xfff8)))
                    (global.get $next)
                    (global.set $next (i32.add (global.get $next) (local.get 3))))
                (func (export "poke") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
                (func (export "on-event") (param i32 i32 i32)
                    (i32.store (i32.const 0) (local.get 0))
                    (i32.store (i32.const 4) (local.get 1))
                    (i32.store (i32.const 8) (local.get 2))))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
