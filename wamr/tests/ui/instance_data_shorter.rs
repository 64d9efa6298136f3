//! A host function of the linker would find in the instance, as data of a long life, what was put there as data of a short one.

use wamr::Instance;

pub fn narrow<'a, 'long: 'short, 'short>(instance: Instance<'a, &'long str>) -> Instance<'a, &'short str> {
    // error: lifetime may not live long enough
    instance
}
