//! The device runs native code from its slot: the flash of the slots is in the memory for code.

use wamr_proto::{ErrorCode, LimitKind, Outcome, TrapKind, Value};

use crate::client::{self, app};
use crate::{FUEL, Tally};

pub fn run(tally: &mut Tally) {
    client::connect();
    for (app, code, why) in [
        (app!("unsigned"), ErrorCode::NotSigned, ""),
        (app!("without-right"), ErrorCode::NativeNotPermitted, "has the right"),
        (app!("dsp"), ErrorCode::InvalidModule, "for another processor: it uses DSP"),
        (app!("computer"), ErrorCode::InvalidModule, "for another processor"),
    ] {
        let refusal = client::try_install(&app).err();
        tally.note(
            "refused by name",
            refusal.as_ref().is_some_and(|refusal| refusal.code == code && refusal.message.as_str().contains(why)),
        );
    }
    #[cfg(not(CONFIG_WAMR_ZEPHYR_INTERPRETER))]
    {
        let refusal = client::try_install(&app!("webassembly")).err();
        tally.note(
            "refused without an interpreter",
            refusal.is_some_and(|refusal| {
                refusal.code == ErrorCode::InvalidModule && refusal.message.as_str().contains("`wamrctl compile`")
            }),
        );
    }
    let number = client::install(&app!("native"));
    runs(tally, number);
    stops(tally, number);
    // From the slot again.
    client::stop(number);
    client::start(number);
    tally.note("started again", call(number, "count", 1000) == Some(3000));
}

fn runs(tally: &mut Tally, number: u8) {
    tally.note("a call", call(number, "count", 1000) == Some(3000));
    tally.note("a host function", matches!(client::run(number, "uptime", &[]), Outcome::Returned(_)));
    tally.note("data", call(number, "load", 16) == Some(i32::from_le_bytes(*b"data")));
    let outside = client::run(number, "load", &[Value::I32(65_533)]);
    tally.note("a bound", matches!(outside, Outcome::Trapped { kind: TrapKind::MemoryOutOfBounds, .. }));
}

fn stops(tally: &mut Tally, number: u8) {
    let all = Outcome::Stopped { limit: LimitKind::Fuel, allowed: FUEL, used: FUEL };
    tally.note("an endless loop", client::run(number, "spin", &[]) == all);
    tally.note("a storm of bulk instructions", client::run(number, "storm", &[]) == all);
    let deep = client::run(number, "dive", &[Value::I32(0)]);
    tally.note("a recursion bomb", matches!(deep, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }));
    tally.note("the app still works", call(number, "count", 1) == Some(3));
}

fn call(number: u8, export: &str, argument: i32) -> Option<i32> {
    match client::run(number, export, &[Value::I32(argument)]) {
        Outcome::Returned(values) => match *values {
            [Value::I32(value)] => Some(value),
            _ => None,
        },
        _ => None,
    }
}
