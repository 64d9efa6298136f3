//! `wamrctl new`: makes the project of an app, which blinks an LED at first.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use serde_json::json;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wamr_client::proto::AppName;

/// Make a project for an app, in a directory of its name
///
/// The app blinks an LED at first. The project builds with the linker options that a small device needs; its README has the commands.
#[derive(clap::Args)]
pub struct Arguments {
    /// Name of the app and of the directory: at most 16 lowercase letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
    /// Programming language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// Directory of the crate `wamr-guest`, guest/sdk in the repository of wamr-zephyr [default: the repository on the web]. Only for
    /// Rust
    #[arg(long, value_name = "DIRECTORY")]
    sdk: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The languages that there are projects for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// Rust, with cargo
    Rust,
    /// C, with clang, lld and make
    C,
    /// Zig 0.17, with make
    Zig,
    /// AssemblyScript, with npm and make
    #[value(name = "assemblyscript")]
    AssemblyScript,
}

/// A file of a project: its path and its content.
type File = (&'static str, &'static [u8]);

/// Files by their paths in the project and in this repository's directory `wamrctl`.
macro_rules! files {
    ($($path:literal = $file:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../", $file)))),*]
    };
}

const RUST: &[File] = files! {
    "Cargo.toml" = "templates/rust/Cargo.toml",
    ".cargo/config.toml" = "../guest/.cargo/config.toml",
    ".gitignore" = "templates/rust/gitignore",
    "README.md" = "templates/rust/README.md",
};

/// The example app.
const RUST_APP: &[File] = files! {
    "src/main.rs" = "../guest/apps/blink/src/main.rs",
};

const C: &[File] = files! {
    "Makefile" = "templates/c/Makefile",
    ".gitignore" = "templates/c/gitignore",
    "README.md" = "templates/c/README.md",
};

const C_APP: &[File] = files! {
    "app.c" = "templates/c/app.c",
};

const ZIG: &[File] = files! {
    "Makefile" = "templates/zig/Makefile",
    ".gitignore" = "templates/zig/gitignore",
    "README.md" = "templates/zig/README.md",
};

const ZIG_APP: &[File] = files! {
    "app.zig" = "templates/zig/app.zig",
};

const ASSEMBLYSCRIPT: &[File] = files! {
    "Makefile" = "templates/assemblyscript/Makefile",
    "package.json" = "templates/assemblyscript/package.json",
    ".gitignore" = "templates/assemblyscript/gitignore",
    "README.md" = "templates/assemblyscript/README.md",
};

const ASSEMBLYSCRIPT_APP: &[File] = files! {
    "app.ts" = "templates/assemblyscript/app.ts",
};

const ASSEMBLYSCRIPT_SDK: &[File] = files! {
    "sdk/app.mjs" = "../guest/sdk/assemblyscript/app.mjs",
    "sdk/description.bin" = "../guest/sdk/src/description.bin",
    "sdk/device.ts" = "../guest/sdk/assemblyscript/device.ts",
};

/// The SDK for C, which projects in C and Zig contain.
const C_SDK: &[File] = files! {
    "sdk/app.c" = "../guest/sdk/c/app.c",
    "sdk/app.h" = "../guest/sdk/c/app.h",
    "sdk/app_component_type.o" = "../guest/sdk/c/app_component_type.o",
    "sdk/names.h" = "../guest/sdk/c/names.h",
    "sdk/runtime.c" = "../guest/sdk/c/runtime.c",
    "sdk/stdlib.h" = "../guest/sdk/c/stdlib.h",
    "sdk/string.h" = "../guest/sdk/c/string.h",
    "sdk/wamr_app.h" = "../guest/sdk/c/wamr_app.h",
};

/// Where `wamr-guest` is, without `--sdk`: it is not on crates.io yet.
const REPOSITORY: &str = concat!(r#"{ git = ""#, env!("CARGO_PKG_REPOSITORY"), r#"" }"#);

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when the directory exists or can't be written, or `--sdk` is not the crate.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { name, lang, sdk, json } = arguments;
    let sdk = dependency(*lang, sdk.as_deref())?;
    let directory = Path::new(name);
    let failure = |error: io::Error| {
        let help = "choose another name, or remove the directory";
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::new(Status::Usage, format!("{name} exists")).help(help),
            _ => Failure::new(Status::Usage, format!("cannot write {name}: {error}")),
        }
    };
    fs::create_dir(directory).map_err(failure)?;
    let (filled, app, sdk_files): (_, _, &[File]) = match lang {
        Language::Rust => (RUST, RUST_APP, &[]),
        Language::C => (C, C_APP, C_SDK),
        Language::Zig => (ZIG, ZIG_APP, C_SDK),
        Language::AssemblyScript => (ASSEMBLYSCRIPT, ASSEMBLYSCRIPT_APP, ASSEMBLYSCRIPT_SDK),
    };
    for (path, content) in filled {
        let text = String::from_utf8_lossy(content).replace("{name}", name).replace("{sdk}", &sdk);
        write(&directory.join(path), text.as_bytes()).map_err(failure)?;
    }
    for (path, content) in app.iter().chain(sdk_files) {
        write(&directory.join(path), content).map_err(failure)?;
    }
    if *json {
        json::print(&json!({ "directory": name }));
    } else {
        let build = match lang {
            Language::Rust => "cargo build --release",
            _ => "make",
        };
        println!("Made the project {name}. Build it: cd {name} && {build}\nSee {name}/README.md for the next steps");
    }
    Ok(ExitCode::SUCCESS)
}

/// The value of the dependency in Cargo.toml.
fn dependency(lang: Language, sdk: Option<&Path>) -> Result<String, Failure> {
    let Some(sdk) = sdk else { return Ok(REPOSITORY.into()) };
    if lang != Language::Rust {
        return Err(Failure::new(Status::Usage, "--sdk is only for Rust: other projects contain their SDK"));
    }
    let name = shown(sdk.display());
    let path = fs::canonicalize(sdk)
        .ok()
        .filter(|path| path.join("Cargo.toml").is_file())
        .ok_or_else(|| Failure::new(Status::Usage, format!("{name} is not the crate wamr-guest: pass guest/sdk")))?;
    let path = path.to_str().ok_or_else(|| Failure::new(Status::Usage, format!("the path {name} is not UTF-8")))?;
    // A string of JSON is one of TOML.
    Ok(format!("{{ path = {} }}", json!(path)))
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, content)
}

/// A name that is one for an app and for a package of cargo, and no path.
fn name(text: &str) -> Result<String, String> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.starts_with(|first: char| first.is_ascii_lowercase()) || !text.bytes().all(letters) {
        return Err("use lowercase letters, digits and hyphens, and a letter first".into());
    }
    match AppName::new(text) {
        Some(_) => Ok(text.into()),
        None => Err("the name of an app has at most 16 bytes".into()),
    }
}
