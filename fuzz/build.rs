//! Has WAMR's calls of its pool go through `fuzz_targets/redzones.rs`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for function in [
        "mem_allocator_malloc",
        "mem_allocator_realloc",
        "mem_allocator_free",
        "wamr_sys_heap_largest",
        "wamr_sys_heap_shorten",
    ] {
        let native = std::env::var_os("CARGO_FEATURE_NATIVE").map(|_| "native");
        for target in ["limits", "differential", "groups"].into_iter().chain(native) {
            println!("cargo:rustc-link-arg-bin={target}=-Wl,--wrap={function}");
        }
    }
}
