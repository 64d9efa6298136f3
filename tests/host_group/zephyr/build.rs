//! Exposes the Kconfig options of this build as `cfg(CONFIG_…)`.

fn main() {
    zephyr_build::export_kconfig_bool_options();
}
