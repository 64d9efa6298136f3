//! What the benchmarks run, on a computer (`../metering.rs`) and on Zephyr (`tests/metering`).

use core::time::Duration;

use wamr::{Error, Instance, Limits, Linker, Module, Runtime, TypedFunc};

/// The exports of `kernels.wat`, each with an argument and its result.
const KERNELS: [(&str, i32, i32); 7] = [
    ("primes", 8000, 1007),
    ("crc32", 4096, -1_567_547_262),
    ("matmul", 24, 25_913_088),
    ("fibonacci", 20, 6765),
    ("copy", 32_768, 32_768),
    ("host_calls", 1000, 500_500),
    ("call", 7, 7),
];

/// What to enforce; no kernel reaches it. Fuel is counted with a deadline, too.
const LIMITS: [(&str, Limits); 2] = [("fuel", FUEL), ("deadline", DEADLINE)];
const FUEL: Limits = Limits { fuel: Some(1 << 40), ..Limits::DEFAULT };
const DEADLINE: Limits = Limits { deadline: Some(Duration::from_secs(24 * 3600)), ..FUEL };

/// A kernel, ready to be called.
pub struct Kernel<'a, 'l> {
    pub name: &'static str,
    /// What is enforced: "fuel", "deadline", or "off" in a build that does not count.
    pub limits: &'static str,
    /// Instructions of one call; 0 if they are not counted.
    pub fuel: u64,
    argument: i32,
    function: TypedFunc<i32, i32>,
    instance: &'a mut Instance<'l>,
}

impl Kernel<'_, '_> {
    #[inline]
    pub fn call(&mut self) -> Result<i32, Error> {
        self.function.call(self.instance, self.argument)
    }
}

/// Calls `measure` with each kernel under each of the limits.
///
/// # Panics
/// When a kernel's result is wrong.
pub fn each(runtime: &Runtime, module: &[u8], mut measure: impl FnMut(Kernel<'_, '_>)) -> Result<(), Error> {
    let mut linker = Linker::<()>::new(runtime);
    linker.func_wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b))?;
    for (name, argument, result) in KERNELS {
        for (limits, enforced) in &LIMITS {
            let module = Module::with_limits(runtime, module, enforced)?;
            let mut instance = linker.instantiate(&module, ())?;
            let function = instance.get_typed_func::<i32, i32>(name)?;
            assert_eq!(function.call(&mut instance, argument)?, result, "{name}");

            let fuel = instance.usage().fuel;
            let limits = if fuel == 0 { "off" } else { limits };
            measure(Kernel { name, limits, fuel, argument, function, instance: &mut instance });
            if fuel == 0 {
                break;
            }
        }
    }
    Ok(())
}
