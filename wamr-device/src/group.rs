//! Host groups: what a firmware offers to apps.

use core::fmt::Write;

use wamr::{Caller, Error, IntoHostFunc, Linker, Runtime, Trap, Val, ValType};
use wamr_proto::Text;

use crate::app_data::AppData;
use crate::capabilities::find;

/// The largest number of groups of a device, `wamr` included.
pub const GROUPS_MAX: usize = 16;

/// The largest number of resources of a group.
const RESOURCES_MAX: usize = u32::BITS as usize;

/// A named set of host functions, with the resources behind them: a *capability* that a manifest can list.
///
/// An app imports the functions from a module with the name of the group. If its manifest lists capabilities, it can import only from
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

    /// Defines the functions. Called once, by [`Host::new`].
    ///
    /// # Errors
    /// Those of [`GroupLinker::func_wrap`].
    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), Error>;

    /// An app is gone: frees everything that the group holds for it, such as a [`PerApp`](crate::PerApp) state, a pin or a timer.
    ///
    /// Called exactly once for each instance of an app: when the app is stopped, removed, replaced or loaded again, and when it could
    /// not be started. In the last case it may not have called any function.
    fn unloaded(&self, _app: &AppData) {}
}

/// A group as the device knows it. Host functions pass it to [`AppData::require`].
#[derive(Clone, Copy)]
pub struct Group<'rt> {
    pub(crate) index: usize,
    group: &'rt dyn HostGroup,
}

impl Group<'_> {
    /// The bit of a resource. `None` if the group has no resource with this number.
    pub(crate) fn bit(&self, resource: u32) -> Option<u32> {
        let count = self.group.resources().len().min(RESOURCES_MAX);
        ((resource as usize) < count).then(|| 1 << resource)
    }

    /// The trap for a resource that an app may not use, or that does not exist.
    #[cold]
    #[inline(never)]
    pub(crate) fn refusal(&self, resource: u32) -> Trap {
        let (name, mut text) = (self.group.name(), Text::default());
        let _ = match self.group.resources().get(resource as usize) {
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
        assert!(groups.len() <= GROUPS_MAX, "a device has at most 16 host groups");
        let mut linker = Linker::new(runtime);
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

    /// Reports to the groups that an app is gone.
    pub(crate) fn unloaded(&self, app: &AppData) {
        self.groups.iter().for_each(|group| group.unloaded(app));
    }
}

impl core::fmt::Debug for dyn HostGroup + '_ {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
