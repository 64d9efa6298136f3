//! Installing modules on a device with a real runtime, in this process.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wamr_client::proto::{AppName, AppState, Command, MANIFEST_SECTION, Manifest, Name, Trial, Why, encode};
use wamr_client::{
    Client, Connect, Error, ErrorKind, Event, InstallOptions, Installed, NO_BASES, PipeLink, digest_of, install,
};
use wamr_twin::{Flash, LocalTwin, Twin};

/// A process has one twin at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A device whose power a test can cut; it keeps its flash.
struct Rig {
    directory: tempfile::TempDir,
    twin: RefCell<Option<LocalTwin>>,
    _one: MutexGuard<'static, ()>,
}

impl Rig {
    fn new() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { directory: tempfile::tempdir().unwrap(), twin: RefCell::new(None), _one: one }
    }

    fn cut_power(&self) {
        *self.twin.borrow_mut() = None;
    }

    /// Installs a module. Returns how that ended, and the events in short.
    async fn install(
        &self,
        module: &[u8],
        options: &InstallOptions,
        mut on_upload: impl FnMut(),
    ) -> Result<(Client<PipeLink>, Installed, String), Error> {
        let mut events = String::new();
        let (client, installed) = install(&mut &*self, options, NO_BASES, module, digest_of(module), |event| {
            events.push_str(match event {
                Event::Denied { denied, .. } => {
                    assert_eq!(denied, 5);
                    "denied "
                }
                Event::Started(_) => "started ",
                Event::Progress(_) => "",
                Event::Uploaded => {
                    on_upload();
                    "uploaded "
                }
                Event::Lost { .. } => "lost ",
                other => panic!("{other:?}"),
            });
        })
        .await?;
        Ok((client, installed, events))
    }
}

impl Connect for &Rig {
    type Link = PipeLink;

    async fn connect(&mut self) -> Result<PipeLink, Error> {
        let mut connector = self
            .twin
            .borrow_mut()
            .get_or_insert_with(|| {
                let flash = Flash::file(&self.directory.path().join("flash"), 128 * 1024).unwrap();
                Twin::new(flash).slots(2).spawn().unwrap()
            })
            .connector();
        connector.connect().await
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// A version of an app, whose entry point has this body.
fn version(version: u32, trial: Trial, body: &str) -> Vec<u8> {
    let name = AppName::new("app").unwrap();
    let manifest = Manifest { name, version, entry: Name::new("run"), trial, ..Manifest::default() };
    let manifest: String = encode(&manifest).unwrap().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let source = format!(
        r#"(module (@custom "{MANIFEST_SECTION}" (before first) "{manifest}")
            (func (export "run") {body}))"#
    );
    wat::parse_str(source).unwrap()
}

/// The versions of the apps on the device.
async fn versions(client: &mut Client<PipeLink>) -> Vec<u32> {
    client.apps().await.unwrap().iter().map(|(_, details)| details.version).collect()
}

const OPTIONS: InstallOptions =
    InstallOptions { attempts_max: 3, force: false, trial: Duration::from_secs(10), denied: 0 };

#[test]
fn a_module_that_is_installed_is_not_uploaded_again() {
    let rig = Rig::new();
    let module = version(1, Trial::Entry, "");
    block_on(async {
        let (client, installed, events) = rig.install(&module, &OPTIONS, || ()).await.unwrap();
        assert_eq!((installed, &events[..]), (Installed::New, "started uploaded "));
        client.close().await;
        let (client, installed, events) = rig.install(&module, &OPTIONS, || ()).await.unwrap();
        assert_eq!((installed, &events[..]), (Installed::Unchanged, ""));
        client.close().await;
        let force = InstallOptions { force: true, ..OPTIONS };
        let (mut client, installed, events) = rig.install(&module, &force, || ()).await.unwrap();
        assert_eq!((installed, &events[..]), (Installed::New, "started uploaded "));
        assert_eq!(versions(&mut client).await, [1]);
    });
}

#[test]
fn what_is_denied_applies_also_to_a_module_that_is_installed() {
    let rig = Rig::new();
    let module = version(1, Trial::Entry, "");
    block_on(async {
        for (denied, expected, reported) in [
            (0, Installed::New, "started uploaded "),
            (5, Installed::New, "started uploaded "),
            (5, Installed::Unchanged, ""),
            (0, Installed::New, "denied started uploaded "),
            (0, Installed::Unchanged, ""),
        ] {
            let options = InstallOptions { denied, ..OPTIONS };
            let (mut client, installed, events) = rig.install(&module, &options, || ()).await.unwrap();
            let app = client.number_of(&digest_of(&module)).await.unwrap().unwrap();
            assert_eq!((installed, client.denied(app).await.unwrap()), (expected, denied));
            assert_eq!(events, reported, "what was denied before");
            client.close().await;
        }
    });
}

#[test]
fn the_first_version_tells_how_its_entry_point_failed() {
    let rig = Rig::new();
    block_on(async {
        for (body, fails) in [("unreachable", true), ("", false)] {
            let module = version(1, Trial::Entry, body);
            let (mut client, ..) = rig.install(&module, &OPTIONS, || ()).await.unwrap();
            let app = client.number_of(&digest_of(&module)).await.unwrap().unwrap();
            let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
            let failure = client.failure_at_start(app, deadline).await.unwrap();
            assert_eq!(failure.is_some(), fails, "{failure:?}");
            client.manage(Command::Remove { app }).await.unwrap();
            client.close().await;
        }
    });
}

#[test]
fn an_installed_module_that_does_not_run_is_uploaded_again() {
    let rig = Rig::new();
    let module = version(1, Trial::Entry, "");
    block_on(async {
        let (mut client, ..) = rig.install(&module, &OPTIONS, || ()).await.unwrap();
        let app = client.installed(&digest_of(&module)).await.unwrap().unwrap().number;
        client.manage(Command::Stop { app }).await.unwrap();
        client.close().await;
        let (mut client, installed, events) = rig.install(&module, &OPTIONS, || ()).await.unwrap();
        assert_eq!((installed, &events[..]), (Installed::New, "started uploaded "));
        let app = client.installed(&digest_of(&module)).await.unwrap().unwrap();
        assert_eq!(app.state, AppState::Started);
    });
}

#[test]
fn a_version_that_fails_its_trial_is_reverted() {
    let rig = Rig::new();
    block_on(async {
        let (client, ..) = rig.install(&version(1, Trial::Entry, ""), &OPTIONS, || ()).await.unwrap();
        client.close().await;
        let failing = version(2, Trial::Entry, "unreachable");
        let (mut client, installed, _) = rig.install(&failing, &OPTIONS, || ()).await.unwrap();
        let Installed::Reverted(Some(failure)) = installed else { panic!("{installed:?}") };
        assert!(matches!(failure.why, Why::Trapped { .. }), "{failure:?}");
        assert_eq!(versions(&mut client).await, [1]);
    });
}

#[test]
fn a_trial_that_takes_longer_is_not_waited_for() {
    let rig = Rig::new();
    block_on(async {
        let (client, ..) = rig.install(&version(1, Trial::Entry, ""), &OPTIONS, || ()).await.unwrap();
        client.close().await;
        // It never confirms.
        let silent = version(2, Trial::Confirm, "");
        let options = InstallOptions { trial: Duration::from_millis(100), ..OPTIONS };
        let (mut client, installed, _) = rig.install(&silent, &options, || ()).await.unwrap();
        assert_eq!(installed, Installed::OnTrial);
        let states: Vec<_> = client.apps().await.unwrap().iter().map(|(app, _)| app.state).collect();
        assert_eq!(states, [AppState::OnTrial]);
    });
}

#[test]
fn a_restart_ends_the_trial_and_the_client_finds_out() {
    let rig = Rig::new();
    block_on(async {
        let (client, ..) = rig.install(&version(1, Trial::Entry, ""), &OPTIONS, || ()).await.unwrap();
        client.close().await;
        let silent = version(2, Trial::Confirm, "");
        let (mut client, installed, events) = rig.install(&silent, &OPTIONS, || rig.cut_power()).await.unwrap();
        assert_eq!((installed, &events[..]), (Installed::Reverted(None), "started uploaded lost "));
        assert_eq!(versions(&mut client).await, [1]);
    });
}

#[test]
fn a_device_that_stays_away_during_the_trial_is_given_up() {
    let rig = Rig::new();
    block_on(async {
        let module = version(1, Trial::Entry, "");
        let options = InstallOptions { attempts_max: 0, ..OPTIONS };
        let error = rig.install(&module, &options, || rig.cut_power()).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    });
}
