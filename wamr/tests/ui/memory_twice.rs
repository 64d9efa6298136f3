//! Two exclusive slices of the same memory.

use wamr::Instance;

pub fn show(instance: &mut Instance<'_>) {
    let first = instance.memory_mut();
    // error[E0499]
    let second = instance.memory_mut();
    first[0] = second[0];
}
