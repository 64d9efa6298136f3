//! The native code that is committed for tests is the code that the compiler makes from the text beside it.

use std::path::{Path, PathBuf};

use wamr_compiler::{Goal, Target, carry, compile, find_wamrc};

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn committed_code_agrees_with_its_text() {
    let Ok(wamrc) = find_wamrc() else {
        println!("wamr-compiler: left out the comparison of committed native code: no wamrc, see scripts/wamrc");
        return;
    };
    let targets = [(Target::Host, "x86_64"), (Target::Mps2, "mps2"), (Target::Nrf5340, "nrf5340")];
    let mut compared = 0;
    for (directory, is_carried) in [("wamr/tests/native", false), ("wamr-device/tests/native", true)] {
        let module = wat::parse_file(beside(directory).join("guest.wat")).unwrap();
        for (target, name) in targets {
            let extension = if is_carried { "wasm" } else { "aot" };
            let file = beside(directory).join(format!("guest.{name}.{extension}"));
            let Ok(committed) = std::fs::read(&file) else { continue };
            if target == Target::Host && !cfg!(target_arch = "x86_64") {
                continue;
            }
            let mut code = compile(&wamrc, &module, target, Goal::Speed).unwrap();
            if is_carried {
                code = carry(&module, &code).unwrap();
            }
            assert!(code == committed, "compile {} again as guest.wat says, with LLVM 19 in wamrc", file.display());
            compared += 1;
        }
    }
    assert!(compared >= 3, "only {compared} files were compared");
}
