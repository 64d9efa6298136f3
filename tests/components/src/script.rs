//! Scripts: what happens to an app, and what can then be seen from outside.
//!
//! A line that starts with `>` is a cause, other lines are its effects. Comments start with `#`. Tests of other implementations of the
//! interfaces can play the same scripts:
//!
//! ```text
//! > sensor NAME CHANNEL VALUE     the sensor measures this, in the channel's unit, or `fails`
//! > lm75 VALUE                    the LM75 on I2C measures this, in degrees Celsius
//! > start                         the app starts
//! > stop                          the app ends
//! > wait MILLISECONDS             time passes
//! > pin NAME on|off               the input changes
//! > uart NAME BYTES               the serial port receives this, as hexadecimal numbers
//! > message TEXT                  the client sends this
//! > message from NAME TEXT        another app sends this
//! > client gone|back              the client disconnects or connects
//! pin NAME on|off                 an output has changed
//! uart NAME BYTES                 the serial port has sent this
//! message TEXT                    the client receives this
//! ```

use crate::bindings::wamr::device::message::Peer;
use crate::{Board, Running, component};
use wasmtime::Result;

/// Plays a script to an app. Returns it with the effects that were seen in place of those it has.
///
/// # Panics
/// If the script is not valid, or the app traps.
pub fn play(module: &[u8], script: &str) -> String {
    let component = component(module).unwrap_or_else(|error| panic!("{error}"));
    let mut player = Player { component, board: Some(Board::default()), running: None };
    let mut seen = String::new();
    for line in script.lines() {
        match line.strip_prefix("> ") {
            Some(cause) => {
                player.cause(cause).unwrap_or_else(|error| panic!("{cause}: {error:?}"));
                seen.push_str(line);
                seen.push('\n');
                for effect in player.board().take_trace() {
                    seen.push_str(&effect);
                    seen.push('\n');
                }
            }
            None if line.starts_with('#') || line.is_empty() => {
                seen.push_str(line);
                seen.push('\n');
            }
            None => {}
        }
    }
    seen
}

struct Player {
    component: Vec<u8>,
    /// The board without the app.
    board: Option<Board>,
    running: Option<Running>,
}

impl Player {
    fn board(&mut self) -> &mut Board {
        match &mut self.running {
            Some(running) => running.board(),
            None => self.board.as_mut().expect("the board is here or with the app"),
        }
    }

    fn cause(&mut self, cause: &str) -> Result<()> {
        let (verb, rest) = cause.split_once(' ').unwrap_or((cause, ""));
        let words: Vec<_> = rest.split(' ').collect();
        match (verb, &words[..]) {
            ("start", _) => {
                let board = self.board.take().expect("the app does not run yet");
                self.running = Some(Running::start(&self.component, board)?);
            }
            ("stop", _) => {
                let running = self.running.take().expect("the app runs");
                self.board = Some(running.stop());
            }
            ("wait", [milliseconds]) => {
                let milliseconds = milliseconds.parse().expect("a number of milliseconds");
                self.running.as_mut().expect("the app runs").wait(milliseconds)?;
            }
            ("pin", [name, state]) => self.board().set_input(name, *state == "on"),
            ("sensor", [name, channel, value]) => {
                let value = (*value != "fails").then(|| micros(value));
                self.board().sensors.insert(((*name).into(), (*channel).into()), value);
            }
            ("lm75", [value]) => self.board().lm75 = (micros(value) * 256 / 1_000_000) as i16,
            ("uart", [name, bytes @ ..]) => {
                let bytes = bytes.iter().map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect::<Vec<_>>();
                self.board().receive_bytes(name, &bytes);
            }
            ("message", ["from", name, text @ ..]) => {
                self.board().receive(Peer::App((*name).into()), text.join(" ").into());
            }
            ("message", _) => self.board().receive(Peer::Client, rest.into()),
            ("client", [state]) => self.board().client_gone = *state == "gone",
            _ => panic!("there is no such cause: {cause}"),
        }
        self.running.as_mut().map_or(Ok(()), Running::deliver)
    }
}

fn micros(value: &str) -> i64 {
    let value: f64 = value.parse().expect("a number");
    (value * 1e6).round() as i64
}
