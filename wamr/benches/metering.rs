//! What it costs to enforce limits.
//!
//! `scripts/bench` runs this together with a build that counts nothing, and prints ratios.

mod kernels;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wamr::Runtime;

const POOL_SIZE: usize = 512 * 1024;

fn metering(criterion: &mut Criterion) {
    let runtime = Runtime::new(vec![0; POOL_SIZE].leak()).expect("the only runtime");
    let module = wat::parse_str(include_str!("kernels/kernels.wat")).expect("valid text");
    let measured = kernels::each(&runtime, &module, |mut kernel| {
        let mut group = criterion.benchmark_group(kernel.name);
        if kernel.fuel > 0 {
            group.throughput(Throughput::Elements(kernel.fuel));
        }
        group.bench_function(kernel.limits, |bencher| bencher.iter(|| kernel.call()));
    });
    measured.expect("the kernels run");
}

criterion_group!(benches, metering);
criterion_main!(benches);
