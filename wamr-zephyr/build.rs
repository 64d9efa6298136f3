//! Makes the Kconfig options of this build visible as `cfg(CONFIG_…)`, and checks those that the code relies on.

use std::env;

fn main() {
    println!("cargo:rerun-if-env-changed=DOTCONFIG");
    let Ok(dotconfig) = env::var("DOTCONFIG") else {
        panic!("wamr-zephyr builds inside a Zephyr build: call rust_cargo_application() and use west build");
    };
    println!("cargo:rerun-if-changed={dotconfig}");
    zephyr_build::export_kconfig_bool_options();

    let options = zephyr_build::extract_kconfig_bool_options(&dotconfig).expect("the build's .config is readable");
    if !options.contains("CONFIG_WAMR_ZEPHYR") {
        panic!("CONFIG_WAMR_ZEPHYR is not set: add CONFIG_WAMR_ZEPHYR=y to prj.conf");
    }
    // The two interpreters treat a module's bytes differently, and the `wamr` crate must know which one it has.
    let kconfig = options.contains("CONFIG_WAMR_ZEPHYR_CLASSIC_INTERP");
    let feature = env::var_os("CARGO_FEATURE_CLASSIC_INTERP").is_some();
    if kconfig != feature {
        panic!("CONFIG_WAMR_ZEPHYR_CLASSIC_INTERP=y and the feature classic-interp of wamr-zephyr go together");
    }
}
