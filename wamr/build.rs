//! Passes on whether `wamr-sys` has a WAMR that executes native code: the feature `native` decides on a host, and Kconfig in a Zephyr build.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(wamr_native)");
    if std::env::var("DEP_WAMR_NATIVE").is_ok_and(|native| native == "true") {
        println!("cargo:rustc-cfg=wamr_native");
    }
}
