//! WAMR's tables have no locks, so its parts stay on one thread.

pub fn show(runtime: &wamr::Runtime) {
    std::thread::scope(|scope| {
        // error[E0277]
        scope.spawn(|| runtime.pool_usage());
    });
}
