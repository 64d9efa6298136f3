//! Holds an app to the capabilities that its manifest lists, so that the list shows everything that the app can reach.

use crate::group::{GROUPS_MAX, Host, HostGroup};
use wamr::Module;
use wamr_proto::{Capabilities, ErrorCode, Refusal, capability_of, resource_of};

/// The resources of every group that an app may use, one bit for each resource.
#[derive(Clone, Debug, Default)]
pub struct Grants([u32; GROUPS_MAX]);

impl Grants {
    /// Of the group at this place.
    pub fn of(&self, group: usize) -> u32 {
        self.0.get(group).copied().unwrap_or(0)
    }
}

/// What the list in a manifest grants. Without a list, an app may use what it imports, without restriction.
///
/// # Errors
/// Refuses a module that imports from a capability that is not listed, and a list with an entry that the device does not offer.
#[inline(never)]
pub(crate) fn grants(
    listed: Option<Capabilities<'_>>,
    module: &Module<'_>,
    host: &Host<'_>,
) -> Result<Grants, Refusal> {
    let Some(listed) = listed else { return Ok(Grants([u32::MAX; GROUPS_MAX])) };
    if let Some(import) =
        module.imports().map(|import| import.module).find(|import| !listed.cover(capability_of(import)))
    {
        return Err(Refusal::new(ErrorCode::UndeclaredCapability, capability_of(import)));
    }
    let mut grants = Grants::default();
    for entry in listed.names() {
        let Some((group, resources)) = find(entry, host.groups()) else {
            return Err(Refusal::new(ErrorCode::UnknownCapability, entry));
        };
        grants.0[group] |= resources;
    }
    Ok(grants)
}

/// The group that an entry names, and what it grants of it.
pub fn find(entry: &str, groups: &[&dyn HostGroup]) -> Option<(usize, u32)> {
    groups.iter().enumerate().find_map(|(index, group)| {
        let resources = match resource_of(entry, group.name())? {
            None => u32::MAX,
            Some(name) => group.grant(name)?,
        };
        Some((index, resources))
    })
}
