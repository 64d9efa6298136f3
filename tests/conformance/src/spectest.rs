//! The module `spectest`, which the host offers to all tests.

use wamr::{Error, Linker};

/// Its name.
pub const NAME: &str = "spectest";

/// Its functions, which print; here nobody reads that.
///
/// # Errors
/// Those of [`Linker::func_wrap`].
pub fn define(linker: &mut Linker<'_>) -> Result<(), Error> {
    linker.func_wrap(NAME, "print", || {})?;
    linker.func_wrap(NAME, "print_i32", |_: i32| {})?;
    linker.func_wrap(NAME, "print_i64", |_: i64| {})?;
    linker.func_wrap(NAME, "print_f32", |_: f32| {})?;
    linker.func_wrap(NAME, "print_f64", |_: f64| {})?;
    linker.func_wrap(NAME, "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap(NAME, "print_f64_f64", |_: f64, _: f64| {})?;
    Ok(())
}
