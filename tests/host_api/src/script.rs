//! The example apps do what their scripts say, as on the twin and in Wasmtime: `tests/components/src/script.rs` describes the scripts.
//!
//! A device needs time for each step. An effect may therefore come a little earlier or later than the script says, but the effects have the
//! same order and number. The lines of the app `logger` depend on when the device started, so `sdk.rs` tests this app.

use core::fmt::Write as _;

use heapless::{Deque, String};
use wamr_proto::MessageFrame;
use wamr_zephyr::clock::uptime_ms;
use zephyr::printkln;

use crate::board::{self, BUTTON, Direction, FAN, HEATER, LAMP, Port, direction, level, measured, set_lm75};
use crate::client::{App, app, install, leave_messages, next_message, remove, send, start, stop};
use crate::sleep;

/// How much too early or too late an effect may be, in milliseconds.
const TOLERANCE: i64 = 200;

pub fn run() {
    macro_rules! play {
        ($($name:literal)*) => {
            $(play($name, &app!($name), include_str!(concat!("../../../guest/apps/", $name, "/script.txt")));)*
        };
    }
    play!("blink" "button" "fan" "hub" "thermostat" "weather");
}

fn play(name: &str, app: &App, script: &str) {
    board::set_level(BUTTON, true);
    let mut player = Player { app, number: None, due: uptime_ms(), outputs: [false; 3], seen: Deque::new() };
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("> ") {
            Some(cause) => {
                player.expect_nothing(cause);
                player.cause(cause);
            }
            None => player.expect(line),
        }
    }
    player.expect_nothing("the end");
    remove(player.number.expect("the script starts it"));
    player.look();
    while let Some((_, effect)) = player.seen.pop_front() {
        // What is on when an app is removed goes off.
        assert!(effect.ends_with(" off"), "{effect}");
    }
    printkln!("passed: the app {name} does what its script says");
}

type Effect = String<64>;

struct Player<'a> {
    app: &'a App,
    /// Once it was installed.
    number: Option<u8>,
    /// When the last cause of the script was due, in milliseconds.
    due: i64,
    /// Which outputs were on at the last look.
    outputs: [bool; 3],
    /// What has been seen of which the script has said nothing yet, and when.
    seen: Deque<(i64, Effect), 8>,
}

impl Player<'_> {
    fn cause(&mut self, cause: &str) {
        let (verb, rest) = cause.split_once(' ').unwrap_or((cause, ""));
        let (first, last) = rest.rsplit_once(' ').unwrap_or(("", rest));
        match (verb, first, last) {
            ("start", ..) => {
                match self.number {
                    Some(number) => start(number),
                    None => self.number = Some(install(self.app)),
                }
                self.due = uptime_ms();
            }
            ("stop", ..) => stop(self.number()),
            ("wait", _, millis) => {
                self.due += i64::from(number(millis, 1));
                while uptime_ms() < self.due {
                    sleep((self.due - uptime_ms()).clamp(1, 10) as u32);
                    self.look();
                }
                return;
            }
            // A press connects it to ground.
            ("pin", "button0", state) => board::set_level(BUTTON, state == "off"),
            ("sensor", "thermometer ambient-temp", "fails") => board::thermometer_fails(),
            ("sensor", "thermometer ambient-temp", degrees) => _ = measured(number(degrees, 1_000)),
            ("lm75", _, degrees) => set_lm75(number(degrees, 256) as i16),
            ("uart", ..) => {
                let (_, bytes) = rest.split_once(' ').expect("a port and bytes");
                let byte = |text| u8::from_str_radix(text, 16).expect("a hexadecimal number");
                board::serial_receive(Port::Uart0, &heapless::Vec::<_, 16>::from_iter(bytes.split(' ').map(byte)));
            }
            ("message", ..) => send(self.number(), rest),
            ("client", _, state) => leave_messages(state == "gone"),
            _ => panic!("there is no such cause: {cause}"),
        }
        self.look();
    }

    fn number(&self) -> u8 {
        self.number.expect("the app was started")
    }

    /// Waits for the next effect, which is this.
    fn expect(&mut self, effect: &str) {
        while self.seen.is_empty() && uptime_ms() < self.due + TOLERANCE {
            sleep(1);
            self.look();
        }
        let seen = self.seen.pop_front();
        assert_eq!(seen.as_ref().map(|(_, effect)| effect.as_str()), Some(effect));
    }

    /// What has been seen was in the script, unless it has only just happened.
    fn expect_nothing(&self, before: &str) {
        for (at, effect) in &self.seen {
            assert!(at + TOLERANCE > uptime_ms(), "{effect} before {before}");
        }
    }

    /// Notes what can be seen from outside.
    fn look(&mut self) {
        let mut note = |effect| assert!(self.seen.push_back((uptime_ms(), effect)).is_ok(), "too many effects");
        let outputs = [("led0", LAMP), ("heater", HEATER), ("fan", FAN)];
        for (was_on, (name, pin)) in self.outputs.iter_mut().zip(outputs) {
            let is_on = direction(pin) == Direction::Output && level(pin);
            if core::mem::replace(was_on, is_on) != is_on {
                let mut effect = Effect::new();
                _ = write!(effect, "pin {name} {}", if is_on { "on" } else { "off" });
                note(effect);
            }
        }
        let mut sent = [0; 16];
        let length = board::serial_sent(Port::Uart0, &mut sent);
        if length > 0 {
            let mut effect = Effect::try_from("uart uart0").expect("it is short");
            sent[..length].iter().for_each(|byte| _ = write!(effect, " {byte:02x}"));
            note(effect);
        }
        while let Some(message) = next_message() {
            let frame = MessageFrame::decode(&message).expect("it is of an app");
            assert!(self.number.is_none_or(|number| number == frame.app), "of another app");
            let mut effect = Effect::new();
            _ = write!(effect, "message {}", core::str::from_utf8(frame.bytes).expect("a text"));
            note(effect);
        }
    }
}

/// A decimal number, times a factor.
fn number(text: &str, factor: i32) -> i32 {
    let number = text.parse::<f64>().expect("a number") * f64::from(factor);
    (number + if number < 0.0 { -0.5 } else { 0.5 }) as i32
}
