//! The calls that benchmarks make, the same for every engine and on every computer.

/// An exported function, an argument and its result.
pub type Kernel = (&'static str, i32, i32);

/// Those of `kernels.c`.
pub const KERNELS: &[Kernel] = &[
    ("mont64", 10, -928_889_668),
    ("nbody", 100, 51_029_925),
    ("chacha", 30, 1_898_093_016),
    ("fir", 4, 1_397_119_180),
    ("sort", 2, -1_806_966_317),
    ("scanner", 60, 106_087_812),
    ("huffman", 4, 44_105),
    ("inverse", 20, -1724),
];
/// Iterations of CoreMark.
pub const COREMARK: &[Kernel] = &[("coremark", 2, 2)];
