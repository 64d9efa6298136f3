//! Calls of functions with WIT types, on a twin in this process.

use wamr_client::proto::{Name, Outcome, RunLimits, Value, Values};
use wamr_client::{Client, InstallOptions, NO_BASES, PipeLink, TypedError, digest_of, install};
use wit_component::StringEncoding;
use wit_parser::Resolve;

const WIT: &str = r#"
package test:types;

interface shapes {
    record point { x: s8, y: u64 }
    area: func(points: list<point>) -> u64;
}

world app {
    enum mode { off, on, auto }
    flags days { mon, tue, wed }
    variant setting { unset, level(f32), text(string) }
    record target { celsius: f64, label: string, mode: mode }

    export text: func(text: string) -> string;
    export set-point: func(target: target) -> result<target, string>;
    export numbers: func(numbers: list<u16>) -> list<u16>;
    export words: func(words: list<string>) -> list<string>;
    export maybe: func(value: option<u32>) -> option<u32>;
    export switch: func(mode: mode) -> mode;
    export week: func(days: days) -> days;
    export set: func(setting: setting) -> setting;
    export letter: func(letter: char) -> char;
    export negate: func(value: s64, yes: bool) -> s64;
    export many: func(a: list<u8>, b: list<u8>, c: list<u8>, d: list<u8>, e: list<u8>) -> u32;
    export broken: func() -> string;
    export stop: func();
    export shapes;
}
"#;

/// Each function returns what it gets, if it does not say otherwise. Results are at 8. `freed` counts freed results.
const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (global $freed (mut i32) (i32.const 0))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $free (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get 3))))
    (func $two (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
    (export "text" (func $two)) (export "numbers" (func $two)) (export "words" (func $two)) (export "maybe" (func $two))
    (func (export "cabi_post_text") (param i32) (global.set $freed (i32.add (global.get $freed) (i32.const 1))))
    (func (export "freed") (result i32) (global.get $freed))
    (func (export "set-point") (param f64 i32 i32 i32) (result i32)
        (i32.store8 (i32.const 8) (i32.const 0))
        (f64.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 24) (local.get 1)) (i32.store (i32.const 28) (local.get 2))
        (i32.store8 (i32.const 32) (local.get 3))
        ;; Too hot: the label is the error.
        (if (f64.gt (local.get 0) (f64.const 100))
            (then (i32.store8 (i32.const 8) (i32.const 1))
                (i32.store (i32.const 16) (local.get 1)) (i32.store (i32.const 20) (local.get 2))))
        (i32.const 8))
    (func (export "switch") (param i32) (result i32) (local.get 0))
    (func (export "week") (param i32) (result i32) (local.get 0))
    (func (export "letter") (param i32) (result i32) (local.get 0))
    (func (export "set") (param i32 i32 i32) (result i32)
        (i32.store8 (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1)) (i32.store (i32.const 16) (local.get 2)) (i32.const 8))
    (func (export "negate") (param i64 i32) (result i64)
        (select (i64.sub (i64.const 0) (local.get 0)) (local.get 0) (local.get 1)))
    (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "broken") (result i32) (call $two (i32.const 65530) (i32.const 100)))
    (func (export "stop") unreachable)
    ;; The sum of x * y, where a point has 16 bytes.
    (func (export "test:types/shapes#area") (param $at i32) (param $count i32) (result i64) (local $sum i64)
        (block $done (loop $next
            (br_if $done (i32.eqz (local.get $count)))
            (local.set $sum (i64.add (local.get $sum)
                (i64.mul (i64.load8_s (local.get $at)) (i64.load offset=8 (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $next)))
        (local.get $sum)))"#;

fn module() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("types.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(WAT).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    module
}

/// A process has one twin at a time, so there is one test, with this for each of its calls.
async fn call(client: &mut Client<PipeLink>, name: &str, args: &[&str]) -> Result<Option<String>, TypedError> {
    let functions = client.functions(0).await?.expect("the module describes its types");
    let function = functions.get(name).expect("there is such a function");
    let called = client.call(0, &function, args, RunLimits::default()).await?;
    if called.result.is_none() && function.to_string().contains("->") {
        panic!("{:?}", called.receipt.outcome);
    }
    Ok(called.result)
}

#[test]
fn values_of_every_kind_are_passed_and_come_back() {
    let twin = wamr_twin::Twin::new(wamr_twin::Flash::memory(64 * 1024)).slots(2).spawn().unwrap();
    let module = module();
    let digest = digest_of(&module);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let options = InstallOptions::default();
        let (mut client, _) =
            install(&mut twin.connector(), &options, NO_BASES, &module, digest, |_| ()).await.unwrap();
        let client = &mut client;
        let long = "x".repeat(150);
        let longest = "x".repeat(7_000);
        for (name, args, result) in [
            ("text", &["\"a \\\"word\\\" and \u{e4}\""][..], "\"a \\\"word\\\" and \u{e4}\""),
            ("text", &["without quotation marks"], "\"without quotation marks\""),
            ("text", &[&long], &format!("\"{long}\"")),
            ("text", &[&longest], &format!("\"{longest}\"")),
            ("text", &[""], "\"\""),
            (
                "set-point",
                &["{celsius: 21.5, label: \"room\", mode: auto}"],
                "ok({celsius: 21.5, label: \"room\", mode: auto})",
            ),
            ("set-point", &["{celsius: 200, label: \"too hot\", mode: on}"], "err(\"too hot\")"),
            ("numbers", &["[1, 65535, 3]"], "[1, 65535, 3]"),
            ("numbers", &["[]"], "[]"),
            ("words", &["[\"one\", \"\", \"three\"]"], "[\"one\", \"\", \"three\"]"),
            ("maybe", &["some(7)"], "some(7)"),
            ("maybe", &["none"], "none"),
            ("switch", &["auto"], "auto"),
            ("week", &["{mon, wed}"], "{mon, wed}"),
            ("set", &["unset"], "unset"),
            ("set", &["level(-0.25)"], "level(-0.25)"),
            ("set", &["text(\"hello\")"], "text(\"hello\")"),
            ("letter", &["'\u{2603}'"], "'\u{2603}'"),
            ("negate", &["-9223372036854775807", "true"], "9223372036854775807"),
            ("negate", &["5", "false"], "5"),
            ("area", &["[{x: -2, y: 10}, {x: 3, y: 100}]"], "280"),
            ("shapes#area", &["[]"], "0"),
        ] {
            assert_eq!(call(client, name, args).await.unwrap().as_deref(), Some(result), "{name}");
        }
        let signature = client.functions(0).await.unwrap().unwrap().get("negate").unwrap().to_string();
        assert_eq!(signature, "negate(value: s64, yes: bool) -> s64");

        let error = call(client, "negate", &["many", "true"]).await.unwrap_err();
        assert!(error.to_string().starts_with("`many` is not a value of value, which has the type s64: "), "{error}");
        let error = call(client, "negate", &["1"]).await.unwrap_err();
        assert_eq!(error.to_string(), "negate(value: s64, yes: bool) -> s64 does not take 1 arguments");
        assert_eq!(call(client, "many", &["[]"; 5]).await, Err(TypedError::TooManyArguments { flat: 10 }));
        // The device permits 16 KiB in a call: one of these is too long itself, the other one together with the result.
        for length in [17_000, 9_000] {
            let error = call(client, "text", &[&"x".repeat(length)]).await.unwrap_err();
            assert!(
                error.to_string().ends_with("its arguments and results have at most 16384 bytes together"),
                "{error}"
            );
        }
        let error = call(client, "broken", &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "the app returned an invalid result: it is not inside of the app's memory");
        let functions = client.functions(0).await.unwrap().unwrap();
        let stop = functions.get("stop").unwrap();
        let called = client.call(0, &stop, &[""; 0], RunLimits::default()).await.unwrap();
        assert!(matches!(called.receipt.outcome, Outcome::Trapped { .. }) && called.result.is_none());

        let freed = client.run(0, Name::new("freed").unwrap(), Default::default(), RunLimits::default()).await.unwrap();
        assert_eq!(freed.outcome, Outcome::Returned(Values::new(&[Value::I32(6)]).unwrap()));
    });
}
