//! Host groups: what a firmware offers to apps.

use core::fmt::Write;

use wamr::{Caller, Error, IntoHostFunc, Linker, Method, Module, Runtime, Trap, Val, ValType};
use wamr_proto::{Capabilities, Refusal, Text, capability_of, resource_of};

use crate::app_data::AppData;
use crate::capabilities::find;
use crate::events::AppEvent;

/// The largest number of groups of a device, `wamr` included.
pub const GROUPS_MAX: usize = include!(concat!(env!("OUT_DIR"), "/groups_max.rs"));

/// The largest number of resources of a group.
pub(crate) const RESOURCES_MAX: u32 = u32::BITS;

/// A named set of host functions, with the resources behind them: a *capability* that a manifest can list.
///
/// An app imports the functions from a module with the name of the group, or from an *interface* of that name: the import module
/// `acme:board/led@1.0.0` belongs to the group `led` (see [`capability_of`](wamr_proto::capability_of)). If its manifest lists capabilities, it can import only from
/// those groups, and an entry `group:resource` restricts it to that resource. The functions check this with [`AppData::require`].
///
/// All functions of all groups run on the thread that runs apps, one at a time.
///
/// ```
/// use wamr::{Caller, Error, Trap};
/// use wamr_device::{AppData, GroupLinker, HostGroup};
///
/// struct Leds;
///
/// impl HostGroup for Leds {
///     fn name(&self) -> &str {
///         "led"
///     }
///
///     fn resources(&self) -> &[&str] {
///         &["red", "green"]
///     }
///
///     fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
///         let leds = linker.group();
///         linker.func_wrap("set", move |caller: Caller<'_, AppData>, led: u32, on: u32| {
///             caller.data().require(leds, led)?;
///             // Set the pin.
///             Ok::<(), Trap>(())
///         })
///     }
///
///     fn unloaded(&self, app: &AppData) {
///         // Turn off what the app turned on.
///     }
/// }
/// ```
pub trait HostGroup: Sync {
    /// The name of the capability, and of the module that apps import from.
    fn name(&self) -> &str;

    /// The names of the resources that a manifest can restrict an app to, at most 32. The position is the number of the resource for
    /// [`AppData::require`]. Names after the 32nd are unknown to manifests.
    fn resources(&self) -> &[&str] {
        &[]
    }

    /// The name of the resource with this number, or `None` after the last one. A group implements this instead of
    /// [`resources`](Self::resources) if its names are not in one slice.
    fn resource(&self, number: u32) -> Option<&str> {
        self.resources().get(number as usize).copied()
    }

    /// What an entry `group:resource` of a manifest grants: bits that become part of [`AppData::granted`], so all entries for a group
    /// together grant their union. `None` if there is no such resource; the app is then refused. By default, it is the bit of the
    /// resource's number. A group whose entries are not names of resources implements this: `kv:4096` grants 4096 bytes.
    fn grant(&self, resource: &str) -> Option<u32> {
        (0..RESOURCES_MAX).find(|number| self.resource(*number) == Some(resource)).map(|number| 1 << number)
    }

    /// Defines the functions. Called once, by [`Host::new`].
    ///
    /// # Errors
    /// Those of [`GroupLinker::func_wrap`].
    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error>;

    /// An app that imports from the group is about to be loaded. `granted` is what its manifest grants it of the group, as
    /// [`AppData::granted`] returns it later, and `resources` are the entries `group:resource`, each of which [`grant`](Self::grant) has
    /// accepted. [`unloaded`](Self::unloaded) follows in any case.
    ///
    /// # Errors
    /// A refusal, with which the app is not loaded.
    fn loading(
        &self,
        _app: &AppData,
        _granted: u32,
        _resources: &mut dyn Iterator<Item = &str>,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    /// An app is gone: frees everything that the group holds for it, such as a [`PerApp`](crate::PerApp) state, a pin or a timer.
    ///
    /// Called exactly once for each instance of an app: when the app is stopped, removed, replaced or loaded again, and when it could
    /// not be started. In the last case it may not have called any function.
    fn unloaded(&self, _app: &AppData) {}

    /// The app with this number is about to handle an event that some group has [posted](crate::AppEvents::post). A group whose source can
    /// be faster than apps turns it off when it posts, and on again here: each event then costs one interrupt at most. It does so after
    /// events of other groups, too, because an event for which there was no room is never handled.
    fn taken(&self, _app: u8, _event: AppEvent) {}

    /// A client removes the app with this name, which is not empty: deletes everything that the group has stored for it. All versions of the
    /// app are unloaded. Not called when a version is stopped or replaced, or fails its trial.
    ///
    /// If the power fails meanwhile, the app may still be installed afterwards.
    fn removed(&self, _name: &str) {}
}

/// A group as the device knows it. Host functions pass it to [`AppData::require`].
#[derive(Clone, Copy)]
pub struct Group<'rt> {
    pub(crate) index: usize,
    pub(crate) group: &'rt dyn HostGroup,
}

impl Group<'_> {
    /// Its place among the groups of the device, for [`AppData::require_of`].
    pub fn index(&self) -> usize {
        self.index
    }

    /// The bit of a resource. `None` if the group has no resource with this number.
    pub(crate) fn bit(&self, resource: u32) -> Option<u32> {
        (resource < RESOURCES_MAX && self.group.resource(resource).is_some()).then(|| 1 << resource)
    }

    /// The trap for a resource that an app may not use, or that does not exist.
    #[cold]
    #[inline(never)]
    pub(crate) fn refusal(&self, resource: u32) -> Trap {
        let (name, mut text) = (self.group.name(), Text::default());
        let _ = match self.group.resource(resource) {
            Some(resource) => write!(text, "{name}:{resource} is not granted"),
            None => write!(text, "{name} has no resource {resource}"),
        };
        Trap::host(text.as_str())
    }
}

impl core::fmt::Debug for Group<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.group.name())
    }
}

/// Defines the functions of one group.
#[derive(Debug)]
pub struct GroupLinker<'a, 'rt> {
    linker: &'a mut Linker<'rt, AppData>,
    group: Group<'rt>,
}

impl<'rt> GroupLinker<'_, 'rt> {
    /// The group, for host functions to move into their closures.
    pub fn group(&self) -> Group<'rt> {
        self.group
    }

    /// Defines a function of the group; see [`Linker::func_wrap`].
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`].
    pub fn func_wrap<P, F>(&mut self, name: &'rt str, function: F) -> Result<(), Error>
    where
        F: IntoHostFunc<AppData, P> + 'rt,
    {
        self.linker.func_wrap(self.group.group.name(), name, function).map(|_| ())
    }

    /// Defines the methods of `object`, usually the group itself, as the functions of a WIT interface: `module` is its name with the
    /// version up to the first number that is not 0, such as `acme:board/led@1` for 1.2.3 and `wamr:device/gpio@0.1` for 0.1.0.
    /// Versions that differ after that are compatible. See [`Linker::interface`].
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`], [`Error::OutOfMemory`].
    ///
    /// # Panics
    /// If the interface, or its package if that is WASI's, does not have the name of the group: a manifest would grant it under another
    /// name.
    pub fn interface<O>(
        &mut self,
        module: &'rt str,
        object: &'rt O,
        methods: &'rt [Method<O, AppData>],
    ) -> Result<(), Error> {
        self.check_name(module);
        self.linker.interface(module, object, methods).map(|_| ())
    }

    #[inline(never)]
    fn check_name(&self, module: &str) {
        assert!(
            capability_of(module) == self.group.group.name(),
            "an interface or its WASI package has the name of its group"
        );
    }

    /// Defines a function whose types are known only at run time; see [`Linker::func_new`].
    ///
    /// # Errors
    /// Those of [`Linker::func_new`].
    pub fn func_new<F>(
        &mut self,
        name: &'rt str,
        params: &[ValType],
        results: &[ValType],
        function: F,
    ) -> Result<(), Error>
    where
        F: Fn(Caller<'_, AppData>, &[Val], &mut [Val]) -> Result<(), Trap> + 'rt,
    {
        self.linker.func_new(self.group.group.name(), name, params, results, function).map(|_| ())
    }
}

/// Everything that a device offers to apps.
#[derive(Debug)]
pub struct Host<'rt> {
    runtime: &'rt Runtime,
    linker: Linker<'rt, AppData>,
    groups: &'rt [&'rt dyn HostGroup],
}

impl<'rt> Host<'rt> {
    /// Defines the functions of these groups. [`BaseGroup`](crate::BaseGroup) is usually among them.
    ///
    /// # Errors
    /// [`Error::DuplicateDefinition`] if two groups have the same name, [`Error::OutOfMemory`], and what a group returns.
    ///
    /// # Panics
    /// If there are more than [`GROUPS_MAX`] groups.
    // Not inlined: the caller's stack frame exists as long as apps run.
    #[inline(never)]
    pub fn new(runtime: &'rt Runtime, groups: &'rt [&'rt dyn HostGroup]) -> Result<Self, Error> {
        assert!(groups.len() <= GROUPS_MAX, "too many host groups");
        let mut linker = Linker::new(runtime);
        linker.set_module_name(interface_name);
        for (index, &group) in groups.iter().enumerate() {
            if groups[..index].iter().any(|other| other.name() == group.name()) {
                return Err(Error::DuplicateDefinition);
            }
            group.define(&mut GroupLinker { linker: &mut linker, group: Group { index, group } })?;
        }
        Ok(Self { runtime, linker, groups })
    }

    /// The runtime of its apps.
    pub fn runtime(&self) -> &'rt Runtime {
        self.runtime
    }

    /// The functions of all groups.
    pub fn linker(&self) -> &Linker<'rt, AppData> {
        &self.linker
    }

    /// The groups.
    pub fn groups(&self) -> &'rt [&'rt dyn HostGroup] {
        self.groups
    }

    /// Whether it offers what this entry of a manifest's list names: a group, or a resource of a group.
    pub fn offers(&self, entry: &str) -> bool {
        find(entry, self.groups).is_some()
    }

    /// Reports to the groups that an app is about to be loaded, or that it is gone if one of them refuses it.
    #[inline(never)]
    pub(crate) fn loading(
        &self,
        app: &AppData,
        module: &Module<'_>,
        listed: Option<Capabilities<'_>>,
    ) -> Result<(), Refusal> {
        let is_used = |name| module.imports().any(|import| capability_of(import.module) == name);
        let mut groups = self.groups.iter().enumerate().filter(|(_, group)| is_used(group.name()));
        groups
            .try_for_each(|(index, group)| {
                let entries = listed.iter().flat_map(Capabilities::names);
                let mut resources = entries.filter_map(|entry| resource_of(entry, group.name()).flatten());
                group.loading(app, app.granted_of(index), &mut resources)
            })
            .inspect_err(|_| self.unloaded(app))
    }

    /// Reports to the groups that a client removes an app.
    pub(crate) fn removed(&self, name: &str) {
        self.groups.iter().for_each(|group| group.removed(name));
    }

    /// Reports to the groups that an app is gone.
    pub(crate) fn unloaded(&self, app: &AppData) {
        self.groups.iter().for_each(|group| group.unloaded(app));
    }
}

/// The name under which the interface of an import is defined: without the prefix of newer toolchains, and without the part of the
/// version that makes no difference.
fn interface_name(import: &str) -> &str {
    let name = import.strip_prefix("cm32p2|").unwrap_or(import);
    // Bytes are compared, not characters: searches for those take 0.5 KB.
    let at = name.bytes().position(|byte| byte == b'@');
    let Some(version) = at.and_then(|at| name.get(at + 1..)) else { return name };
    // Releases before 1.0.0 are compatible if the second number is equal, other releases if the first one is.
    let relevant = if version.starts_with("0.") { 2 } else { 1 };
    let mut dots = version.bytes().enumerate().filter(|(_, byte)| *byte == b'.');
    let excess = match dots.nth(relevant - 1) {
        // Anything else than a release is compatible only with itself.
        Some((dot, _)) if version.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) => version.len() - dot,
        _ => 0,
    };
    name.get(..name.len() - excess).unwrap_or(name)
}

impl core::fmt::Debug for dyn HostGroup + '_ {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_resources_have_bits() {
        struct Pins;
        impl HostGroup for Pins {
            fn name(&self) -> &str {
                "pins"
            }

            fn resources(&self) -> &[&str] {
                &["pin"; 40]
            }

            fn define<'rt>(&'rt self, _: &mut GroupLinker<'_, 'rt>) -> Result<(), Error> {
                Ok(())
            }
        }
        let group = Group { index: 0, group: &Pins };
        let bits = [0, RESOURCES_MAX - 1, RESOURCES_MAX, 39, 40].map(|resource| group.bit(resource));
        assert_eq!(bits, [Some(1), Some(1 << 31), None, None, None]);
    }

    #[test]
    fn compatible_versions_have_one_name() {
        for (import, name) in [
            ("wamr", "wamr"),
            ("wamr:device/gpio@0.1.0", "wamr:device/gpio@0.1"),
            ("wamr:device/gpio@0.1.17", "wamr:device/gpio@0.1"),
            ("cm32p2|wamr:device/gpio@0.1", "wamr:device/gpio@0.1"),
            ("acme:board/led@2.3.4", "acme:board/led@2"),
            ("cm32p2|acme:board/led@2", "acme:board/led@2"),
            ("wasi:i2c/i2c@0.2.0-draft", "wasi:i2c/i2c@0.2.0-draft"),
            ("wasi:spi/spi", "wasi:spi/spi"),
            ("wamr:device/timer@0.1.0/log", "wamr:device/timer@0.1.0/log"),
            ("wamr:device/timer@0.1.0@0.1.0", "wamr:device/timer@0.1.0@0.1.0"),
        ] {
            assert_eq!(interface_name(import), name, "{import}");
        }
    }
}
