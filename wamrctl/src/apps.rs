//! `wamrctl apps`, `start`, `stop` and `remove`: the apps that a device has.

use crate::app_report;
use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::json;
use crate::pool;
use crate::values::plural;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::Link;
use wamr_client::proto::{AppState, AppStatus, Command, Details};
use wamr_client::{Client, Error};

/// List a device's apps, or show the details of one
#[derive(clap::Args)]
pub struct ListArguments {
    /// App name or number: show its limits, capabilities, signers, last failure and last run
    app: Option<String>,
    /// Show how the apps use the device's pool of memory
    #[arg(long, conflicts_with = "app")]
    pool: bool,
    /// The app's module, for function names in backtraces [default: a copy kept by `wamrctl upload`]
    #[arg(long, value_name = "FILE", requires = "app")]
    module: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One app of a device.
#[derive(clap::Args)]
pub struct Chosen {
    /// App name, or number in `wamrctl apps`
    app: String,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `wamrctl apps`.
///
/// # Errors
/// [`Status::Device`] when the device or the link to it fails.
pub fn list(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    if let Some(app) = &arguments.app {
        app_report::print(app, arguments.module.as_deref(), &arguments.connection, arguments.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.pool {
        pool::print(&arguments.connection, arguments.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let apps = arguments.connection.with(async |client| client.apps().await)?;
    if arguments.json {
        json::print(&Json::from_iter(apps.iter().map(to_json)));
    } else {
        print!("{}", to_text(&apps));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `wamrctl start`.
///
/// # Errors
/// [`Status::Usage`] when there is no such app, [`Status::Device`] when the device or the link to it fails.
pub fn start(chosen: &Chosen) -> Result<ExitCode, Failure> {
    manage(chosen, "started", |app| Command::Start { app })
}

/// Runs `wamrctl stop`.
///
/// # Errors
/// As [`start`].
pub fn stop(chosen: &Chosen) -> Result<ExitCode, Failure> {
    manage(chosen, "stopped", |app| Command::Stop { app })
}

/// Runs `wamrctl remove`.
///
/// # Errors
/// As [`start`].
pub fn remove(chosen: &Chosen) -> Result<ExitCode, Failure> {
    manage(chosen, "removed", |app| Command::Remove { app })
}

fn manage(chosen: &Chosen, done: &str, command: impl Fn(u8) -> Command) -> Result<ExitCode, Failure> {
    let (app, details) = chosen.connection.with(async |client| {
        let (app, details) = find(client, &chosen.app).await?;
        client.manage(command(app.number)).await.map_err(Failure::from)?;
        Ok::<_, Failure>((app, details))
    })?;
    if chosen.json {
        json::print(&json!({ "outcome": done, "number": app.number, "name": details.name.as_str() }));
    } else {
        println!("App {} is {done}", called(&app, &details));
    }
    Ok(ExitCode::SUCCESS)
}

/// The app that is meant: by its name, else by its number.
///
/// # Errors
/// [`Status::Usage`] when there is none, [`Status::Device`] when the device or the link to it fails.
pub async fn find(client: &mut Client<impl Link>, wanted: &str) -> Result<(AppStatus, Details), Failure> {
    let apps: Result<_, Error> = client.apps().await;
    let apps = apps?;
    let named = apps.iter().find(|(_, details)| !wanted.is_empty() && details.name.as_str() == wanted);
    let found = named.or_else(|| apps.iter().find(|(app, _)| app.number.to_string() == wanted));
    found.cloned().ok_or_else(|| {
        let names: Vec<_> = apps.iter().map(|(app, details)| called(app, details)).collect();
        let help = if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) };
        Failure::new(Status::Usage, format!("the device has no app `{wanted}`")).help(help)
    })
}

/// How people call an app.
fn called(app: &AppStatus, details: &Details) -> String {
    if details.name.as_str().is_empty() {
        app.number.to_string()
    } else {
        format!("{} ({})", shown(&details.name), app.number)
    }
}

/// What a device does with an app, and how often that failed.
pub fn state(app: &AppStatus) -> String {
    let failures = match (app.failures, app.state) {
        (0, _) => String::new(),
        (count, AppState::RestartedDevice) => {
            format!(": the device restarted {count} {} in a row while it started the app", plural(count.into(), "time"))
        }
        (count, AppState::Disabled) => format!(", failed {count} {} in a row", plural(count.into(), "time")),
        (count, _) => format!(", failed {count} {}", plural(count.into(), "time")),
    };
    format!("{}{failures}", app.state)
}

fn to_text(apps: &[(AppStatus, Details)]) -> String {
    if apps.is_empty() {
        return "No apps are installed\n".into();
    }
    let mut text = format!("{:<3} {:<16} {:>8} {:>8}  {:<10} {}\n", "", "name", "version", "bytes", "restart", "state");
    for (app, details) in apps {
        let name = if details.name.as_str().is_empty() { "-".into() } else { shown(&details.name) };
        let (version, size, restart) = (details.version, details.size, details.restart.to_string());
        text += &format!("{:<3} {name:<16} {version:>8} {size:>8}  {restart:<10} {}\n", app.number, state(app));
    }
    text
}

/// What people and programs are told of an app in a list.
pub fn to_json((app, details): &(AppStatus, Details)) -> Json {
    json!({
        "number": app.number, "name": details.name.as_str(), "version": details.version, "size": details.size,
        "fingerprint": app.fingerprint.to_string(), "restart": details.restart.to_string(), "entry": details.entry,
        "counter": details.counter, "state": app.state.to_string(), "failures": app.failures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::{AppName, Fingerprint, Restart};

    fn apps() -> Vec<(AppStatus, Details)> {
        let app = AppStatus { number: 0, state: AppState::Disabled, failures: 5, fingerprint: Fingerprint([0xab; 8]) };
        let details = Details {
            name: AppName::new("sensor").unwrap(),
            version: 3,
            size: 1200,
            restart: Restart::Always,
            entry: true,
            counter: 7,
        };
        vec![
            (app, details),
            (
                AppStatus { number: 2, state: AppState::Started, failures: 0, ..app },
                Details { size: 41, ..Default::default() },
            ),
        ]
    }

    #[test]
    fn people_see_a_table() {
        assert_eq!(
            to_text(&apps()),
            "    name              version    bytes  restart    state\n\
             0   sensor                  3     1200  always     disabled, failed 5 times in a row\n\
             2   -                       0       41  never      started\n"
        );
        assert_eq!(to_text(&[]), "No apps are installed\n");
    }

    #[test]
    fn programs_see_everything() {
        assert_eq!(
            to_json(&apps()[0]),
            json!({
                "number": 0, "name": "sensor", "version": 3, "size": 1200, "fingerprint": "abababababababab",
                "restart": "always", "entry": true, "counter": 7, "state": "disabled", "failures": 5,
            })
        );
    }
}
