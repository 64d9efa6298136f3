//! What an app may take.

use core::time::Duration;

use crate::{MAX_MODULE_SIZE, PAGE_SIZE};

/// All that 32-bit addresses reach.
pub(crate) const MAX_PAGES: u32 = 65536;

/// The limits of a module, its instances and their calls.
///
/// They are given once, when the module is [loaded](crate::Module::with_limits). Each call has a budget of its own, start functions
/// included; it covers all that the call executes, also when a host function calls the guest again. An instance can change the
/// limits of its next calls: [`Instance::set_fuel`](crate::Instance::set_fuel) and the methods beside it.
///
/// ```
/// let limits = wamr::Limits { fuel: Some(1_000_000), ..wamr::Limits::MCU };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the module.
    pub module_size: u32,
    /// Functions that the module defines.
    pub functions: u32,
    /// Bytes of code of the largest function.
    pub function_size: u32,
    /// Elements of the largest table, when an instance is made. WAMR lets it grow to 1024 or to the double.
    pub table_elements: u32,

    /// Bytes of the pool for the module and its instances. They are set aside when the module is loaded, so that nobody else
    /// can take them, and given back with the last instance. With `None` the module takes from what the pool has.
    pub pool: Option<u32>,
    /// Instances alive at the same time in the runtime, this one included.
    pub instances: u32,
    /// Pages of 64 KiB that linear memory may have, from the beginning and after `memory.grow`.
    pub memory_pages: u32,
    /// Bytes of the pool for the guest's calls: operands, locals and frames.
    ///
    /// The guest's own stack in linear memory is the guest's affair. While a start function runs this much is needed twice.
    pub stack_size: u32,
    /// Bytes of the thread's stack that a call may use, interpreter and host functions together. With `None` WAMR asks the system
    /// for the end of the stack; set this where the system does not know it, as on Zephyr's `native_sim`.
    pub native_stack: Option<u32>,

    /// Instructions that a call may execute, host functions not counted. Work on many bytes counts one more for every 64 of them:
    /// bulk operations on memories and tables, and the locals of a function that is called. `None` for no limit.
    pub fuel: Option<u64>,
    /// How long a call may take. The guest is stopped 1024 instructions later at most; a host function that waits has to
    /// respect [`Caller::time_left`](crate::Caller::time_left). `None` for no limit.
    pub deadline: Option<Duration>,
    /// Calls of host functions in a call.
    pub host_calls: u32,
    /// Time that host functions may take in a call, together. `None` for no limit and no look at the clock.
    pub host_time: Option<Duration>,
}

impl Limits {
    /// No limits but the pool, WAMR's own and a stack of 8 KiB: for code that is trusted.
    pub const DEFAULT: Self = Self {
        module_size: MAX_MODULE_SIZE as u32,
        functions: u32::MAX,
        function_size: u32::MAX,
        table_elements: u32::MAX,
        pool: None,
        instances: u32::MAX,
        memory_pages: MAX_PAGES,
        stack_size: 8 * 1024,
        native_stack: None,
        fuel: None,
        deadline: None,
        host_calls: u32::MAX,
        host_time: None,
    };

    /// For microcontrollers with some hundred KiB of RAM: 64 KiB of linear memory, 8 KiB of stack, 100 ms a call, 5 instances,
    /// 50 functions.
    pub const MCU: Self = Self {
        module_size: 64 * 1024,
        functions: 50,
        function_size: 16 * 1024,
        table_elements: 256,
        instances: 5,
        memory_pages: pages(64 * 1024),
        stack_size: 8 * 1024,
        deadline: Some(Duration::from_millis(100)),
        host_calls: 10_000,
        ..Self::DEFAULT
    };

    /// For larger microcontrollers with external RAM: 512 KiB of linear memory, 32 KiB of stack, 500 ms a call, 20 instances,
    /// 200 functions.
    pub const RISCV: Self = Self {
        module_size: 256 * 1024,
        functions: 200,
        function_size: 64 * 1024,
        table_elements: 1024,
        instances: 20,
        memory_pages: pages(512 * 1024),
        stack_size: 32 * 1024,
        deadline: Some(Duration::from_millis(500)),
        host_calls: 100_000,
        ..Self::DEFAULT
    };

    /// For boards of the Linux class and for computers: 16 MiB of linear memory, 8 MiB of stack, 60 s a call, 100 instances,
    /// 1000 functions.
    pub const MPU: Self = Self {
        functions: 1000,
        function_size: 1024 * 1024,
        table_elements: 64 * 1024,
        instances: 100,
        memory_pages: pages(16 * 1024 * 1024),
        stack_size: 8 * 1024 * 1024,
        deadline: Some(Duration::from_secs(60)),
        host_calls: i32::MAX as u32,
        ..Self::DEFAULT
    };

    /// The lower of each two limits: what an app asks for, within what the device allows.
    pub fn at_most(&self, other: &Self) -> Self {
        Self {
            module_size: self.module_size.min(other.module_size),
            functions: self.functions.min(other.functions),
            function_size: self.function_size.min(other.function_size),
            table_elements: self.table_elements.min(other.table_elements),
            pool: lower(self.pool, other.pool),
            instances: self.instances.min(other.instances),
            memory_pages: self.memory_pages.min(other.memory_pages),
            stack_size: self.stack_size.min(other.stack_size),
            native_stack: lower(self.native_stack, other.native_stack),
            fuel: lower(self.fuel, other.fuel),
            deadline: lower(self.deadline, other.deadline),
            host_calls: self.host_calls.min(other.host_calls),
            host_time: lower(self.host_time, other.host_time),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn pages(bytes: usize) -> u32 {
    (bytes / PAGE_SIZE) as u32
}

/// `None` is no limit.
fn lower<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    /// The profiles are written twice, as Kconfig cannot read Rust.
    #[test]
    fn the_snippets_of_zephyr_are_the_same() {
        for (name, limits) in [("mcu", Limits::MCU), ("riscv", Limits::RISCV), ("mpu", Limits::MPU)] {
            let file = std::format!("{}/../snippets/wamr-{name}/wamr-{name}.conf", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(file).expect("a snippet for each profile");
            let mut options: std::vec::Vec<_> = text.lines().filter(|line| line.starts_with("CONFIG_")).collect();
            for (option, value) in [
                ("MEMORY_PAGES", limits.memory_pages),
                ("WASM_STACK_SIZE", limits.stack_size),
                ("DEADLINE_MS", limits.deadline.unwrap().as_millis() as u32),
                ("INSTANCES", limits.instances),
                ("FUNCTIONS", limits.functions),
                ("MODULE_SIZE", limits.module_size),
                ("FUNCTION_SIZE", limits.function_size),
                ("TABLE_ELEMENTS", limits.table_elements),
                ("HOST_CALLS", limits.host_calls),
            ] {
                let wanted = std::format!("CONFIG_WAMR_ZEPHYR_{option}={value}");
                let at = options.iter().position(|line| **line == wanted);
                options.remove(at.unwrap_or_else(|| panic!("{wanted} is not in the snippet {name}")));
            }
            assert!(options.is_empty(), "{name}: {options:?}");
        }
    }

    #[test]
    fn the_lower_limit_of_two_counts() {
        let wanted = Limits { fuel: Some(5), host_calls: 3, deadline: Some(Duration::from_secs(9)), ..Limits::DEFAULT };
        let limits = wanted.at_most(&Limits::MCU);
        assert_eq!((limits.fuel, limits.host_calls), (Some(5), 3));
        assert_eq!((limits.deadline, limits.functions), (Limits::MCU.deadline, 50));
        assert_eq!(limits.at_most(&Limits::DEFAULT), limits);
        assert_eq!(Limits::DEFAULT.at_most(&limits), limits);
    }
}
