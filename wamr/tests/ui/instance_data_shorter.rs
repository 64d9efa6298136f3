//! A host function of the linker would treat short-lived data in the instance as long-lived.

use wamr::Instance;

pub fn narrow<'a, 'long: 'short, 'short>(instance: Instance<'a, &'long str>) -> Instance<'a, &'short str> {
    // error: lifetime may not live long enough
    instance
}
