//! What firmware for a board offers to apps: `samples/ble_upload` with the defaults of its Kconfig options, which a test compares.

use wamr::Limits;
use wamr_device::Geometry;

/// Boards that this project has firmware for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Board {
    /// Nordic's nRF5340 DK
    Nrf5340dk,
}

/// What firmware offers.
pub struct Firmware {
    /// Bytes of the slots' partition.
    pub partition: u32,
    /// Bytes of a page of its flash.
    pub page: u32,
    /// Bytes that its flash writes at once.
    pub write: u32,
    /// Slots in it.
    pub slots: u8,
    /// Bytes of the pool for all apps.
    pub pool: u32,
    /// What an app gets.
    pub limits: Limits,
}

const NRF5340DK: Firmware = Firmware {
    partition: 256 * 1024,
    page: 4096,
    write: 4,
    slots: 4,
    pool: 256 * 1024,
    limits: Limits {
        module_size: 1024 * 1024,
        functions: 1000,
        function_size: 64 * 1024,
        table_elements: 1024,
        pool: Some(80 * 1024),
        memory_pages: 16,
        stack_size: 4 * 1024,
        ..Limits::DEFAULT
    },
};

impl Board {
    /// The firmware for it.
    pub fn firmware(self) -> &'static Firmware {
        match self {
            Self::Nrf5340dk => &NRF5340DK,
        }
    }
}

impl Firmware {
    /// The largest module that a slot holds, in bytes.
    pub fn slot(&self) -> u32 {
        Geometry::new(self.partition, self.page, self.write, self.slots).expect("a test builds it").capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::read_to_string;
    use std::path::Path;

    fn text(path: &str) -> String {
        read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    }

    /// The value in `prj.conf`, else the default in Kconfig.
    fn option(name: &str) -> u32 {
        let set = text("samples/ble_upload/prj.conf");
        let set = set.lines().find_map(|line| line.strip_prefix(&format!("CONFIG_WAMR_ZEPHYR_{name}=")));
        let default = || {
            let kconfig = ["limits", "slot", "wamr"].map(|part| text(&format!("zephyr/{part}/Kconfig"))).concat();
            let (_, option) = kconfig.split_once(&format!("config WAMR_ZEPHYR_{name}\n")).expect(name);
            let (_, default) = option.split_once("default ").expect(name);
            default.split_whitespace().next().expect(name).to_owned()
        };
        set.map_or_else(default, str::to_owned).parse().unwrap()
    }

    #[test]
    fn the_table_agrees_with_kconfig_and_devicetree() {
        let Firmware { partition, slots, pool, limits, .. } = NRF5340DK;
        let pairs = [
            (pool, "POOL_SIZE"),
            (slots.into(), "SLOTS"),
            (limits.module_size, "MODULE_SIZE"),
            (limits.functions, "FUNCTIONS"),
            (limits.function_size, "FUNCTION_SIZE"),
            (limits.table_elements, "TABLE_ELEMENTS"),
            (limits.pool.unwrap(), "APP_POOL_SIZE"),
            (limits.memory_pages, "MEMORY_PAGES"),
            (limits.stack_size, "WASM_STACK_SIZE"),
        ];
        for (ours, name) in pairs {
            assert_eq!(ours, option(name), "{name}");
        }
        let overlay = text("samples/ble_upload/boards/nrf5340dk_nrf5340_cpuapp.overlay");
        assert!(overlay.contains(&format!("reg = <0x00080000 {partition:#010x}>")), "the partition in {overlay}");
        assert_eq!(NRF5340DK.slot(), 57_344);
    }
}
