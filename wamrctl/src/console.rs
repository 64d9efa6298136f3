//! The simulated board on the command line: its outputs are lines, and so are the commands that change its inputs.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use serde_json::json;
use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, stdin};
use std::path::PathBuf;
use std::thread;
use tokio::sync::mpsc;
use wamr_twin::Board;

/// The option for the board.
#[derive(clap::Args)]
pub struct Options {
    /// Simulated board: a TOML file; `wamrctl board` prints the default
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
}

impl Options {
    /// Reads the board, and prints its outputs from now on.
    ///
    /// # Errors
    /// [`Status::Usage`] when the file cannot be read, or is not a board; the message names the line.
    pub fn board(&self, json: bool) -> Result<Board, Failure> {
        let board = match &self.board {
            None => Board::new(),
            Some(path) => {
                let shown = path.display();
                let text = fs::read_to_string(path)
                    .map_err(|error| Failure::new(Status::Usage, format!("cannot read {shown}: {error}")))?;
                Board::from_toml(&text).map_err(|error| {
                    let message = format!("{shown}:{}: {}", error.line, error.message);
                    Failure::new(Status::Usage, message)
                        .help("correct the file; `wamrctl board` prints one that explains itself")
                })?
            }
        };
        board.observe(move |change| match json {
            true => json::print(&json!({ "output": change.name, "state": change.state.to_string() })),
            false => println!("{change}"),
        });
        Ok(board)
    }
}

/// What changes the inputs of a board: its script and standard input.
pub struct Inputs(mpsc::Receiver<Infallible>);

impl Inputs {
    /// Starts the script, and executes the commands on standard input. Commands that fail are reported and change nothing.
    pub fn start(board: Board, json: bool) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let script = sender.clone();
        // Both threads end with the process.
        thread::spawn(move || {
            board.play();
            drop(script);
        });
        if may_read() {
            thread::spawn(move || {
                for line in stdin().lock().lines().map_while(Result::ok) {
                    execute(board, &line, json);
                }
                drop(sender);
            });
        }
        Self(receiver)
    }

    /// Waits until no more commands can come.
    pub async fn ended(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

fn execute(board: Board, line: &str, json: bool) {
    if line.trim().is_empty() || line.starts_with('#') {
        return;
    }
    if let Err(error) = board.command(line) {
        match json {
            true => json::print(&json!({ "error": error.to_string() })),
            false => eprintln!("error: {}", shown(error)),
        }
    }
}

/// Whether standard input is for this process. A shell stops a job in the background that reads from its terminal.
#[cfg(unix)]
fn may_read() -> bool {
    let foreground = rustix::termios::tcgetpgrp(stdin());
    // Not a terminal, or one that is ours.
    foreground.map_or(true, |group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
fn may_read() -> bool {
    true
}
