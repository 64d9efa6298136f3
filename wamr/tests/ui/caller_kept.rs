//! The guest goes on when the host function returns.

use std::cell::RefCell;
use wamr::{Caller, Linker};

pub fn show<'a>(linker: &mut Linker<'a, u32>, kept: &'a RefCell<Option<Caller<'a, u32>>>) {
    let keep = |caller: Caller<'_, u32>| {
        // error[E0521]
        kept.replace(Some(caller));
    };
    linker.func_wrap("env", "f", keep).unwrap();
}
