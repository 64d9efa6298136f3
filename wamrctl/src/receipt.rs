//! Prints the receipt of a run, whether it comes from a device or from this computer.

use crate::escape::shown;
use crate::failure::Status;
use crate::json::{self, integer};
use crate::values::plural;
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use std::time::Duration;
use wamr_client::proto::{Failure, LimitKind, Outcome, Receipt, Refusal, Text, TrapKind, Value, Why};

/// Prints the receipt of a run of `module` to stdout, for people or as one line of JSON, and returns the exit status it stands
/// for.
pub fn print(receipt: &Receipt, module: &[u8], json: bool) -> ExitCode {
    print_typed(receipt, None, module, json)
}

/// [`print`] with the result as WAVE text, if the function has WIT types. The receipt only has the numbers that stand for it.
pub fn print_typed(receipt: &Receipt, result: Option<&str>, module: &[u8], json: bool) -> ExitCode {
    if json {
        let mut receipt = to_json(receipt, module);
        if let Some(result) = result {
            receipt["result"] = result.into();
        }
        json::print(&receipt);
    } else {
        let text = to_text(receipt, module);
        match (result, text.split_once('\n')) {
            (Some(result), Some((_, rest))) => print!("Result   {}\n{rest}", shown(result)),
            _ => print!("{text}"),
        }
    }
    match receipt.outcome {
        Outcome::Returned(_) => ExitCode::SUCCESS,
        _ => Status::Trapped.into(),
    }
}

/// A receipt for people.
pub fn to_text(receipt: &Receipt, module: &[u8]) -> String {
    let (label, outcome) = match &receipt.outcome {
        Outcome::Returned(values) if values.is_empty() => ("Result", "none".into()),
        Outcome::Returned(values) => {
            let values: Vec<_> = values.iter().map(|value| format!("{value} ({})", value.type_name())).collect();
            ("Result", values.join(", "))
        }
        Outcome::Trapped { kind, message } => ("Trapped", trap(*kind, message)),
        Outcome::Stopped { limit, allowed, used } => ("Stopped", stop(*limit, *allowed, *used)),
        other => ("Ended", format!("{other:?}")),
    };
    format!(
        "{label:<8} {outcome}\n\
         Fuel     {} {}\n\
         Time     {:?}\n\
         Memory   {} bytes\n\
         Pool     {} bytes at most\n\
         Calls    {} of host functions\n{}",
        thousands(receipt.fuel),
        plural(receipt.fuel, "instruction"),
        Duration::from_micros(receipt.micros),
        thousands(receipt.memory.into()),
        thousands(receipt.pool.into()),
        thousands(receipt.host_calls.into()),
        where_it_was(&receipt.backtrace, module),
    )
}

/// A failure for people, on one line.
pub fn failure_in_words(failure: &Failure, module: &[u8]) -> String {
    let what = match &failure.why {
        Why::Trapped { kind, message } => format!("trapped: {}", trap(*kind, message)),
        Why::Stopped { limit, allowed, used } => format!("stopped: {}", stop(*limit, *allowed, *used)),
        Why::Refused { .. } => shown(refusal(&failure.why)),
        other => format!("{other:?}"),
    };
    match called(&failure.backtrace, module) {
        none if none.is_empty() => what,
        functions => format!("{what}, in {functions}"),
    }
}

/// A failure for programs.
pub fn failure_to_json(failure: &Failure, module: &[u8]) -> Json {
    let mut json = match &failure.why {
        Why::Trapped { kind, message } => {
            json!({ "outcome": "trapped", "trap": kind.to_string(), "message": message.as_str() })
        }
        Why::Stopped { limit, allowed, used } => {
            let (allowed, used) = (integer(*allowed), integer(*used));
            json!({ "outcome": "stopped", "limit": limit.to_string(), "allowed": allowed, "used": used })
        }
        why => json!({ "outcome": "refused", "error": refusal(why) }),
    };
    json["backtrace"] = failure.backtrace.to_vec().into();
    json["functions"] = names(&failure.backtrace, module);
    json
}

/// Why an app could not be loaded or entered.
fn refusal(why: &Why) -> String {
    let Why::Refused { code, bound, message } = why else { return format!("{why:?}") };
    Refusal { code: *code, bound: Some(*bound).filter(|bound| *bound > 0), message: message.clone() }.to_string()
}

/// A trap in words. Where the kind says all, the runtime's own words would only repeat it.
fn trap(kind: TrapKind, message: &Text) -> String {
    if matches!(kind, TrapKind::Other | TrapKind::Host) { shown(message) } else { kind.to_string() }
}

/// A limit in words.
fn stop(limit: LimitKind, allowed: u64, used: u64) -> String {
    format!("{limit}: {} of {} allowed", amount(limit, used), amount(limit, allowed))
}

/// An amount in the unit of a limit.
fn amount(limit: LimitKind, amount: u64) -> String {
    match limit {
        LimitKind::Deadline | LimitKind::HostTime => format!("{:?}", Duration::from_micros(amount)),
        _ => thousands(amount),
    }
}

/// The guest's stack, the innermost function first.
fn where_it_was(backtrace: &[u32], module: &[u8]) -> String {
    match called(backtrace, module) {
        none if none.is_empty() => none,
        functions => format!("Where    {functions}\n"),
    }
}

/// Functions and who called them.
fn called(backtrace: &[u32], module: &[u8]) -> String {
    let functions = backtrace.iter().map(|&index| match wamr::function_name(module, index) {
        Some(name) => format!("{} ({index})", shown(name)),
        None => format!("function {index}"),
    });
    functions.collect::<Vec<_>>().join(", called by ")
}

/// The names of functions, for programs.
fn names(backtrace: &[u32], module: &[u8]) -> Json {
    backtrace.iter().map(|&index| wamr::function_name(module, index)).collect::<Vec<_>>().into()
}

/// Groups digits, so that lengths can be told at a glance.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).expect("digits"));
    groups.collect::<Vec<_>>().join(",")
}

/// A receipt for programs.
pub fn to_json(receipt: &Receipt, module: &[u8]) -> Json {
    let mut json = match &receipt.outcome {
        Outcome::Returned(values) => {
            json!({ "outcome": "returned", "values": values.iter().map(value_to_json).collect::<Vec<_>>() })
        }
        Outcome::Trapped { kind, message } => {
            json!({ "outcome": "trapped", "trap": kind.to_string(), "message": message.as_str() })
        }
        Outcome::Stopped { limit, allowed, used } => {
            json!({ "outcome": "stopped", "limit": limit.to_string(), "allowed": integer(*allowed), "used": integer(*used) })
        }
        other => json!({ "outcome": format!("{other:?}") }),
    };
    json["fuel"] = integer(receipt.fuel);
    json["micros"] = integer(receipt.micros);
    json["memory"] = receipt.memory.into();
    json["pool"] = receipt.pool.into();
    json["host_calls"] = receipt.host_calls.into();
    json["backtrace"] = receipt.backtrace.to_vec().into();
    json["functions"] = names(&receipt.backtrace, module);
    json
}

fn value_to_json(value: &Value) -> Json {
    let number = match *value {
        Value::I32(number) => number.into(),
        Value::I64(number) => integer(number),
        // Of an f32 the digits that bring it back, not all those of the f64 that it is in JSON. There are no infinities and no NaN
        // in JSON: those become text.
        Value::F32(_) | Value::F64(_) => {
            let text = value.to_string();
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.map_or_else(|| text.into(), Json::from)
        }
    };
    json!({ "type": value.type_name(), "value": number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::{Functions, Values};

    fn receipt(outcome: Outcome) -> Receipt {
        let mut receipt = Receipt::new(1, outcome);
        (receipt.fuel, receipt.micros, receipt.memory) = (1_234_567, 1_500, 65_536);
        (receipt.pool, receipt.host_calls) = (900, 2);
        receipt
    }

    #[test]
    fn people_read_each_outcome() {
        let values = Values::new(&[Value::I32(-5), Value::F64(0.5)]).unwrap();
        assert_eq!(
            to_text(&receipt(Outcome::Returned(values)), &[]),
            "Result   -5 (i32), 0.5 (f64)\n\
             Fuel     1,234,567 instructions\n\
             Time     1.5ms\n\
             Memory   65,536 bytes\n\
             Pool     900 bytes at most\n\
             Calls    2 of host functions\n"
        );
        let trapped = |kind, message| receipt(Outcome::Trapped { kind, message: Text::cut(message) });
        assert!(to_text(&trapped(TrapKind::Host, "no sensor"), &[]).starts_with("Trapped  no sensor\n"));
        let text = to_text(&trapped(TrapKind::IntegerDivisionByZero, "integer divide by zero"), &[]);
        assert!(text.starts_with("Trapped  integer division by zero\n"));
        let stopped = |limit, allowed, used| to_text(&receipt(Outcome::Stopped { limit, allowed, used }), &[]);
        assert!(stopped(LimitKind::Fuel, 1000, 999).starts_with("Stopped  fuel: 999 of 1,000 allowed\n"));
        let late = stopped(LimitKind::Deadline, 100_000, 101_500);
        assert!(late.starts_with("Stopped  deadline: 101.5ms of 100ms allowed\n"), "{late}");
        let mut trapped = trapped(TrapKind::Unreachable, "unreachable");
        trapped.backtrace = Functions::new(&[7, 3]).unwrap();
        assert!(to_text(&trapped, &[]).ends_with("Where    function 7, called by function 3\n"));
        let module = wat::parse_str("(module (func) (func) (func) (func $check unreachable))").unwrap();
        assert!(to_text(&trapped, &module).ends_with("Where    function 7, called by check (3)\n"));
        assert_eq!(to_json(&trapped, &module)["functions"], json!([null, "check"]));
    }

    #[test]
    fn programs_read_each_outcome() {
        let values = Values::new(&[Value::I64(i64::MIN), Value::F32(f32::NAN)]).unwrap();
        assert_eq!(
            to_json(&receipt(Outcome::Returned(values)), &[]),
            json!({
                "outcome": "returned",
                "values": [{ "type": "i64", "value": "-9223372036854775808" }, { "type": "f32", "value": "nan" }],
                "fuel": 1_234_567, "micros": 1_500, "memory": 65_536, "pool": 900, "host_calls": 2,
                "backtrace": [], "functions": [],
            })
        );
        let stopped = to_json(&receipt(Outcome::Stopped { limit: LimitKind::Fuel, allowed: 7, used: 7 }), &[]);
        assert_eq!((&stopped["limit"], &stopped["allowed"]), (&json!("fuel"), &json!(7)));
    }
}
