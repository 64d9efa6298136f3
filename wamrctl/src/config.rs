//! The configuration file: options of every command that talks to a device.

use crate::failure::{Failure, Status};
use crate::hci::Hci;
use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer, de::Error};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The settings in the file, which the environment and the command line override.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address of the device, as with `--address`.
    pub device: Option<String>,
    /// The Bluetooth controller, as with `--hci`.
    #[serde(default, deserialize_with = "port")]
    pub hci: Option<Hci>,
}

impl Config {
    /// Reads the user's file, `wamrctl/config.toml` in the directory for configuration. No file is an empty one.
    ///
    /// # Errors
    /// [`Status::Usage`] when it cannot be read, is not TOML, or has an unknown key or a wrong value; the message names the line.
    pub fn read() -> Result<Self, Failure> {
        let Ok(strategy) = etcetera::choose_base_strategy() else { return Ok(Self::default()) };
        let path = strategy.config_dir().join("wamrctl").join("config.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::new(Status::Usage, format!("cannot read {}: {error}", path.display()))),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let why = error.message().replace('\n', ", ");
            Failure::new(Status::Usage, format!("{}:{line}: {why}", path.display()))
                .help("correct the configuration file; it can set `device` and `hci`")
        })
    }
}

fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hci>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|failure| failure.to_string())
    }

    #[test]
    fn keys_are_optional() {
        assert_eq!(parse("# nothing\n"), Ok(Config::default()));
        let hci = Some("tcp:localhost:9001".parse().unwrap());
        assert_eq!(parse("hci = \"tcp:localhost:9001\"\n"), Ok(Config { device: None, hci: hci.clone() }));
        let device = Some("F0:F1:F2:F3:F4:F5".to_owned());
        assert_eq!(parse("hci = 'system'"), Ok(Config { device: None, hci: Some(Hci::System) }));
        assert_eq!(parse("device = 'F0:F1:F2:F3:F4:F5'\nhci = 'tcp:localhost:9001'"), Ok(Config { device, hci }));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, why) in [
            ("\n\nadress = 'F0'\n", "config.toml:3: unknown field `adress`, expected `device` or `hci`"),
            ("[device]\n", "config.toml:1: invalid type: map, expected a string"),
            (
                "device = 'F0'\nhci = 'usb:0'\n",
                "config.toml:2: expected tcp:HOST:PORT or serial:DEVICE[:BAUD], or system",
            ),
        ] {
            assert_eq!(parse(text), Err(why.into()), "{text}");
        }
        assert!(parse("device = 'F0'\nhci = 'tcp").unwrap_err().starts_with("config.toml:2: "));
        assert!(parse("device = 'F0'\ndevice = 'F1'\n").unwrap_err().starts_with("config.toml:2: duplicate key"));
    }
}
