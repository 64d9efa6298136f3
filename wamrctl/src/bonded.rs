//! `wamrctl bonds`: the clients that a device is paired with.

use crate::bonds_file;
use crate::connection::Connection;
use crate::failure::{Failure, Status};
use crate::json;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::hci::{Bonds, in_words};
use wamr_client::proto::{Bond, Command};

/// List or remove the clients that a device is paired with, or forget a device
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the clients that the device is paired with
    List(Options),
    /// Remove a client from the device; it has to pair again
    Remove {
        /// Client address, from `wamrctl bonds list`
        client: String,
        #[command(flatten)]
        options: Options,
    },
    /// Remove this computer's bond with a device, so that the two can pair again
    Forget {
        /// Device address
        device: String,
        /// File with the keys of paired devices [default: wamrctl/bonds.json in the user's configuration directory]
        #[arg(long, value_name = "FILE")]
        bonds: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
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
/// [`Status::Usage`] when there is no such client, [`Status::Device`] when the device or the link to it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.action {
        Action::List(options) => {
            let bonds = options.connection.with(async |client| client.bonds().await)?;
            if options.json {
                json::print(&Json::from_iter(bonds.iter().map(to_json)));
            } else {
                print!("{}", to_text(&bonds));
            }
        }
        Action::Remove { client: wanted, options } => {
            let removed = options.connection.with(async |client| {
                let bonds = client.bonds().await?;
                let bond = find(&bonds, wanted)?;
                client.manage(Command::Unpair { client: bond.client }).await?;
                Ok::<_, Failure>(bond)
            })?;
            if options.json {
                json::print(&to_json(&removed));
            } else {
                println!("The device has forgotten {}", removed.client);
            }
        }
        Action::Forget { device, bonds, json } => {
            let forgotten = forget(device, &mut bonds_file::open(bonds.as_deref())?)?;
            if *json {
                json::print(&json!({ "address": forgotten }));
            } else {
                println!("This computer has forgotten {forgotten}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes the bond with a device, and returns its address.
fn forget(wanted: &str, bonds: &mut Bonds) -> Result<String, Failure> {
    let devices: Vec<_> = bonds.all().map(|bond| bond.identity.addr).collect();
    let Some(device) = devices.iter().find(|device| in_words(**device).eq_ignore_ascii_case(wanted)) else {
        let known: Vec<_> = devices.into_iter().map(in_words).collect();
        let help = if known.is_empty() { "it knows none".into() } else { format!("it knows {}", known.join(", ")) };
        return Err(Failure::new(Status::Usage, format!("this computer has no bond with {wanted}")).help(help));
    };
    bonds.remove(*device)?;
    Ok(in_words(*device))
}

fn find(bonds: &[Bond], wanted: &str) -> Result<Bond, Failure> {
    let found = bonds.iter().find(|bond| bond.client.to_string().eq_ignore_ascii_case(wanted));
    found.copied().ok_or_else(|| {
        Failure::new(Status::Usage, format!("the device is not paired with {wanted}"))
            .help("`wamrctl bonds list` shows the addresses")
    })
}

fn to_text(bonds: &[Bond]) -> String {
    if bonds.is_empty() {
        return "The device is not paired with any client: every client may use it\n".into();
    }
    let line = |bond: &Bond| {
        let role = if bond.owner { "owner" } else { "operator" };
        format!("{}  {role}{}\n", bond.client, if bond.current { ", this computer" } else { "" })
    };
    bonds.iter().map(line).collect()
}

fn to_json(bond: &Bond) -> Json {
    json!({
        "address": bond.client.to_string(),
        "random": bond.client.random,
        "current": bond.current,
        "owner": bond.owner,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::ClientAddress;

    #[test]
    fn clients_are_listed_and_found_by_their_addresses() {
        let client = |last| ClientAddress { random: true, bytes: [0xc0, 0, 0, 0, 0, last] };
        let owner = Bond { client: client(0xa), current: false, owner: true };
        let bonds = [owner, Bond { client: client(0xb), current: true, owner: false }];
        assert_eq!(to_text(&bonds), "C0:00:00:00:00:0A  owner\nC0:00:00:00:00:0B  operator, this computer\n");
        assert_eq!(find(&bonds, "c0:00:00:00:00:0b").unwrap(), bonds[1]);
        assert!(find(&bonds, "C0:00:00:00:00:0C").is_err());
        let told = json!({ "address": "C0:00:00:00:00:0B", "random": true, "current": true, "owner": false });
        assert_eq!(to_json(&bonds[1]), told);
    }
}
