//! What the host knows of a loaded app.

use wamr::Trap;
use wamr_proto::AppName;

use crate::capabilities::Grants;
use crate::group::{Group, HostGroup};
use crate::ledger::Signer;

/// What the host knows of a loaded app. Host functions get it from [`Caller::data`](wamr::Caller::data).
#[derive(Clone, Debug, Default)]
pub struct AppData {
    pub(crate) slot: u8,
    pub(crate) name: AppName,
    /// Who signed it, if the device trusts the signer.
    pub(crate) signer: Option<Signer>,
    /// The place of its entry point among the exports of its module. The name would take 12 times as many bytes of each app.
    pub(crate) entry: Option<u16>,
    /// The export that gets its events.
    pub(crate) on_event: Option<&'static str>,
    /// Whose events come first.
    pub(crate) priority: u8,
    pub(crate) grants: Grants,
    /// Bytes of the pool that its module takes.
    pub(crate) code: u32,
    /// It has called `confirm` since the call began.
    pub(crate) confirmed: bool,
}

impl AppData {
    /// The app's number, which is that of its slot: less than [`APPS_MAX`](crate::APPS_MAX), and its own as long as it is loaded.
    pub fn number(&self) -> u8 {
        self.slot
    }

    /// The name in its manifest, empty if there is none. Its author has chosen it: print it [escaped](wamr_proto::Escaped).
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Who signed it. `None` if the device does not check signatures, or if it trusts nobody who signed the app. Under the same name,
    /// another signer's app is another app: it must not get at what this one has stored.
    pub fn signer(&self) -> Option<Signer> {
        self.signer
    }

    /// The resources of a group that the app may use, one bit for each number. All bits are set if its manifest does not restrict it,
    /// also those of resources that the group does not have.
    pub fn granted(&self, group: Group<'_>) -> u32 {
        self.granted_of(group.index)
    }

    /// [`granted`](Self::granted) for a group that knows its place among those of the device: [`Group::index`].
    pub fn granted_of(&self, index: usize) -> u32 {
        self.grants.of(index)
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

    /// [`require`](Self::require) for a group that knows its place among those of the device: [`Group::index`].
    ///
    /// # Errors
    /// Those of [`require`](Self::require).
    pub fn require_of(&self, group: &dyn HostGroup, index: usize, resource: u32) -> Result<(), Trap> {
        self.require(Group { index, group }, resource)
    }

    /// Confirms that this version of the app works, as the host function `confirm` does.
    pub fn confirm(&mut self) {
        self.confirmed = true;
    }
}
