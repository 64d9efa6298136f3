//! `wamrctl message`: messages to and from the apps of a device.

use crate::apps::find;
use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::key::hex;
use serde_json::json;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::Client;
use wamr_client::Link;
use wamr_client::proto::AppMessage;

/// Send messages to a device's apps, or print those that they send
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Send a message of at most 128 bytes to an app
    Send {
        /// App name, or number in `wamrctl apps`
        app: String,
        #[command(flatten)]
        content: Content,
        #[command(flatten)]
        options: Options,
    },
    /// Print the messages that apps send, as they arrive
    ///
    /// Runs until interrupted. Bytes that are not UTF-8 are printed as \xNN.
    Listen {
        /// App name, or number in `wamrctl apps` [default: all apps]
        app: Option<String>,
        #[command(flatten)]
        options: Options,
    },
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Content {
    /// Text, sent as UTF-8
    text: Option<String>,
    /// Bytes in hexadecimal, such as 01ff or "01 ff"
    #[arg(long, value_name = "BYTES")]
    hex: Option<String>,
    /// File whose content to send
    #[arg(long)]
    file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Options {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when there is no such app or the message is too long, [`Status::Device`] when the device or the link to it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.action {
        Action::Send { app, content, options } => send(app, &content.bytes()?, options),
        Action::Listen { app, options } => {
            let json = options.json;
            match options.connection.with(async |client| listen(client, app.as_deref(), json).await)? {}
        }
    }
}

fn send(wanted: &str, message: &[u8], options: &Options) -> Result<ExitCode, Failure> {
    let (app, details) = options.connection.with(async |client| {
        let (app, details) = find(client, wanted).await?;
        client.send_message(app.number, message).await.map_err(Failure::from)?;
        Ok::<_, Failure>((app, details))
    })?;
    if options.json {
        json::print(&json!({ "number": app.number, "name": details.name.as_str(), "bytes": message.len() }));
    } else {
        println!("Sent {} bytes to {}", message.len(), shown(wanted));
    }
    Ok(ExitCode::SUCCESS)
}

async fn listen(client: &mut Client<impl Link>, wanted: Option<&str>, json: bool) -> Result<Infallible, Failure> {
    let only = match wanted {
        Some(wanted) => Some(find(client, wanted).await?.0.number),
        None => None,
    };
    let apps = client.apps().await?.into_iter().filter(|(_, details)| !details.name.as_str().is_empty());
    let names: HashMap<_, _> = apps.map(|(app, details)| (app.number, details.name.to_string())).collect();
    client
        .listen_to_messages(move |app, message| {
            if only.is_none_or(|only| only == app) {
                let name = names.get(&app).map(String::as_str);
                let line = if json { to_json(app, name, message) } else { to_text(app, name, message) };
                // If the reader of the output is gone, the user interrupts this program as well.
                let _ = writeln!(io::stdout().lock(), "{line}");
            }
        })
        .await?;
    eprintln!("Listening; press Ctrl-C to stop");
    Ok(client.wait().await?)
}

impl Content {
    /// The bytes of the message.
    fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let usage = |message: String| Failure::new(Status::Usage, message);
        let bytes = match self {
            Self { file: Some(path), .. } => {
                std::fs::read(path).map_err(|error| usage(format!("cannot read {}: {error}", shown(path.display()))))?
            }
            Self { hex: Some(hex), .. } => from_hex(hex).ok_or_else(|| {
                usage(format!("`{}` is not hexadecimal", shown(hex)))
                    .help("pass two digits for each byte, such as 01ff")
            })?,
            Self { text, .. } => text.clone().unwrap_or_default().into_bytes(),
        };
        if bytes.len() > AppMessage::MAX {
            return Err(usage(format!(
                "{} bytes are too many; a message has at most {}",
                bytes.len(),
                AppMessage::MAX
            )));
        }
        Ok(bytes)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> =
        text.chars().filter(|char| !char.is_whitespace()).map(|char| char.to_digit(16)).collect();
    let pairs = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(pairs.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

fn to_text(app: u8, name: Option<&str>, message: &[u8]) -> String {
    let name = name.map_or_else(|| app.to_string(), shown);
    let mut text = format!("{name}: ");
    for chunk in message.utf8_chunks() {
        text += &shown(chunk.valid());
        chunk.invalid().iter().for_each(|byte| _ = write!(text, "\\x{byte:02x}"));
    }
    text
}

fn to_json(app: u8, name: Option<&str>, message: &[u8]) -> String {
    json::line(&json!({ "app": app, "name": name, "text": std::str::from_utf8(message).ok(), "hex": hex(message) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_pairs_of_digits() {
        assert_eq!(from_hex("01fF 7a"), Some(vec![1, 255, 0x7a]));
        assert_eq!(from_hex(""), Some(vec![]));
        for wrong in ["1", "0g", "0x01", "é0"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn messages_are_printed_escaped() {
        assert_eq!(to_text(3, Some("thermo"), "21.5 °C".as_bytes()), "thermo: 21.5 °C");
        assert_eq!(to_text(3, None, b"a\x1b[2J\n\xffz"), r"3: a\u{1b}[2J\n\xffz");
        let json = |name, message| serde_json::from_str::<serde_json::Value>(&to_json(3, name, message)).unwrap();
        assert_eq!(json(None, &[0xff]), json!({ "app": 3, "name": null, "text": null, "hex": "ff" }));
        assert_eq!(json(Some("t"), b"on"), json!({ "app": 3, "name": "t", "text": "on", "hex": "6f6e" }));
    }
}
