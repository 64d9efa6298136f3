use wamr::{Error, Module, Runtime};

use crate::{wat, with_pool, with_runtime};

#[test]
fn a_second_runtime_is_refused() {
    with_runtime(|_| {
        let second = Runtime::new(vec![0; 1 << 20].leak());
        assert_eq!(second.unwrap_err(), Error::AlreadyInitialized);
        // Also from another thread, which is refused by the same flag.
        let other = std::thread::spawn(|| Runtime::new(vec![0; 1 << 20].leak()).map(drop));
        assert_eq!(other.join().unwrap(), Err(Error::AlreadyInitialized));
    });
}

#[test]
fn a_dropped_runtime_makes_room_for_the_next() {
    with_pool(1 << 20, |pool| {
        let mut pool = Some(pool);
        for _ in 0..3 {
            let runtime = Runtime::new(pool.take().unwrap()).unwrap();
            Module::new(&runtime, &wat("(module (memory 1))")).unwrap();
            pool = Some(runtime.into_pool());
        }
        assert_eq!(pool.unwrap().len(), 1 << 20);
    });
}

#[test]
fn a_tiny_pool_is_an_error() {
    for size in [0, 1, 256, wamr::MIN_POOL_SIZE - 1] {
        with_pool(size, |pool| assert_eq!(Runtime::new(pool).unwrap_err(), Error::PoolSize));
    }
}

#[test]
fn any_pool_either_works_or_is_an_error() {
    let bytes = wat("(module (memory 1) (func (export \"f\") (result i32) i32.const 7))");
    let mut works = 0;
    for size in (wamr::MIN_POOL_SIZE..100_000).step_by(616) {
        with_pool(size, |pool| {
            let Ok(runtime) = Runtime::new(pool) else { return };
            let module = match Module::new(&runtime, &bytes) {
                Ok(module) => module,
                Err(error) => return assert!(matches!(error, Error::OutOfMemory { .. }), "{size}: {error}"),
            };
            let mut instance = match wamr::Instance::new(&module) {
                Ok(instance) => instance,
                Err(error) => return assert!(matches!(error, Error::OutOfMemory { .. }), "{size}: {error}"),
            };
            assert_eq!(instance.get_typed_func::<(), i32>("f").unwrap().call(&mut instance, ()), Ok(7));
            works += 1;
        });
    }
    assert!((1..60).contains(&works), "linear memory must come from the pool: {works}");
}

#[test]
fn an_odd_address_serves_as_a_pool() {
    with_pool(1 << 20, |pool| {
        let runtime = Runtime::new(&mut pool[3..]).unwrap();
        Module::new(&runtime, &wat("(module (memory 1))")).unwrap();
    });
}

#[test]
fn usage_counts_linear_memory() {
    with_runtime(|runtime| {
        let before = runtime.pool_usage();
        let module = Module::new(runtime, &wat("(module (memory 2))")).unwrap();
        let instance = wamr::Instance::new(&module).unwrap();
        let during = runtime.pool_usage();
        assert!(during.used > before.used + 2 * 65536 && during.used < before.used + 3 * 65536);
        assert!(during.peak >= during.used && during.total <= crate::POOL_SIZE as u32);
        drop(instance);
        assert!(runtime.pool_usage().used < during.used);
        assert!(runtime.pool_usage().peak >= during.peak);
    });
}
