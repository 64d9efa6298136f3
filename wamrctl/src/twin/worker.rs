//! The thread on which apps are loaded and run, so that the radio is served however long that takes.

use super::flash::SharedFlash;
use crate::failure::{Failure, Status};
use crate::run::microseconds;
use std::thread;
use tokio::sync::mpsc;
use wamr::{Error, Limits, Linker, Runtime};
use wamr_device::{Completion, Confirmation, Executor, ExecutorConfig, Signatures, Task};
use wamr_proto::Message;

/// The executor's thread, from outside.
pub struct Worker {
    tasks: std::sync::mpsc::Sender<Task>,
    completions: mpsc::UnboundedReceiver<Completion>,
    lines: mpsc::Receiver<Message>,
}

impl Worker {
    /// Starts the thread with a pool of so many bytes, for apps within these limits, which passes on to `print` what they log.
    ///
    /// # Errors
    /// [`Status::Usage`] when the pool is too small for a runtime.
    pub fn start(
        flash: SharedFlash,
        pool: usize,
        limits: Limits,
        signatures: Signatures,
        print: fn(&str),
    ) -> Result<Self, Failure> {
        let (tasks, inbox) = std::sync::mpsc::channel();
        let (outbox, completions) = mpsc::unbounded_channel();
        let (log, lines) = mpsc::channel(LINES);
        let (started, start) = std::sync::mpsc::channel();
        thread::spawn(move || {
            // The runtime belongs to the thread and lives as long as the process.
            let done = Runtime::new(Vec::leak(vec![0; pool])).and_then(|runtime| {
                let confirmation = Confirmation::new();
                let mut linker = Linker::new(&runtime);
                let uptime_ms = || (microseconds() / 1000) as i64;
                wamr_device::define_host_functions(
                    &mut linker,
                    move |line| {
                        print(&line.to_string());
                        // Where the radio is too slow, clients miss lines, and the app does not wait.
                        let _ = log.try_send(line.to_message());
                    },
                    uptime_ms,
                    &confirmation,
                )?;
                let config = ExecutorConfig { limits, signatures, now: microseconds };
                let mut executor = Executor::new(&runtime, &linker, &confirmation, &config);
                let _ = started.send(Ok(())); // the other side waits for it
                while let Ok(task) = inbox.recv() {
                    if outbox.send(executor.perform(&task, &flash)).is_err() {
                        break; // the twin is gone
                    }
                }
                Ok(())
            });
            let _ = started.send(done); // once it has started, nobody waits for the end
        });
        let small = |error: Error| Failure::new(Status::Usage, error).help("pass another --pool");
        start.recv().expect("the thread says how it started").map_err(small)?;
        Ok(Self { tasks, completions, lines })
    }

    /// Has a task done.
    pub fn begin(&mut self, task: Task) {
        self.tasks.send(task).expect(ALIVE);
    }

    /// Waits for what the thread has to tell, in the order in which it happened.
    pub async fn news(&mut self) -> News {
        tokio::select! {
            biased;
            Some(line) = self.lines.recv() => News::Line(line),
            completion = self.completions.recv() => News::End(completion.expect(ALIVE)),
        }
    }
}

/// What the thread has to tell.
pub enum News {
    /// An app logs this line.
    Line(Message),
    /// The task has ended.
    End(Completion),
}

/// Lines that may wait for the radio.
const LINES: usize = 16;

const ALIVE: &str = "the executor's thread lives as long as the process";
