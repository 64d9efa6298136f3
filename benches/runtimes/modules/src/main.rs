//! Writes what the runtimes run: `runtimes-modules FORMAT DIRECTORY`.
//!
//! Kernels are compiled with clang. CoreMark is the module that the environment variable COREMARK_WASM names.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wamr_compiler::{Goal, Target};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};

const APP: &str = include_str!("../app.wat");
const KERNELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../kernels/kernels.c");

/// The app in each form: its memory, and what it exports so that WAMR can shrink a page to it.
const APPS: [(&str, &str, &str); 3] =
    [("page", "1 1", ""), ("small", "1024 1024 (pagesize 1)", ""), ("shrunk", "1 1", SHRINKABLE)];
/// As wasm-ld exports them: all data ends at 1 KiB, and a heap would begin there.
const SHRINKABLE: &str = r#"
    (global (mut i32) (i32.const 1024))
    (global (export "__data_end") i32 (i32.const 1024))
    (global (export "__heap_base") i32 (i32.const 1024))"#;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, format, directory] = &*env::args().collect::<Vec<_>>() else {
        return Err("usage: runtimes-modules wasm|counting|not-counting|aot|wasefire|pulley DIRECTORY".into());
    };
    let directory = Path::new(directory);
    fs::create_dir_all(directory)?;
    for (name, module) in modules(directory)? {
        let converted = match &**format {
            "wasm" => Ok(module),
            "counting" => counting(&module),
            "not-counting" => not_counting(&module),
            "aot" => aot(&module, &directory.join(name)),
            // With the table of branches that the interpreter needs, which a device checks with the module.
            #[cfg(feature = "wasefire")]
            "wasefire" => wasefire_interpreter::prepare(&module).map_err(|error| format!("{error:?}").into()),
            #[cfg(feature = "pulley")]
            "pulley" => pulley(&module),
            _ => return Err(format!("no format {format}").into()),
        };
        // A runtime that is given an empty module refuses it, and the firmware reports that.
        let bytes = converted.unwrap_or_else(|error| {
            eprintln!("{name}: {error}");
            Vec::new()
        });
        fs::write(directory.join(name), bytes)?;
    }
    Ok(())
}

fn modules(directory: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, Box<dyn Error>> {
    let mut modules = Vec::new();
    for (name, memory, globals) in APPS {
        modules.push((name, wat::parse_str(APP.replace("MEMORY", memory).replace("GLOBALS", globals))?));
    }
    modules.push(("kernels", kernels(&directory.join("kernels"))?));
    let coremark = env::var_os("COREMARK_WASM").ok_or("COREMARK_WASM is not set")?;
    modules.push(("coremark", short(&fs::read(PathBuf::from(coremark))?)?));
    Ok(modules)
}

/// Writes a module again with the shortest encoding of numbers. LLVM pads indices of tables, which only runtimes with reference types
/// accept.
fn short(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut copy = wasm_encoder::Module::new();
    RoundtripReencoder.parse_core_module(&mut copy, wasmparser::Parser::new(0), module)?;
    Ok(copy.finish())
}

fn kernels(to: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let clang = env::var_os("CLANG").unwrap_or_else(|| "clang".into());
    let done = Command::new(clang)
        .args(["--target=wasm32", "-std=c11", "-ffreestanding", "-nostdlib", "-O2"])
        .args(["-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=8192", "-o"])
        .args([to, Path::new(KERNELS)])
        .status()?;
    if !done.success() {
        return Err("clang could not compile the kernels: install clang and wasm-ld".into());
    }
    Ok(fs::read(to)?)
}

/// Native code of WAMR that counts its instructions, as `wamrctl compile` makes it.
fn counting(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let wamrc = wamr_compiler::find_wamrc()?;
    Ok(wamr_compiler::compile(&wamrc, module, Target::Mps2, Goal::Speed)?)
}

/// The same without the counting.
fn not_counting(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let wamrc = wamr_compiler::find_wamrc()?;
    Ok(wamr_compiler::compile_uncounted(&wamrc, module, Target::Mps2, Goal::Speed)?)
}

/// Native code of WAMR with its compiler's defaults, for the processor and for flash.
fn aot(module: &[u8], to: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let input = to.with_extension("wasm");
    fs::write(&input, module)?;
    let done = Command::new(wamr_compiler::find_wamrc()?)
        .args(["--target=thumbv8m.main", "--cpu=cortex-m33", "--cpu-features=-dsp,-fpregs", "--xip", "-o"])
        .args([to, &input])
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stdout).into_owned().into());
    }
    Ok(fs::read(to)?)
}

/// Bytecode of Wasmtime's interpreter, with settings as in `src/engines/pulley.rs`.
#[cfg(feature = "pulley")]
fn pulley(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut config = wasmtime::Config::new();
    config.target("pulley32")?.wasm_custom_page_sizes(true).signals_based_traps(false).memory_init_cow(false);
    config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(0);
    Ok(wasmtime::Engine::new(&config)?.precompile_module(module)?)
}
