//! Examples of messages, and the words for the protocol's numbers, for clients in other languages: `examples.json`. The web page checks
//! itself against the same file (`web/tests`).

use minicbor::display;
use std::fmt::Write as _;
use wamr_proto::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples.json");
const FINGERPRINT: Fingerprint = Fingerprint([0x4a, 0xe7, 0x6c, 0x6e, 0x3c, 0xae, 0x1e, 0x43]);

/// The JSON objects of the file.
#[derive(Default)]
struct Examples {
    messages: Vec<String>,
    texts: Vec<String>,
}

impl Examples {
    /// Adds a message: what it is, its bytes and its diagnostic notation.
    fn message(&mut self, name: &str, message: &impl Write) {
        let bytes = encode(message).expect("it fits into a message");
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let notation = format!("{}", display(&bytes));
        self.messages.push(format!("{{ \"name\": {name:?}, \"bytes\": \"{hex}\", \"notation\": {notation:?} }}"));
    }

    fn request(&mut self, name: &str, command: Command) {
        self.message(name, &Request { seq: 1 + self.messages.len() as u32, command });
    }

    fn response(&mut self, name: &str, fill: impl FnOnce(&mut Response)) {
        let mut response = Response::new(7);
        fill(&mut response);
        self.message(name, &response);
    }

    fn receipt(&mut self, name: &str, outcome: Outcome, backtrace: &[u32]) {
        let (fuel, micros, memory, pool, host_calls, app) = (1234, 5678, 65536, 9568, 2, 3);
        let backtrace = Functions::new(backtrace).expect("a short list");
        self.message(
            name,
            &Receipt { fuel, micros, memory, pool, host_calls, app, backtrace, ..Receipt::new(9, outcome) },
        );
    }

    /// Adds the texts of all numbers of a type.
    fn texts<T: for<'b> minicbor::Decode<'b, ()> + ToString>(&mut self, name: &str) {
        let number = |number: u8| decode::<T>(&encode(&number)?).ok().map(|value| (number, value.to_string()));
        let texts: Vec<_> =
            (0..=u8::MAX).filter_map(number).map(|(number, text)| format!("\"{number}\": {text:?}")).collect();
        self.texts.push(format!("{name:?}: {{ {} }}", texts.join(", ")));
    }

    fn json(&self) -> String {
        format!(
            "{{\n  \"messages\": [\n    {}\n  ],\n  \"texts\": {{\n    {}\n  }}\n}}\n",
            self.messages.join(",\n    "),
            self.texts.join(",\n    ")
        )
    }
}

#[test]
fn the_file_of_examples_is_what_the_code_says() {
    let mut examples = Examples::default();
    requests(&mut examples);
    responses(&mut examples);
    statuses(&mut examples);
    receipts(&mut examples);
    let names = ["wamr", "gpio:led0"].into_iter().filter_map(Capability::new);
    let list = encode(&CapabilityList::first(names)).expect("a short list");
    let capabilities = Some(read::<Capabilities<'_>>(&list).expect("a list"));
    let (name, entry) = (AppName::new("blink").expect("short"), Name::new("start"));
    examples.message("manifest", &Manifest { name, version: 2, entry, counter: 4, capabilities, ..Default::default() });

    examples.texts::<ErrorCode>("refusals");
    examples.texts::<TrapKind>("traps");
    examples.texts::<LimitKind>("limits");
    examples.texts::<AppState>("states");
    examples.texts::<SignatureMode>("signatures");

    let json = examples.json();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(FILE, &json).expect("a file beside this one");
    }
    let found = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(found == json, "{FILE} is stale: run UPDATE_EXPECT=1 cargo test -p wamr-proto");
}

fn requests(examples: &mut Examples) {
    let (size, digest, key) = (70_000, Digest([0xd1; 32]), [0x8e; 32]);
    examples.request("begin", Command::Begin { size, digest, denied: 0 });
    examples.request("begin, with a denied entry", Command::Begin { size, digest, denied: 0b10 });
    examples.request("commit", Command::Commit);
    let export = Name::new("add").expect("short");
    let no_limits = RunLimits::default();
    let args = Values::new(&[Value::I32(-1), Value::I64(i64::MAX), Value::F32(1.5), Value::F64(-0.1)]).expect("four");
    examples.request("run", Command::Run { app: 0, export: export.clone(), args, limits: no_limits });
    let limits = RunLimits { fuel: Some(5_000_000_000), host_calls: Some(10), ..no_limits };
    examples.request("run, with limits", Command::Run { app: 30, export, args: Values::default(), limits });
    examples.request("describe", Command::Describe { app: 1 });
    examples.request("start", Command::Start { app: 1 });
    examples.request("stop", Command::Stop { app: 1 });
    examples.request("remove", Command::Remove { app: 1 });
    examples.request("trust", Command::Trust { key });
    examples.request("revoke", Command::Revoke { key });
    examples.request("read", Command::Read { part: Part::Manifest, app: 2, at: 64 });
    examples.request("failure", Command::Failure { app: 2 });
    let message = AppMessage::new(b"21.5").expect("short");
    examples.request("send", Command::Send { app: 2, message });
}

fn responses(examples: &mut Examples) {
    examples.response("success", |_| {});
    examples.response("refusal", |response| response.refusal = Some(ErrorCode::UnknownKey.into()));
    examples.response("refusal, with a bound", |response| {
        response.refusal = Some(Refusal { bound: Some(2), ..Refusal::new(ErrorCode::BadArguments, "it takes (i64)") });
    });
    examples.response("details", |response| {
        let (name, restart) = (AppName::new("fan").expect("short"), Restart::OnFailure);
        response.details = Some(Details { name, version: 3, size: 4096, restart, entry: true, counter: 5 });
        response.denied = Some(0b100);
    });
    examples.response("excerpt", |response| response.excerpt = Some(Excerpt::of(&[1, 2, 3])));
    let backtrace = Functions::default;
    let trapped = Why::Trapped { kind: TrapKind::Unreachable, message: Text::cut("unreachable") };
    examples.response("failure by a trap", |response| {
        response.failure = Some(Failure { why: trapped, backtrace: backtrace() });
    });
    let refused = Why::Refused { code: ErrorCode::OutOfMemory, bound: 100, message: Text::default() };
    examples.response("failure by a refusal", |response| {
        response.failure = Some(Failure { why: refused, backtrace: backtrace() });
    });
}

fn statuses(examples: &mut Examples) {
    let (version, slot, fingerprint) = (PROTOCOL_VERSION, 57_344, FINGERPRINT);
    let signatures = SignatureMode::Required;
    let idle = Status {
        version,
        slot,
        activity: Activity::Idle,
        apps: AppList::default(),
        upload: None,
        signatures,
        more: None,
    };
    examples.message("status", &idle);
    let app = AppStatus { number: 3, state: AppState::OnTrial, failures: 1, fingerprint };
    let upload = Upload { size: 70_000, fingerprint, durable: 4096, granted: 8192, resend: Some(6000) };
    let apps = AppList::new(&[app]).expect("one");
    let busy = Status { activity: Activity::Running, apps, upload: Some(upload), more: Some(8), ..idle };
    examples.message("status, with an app and an upload", &busy);
    examples.message("page of apps", &AppPage::new(&[app, AppStatus { number: 9, ..app }]).expect("two"));
}

fn receipts(examples: &mut Examples) {
    let values = [Value::I32(42), Value::I64(i64::MIN), Value::F32(0.1), Value::F64(0.1)];
    examples.receipt("receipt", Outcome::Returned(Values::new(&values).expect("four")), &[]);
    let message = Text::cut("integer divide by zero");
    examples.receipt("receipt of a trap", Outcome::Trapped { kind: TrapKind::IntegerDivisionByZero, message }, &[4, 2]);
    let (allowed, used) = (1_000_000, 1_000_001);
    examples.receipt("receipt of an exceeded limit", Outcome::Stopped { limit: LimitKind::Fuel, allowed, used }, &[4]);
}
