//! Modules for both targets.

/// The features that WAMR is built with, see `wamr-sys/cmake/wamr.cmake`, in the sizes that a run can take.
pub fn supported() -> wasm_smith::Config {
    wasm_smith::Config {
        bulk_memory_enabled: true,
        custom_page_sizes_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        sign_extension_ops_enabled: true,
        saturating_float_to_int_enabled: true,

        custom_descriptors_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,

        min_funcs: 1,
        max_funcs: 16,
        max_memories: 1,
        max_memory32_bytes: 4 * wamr::PAGE_SIZE as u64,
        max_tables: 3,
        max_table_elements: 200,
        max_types: 16,
        min_exports: 1,
        ..wasm_smith::Config::default()
    }
}
