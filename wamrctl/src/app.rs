//! What a module says of itself as an app, as people and programs read it.

use crate::escape::shown;
use crate::json::Integer;
use crate::receipt::thousands;
use crate::values::plural;
use serde::Serialize;
use std::fmt::{self, Display};
use wamr_client::proto::{AppLimits, Autostart, Manifest, Trial};

/// What a manifest says.
#[derive(Serialize)]
pub struct Declared {
    name: String,
    version: u32,
    restart: String,
    entry: Option<String>,
    counter: u32,
    autostart: bool,
    confirms: bool,
    limits: Vec<(&'static str, Integer)>,
    /// `None` where none are listed: its imports alone decide.
    capabilities: Option<Vec<String>>,
    priority: u8,
}

impl From<&Manifest<'_>> for Declared {
    fn from(manifest: &Manifest<'_>) -> Self {
        let Manifest { name, version, restart, entry, limits, counter, autostart, trial, capabilities, priority } =
            manifest;
        Self {
            name: name.to_string(),
            version: *version,
            restart: restart.to_string(),
            entry: entry.as_ref().map(|entry| entry.to_string()),
            counter: *counter,
            autostart: *autostart == Autostart::Yes,
            confirms: *trial == Trial::Confirm,
            limits: limits_of(limits),
            capabilities: capabilities.map(|list| list.names().map(str::to_owned).collect()),
            priority: priority.unwrap_or(0),
        }
    }
}

impl Declared {
    /// The entries of its list of capabilities.
    pub fn capability_list(&self) -> Option<&[String]> {
        self.capabilities.as_deref()
    }

    /// The names that it may import from, for people.
    pub fn capabilities(&self) -> String {
        match self.capabilities.as_deref() {
            None => "not listed; all of its imports".into(),
            Some([]) => "none".into(),
            Some(names) => shown(names.join(", ")),
        }
    }
}

/// The limits that are set, by the names of the options that set them.
pub fn limits_of(limits: &AppLimits) -> Vec<(&'static str, Integer)> {
    let AppLimits { run, memory_pages, table_elements, stack_size, pool } = limits;
    let small = |limit: &Option<u32>| limit.map(u64::from);
    let limits = [
        ("fuel", run.fuel),
        ("time", small(&run.millis)),
        ("host-calls", small(&run.host_calls)),
        ("host-time", small(&run.host_millis)),
        ("memory", small(memory_pages)),
        ("table", small(table_elements)),
        ("stack", small(stack_size)),
        ("pool", small(pool)),
    ];
    limits.into_iter().filter_map(|(name, limit)| Some((name, Integer(limit?)))).collect()
}

/// A limit with its unit.
pub fn limit_in_words(name: &str, Integer(limit): Integer) -> String {
    let unit = match name {
        "fuel" => "instruction",
        "time" | "host-time" => return format!("{name} {} ms", thousands(limit)),
        "host-calls" => "call",
        "memory" => "page",
        "table" => "element",
        _ => "byte",
    };
    format!("{name} {} {}", thousands(limit), plural(limit, unit))
}

impl Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {}, restarted {}", shown(&self.name), self.version, self.restart)?;
        if let Some(entry) = &self.entry {
            write!(f, ", entry {}", shown(entry))?;
        }
        if self.counter > 0 {
            write!(f, ", counter {}", self.counter)?;
        }
        if !self.autostart {
            write!(f, ", not started with the device")?;
        }
        if self.confirms {
            write!(f, ", confirms itself")?;
        }
        self.limits.iter().try_for_each(|(name, limit)| write!(f, ", {}", limit_in_words(name, *limit)))
    }
}
