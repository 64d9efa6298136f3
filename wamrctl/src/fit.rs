//! Whether a module fits a board or a device, before the upload.

use crate::Groups;
use crate::board::Board;
use crate::capabilities;
use crate::escape::shown;
use crate::failure::Failure;
use crate::module::{Memory, Module};
use crate::shrink;
use serde::Serialize;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;
use wamr::{Error, Limits, Runtime, Trap};
use wamr_client::proto::{Capabilities, Manifest, SignatureMode, Status};
use wamr_device::{AppData, Host, manifest};
use wamr_twin::{Offer, with_host};

/// Whether a module fits, and what it takes of what there is.
#[derive(Debug, Serialize)]
pub struct Fit {
    /// The board or the device.
    what: String,
    /// `None` when it depends: the measure is that of this computer.
    fits: Option<bool>,
    /// Bytes of the largest module that a slot holds.
    slot: u32,
    /// Bytes that an app has of the pool, where that is known.
    pool: Option<u32>,
    /// Bytes that the module takes of it at most: as measured here, where pointers are twice as long.
    memory: Option<u32>,
    /// Bytes that it takes at least: memory and stack as they are, and half of the rest.
    memory_least: Option<u32>,
    /// By how many bytes `wamrctl shrink` would make its memory smaller.
    shrinks_by: Option<u64>,
    /// Why it does not fit.
    problems: Vec<String>,
}

/// A pool in which a module is tried: that of a board several times.
const POOL: usize = 4 * 1024 * 1024;

impl Fit {
    /// Whether the module fits firmware for a board.
    ///
    /// # Errors
    /// [`Failure`] when this computer has no memory to try it.
    pub fn board(module: &Module, board: Board, groups: Groups<'_>) -> Result<Self, Failure> {
        let firmware = board.firmware();
        let manifest = manifest::of(&module.bytes).ok().flatten().unwrap_or_default();
        let mut limits = firmware.limits;
        limits.pool.get_or_insert(firmware.pool);
        manifest::lower(&mut limits, &manifest.limits);
        let mut fit = Self::of_size(module, format!("{board:?}").to_lowercase(), firmware.slot());
        fit.pool = limits.pool;
        fit.problems.extend(module.unsupported.clone());
        fit.problems.extend(capabilities::beyond(module, &manifest));
        if module.native {
            fit.problems.push("it is native code, and this firmware has no runtime for it".into());
        }
        if fit.problems.is_empty() {
            fit.measure(module, &manifest, limits, groups)
                .map_err(|error| Failure::new(crate::failure::Status::Usage, error))?;
        }
        // What any computer needs of the pool, whatever its pointers.
        let memory = module.memories.iter().map(Memory::minimum_bytes).sum::<u64>();
        let fixed = memory + u64::from(limits.stack_size);
        let pool = u64::from(limits.pool.unwrap_or(0));
        let most = fit.memory.map(u64::from);
        let least = most.map_or(fixed, |most| fixed + most.saturating_sub(fixed) / 2);
        fit.memory_least = most.and(u32::try_from(least).ok());
        if least > pool {
            let rest = least - fixed;
            fit.problems.push(format!(
                "it needs at least {least} bytes of the pool, but an app gets {pool}: {} for memory, {} for stack{}",
                memory,
                limits.stack_size,
                if rest > 0 { format!(", {rest} for code and tables") } else { String::new() }
            ));
        }
        fit.fits = match most {
            _ if !fit.problems.is_empty() => Some(false),
            Some(most) if most <= pool => Some(true),
            _ => None,
        };
        Ok(fit)
    }

    /// Whether a device with this status takes the module. What memory it has the status does not tell.
    pub fn device(module: &Module, name: String, status: &Status) -> Self {
        let mut fit = Self::of_size(module, name, status.slot);
        fit.problems.extend(module.unsupported.clone());
        let manifest = manifest::of(&module.bytes).ok().flatten().unwrap_or_default();
        fit.problems.extend(capabilities::beyond(module, &manifest));
        let signed = wamr_signature::Signatures::of(&module.bytes).is_ok();
        if status.signatures == SignatureMode::Required && !signed {
            fit.problems
                .push("it is not signed, but the device requires signatures: sign it with `wamrctl sign`".into());
        }
        fit.fits = if fit.problems.is_empty() { None } else { Some(false) };
        fit
    }

    /// Whether it is certain that the module does not fit.
    pub fn is_refused(&self) -> bool {
        self.fits == Some(false)
    }

    fn of_size(module: &Module, what: String, slot: u32) -> Self {
        let size = module.bytes.len();
        let large = (size as u64 > slot.into()).then(|| format!("it has {size} bytes, but a slot holds only {slot}"));
        Self {
            what,
            fits: None,
            slot,
            pool: None,
            memory: None,
            memory_least: None,
            shrinks_by: shrink::saving(module),
            problems: large.into_iter().collect(),
        }
    }

    /// Loads the module as a device would, without running anything of it: start functions end at their first instruction.
    fn measure(
        &mut self,
        module: &Module,
        manifest: &Manifest<'_>,
        limits: Limits,
        groups: Groups<'_>,
    ) -> Result<(), Error> {
        let runtime = Runtime::new(Vec::leak(vec![0; POOL]))?;
        with_host(&runtime, None, Offer { groups, files: None }, Arc::new(|_, _| ()), |host| {
            self.measure_with(host, module, manifest, limits)
        })
    }

    fn measure_with(&mut self, host: &Host<'_>, module: &Module, manifest: &Manifest<'_>, limits: Limits) {
        let listed = manifest.capabilities.iter().flat_map(Capabilities::names);
        self.lack("its manifest lists what the board does not have", listed.filter(|name| !host.offers(name)));
        let before = host.runtime().pool_usage().used;
        let limits = Limits { fuel: Some(0), deadline: Some(Duration::from_secs(1)), pool: None, ..limits };
        let loaded = match wamr::Module::with_limits(host.runtime(), &module.bytes, &limits) {
            Ok(loaded) => loaded,
            Err(error) => return self.problems.push(error.to_string()),
        };
        self.lack("it imports what the board does not offer", host.linker().unresolved(&loaded));
        if !self.problems.is_empty() {
            return;
        }
        match host.linker().instantiate(&loaded, AppData::default()).map(drop) {
            Ok(()) | Err(Error::Trap(Trap::OutOfFuel)) => self.memory = Some(host.runtime().pool_usage().peak - before),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    /// Reports all that is missing.
    fn lack(&mut self, what: &str, missing: impl Iterator<Item: Display>) {
        let names: Vec<_> = missing.map(|name| name.to_string()).collect();
        if !names.is_empty() {
            self.problems.push(format!("{what}: {}", names.join(", ")));
        }
    }
}

impl Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.fits, self.memory) {
            (Some(true), _) => "yes",
            (Some(false), _) => "no",
            (None, Some(_)) => "maybe, depending on its memory",
            (None, None) => "no problem is known",
        };
        writeln!(f, "\nFits {}: {verdict}", self.what)?;
        self.problems.iter().try_for_each(|problem| writeln!(f, "  {}", shown(problem)))?;
        writeln!(f, "  slot    {} bytes", self.slot)?;
        if let (Some(least), Some(most), Some(pool)) = (self.memory_least, self.memory, self.pool) {
            writeln!(f, "  pool    {least} to {most} bytes of {pool}, as pointers are shorter there than here")?;
        }
        if let Some(saving) = self.shrinks_by {
            writeln!(f, "  memory  {saving} bytes smaller after `wamrctl shrink`, or with `wamrctl upload --shrink`")?;
        }
        Ok(())
    }
}
