//! Uses that the types forbid. Each program in `tests/ui` must fail to compile, with the errors that its `// error` lines name; their
//! codes stay the same between compilers, unlike the full output.

mod variance;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn unsound_programs_do_not_compile() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let sound = ui.join("sound.rs");
    let library = library();

    let programs: Vec<_> = std::fs::read_dir(ui).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(programs.len() > 8);
    for program in programs.iter().filter(|&program| *program != sound) {
        let output = compile(program, &library);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{} compiles", program.display());
        let text = std::fs::read_to_string(program).unwrap();
        let expected: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("// ")).collect();
        assert!(!expected.is_empty(), "{} names no error", program.display());
        for error in &expected {
            assert!(errors.contains(error), "{} gives not `{error}` but\n{errors}", program.display());
        }
        for error in errors.lines().filter(|line| line.starts_with("error") && !line.contains("aborting")) {
            assert!(expected.iter().any(|text| error.starts_with(text)), "{} also gives {error}", program.display());
        }
    }
}

/// A build of this crate. Several may lie there; takes one that this compiler can use.
fn library() -> PathBuf {
    let sound = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/sound.rs");
    let library = libraries().into_iter().find(|library| compile(&sound, library).status.success());
    library.expect("tests/ui/sound.rs compiles with the library that this test is linked to")
}

/// The builds of this crate beside the test's own program, the latest first.
fn libraries() -> Vec<PathBuf> {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let files = std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path());
    let mut libraries: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rlib"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("libwamr-"))
        .collect();
    libraries.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().modified().unwrap()));
    libraries
}

fn compile(program: &Path, library: &Path) -> Output {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "-Aunused", "-o"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(program.with_extension("rmeta").file_name().unwrap()))
        .arg(format!("-Ldependency={}", library.parent().unwrap().display()))
        .arg(format!("--extern=wamr={}", library.display()))
        .arg(program)
        .output()
        .expect("rustc runs")
}
