//! The modules with their headers, from the directory `tests/hostile`.

extern crate std;

use std::format;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::time::Duration;
use std::vec::Vec;

use wamr::Limits;
use wamr_proto::Value;

use crate::Case;

/// The directory of the corpus.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it stands in the corpus").into()
}

/// The limits of a case whose header names none. `tests/hostile/README.md` tells them too.
const LIMITS: Limits = Limits {
    fuel: Some(200_000),
    deadline: Some(Duration::from_millis(1000)),
    memory_pages: 2,
    table_elements: 1024,
    stack_size: 8192,
    module_size: 65536,
    functions: 200,
    function_size: 16384,
    host_calls: 1000,
    ..Limits::DEFAULT
};

/// All cases, by name. They live as long as the process.
///
/// # Panics
/// When a file cannot be read, or is not as `README.md` there says.
pub fn cases() -> Vec<Case> {
    let entries = std::fs::read_dir(directory()).expect("the corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    files.sort();
    files.iter().map(|path| case(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

fn case(path: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let (mut call, mut limits, mut expect, mut attack) = ("run", LIMITS, None, None);
    for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
        if line.starts_with(' ') {
            continue; // of the line above
        }
        match line.split_once(": ") {
            Some(("attack", text)) => attack = Some(text),
            Some(("call", text)) => call = text,
            Some(("expect", text)) => expect = Some(text),
            Some(("limits", text)) => text.split_whitespace().try_for_each(|word| set(&mut limits, word))?,
            _ => return Err(format!("not a line of a header: {line}")),
        }
    }
    attack.ok_or("the header does not say what it attacks")?;
    let mut words = call.split_whitespace();
    let export = words.next().ok_or("nothing to call")?;
    let args = words.map(value).collect::<Result<Vec<_>, _>>()?;
    Ok(Case {
        name: leak(path.file_stem().expect("a name").to_string_lossy().into_owned()),
        wasm: wat::parse_str(&text).map_err(|error| error.to_string())?.leak(),
        export: leak(export.to_string()),
        args: args.leak(),
        limits,
        expect: leak(expect.ok_or("the header does not say how it ends")?.to_string()),
    })
}

fn leak(text: String) -> &'static str {
    text.leak()
}

fn set(limits: &mut Limits, word: &str) -> Result<(), String> {
    let (name, number) = word.split_once('=').ok_or_else(|| format!("not a limit: {word}"))?;
    let number: u32 = number.parse().map_err(|error| format!("{word}: {error}"))?;
    match name {
        "fuel" => limits.fuel = Some(number.into()),
        "deadline_ms" => limits.deadline = Some(Duration::from_millis(number.into())),
        "memory_pages" => limits.memory_pages = number,
        "table" => limits.table_elements = number,
        "stack" => limits.stack_size = number,
        "module_size" => limits.module_size = number,
        "functions" => limits.functions = number,
        "body_size" => limits.function_size = number,
        "host_calls" => limits.host_calls = number,
        "host_ms" => limits.host_time = Some(Duration::from_millis(number.into())),
        "pool" => limits.pool = Some(number),
        _ => return Err(format!("no limit of that name: {word}")),
    }
    Ok(())
}

fn value(word: &str) -> Result<Value, String> {
    let bad = || format!("not an argument: {word}");
    let (ty, number) = word.split_once(':').ok_or_else(bad)?;
    Ok(match ty {
        "i32" => Value::I32(number.parse().map_err(|_| bad())?),
        "i64" => Value::I64(number.parse().map_err(|_| bad())?),
        "f32" => Value::F32(number.parse().map_err(|_| bad())?),
        "f64" => Value::F64(number.parse().map_err(|_| bad())?),
        _ => return Err(bad()),
    })
}
