//! `wamrctl devices`: the devices that could be meant.

use crate::connection::Controller;
use crate::escape::shown;
use crate::failure::Failure;
use crate::json;
use serde_json::{Value as Json, json};
use std::cmp::Reverse;
use std::process::ExitCode;
use std::time::Duration;
use wamr_client::Advertiser;

/// List the devices in range that advertise the upload service
///
/// Marks a device that is connected to a client as busy. Only scans with --hci can detect that.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    controller: Controller,
    /// Duration of the scan
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Device`](crate::failure::Status::Device) when there is no working Bluetooth adapter or controller.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut found = arguments.controller.advertisers(Duration::from_secs(arguments.seconds.into()))?;
    // The nearest first, and those of unknown distance last.
    found.sort_by_key(|device| (Reverse(device.rssi), device.address.clone()));
    if arguments.json {
        json::print(&Json::from_iter(found.iter().map(to_json)));
    } else {
        print!("{}", to_text(&found));
    }
    Ok(ExitCode::SUCCESS)
}

fn to_text(found: &[Advertiser]) -> String {
    if found.is_empty() {
        return "No device advertises the service for uploads\n".into();
    }
    let line = |device: &Advertiser| {
        let rssi = device.rssi.map_or("?".into(), |rssi| format!("{rssi} dBm"));
        let name = device.name.as_deref().map(shown).unwrap_or_default();
        let busy = if device.busy == Some(true) { "  (busy)" } else { "" };
        format!("{}\n", format!("{}  {rssi:>8}  {name}{busy}", shown(&device.address)).trim_end())
    };
    found.iter().map(line).collect()
}

fn to_json(device: &Advertiser) -> Json {
    json!({ "address": device.address, "name": device.name, "rssi": device.rssi, "busy": device.busy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_listed_with_the_known_details() {
        let near =
            Advertiser { address: "F0".into(), name: Some("pump\u{1b}[2J".into()), rssi: Some(-7), busy: Some(true) };
        let unknown = Advertiser { address: "F1".into(), name: None, rssi: None, busy: None };
        let name = shown("pump\u{1b}[2J");
        assert_eq!(to_text(&[near, unknown.clone()]), format!("F0    -7 dBm  {name}  (busy)\nF1         ?\n"));
        assert_eq!(to_json(&unknown), json!({ "address": "F1", "name": null, "rssi": null, "busy": null }));
        assert_eq!(to_text(&[]), "No device advertises the service for uploads\n");
    }
}
