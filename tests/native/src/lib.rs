//! Native code in the flash of a Cortex-M33: it runs in place, counts as the interpreter does, and is stopped by the same limits. First
//! code that the firmware contains, then an app that a client inside the firmware installs. Then an app processes blocks, one in each event.
#![no_std]

// The stream of the sample also runs here, so that it needs no build of its own.
#[cfg(CONFIG_WAMR_ZEPHYR_INTERPRETER)]
#[path = "../../../samples/audio_block/src/audio/mod.rs"]
mod audio;
#[cfg(CONFIG_WAMR_ZEPHYR_INTERPRETER)]
mod blocks;
#[path = "../../host_api/src/client.rs"]
#[expect(dead_code, reason = "this suite needs only a part of the client")]
mod client;
mod device;

use core::time::Duration;

use wamr::{Error, Instance, Limits, Linker, Module, Pool, Runtime, Trap};
use wamr_zephyr::{LIMITS, clock, include_wasm};
use zephyr::printkln;

/// What the client of `tests/host_api` reports to its board.
mod board {
    pub fn note_apps_thread() {}
}

/// For the code that the firmware contains.
static OWN_POOL: Pool<{ 160 * 1024 }> = Pool::new();

/// `CONFIG_WAMR_ZEPHYR_FUEL`
const FUEL: u64 = zephyr::kconfig::CONFIG_WAMR_ZEPHYR_FUEL as u64;

static CODE: &[u8] = include_wasm!("../../../wamr/tests/native/guest.mps2.aot");
static FOR_A_COMPUTER: &[u8] = include_wasm!("../../../wamr/tests/native/guest.x86_64.aot");

/// Long enough for all that ends, even on a slow computer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts what is as it has to be.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    fn note(&mut self, name: &str, passed: bool) {
        self.check(name, passed, None);
    }

    fn check(&mut self, name: &str, passed: bool, error: Option<&Error>) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            match error {
                Some(error) => printkln!("{name}: {error}"),
                None => printkln!("{name}"),
            }
        }
    }
}

fn load<'rt>(runtime: &'rt Runtime, code: &'rt [u8], limits: &Limits) -> Result<Module<'rt>, Error> {
    // SAFETY: `wamrctl compile` made both files, and nothing has changed them.
    unsafe { Module::from_native(runtime, code, limits) }
}

/// Calls `name` and checks that a trap ends it. Gives the fuel that it took.
fn stopped(tally: &mut Tally, instance: &mut Instance<'_>, name: &str, trap: &Trap) -> u64 {
    let end = instance.get_typed_func::<(), ()>(name).and_then(|function| function.call(instance, ()));
    let error = end.err();
    tally.check(name, error.as_ref().and_then(Error::as_trap) == Some(trap), error.as_ref());
    instance.usage().fuel
}

fn run(tally: &mut Tally, runtime: &Runtime) -> Result<(), Error> {
    let limits = Limits {
        fuel: Some(FUEL),
        deadline: Some(PATIENCE),
        native_stack: LIMITS.native_stack,
        stack_size: 4096,
        ..Limits::DEFAULT
    };
    let mut linker = Linker::new(runtime);
    linker.func_wrap("env", "add", |a: i32, b: i64| i64::from(a) + b)?;
    linker.func_wrap("env", "call_back", |times: i32| times + 1)?;

    let error = load(runtime, FOR_A_COMPUTER, &limits).err();
    tally.check("another processor", matches!(error, Some(Error::WrongProcessor(_))), error.as_ref());

    // Code in RAM is not executable, so that it runs shows that it was not copied.
    let module = load(runtime, CODE, &limits)?;
    let mut instance = linker.instantiate(&module, ())?;

    let count = instance.get_typed_func::<i32, i32>("count")?;
    let counted = count.call(&mut instance, 1000);
    tally.check("count", counted == Ok(3000) && instance.usage().fuel == 9002, counted.as_ref().err());
    let sum = instance.get_typed_func::<i64, i64>("sum")?;
    let added = sum.call(&mut instance, 1 << 40);
    tally.check("sum", added == Ok((1 << 40) + 40), added.as_ref().err());
    let function = instance.get_typed_func::<i32, i32>("load")?;
    let outside = function.call(&mut instance, 65_533).err();
    tally.check("load", outside == Some(Trap::MemoryOutOfBounds.into()), outside.as_ref());
    let divide = instance.get_typed_func::<(i32, i32), i32>("divide")?;
    let zero = divide.call(&mut instance, (7, 0)).err();
    tally.check("divide", zero == Some(Trap::DivisionByZero.into()), zero.as_ref());

    for name in ["spin", "storm"] {
        let fuel = stopped(tally, &mut instance, name, &Trap::OutOfFuel);
        tally.check("all fuel is used", fuel == FUEL, None);
    }
    let dive = instance.get_typed_func::<i32, i32>("dive")?;
    let deep = dive.call(&mut instance, 0).err();
    tally.check("dive", deep == Some(Trap::NativeStackOverflow.into()), deep.as_ref());

    instance.set_fuel(None);
    instance.set_deadline(Some(Duration::from_millis(100)));
    for name in ["spin", "storm", "host_storm"] {
        let start = clock::micros();
        stopped(tally, &mut instance, name, &Trap::DeadlineExceeded);
        tally.check("in time", clock::micros() - start < 1_000_000, None);
    }
    tally.check("the instance still works", count.call(&mut instance, 1) == Ok(3), None);
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    let pool = OWN_POOL.take().expect("nobody else takes the pool");
    let runtime = Runtime::new(pool).expect("the only runtime");
    runtime.set_clock(clock::deadline);
    let mut tally = Tally::default();
    if let Err(error) = run(&mut tally, &runtime) {
        tally.check("run", false, Some(&error));
    }
    #[cfg(CONFIG_WAMR_ZEPHYR_INTERPRETER)]
    if let Err(error) = audio::run(&runtime) {
        tally.check("audio", false, Some(&error));
    }
    // The device has a runtime of its own.
    drop(runtime);
    client::run_device_with(tests(tally), |device| {
        #[cfg(CONFIG_WAMR_ZEPHYR_INTERPRETER)]
        let device = device.host(&blocks::Blocks);
        device
    })
}

#[zephyr::thread(stack_size = 16384)]
fn tests(mut tally: Tally) {
    device::run(&mut tally);
    #[cfg(CONFIG_WAMR_ZEPHYR_INTERPRETER)]
    blocks::run(&mut tally);
    printkln!("native: {} passed, {} failed", tally.passed, tally.failed);
}
