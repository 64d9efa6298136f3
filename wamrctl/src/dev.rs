//! `wamrctl dev`: builds the app of a project, puts it on a device and shows the log, again after each change.

use crate::connection::Connection;
use crate::denial::Denial;
use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::log::listen;
use crate::module::Module;
use crate::sources::Sources;
use crate::upload::{self, Upload};
use crate::{Command, execute};
use std::ffi::OsString;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{self, ExitCode};
use std::task::Poll;
use std::time::Duration;
use wamr_client::{Connect, Installed};

/// Build the app of a project, sign it, upload it and print the log; again after each change
///
/// For projects of `wamrctl new`. Signs with the key dev.key in the project, which it makes if there is none; a device that requires
/// signatures must trust it: `wamrctl trust dev.key.pub`. Runs until interrupted.
#[derive(clap::Args)]
pub struct Arguments {
    /// Directory of the project
    #[arg(default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    connection: Connection,
    /// Options for `wamrctl manifest`
    #[arg(last = true, value_name = "OPTIONS")]
    manifest: Vec<OsString>,
}

/// How often the sources are looked at.
const PERIOD: Duration = Duration::from_millis(200);

/// Runs the command. It goes on after a failure, as the next change may mend it.
///
/// # Errors
/// [`Status::Usage`] when the directory has no project, or the key can't be made.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let project = Project::find(&arguments.project)?;
    let key = arguments.project.join("dev.key");
    if !key.exists() {
        command(&["keygen".into(), key.clone().into()])?;
    }
    loop {
        // Before the build, so that a change during the build counts.
        let sources = Sources::of(&arguments.project);
        let done = project.build(&key, &arguments.manifest).and_then(|module| show(arguments, &module, &sources));
        if let Err(failure) = done {
            failure.report(false);
            eprintln!("Waiting for a change");
            while !sources.changed() {
                std::thread::sleep(PERIOD);
            }
        }
    }
}

/// Uploads a module and prints the log until the sources change.
fn show(arguments: &Arguments, module: &Path, sources: &Sources) -> Result<(), Failure> {
    let module = Module::read(module)?;
    arguments.connection.with_connector(async |connector| {
        let mut client = install(connector, &module).await?;
        let changed = {
            listen(&mut client, false).await?;
            let mut lost = pin!(client.wait());
            let mut look = tokio::time::interval(PERIOD);
            poll_fn(|context| {
                if let Poll::Ready(ended) = lost.as_mut().poll(context) {
                    return Poll::Ready(ended.map(|never| match never {}));
                }
                while look.poll_tick(context).is_ready() {
                    if sources.changed() {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Pending
            })
            .await
        };
        client.close().await;
        changed.map_err(Into::into)
    })
}

async fn install<C: Connect>(connector: &mut C, module: &Module) -> Result<wamr_client::Client<C::Link>, Failure> {
    let digest = wamr_client::digest_of(&module.bytes);
    let (mut client, installed) = upload::install(connector, &Upload::default(), module, digest, 0).await?;
    let failure = upload::failure_at_start(&mut client, &installed, module, digest).await?;
    match installed {
        Installed::Unchanged => println!("Already installed"),
        Installed::New => println!("Installed"),
        Installed::OnTrial => println!("Installed, and still on trial"),
        Installed::Reverted(_) => println!("The previous version is restored: `wamrctl apps` has the reason"),
    }
    upload::report(&Denial::default(), failure.as_ref(), module);
    Ok(client)
}

/// How a project builds, and what it makes.
struct Project {
    directory: PathBuf,
    name: String,
    build: [&'static str; 3],
    module: PathBuf,
}

impl Project {
    fn find(directory: &Path) -> Result<Self, Failure> {
        let directory = directory.to_owned();
        if let Ok(manifest) = std::fs::read_to_string(directory.join("Cargo.toml")) {
            let manifest: Option<toml::Table> = manifest.parse().ok();
            let name = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get("name")?.as_str());
            let name =
                name.ok_or_else(|| Failure::new(Status::Usage, "Cargo.toml does not name a package"))?.to_owned();
            let module = directory.join(format!("target/wasm32-unknown-unknown/release/{name}.wasm"));
            return Ok(Self { directory, name, build: ["cargo", "build", "--release"], module });
        }
        if let Ok(makefile) = std::fs::read_to_string(directory.join("Makefile")) {
            // The first target.
            let target = makefile.lines().find_map(|line| line.strip_prefix("build/")?.split_once(".wasm:"));
            let missing = || Failure::new(Status::Usage, "the Makefile has no target build/NAME.wasm");
            let (name, _) = target.ok_or_else(missing)?;
            let module = directory.join(format!("build/{name}.wasm"));
            return Ok(Self { directory, name: name.into(), build: ["make", "--silent", "--"], module });
        }
        let message = format!("{} has no Cargo.toml and no Makefile", shown(directory.display()));
        Err(Failure::new(Status::Usage, message).help("`wamrctl new` makes a project"))
    }

    /// Builds and signs the app. Returns the path of the module.
    fn build(&self, key: &Path, options: &[OsString]) -> Result<PathBuf, Failure> {
        let [program, words @ ..] = self.build;
        let built = process::Command::new(program)
            .args(words)
            .current_dir(&self.directory)
            // The module has to be where the project's README says.
            .env_remove("CARGO_TARGET_DIR")
            .status()
            .map_err(|error| Failure::new(Status::Usage, format!("{program} cannot be run: {error}")))?;
        if !built.success() {
            return Err(Failure::new(Status::InvalidModule, format!("{} failed", self.build.join(" "))));
        }
        let app = self.directory.join(format!("{}.wasm", self.name));
        let manifest = ["manifest".into(), self.module.clone().into(), "--name".into(), (&self.name).into()];
        command(&[&manifest, options, &["-o".into(), app.clone().into()]].concat())?;
        command(&["sign".into(), app.clone().into(), "--key".into(), key.into(), "-o".into(), app.clone().into()])?;
        Ok(app)
    }
}

/// Runs another command of this program.
fn command(words: &[OsString]) -> Result<(), Failure> {
    let command = Command::parse(words).map_err(|error| {
        Failure::new(Status::Usage, error.render().to_string().trim_start_matches("error: ").trim_end())
    })?;
    execute(command, &[]).map(drop)
}
