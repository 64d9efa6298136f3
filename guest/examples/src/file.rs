use wamr_guest::Result;
use wamr_guest::file::{self, File, Mode};

/// Adds a line to a log. The log keeps at most 8 KB, and as much of what was before.
pub fn add_line(line: &[u8]) -> Result {
    let mut log = File::open("log.txt", Mode::Update)?;
    if log.size() + line.len() as u32 > 8192 {
        drop(log);
        file::rename("log.txt", "log.old")?;
        log = File::open("log.txt", Mode::Update)?;
    }
    log.append(line)?;
    // A drop syncs, too, but reports no error.
    log.sync()
}
