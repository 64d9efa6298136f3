//! An app of about 40 KB: it parses commands, keeps numbers under names, and formats reports.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;

static NUMBERS: Mutex<BTreeMap<String, i64>> = Mutex::new(BTreeMap::new());

/// What a line asks for.
enum Command<'a> {
    Set(&'a str, i64),
    Add(&'a str, i64),
    Remove(&'a str),
    Report,
}

fn parse(line: &str) -> Result<Command<'_>, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| word.parse::<i64>().map_err(|error| format!("{word}: {error}"));
    match words[..] {
        ["set", name, value] => Ok(Command::Set(name, number(value)?)),
        ["add", name, value] => Ok(Command::Add(name, number(value)?)),
        ["remove", name] => Ok(Command::Remove(name)),
        ["report"] => Ok(Command::Report),
        _ => Err(format!("unknown command: {line:?}")),
    }
}

fn perform(line: &str) -> Result<String, String> {
    let mut numbers = NUMBERS.lock().map_err(|error| error.to_string())?;
    match parse(line)? {
        Command::Set(name, value) => Ok(format!("{name} was {:?}", numbers.insert(name.to_owned(), value))),
        Command::Add(name, value) => {
            let sum = numbers.entry(name.to_owned()).or_default();
            *sum = sum.checked_add(value).ok_or("overflow")?;
            Ok(format!("{name} is {sum}"))
        }
        Command::Remove(name) => {
            numbers.remove(name).map(|value| format!("{name} was {value}")).ok_or(format!("no {name}"))
        }
        Command::Report => {
            let mut report = String::new();
            for (name, value) in numbers.iter() {
                writeln!(report, "{name:<16} {value:>20} {value:#018x}").map_err(|error| error.to_string())?;
            }
            // The test changes this line.
            report.push_str("end\n");
            Ok(report)
        }
    }
}

/// Returns the number of bytes of a report.
#[unsafe(no_mangle)]
pub extern "C" fn report(number: i32) -> i32 {
    let commands = [
        format!("set first {number}"),
        "add first 2".to_owned(),
        "set second -7".to_owned(),
        "remove third".to_owned(),
    ];
    for command in commands {
        _ = perform(&command);
    }
    perform("report").map_or(-1, |report| report.len() as i32)
}
