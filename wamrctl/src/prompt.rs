//! What only a person can answer while a device is being paired.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::thread;
use tokio::sync::oneshot;
use wamr_client::{Agent, Error};

/// Asks on the terminal, or whatever standard input is instead.
#[derive(Default)]
pub struct Prompt {
    /// Where the passkey is, for devices that have one of their own.
    pub passkey_file: Option<PathBuf>,
}

impl Agent for Prompt {
    async fn passkey(&mut self) -> Result<u32, Error> {
        let text = match &self.passkey_file {
            Some(path) => fs::read_to_string(path)
                .map_err(|error| Error::Pairing(format!("cannot read {}: {error}", path.display())))?,
            None => ask("Passkey that the device shows: ").await?,
        };
        parse(&text).ok_or_else(|| Error::Pairing("a passkey has six digits".into()))
    }

    async fn pairs_again(&mut self) -> Result<bool, Error> {
        eprintln!("The device has lost its bond with this computer");
        let answer =
            ask("If you did not expect that, another device may have taken its place. Pair again? [y/N] ").await?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    async fn is_shown(&mut self, number: u32) -> Result<bool, Error> {
        let answer = ask(&format!("Does the device show {number:06}? [y/N] ")).await?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    fn paired(&mut self) {
        eprintln!("Paired");
    }
}

fn parse(text: &str) -> Option<u32> {
    let digits = text.trim();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Waits for a line. On a thread that nobody waits for: when the connection ends, the program does not wait for the user.
async fn ask(question: &str) -> Result<String, Error> {
    eprint!("{question}");
    let _ = io::stderr().flush(); // the question is all that is lost
    let (answer, answered) = oneshot::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let _ = answer.send(read.map(|length| (length > 0).then_some(line))); // the connection has ended
    });
    let cannot = |why: &str| Error::Pairing(format!("nobody could be asked, {why}"));
    match answered.await {
        Ok(Ok(Some(line))) => Ok(line),
        Ok(Ok(None)) => Err(cannot("standard input has ended")),
        Ok(Err(error)) => Err(cannot(&error.to_string())),
        Err(_) => Err(cannot("standard input cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn passkeys_have_six_digits() {
        assert_eq!(parse("012345\n"), Some(12_345));
        assert_eq!(parse("999999"), Some(999_999));
        for text in ["", "12345", "1234567", "12345x", "+12345", "１２"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
