//! What the host knows of a loaded app.

use wamr::Trap;
use wamr_proto::{AppName, Name};

use crate::capabilities::Grants;
use crate::group::Group;

/// What the host knows of a loaded app. Host functions get it from [`Caller::data`](wamr::Caller::data).
#[derive(Clone, Debug, Default)]
pub struct AppData {
    pub(crate) slot: u8,
    pub(crate) name: AppName,
    /// The export that its manifest names, as it was when the module was verified.
    pub(crate) entry: Option<Name>,
    pub(crate) grants: Grants,
    /// It has called `confirm` since the call began.
    pub(crate) confirmed: bool,
}

impl AppData {
    /// The app's number, which is that of its slot: less than [`APPS_MAX`](wamr_proto::APPS_MAX), and its own as long as it is loaded.
    pub fn number(&self) -> u8 {
        self.slot
    }

    /// The name in its manifest, empty if there is none. Its author has chosen it: print it [escaped](wamr_proto::Escaped).
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The resources of a group that the app may use, one bit for each number. All bits are set if its manifest does not restrict it,
    /// also those of resources that the group does not have.
    pub fn granted(&self, group: Group<'_>) -> u32 {
        self.grants.of(group.index)
    }

    /// Whether the app may use this resource of a group. `false` if the group has no resource with this number.
    pub fn permits(&self, group: Group<'_>, resource: u32) -> bool {
        group.bit(resource).is_some_and(|bit| self.granted(group) & bit != 0)
    }

    /// Checks that the app may use this resource of a group. Afterwards the number is less than that of the group's resources.
    ///
    /// # Errors
    /// A trap with the name of the resource if the manifest of the app grants it only others, or if the group has no resource with
    /// this number.
    pub fn require(&self, group: Group<'_>, resource: u32) -> Result<(), Trap> {
        if self.permits(group, resource) { Ok(()) } else { Err(group.refusal(resource)) }
    }
}
