//! Whether the sources of a project have changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Directories that a build writes.
const BUILT: [&str; 2] = ["target", "build"];

/// The sources of a project at a time.
pub struct Sources {
    directory: PathBuf,
    state: State,
}

/// The number of files and the time of the last change.
type State = (usize, Option<SystemTime>);

impl Sources {
    /// Looks at the files in a directory. Hidden ones, modules and what builds write are no sources.
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.into(), state: state(directory) }
    }

    /// Whether they have changed since.
    pub fn changed(&self) -> bool {
        state(&self.directory) != self.state
    }
}

fn state(directory: &Path) -> State {
    // A file that is gone or cannot be read counts as none.
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.fold((0, None), |(count, latest), entry| {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let ignored = name.starts_with('.') || name.ends_with(".wasm") || name == "Cargo.lock";
        let (more, changed) = match entry.metadata() {
            _ if ignored || BUILT.contains(&&*name) => (0, None),
            Ok(metadata) if metadata.is_dir() => state(&path),
            Ok(metadata) => (1, metadata.modified().ok()),
            Err(_) => (0, None),
        };
        (count + more, latest.max(changed))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_count() {
        let directory = std::env::temp_dir().join(format!("wamrctl-sources-{}", std::process::id()));
        fs::create_dir_all(directory.join("src")).unwrap();
        fs::create_dir_all(directory.join("target")).unwrap();
        let write = |name: &str| fs::write(directory.join(name), name).unwrap();
        write("src/main.rs");
        let sources = Sources::of(&directory);
        for built in ["app.wasm", "target/app", ".hidden", "Cargo.lock"] {
            write(built);
            assert!(!sources.changed(), "{built}");
        }
        write("src/new.rs");
        assert!(sources.changed());
        let sources = Sources::of(&directory);
        let later = SystemTime::now() + std::time::Duration::from_secs(1);
        fs::File::options().write(true).open(directory.join("src/new.rs")).unwrap().set_modified(later).unwrap();
        assert!(sources.changed());
        fs::remove_dir_all(&directory).unwrap();
    }
}
