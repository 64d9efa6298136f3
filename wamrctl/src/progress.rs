//! Shows how far an upload is: a bar on a terminal, now and then a line elsewhere.

use indicatif::{BinaryBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often a line is printed where there is no terminal.
const LINES: Duration = Duration::from_secs(1);

/// The progress of one upload, on stderr.
pub struct Progress {
    bar: ProgressBar,
    /// When the last line was printed, where there is no terminal.
    lines: Option<Instant>,
    /// When the first byte of this try was sent, and which it was.
    start: Option<(Instant, u64)>,
}

impl Progress {
    /// Of an upload of `size` bytes.
    pub fn new(size: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{bar:32} {percent:>3} %  {bytes}  {binary_bytes_per_sec}  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(size), target).with_style(style.expect("a fixed template"));
        Self { bar, lines: (!terminal).then(Instant::now), start: None }
    }

    /// The upload begins, or goes on, with what the device has: these bytes tell nothing about the rate.
    pub fn resume(&mut self, at: u64) {
        if at > 0 {
            self.interrupt(&format!(
                "Going on at {} of {}",
                BinaryBytes(at),
                BinaryBytes(self.bar.length().unwrap_or(at))
            ));
        }
        self.bar.reset();
        self.bar.set_position(at);
        self.bar.reset_eta();
        self.start.get_or_insert((Instant::now(), at));
    }

    /// Something happened that people want to know.
    pub fn interrupt(&self, message: &str) {
        self.bar.finish_and_clear();
        eprintln!("{message}");
    }

    /// The device has this many bytes.
    pub fn reached(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
        if let Some(last) = &mut self.lines
            && last.elapsed() >= LINES
        {
            *last = Instant::now();
            let size = self.bar.length().unwrap_or(bytes);
            let (rate, eta) = (BinaryBytes(self.bar.per_sec() as u64), HumanDuration(self.bar.eta()));
            eprintln!("{:>3} %  {}  {rate}/s  {eta} left", bytes * 100 / size.max(1), BinaryBytes(bytes));
        }
    }

    /// All is there. Leaves one line with the rate.
    pub fn done(&self, bytes: u64) {
        self.bar.finish_and_clear();
        let (start, from) = self.start.unwrap_or((Instant::now(), bytes));
        let time = start.elapsed();
        let rate = BinaryBytes((bytes.saturating_sub(from) as f64 / time.as_secs_f64().max(1e-3)) as u64);
        eprintln!("Uploaded {} in {:.1} s, {rate}/s", BinaryBytes(bytes), time.as_secs_f64());
    }
}
