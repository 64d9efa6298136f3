//! With a linker made for data of a short life, an instance whose data lives longer could be given the short-lived.

use wamr::Linker;

pub fn widen<'a, 'long: 'short, 'short: 'a>(linker: &'a Linker<'a, &'short str>) -> &'a Linker<'a, &'long str> {
    // error: lifetime may not live long enough
    linker
}
