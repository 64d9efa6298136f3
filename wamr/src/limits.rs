//! Limits.

use core::time::Duration;

use crate::{MAX_MODULE_SIZE, PAGE_SIZE};

/// The whole address space of 32 bits.
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
    /// Maximum size of the module in bytes.
    pub module_size: u32,
    /// Maximum number of functions that the module defines.
    pub functions: u32,
    /// Maximum code size of a function in bytes.
    pub function_size: u32,
    /// Maximum initial number of elements of a table. WAMR lets a table grow to 1,024 elements, or to twice its initial size.
    pub table_elements: u32,

    /// Memory quota in bytes: part of the pool that is reserved for the module and its instances when the module is loaded, and
    /// released after the last of them. With `None`, the module allocates from the whole pool.
    pub pool: Option<u32>,
    /// Maximum number of live instances in the runtime when an instance is created, including this one.
    pub instances: u32,
    /// Maximum size of linear memory in pages of 64 KiB, initially and after `memory.grow`.
    pub memory_pages: u32,
    /// Size of the interpreter's stack for the guest's operands, locals and frames, in bytes of the pool. Twice this size is needed while
    /// a start function runs.
    ///
    /// The stack that a compiler puts into linear memory is separate.
    pub stack_size: u32,
    /// Maximum native stack of a call in bytes, for the interpreter and host functions together. With `None`, WAMR asks the system for
    /// the end of the thread's stack. Set a limit on systems that do not know it, such as Zephyr's `native_sim`.
    pub native_stack: Option<u32>,

    /// Maximum number of guest instructions of a call; `None` for no limit. Bulk operations on memories and tables, the locals of a
    /// called function, and a memory that grows count one more for every 64 bytes.
    pub fuel: Option<u64>,
    /// Maximum duration of a call; `None` for no limit. It is checked every 2,048 instructions. A host function that waits must respect
    /// [`Caller::time_left`](crate::Caller::time_left).
    pub deadline: Option<Duration>,
    /// Maximum number of host calls in a call.
    pub host_calls: u32,
    /// Maximum total duration of the host functions in a call; `None` for no limit, which saves reading the clock.
    pub host_time: Option<Duration>,
}

impl Limits {
    /// No limits except the pool, WAMR's own and a stack of 8 KiB: for trusted code.
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

    /// For microcontrollers with a few hundred KiB of RAM: 64 KiB of linear memory, 8 KiB of stack, 100 ms per call, 5 instances,
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

    /// For larger microcontrollers with external RAM: 512 KiB of linear memory, 32 KiB of stack, 500 ms per call, 20 instances,
    /// 200 functions.
    pub const MCU_LARGE: Self = Self {
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

    /// For Linux boards and computers: 16 MiB of linear memory, 8 MiB of stack, 60 s per call, 100 instances, 1,000 functions.
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
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn pages(bytes: usize) -> u32 {
    (bytes / PAGE_SIZE) as u32
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    /// The profiles exist twice, because Kconfig cannot read Rust.
    #[test]
    fn the_snippets_of_zephyr_are_the_same() {
        for (name, limits) in [("mcu", Limits::MCU), ("mcu-large", Limits::MCU_LARGE), ("mpu", Limits::MPU)] {
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
}
