//! The example apps do on a twin what their scripts say, as in Wasmtime: `tests/components/src/script.rs` describes the scripts.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use wamr_client::proto::{Activity, AppName, Command, Manifest, Name};
use wamr_client::{Client, Connect, PipeLink, digest_of, upload};
use wamr_device::Delivery;
use wamr_twin::board::{Change, State};
use wamr_twin::{Board, EVENTS, Flash, Folder, LocalTwin, Twin, milliseconds};

#[test]
fn each_app_does_what_its_script_says() {
    let apps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/apps");
    let mut scripts: Vec<_> =
        std::fs::read_dir(&apps).unwrap().map(|entry| entry.unwrap().path().join("script.txt")).collect();
    scripts.retain(|script| script.exists());
    assert!(scripts.len() > 4, "{scripts:?}");
    for file in scripts {
        let directory = file.parent().unwrap();
        let name = directory.file_name().unwrap().to_str().unwrap();
        let module = std::fs::read(directory.with_extension("wasm")).unwrap();
        let script = std::fs::read_to_string(&file).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(runtime.block_on(play(name, module, &script)), script, "{name}");
    }
}

/// Plays a script to an app. Returns it with the effects that were seen in place of those it has.
async fn play(name: &str, module: Vec<u8>, script: &str) -> String {
    // What takes minutes on a device takes none here.
    wamr_twin::freeze();
    let mut player = Player::new(name, with_manifest(name, module));
    let mut seen = String::new();
    let mut note = |line: &str| seen.extend([line, "\n"]);
    for line in script.lines() {
        if let Some(cause) = line.strip_prefix("> ") {
            note(line);
            player.cause(cause).await;
            player.effects().iter().for_each(|effect| note(effect));
        } else if line.starts_with('#') || line.is_empty() {
            note(line);
        }
    }
    seen
}

/// Adds a manifest with the name of the app and its entry point.
fn with_manifest(name: &str, mut module: Vec<u8>) -> Vec<u8> {
    let (name, entry) = (AppName::new(name).unwrap(), Name::new("start"));
    module.extend(Manifest { name, entry, ..Default::default() }.to_section().unwrap());
    module
}

struct Player {
    module: Vec<u8>,
    board: Board,
    changes: Receiver<Change>,
    logged: Receiver<String>,
    /// Before the text of a line that the app logs.
    prefix: String,
    twin: LocalTwin,
    /// Once the app was started.
    client: Option<Client<PipeLink>>,
    messages: Rc<RefCell<Vec<String>>>,
}

/// The number of the app.
const APP: u8 = 0;

impl Player {
    fn new(name: &str, module: Vec<u8>) -> Self {
        let board = Board::new();
        let (sender, changes) = channel();
        board.observe(move |change| _ = sender.send(change.clone()));
        let (log, logged) = channel();
        let flash = Flash::memory(256 * 1024);
        let twin = Twin::new(flash)
            .slots(2)
            .board(board)
            .kv(Flash::memory(16 * 1024))
            .files(Folder::memory())
            .log(move |line| _ = log.send(line.into()))
            .spawn()
            .unwrap();
        let prefix = format!("{name}: ");
        Self { module, board, changes, logged, prefix, twin, client: None, messages: Rc::default() }
    }

    fn client(&mut self) -> &mut Client<PipeLink> {
        self.client.as_mut().expect("the app was started")
    }

    async fn cause(&mut self, cause: &str) {
        let (verb, rest) = cause.split_once(' ').unwrap_or((cause, ""));
        let words: Vec<_> = rest.split(' ').collect();
        let command = |command: String| self.board.command(&command).unwrap_or_else(|error| panic!("{cause}: {error}"));
        match (verb, &words[..]) {
            ("start", _) => self.start().await,
            ("stop", _) => self.client().manage(Command::Stop { app: APP }).await.unwrap(),
            ("wait", [milliseconds]) => self.wait(milliseconds.parse().unwrap()).await,
            ("pin", [name, state]) => command(format!("{name} {state}")),
            ("sensor", [name, channel, value]) => command(format!("{name}.{channel} {value}")),
            ("lm75", [value]) => {
                let register = (value.parse::<f64>().unwrap() * 256.0) as i16;
                let bytes = (0..).zip(register.to_be_bytes());
                bytes.for_each(|(number, byte)| command(format!("lm75.{number} {byte}")));
            }
            ("uart", [name, bytes @ ..]) => {
                let bytes: String = bytes.iter().map(|byte| format!("\\x{byte}")).collect();
                command(format!("{name} \"{bytes}\""));
            }
            ("message", _) => self.client().send_message(APP, rest.as_bytes()).await.unwrap(),
            ("client", ["gone"]) => self.connect().await,
            ("client", ["back"]) => self.listen().await,
            _ => panic!("there is no such cause: {cause}"),
        }
        self.settle().await;
    }

    async fn start(&mut self) {
        if self.client.is_some() {
            return self.client().manage(Command::Start { app: APP }).await.unwrap();
        }
        let mut connector = self.twin.connector();
        let uploaded = upload(&mut connector, 0, &self.module, digest_of(&self.module), 0, |_| ()).await;
        self.client = Some(uploaded.unwrap());
        self.listen().await;
    }

    /// Lets the client receive messages.
    async fn listen(&mut self) {
        let messages = self.messages.clone();
        let receive =
            move |_, message: &[u8]| messages.borrow_mut().push(String::from_utf8_lossy(message).into_owned());
        self.client().listen_to_messages(receive).await.unwrap();
    }

    /// Replaces the client by one that does not want messages.
    async fn connect(&mut self) {
        self.client.take().expect("the app was started").close().await;
        self.client = Some(Client::new(self.twin.connector().connect().await.unwrap()));
    }

    /// Lets time pass, up to each time at which a timer expires.
    async fn wait(&mut self, millis: u32) {
        let end = milliseconds() + millis;
        loop {
            let now = milliseconds();
            let next = EVENTS.next_time(now).filter(|next| *next <= end);
            wamr_twin::advance(Duration::from_millis(next.unwrap_or(end).saturating_sub(now).into()));
            self.settle().await;
            if next.is_none() {
                break;
            }
        }
    }

    /// Waits until the app has handled all events.
    async fn settle(&mut self) {
        let Some(client) = &mut self.client else { return };
        let count = || EVENTS.stats(APP).map(|stats| stats.count);
        loop {
            // After the first answer, the device begins what is due.
            let before = count();
            let activities = [client.status().await.unwrap().activity, client.status().await.unwrap().activity];
            if activities == [Activity::Idle; 2] && count() == before {
                break;
            }
        }
        // A client receives messages while it waits for an answer.
        client.digest(APP).await.unwrap();
    }

    /// What could be seen from outside since the last call.
    fn effects(&mut self) -> Vec<String> {
        let changes = self.changes.try_iter().map(|Change { name, state }| match state {
            State::Sent(bytes) => {
                let bytes: String = bytes.iter().map(|byte| format!(" {byte:02x}")).collect();
                format!("uart {name}{bytes}")
            }
            state => format!("pin {name} {state}"),
        });
        let messages = std::mem::take(&mut *self.messages.borrow_mut()).into_iter();
        // The twin says which app it is.
        let logged = self.logged.try_iter().map(|line| format!("log {}", line.replacen(&self.prefix, "", 1)));
        changes.chain(logged).chain(messages.map(|message| format!("message {message}"))).collect()
    }
}
