//! This project's `wamr`, the C API below it, and `wasmi`.

mod c_api;
mod wamr;
mod wasmi;

use criterion::{Criterion, criterion_group, criterion_main};
use wamr_benches::measure;

/// For all that WAMR allocates; CoreMark's memory is the largest of it.
const POOL_SIZE: usize = 16 << 20;

fn engines(criterion: &mut Criterion) {
    let runtime = ::wamr::Runtime::new(vec![0; POOL_SIZE].leak()).expect("the only runtime");
    let linker = wamr::linker(&runtime);
    measure(criterion, &[&c_api::CApi::new(&runtime), &wamr::Wamr::new(&runtime, &linker), &wasmi::Wasmi::new()]);
}

criterion_group!(benches, engines);
criterion_main!(benches);
