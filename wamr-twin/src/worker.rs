//! The thread on which apps are loaded and run, so that clients are served however long that takes.

use crate::Error;
use crate::clock::microseconds;
use crate::events::EVENTS;
use crate::flash::SharedFlash;
use crate::host::{Offer, with_host};
use crate::twin::Apps;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::mpsc;
use wamr::Runtime;
use wamr_device::{Completion, Executor, ExecutorConfig, Task};
use wamr_host::log::Level;
use wamr_proto::{LogLine, Message};

/// The executor's thread, from outside. Dropping it ends the thread, and interrupts the app that runs.
pub(crate) struct Worker {
    /// Dropped to end the thread.
    tasks: Option<std::sync::mpsc::Sender<&'static mut Task>>,
    completions: mpsc::UnboundedReceiver<(&'static mut Task, Completion)>,
    lines: mpsc::Receiver<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread with a pool of so many bytes.
    ///
    /// # Errors
    /// [`Error::Pool`] when the pool is too small for a runtime, [`Error::Occupied`] when there is a runtime already.
    pub fn start(flash: SharedFlash, pool: usize, apps: Apps) -> Result<Self, Error> {
        let (tasks, inbox) = std::sync::mpsc::channel::<&'static mut Task>();
        let (outbox, completions) = mpsc::unbounded_channel();
        let (sender, lines) = mpsc::channel(LINES);
        let (started, start) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let Apps { limits, signatures, log, board, groups, files } = apps;
            // The runtime belongs to the thread.
            let done = Runtime::new(Vec::leak(vec![0; pool])).and_then(|runtime| {
                let print = move |level, line: &LogLine<'_>| {
                    match level {
                        Level::Info => log(&line.to_string()),
                        level => log(&format!("{level}: {line}")),
                    }
                    // If the client is too slow it misses lines, and the app does not wait.
                    let _ = sender.try_send(line.to_message());
                };
                let config = ExecutorConfig { limits, signatures, now: microseconds, events: Some(&EVENTS) };
                let offer = Offer { groups: &groups, files };
                with_host(&runtime, Some(board), offer, Arc::new(print), |host| {
                    let mut executor = Executor::new(host, &config);
                    let _ = started.send(Ok(())); // the other side waits for it
                    while let Ok(task) = inbox.recv() {
                        let completion = executor.perform(task, &flash);
                        if outbox.send((task, completion)).is_err() {
                            break; // the twin is gone
                        }
                    }
                })
            });
            let _ = started.send(done); // once it has started, nobody waits for the end
        });
        start.recv().expect("the thread says how it started")?;
        Ok(Self { tasks: Some(tasks), completions, lines, thread: Some(thread) })
    }

    /// Begins a task.
    pub fn begin(&mut self, task: &'static mut Task) {
        self.tasks.as_ref().and_then(|tasks| tasks.send(task).ok()).expect(ALIVE);
    }

    /// Waits for what the thread reports, in the order in which it happened.
    pub async fn news(&mut self) -> News {
        tokio::select! {
            biased;
            Some(line) = self.lines.recv() => News::Line(line),
            done = self.completions.recv() => {
                let (task, completion) = done.expect(ALIVE);
                News::End(task, completion)
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.tasks.take());
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() {
            // One that comes before the call, or inside a host function, is lost.
            wamr::interrupt();
            thread::sleep(Duration::from_millis(1));
        }
        let _ = thread.join(); // a panic there was printed there
    }
}

/// What the thread reports.
pub(crate) enum News {
    /// An app sends this value to the client.
    Message(Message),
    /// An app logs this line.
    Line(Message),
    /// The task has ended.
    End(&'static mut Task, Completion),
}

/// Lines that may wait for the client.
const LINES: usize = 16;

const ALIVE: &str = "the executor's thread lives as long as the twin";
