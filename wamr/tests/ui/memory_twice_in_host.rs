//! Two slices of the caller's memory, one of them exclusive.

use wamr::Caller;

pub fn host(mut caller: Caller<'_, u32>) {
    let first = caller.memory();
    // error[E0502]
    caller.memory_mut().copy_from_slice(first);
}
