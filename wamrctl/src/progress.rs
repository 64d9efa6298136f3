//! Shows how far an upload is: a bar on a terminal, now and then a line elsewhere.

use crate::escape::shown;
use indicatif::{BinaryBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often a line is printed where there is no terminal.
const LINES: Duration = Duration::from_secs(1);

/// The progress of one upload, on stderr.
pub struct Progress {
    bar: ProgressBar,
    size: u64,
    /// When the last line was printed, where there is no terminal.
    lines: Option<Instant>,
    /// When the first byte was sent, and which it was.
    start: Option<(Instant, u64)>,
    /// The same since the last interruption.
    stretch: (Instant, u64),
}

impl Progress {
    /// Of an upload of `size` bytes.
    pub fn new(size: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{bar:32} {percent:>3} %  {bytes}  {binary_bytes_per_sec}  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(size), target).with_style(style.expect("a fixed template"));
        let now = Instant::now();
        Self { bar, size, lines: (!terminal).then_some(now), start: None, stretch: (now, 0) }
    }

    /// The upload begins, or goes on, with what the device has: these bytes tell nothing about the rate.
    pub fn resume(&mut self, at: u64) {
        if at > 0 {
            self.interrupt(&format!("Resuming at {} of {}", BinaryBytes(at), BinaryBytes(self.size)));
        }
        self.bar.reset();
        self.bar.set_position(at);
        self.bar.reset_eta();
        self.stretch = (Instant::now(), at);
        self.start.get_or_insert(self.stretch);
    }

    /// Something happened that people want to know.
    pub fn interrupt(&self, message: &str) {
        self.bar.finish_and_clear();
        eprintln!("{}", shown(message));
    }

    /// The device has this many bytes.
    pub fn reached(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
        if let Some(last) = &mut self.lines
            && last.elapsed() >= LINES
        {
            *last = Instant::now();
            // The bar's own rate is only kept up to date while it is drawn.
            let (since, from) = self.stretch;
            eprintln!("{}", line(self.size, bytes, bytes.saturating_sub(from), since.elapsed()));
        }
    }

    /// All is there. Leaves one line with the rate.
    pub fn done(&self) {
        self.bar.finish_and_clear();
        let (start, from) = self.start.unwrap_or(self.stretch);
        let time = start.elapsed();
        let rate = BinaryBytes(rate(self.size.saturating_sub(from), time) as u64);
        eprintln!("Uploaded {} in {:.1} s, {rate}/s", BinaryBytes(self.size), time.as_secs_f64());
    }
}

/// Bytes in a second.
fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64().max(1e-3)
}

/// How far an upload is that has `bytes` of `size`, `new` of them in this time.
fn line(size: u64, bytes: u64, new: u64, time: Duration) -> String {
    let rate = rate(new, time);
    let left = if new == 0 {
        String::new()
    } else {
        let left = Duration::from_secs_f64(size.saturating_sub(bytes) as f64 / rate);
        format!("  {} left", HumanDuration(left))
    };
    let percent = bytes * 100 / size.max(1);
    format!("{percent:>3} %  {}  {}/s{left}", BinaryBytes(bytes), BinaryBytes(rate as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_current_rate() {
        let second = Duration::from_secs(1);
        assert_eq!(line(40_960, 10_240, 10_240, second), " 25 %  10.00 KiB  10.00 KiB/s  3 seconds left");
        assert_eq!(line(40_960, 20_480, 10_240, 2 * second), " 50 %  20.00 KiB  5.00 KiB/s  4 seconds left");
        assert_eq!(line(40_960, 40_960, 40_960, second), "100 %  40.00 KiB  40.00 KiB/s  0 seconds left");
        assert_eq!(line(40_960, 8_192, 0, second), " 20 %  8.00 KiB  0 B/s");
    }
}
